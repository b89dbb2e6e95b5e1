/* Known random transforms. Affine ones are made in a frame whose axes lie along the volume's, with voxels or
 * millimetres as unit, and are then taken to the world. */
#include "bench/perturb.h"

#include "registration/search/parameters.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>

enum { SEED = 1, THIN = 32 /* slices: with fewer the search does not shrink along z either */, CELLS = 3, STEP = 3 };

#define BODY_SHARE 0.1f

static const double pi = 3.14159265358979323846;

const char *const bench_perturbation_names[BENCH_PERTURBATIONS] = {"translation", "rotation", "scale", "together",
                                                                   "bspline"};
const char *const bench_perturbation_units[BENCH_PERTURBATIONS] = {"voxels", "degrees", "%", "voxels, degrees, %",
                                                                   "voxels"};

/* ---- distances --------------------------------------------------------------------------------------------------- */

float bench_body_threshold(const sep_volume *volume)
{
    float low, high;

    sep_volume_range(volume, &low, &high);
    return low + BODY_SHARE * (high - low);
}

static double distance_in_voxels(const sep_map to_voxel, const double a[3], const double b[3])
{
    double square = 0.0;

    for (int i = 0; i < 3; i++) {
        double component = 0.0;
        for (int j = 0; j < 3; j++)
            component += to_voxel[i][j] * (a[j] - b[j]);
        square += component * component;
    }
    return sqrt(square);
}

double bench_mean_distance(const sep_volume *volume, const sep_spatial_transform *f, const sep_spatial_transform *g)
{
    const float threshold = bench_body_threshold(volume);
    double sum = 0.0;
    size_t count = 0;
    sep_map to_voxel;

    if (!sep_map_invert(volume->affine, to_voxel))
        return INFINITY;
    for (int z = 0; z < volume->depth; z++)
        for (int y = 0; y < volume->height; y += STEP)
            for (int x = 0; x < volume->width; x += STEP) {
                double at[3] = {x, y, z}, a[3], b[3];

                if (sep_volume_slice(volume, z)[(size_t)y * (size_t)volume->width + (size_t)x] <= threshold)
                    continue;
                sep_map_point(volume->affine, at, at);
                sep_spatial_point(f, at, a);
                sep_spatial_point(g, at, b);
                sum += distance_in_voxels((const double(*)[4])to_voxel, a, b);
                count++;
            }
    return count > 0 ? sum / (double)count : INFINITY;
}

/* ---- affine maps ------------------------------------------------------------------------------------------------- */

typedef struct draws {
    sep_random random;
    uint64_t next;
} draws;

static double draw_normal(draws *d)
{
    return (double)sep_random_normal(&d->random, d->next++);
}

/* Of length 1; without a component along z in a thin stack. */
static void draw_direction(draws *d, bool thin, double direction[3])
{
    double square = 0.0;

    for (int i = 0; i < 3; i++) {
        direction[i] = draw_normal(d) * (thin && i == 2 ? 0.0 : 1.0);
        square += direction[i] * direction[i];
    }
    for (int i = 0; i < 3; i++)
        direction[i] /= sqrt(square);
}

/* A thin stack turns about the axis across its slices, one way or the other. */
static void draw_rotation(draws *d, bool thin, double degrees, sep_map map)
{
    static const double origin[3] = {0.0, 0.0, 0.0};
    double parameter[SEP_MAX_PARAMETERS] = {0}, axis[3];

    draw_direction(d, false, axis);
    for (int i = 0; i < 3; i++) {
        const double along = !thin ? axis[i] : i < 2 ? 0.0 : axis[2] < 0.0 ? -1.0 : 1.0;
        parameter[i] = along * tan(degrees * pi / 360.0);
    }
    sep_parameters_map(SEP_RIGID, parameter, origin, map);
}

static void draw_scales(draws *d, bool thin, double percent, double scale[3])
{
    double largest = 0.0;

    for (int i = 0; i < 3; i++) {
        scale[i] = thin && i == 2 ? 0.0 : 2.0 * (double)sep_random_uniform(&d->random, d->next++) - 1.0;
        largest = fmax(largest, fabs(scale[i]));
    }
    for (int i = 0; i < 3; i++)
        scale[i] = pow(1.0 + percent / 100.0, scale[i] / largest);
}

/* In millimetres along the volume's axes, about its centre: scaled, turned, shifted. */
static void draw_affine(draws *d, const sep_volume *volume, const double size[3], sep_map map)
{
    const bool thin = volume->depth < THIN;
    double direction[3], scale[3];

    draw_direction(d, thin, direction);
    draw_scales(d, thin, size[BENCH_SCALE], scale);
    draw_rotation(d, thin, size[BENCH_ROTATION], map);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            map[i][j] *= scale[j];
        map[i][3] = size[BENCH_TRANSLATION] * direction[i] * (double)volume->spacing[i];
    }
}

/* The frame: from millimetres along the volume's axes about its centre to the world. */
static void frame_of(const sep_volume *volume, sep_map frame, double centre[3])
{
    sep_volume_centre(volume, centre);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            frame[i][j] = volume->affine[i][j] / (double)volume->spacing[j];
        frame[i][3] = centre[i];
    }
}

static sep_status set_affine(draws *d, const sep_volume *volume, const double size[3], sep_spatial_transform *t)
{
    sep_map frame, inverse, map;

    frame_of(volume, frame, t->centre);
    if (!sep_map_invert((const double(*)[4])frame, inverse))
        return sep_fail(SEP_ERR_FORMAT, "the volume's affine is singular: its voxels have no place in the world");
    draw_affine(d, volume, size, map);
    sep_map_compose((const double(*)[4])frame, (const double(*)[4])map, map);
    sep_map_compose((const double(*)[4])map, (const double(*)[4])inverse, t->matrix);
    return SEP_OK;
}

/* ---- deformations ------------------------------------------------------------------------------------------------ */

static void draw_coefficients(draws *d, const sep_volume *volume, sep_spline *spline)
{
    const bool thin = volume->depth < THIN;

    for (size_t n = 0; n < sep_spline_nodes(spline); n++) {
        double voxels[3];

        for (int j = 0; j < 3; j++)
            voxels[j] = draw_normal(d) * (thin && j == 2 ? 0.0 : 1.0);
        for (int i = 0; i < 3; i++)
            spline->coefficient[i][n] =
                volume->affine[i][0] * voxels[0] + volume->affine[i][1] * voxels[1] + volume->affine[i][2] * voxels[2];
    }
}

/* The deformation that is held against none has no affine part yet. */
static void scale_to(double size, const sep_volume *volume, sep_spatial_transform *t)
{
    sep_spatial_transform none;

    sep_spatial_identity(&none);
    const double mean = bench_mean_distance(volume, t, &none);
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < sep_spline_nodes(&t->spline); n++)
            t->spline.coefficient[i][n] *= size / mean;
}

static sep_status set_spline(draws *d, const sep_volume *volume, double size, sep_spatial_transform *t)
{
    const int cells[3] = {CELLS, CELLS, volume->depth < THIN ? 1 : CELLS};

    SEP_TRY(sep_spline_create(volume, cells, &t->spline));
    draw_coefficients(d, volume, &t->spline);
    scale_to(size, volume, t);
    return SEP_OK;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

sep_status bench_perturb(const bench_perturbation *p, const sep_volume *volume, int trial, sep_spatial_transform *t)
{
    draws d = {.random = {.seed = SEED,
                          .stream = sep_stream(bench_perturbation_names[p->kind]),
                          .iteration = (uint32_t)trial}};
    double size[3] = {0.0};

    sep_spatial_identity(t);
    if (p->kind == BENCH_BSPLINE)
        SEP_TRY(set_spline(&d, volume, p->size, t));
    for (int i = 0; i < 3; i++)
        size[i] = p->kind == BENCH_BSPLINE                         ? BENCH_MILD
                  : p->kind == BENCH_TOGETHER || (int)p->kind == i ? p->size
                                                                   : 0.0;
    sep_status status = set_affine(&d, volume, size, t);
    if (status != SEP_OK)
        sep_spatial_free(t);
    return status;
}
