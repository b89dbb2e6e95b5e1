/* Where the search for an affine map starts. */
#include "registration/search/start.h"

#include <math.h>
#include <string.h>

/* Centre of mass and variances along the world's axes. */
typedef struct mass {
    double centre[3], variance[3];
} mass;

/* Rows first, so that a voxel costs few operations; the sums are about the volume's centre. */
static mass mass_of(const sep_volume *v)
{
    double total = 0.0, first[3] = {0}, second[3] = {0}, middle[3];
    mass m;
    float low, high;

    sep_volume_range(v, &low, &high);
    sep_volume_centre(v, middle);
    for (int z = 0; z < v->depth; z++)
        for (int y = 0; y < v->height; y++)
            for (int x = 0; x < v->width; x++) {
                const double voxel[3] = {x, y, z};
                const double weight = (double)sep_volume_slice(v, z)[(ptrdiff_t)y * v->width + x] - (double)low;
                double at[3];

                sep_map_point(v->affine, voxel, at);
                total += weight;
                for (int i = 0; i < 3; i++) {
                    first[i] += weight * (at[i] - middle[i]);
                    second[i] += weight * (at[i] - middle[i]) * (at[i] - middle[i]);
                }
            }
    for (int i = 0; i < 3; i++) {
        const double mean = total > 0.0 ? first[i] / total : 0.0;

        m.centre[i] = middle[i] + mean;
        m.variance[i] = total > 0.0 ? second[i] / total - mean * mean : 0.0;
    }
    return m;
}

static double held(double ratio)
{
    return ratio < 2.0 / 3.0 ? 2.0 / 3.0 : ratio > 1.5 ? 1.5 : ratio;
}

static double spread_ratio(double moving, double fixed)
{
    return fixed > 0.0 && moving > 0.0 ? held(sqrt(moving / fixed)) : 1.0;
}

static void set_scales(sep_transform_kind kind, const mass *fixed, const mass *moving, double *parameter)
{
    const double *f = fixed->variance, *m = moving->variance;

    if (kind == SEP_SIMILARITY)
        parameter[6] = spread_ratio(m[0] + m[1] + m[2], f[0] + f[1] + f[2]);
    for (int i = 0; i < 3 && kind == SEP_AFFINE; i++)
        parameter[4 * i] = spread_ratio(m[i], f[i]);
}

/* Makes the map, whose linear part is set, take `from` to `to`. */
static void aim(const sep_affine_problem *p, const double from[3], const double to[3], double *parameter)
{
    double *t = parameter + (p->kind == SEP_AFFINE ? 9 : 3), reached[3];
    sep_map map;

    memset(t, 0, 3 * sizeof *t);
    sep_parameters_map(p->kind, parameter, p->centre, map);
    sep_map_point((const double(*)[4])map, from, reached);
    for (int i = 0; i < 3; i++)
        t[i] = to[i] - reached[i];
}

static void start_at_centre(const sep_affine_problem *p, double *parameter)
{
    double to[3];

    sep_volume_centre(p->level->moving, to);
    aim(p, p->centre, to, parameter);
}

static void start_at_mass(const sep_affine_problem *p, bool with_scales, double *parameter)
{
    const mass fixed = mass_of(p->level->fixed), moving = mass_of(p->level->moving);

    if (with_scales)
        set_scales(p->kind, &fixed, &moving, parameter);
    aim(p, fixed.centre, moving.centre, parameter);
}

static void candidate(const sep_affine_problem *p, sep_registration_start start, double *parameter)
{
    sep_parameters_identity(p->kind, parameter);
    if (start == SEP_START_CENTRE)
        start_at_centre(p, parameter);
    if (start == SEP_START_MASS || start == SEP_START_MOMENTS)
        start_at_mass(p, start == SEP_START_MOMENTS, parameter);
}

static bool is_candidate(const sep_level *level, sep_registration_start start, sep_registration_start wanted)
{
    if (wanted != SEP_START_BEST)
        return start == wanted;
    return start != SEP_START_IDENTITY || (level->fixed->has_geometry && level->moving->has_geometry);
}

sep_status sep_find_start(sep_affine_problem *problem, sep_registration_start wanted,
                          double parameter[SEP_MAX_PARAMETERS])
{
    const sep_objective objective = sep_affine_objective(problem);
    const sep_level *level = problem->level;
    double best = INFINITY;

    sep_volume_centre(level->fixed, problem->centre);
    for (sep_registration_start start = SEP_START_CENTRE; start < SEP_START_BEST; start++) {
        double trial[SEP_MAX_PARAMETERS], cost;

        if (!is_candidate(level, start, wanted))
            continue;
        candidate(problem, start, trial);
        sep_status status = objective.cost(problem, trial, 0, &cost, NULL);
        if (status != SEP_OK && status != SEP_ERR_NUMERIC)
            return status;
        if (status == SEP_OK && cost < best) {
            best = cost;
            memcpy(parameter, trial, sizeof trial);
        }
    }
    return best < INFINITY ? SEP_OK : SEP_ERR_NUMERIC;
}
