/* How similar the volumes of a pair are, and what is left of one that went there and back. Each point goes through all
 * maps in double and is interpolated once. */
#include "septum/registration_pairs.h"

#include "registration/transform/matrix.h"
#include "simd/choose.h"
#include "simd/elementary.h"

#include <math.h>
#include <string.h>

enum { BINS = 32, MOST_VOXELS = 1 << 18 };

/* A comparison in progress: of the voxels of `grid` with what `from` has where the maps take them. */
typedef struct comparison {
    const sep_volume *grid, *from;
    const sep_spatial_transform *through[2]; /* the first to be applied first; NULL: none */
    const sep_simd *simd;
    sep_map to_voxel;       /* of `from` */
    float low[2], width[2]; /* intensities of grid and from become (v - low) / width */
    int64_t joint[BINS][BINS];
    int64_t voxels;
    double squares, moved; /* sums: of differences of intensities, of distances in the world */
    float *memory;         /* of a row: three coordinates, value, inside, three derivatives */
    int row;               /* its length, in whole groups */
} comparison;

enum { ROW_ARRAYS = 8 };

static sep_status begin(const sep_volume *grid, const sep_volume *from, comparison *c)
{
    const sep_volume *volume[2] = {grid, from};

    *c = (comparison){.grid = grid, .from = from};
    for (int i = 0; i < 2; i++) {
        float high;

        sep_volume_range(volume[i], &c->low[i], &high);
        c->width[i] = high > c->low[i] ? high - c->low[i] : 1.0f;
    }
    if (!sep_map_invert(from->affine, c->to_voxel))
        return sep_fail(SEP_ERR_FORMAT, "a volume's affine is singular: its voxels have no place in the world");
    SEP_TRY(sep_simd_choose(NULL, &c->simd));
    c->row = (grid->width + SEP_SAMPLE_GROUP - 1) / SEP_SAMPLE_GROUP * SEP_SAMPLE_GROUP;
    c->memory = sep_calloc(ROW_ARRAYS * (size_t)c->row, sizeof *c->memory);
    return c->memory != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static double distance(const double a[3], const double b[3])
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

/* Where each `stride`-th voxel of a row lands in `from`: their number. */
static int map_row(comparison *c, int y, int z, int stride, float *const at[3])
{
    int count = 0;

    for (int x = 0; x < c->grid->width; x += stride, count++) {
        const double voxel[3] = {x, y, z};
        double world[3], point[3];

        sep_map_point(c->grid->affine, voxel, world);
        memcpy(point, world, sizeof point);
        for (int i = 0; i < 2 && c->through[i] != NULL; i++)
            sep_spatial_point(c->through[i], point, point);
        c->moved += distance(point, world);
        sep_map_point((const double(*)[4])c->to_voxel, point, point);
        for (int i = 0; i < 3; i++)
            at[i][count] = (float)point[i];
    }
    for (int k = count; k < c->row && k % SEP_SAMPLE_GROUP != 0; k++)
        at[0][k] = at[1][k] = at[2][k] = SEP_SAMPLE_NOWHERE;
    return count;
}

static int bin_of(float scaled)
{
    const int bin = (int)(scaled * (float)BINS);

    return bin < 0 ? 0 : bin < BINS ? bin : BINS - 1;
}

static void compare_row(comparison *c, int y, int z, int stride)
{
    float *const at[3] = {c->memory, c->memory + c->row, c->memory + 2 * c->row};
    float *value = c->memory + 3 * c->row, *inside = c->memory + 4 * c->row;
    float *const gradient[3] = {c->memory + 5 * c->row, c->memory + 6 * c->row, c->memory + 7 * c->row};
    const sep_lattice lattice = {c->from->data, c->from->width, c->from->height, c->from->depth};
    const float *known = sep_volume_slice(c->grid, z) + (ptrdiff_t)y * c->grid->width;
    const int count = map_row(c, y, z, stride, at);
    const int padded = (count + SEP_SAMPLE_GROUP - 1) / SEP_SAMPLE_GROUP * SEP_SAMPLE_GROUP;

    c->simd->registration->linear(&lattice, (const float *const *)at, padded, value, gradient, inside);
    for (int k = 0; k < count; k++) {
        const float a = (known[k * stride] - c->low[0]) / c->width[0];
        const float b = inside[k] > 0.0f ? (value[k] - c->low[1]) / c->width[1] : 0.0f;

        c->squares += ((double)a - (double)b) * ((double)a - (double)b);
        c->joint[bin_of(a)][bin_of(b)]++;
    }
    c->voxels += count;
}

static int64_t seen(int voxels, int stride)
{
    return (voxels + stride - 1) / stride;
}

static int stride_for(const sep_volume *grid)
{
    int stride = 1;

    while (grid->depth * seen(grid->height, stride) * seen(grid->width, stride) > MOST_VOXELS &&
           stride < grid->height + grid->width)
        stride++;
    return stride;
}

static void compare(comparison *c)
{
    const int stride = stride_for(c->grid);

    for (int z = 0; z < c->grid->depth; z++)
        for (int y = 0; y < c->grid->height; y += stride)
            compare_row(c, y, z, stride);
}

static double plogp(int64_t count, int64_t total)
{
    const double p = (double)count / (double)total;

    return count > 0 ? p * (double)sep_logf((float)p) : 0.0;
}

/* Nats: H(a) + H(b) - H(a, b). */
static double information(const comparison *c)
{
    double sum = 0.0;

    for (int i = 0; i < BINS; i++) {
        int64_t a = 0, b = 0;

        for (int k = 0; k < BINS; k++) {
            a += c->joint[i][k];
            b += c->joint[k][i];
            sum += plogp(c->joint[i][k], c->voxels);
        }
        sum -= plogp(a, c->voxels) + plogp(b, c->voxels);
    }
    return sum;
}

sep_status sep_pair_similarity(const sep_volume *fixed, const sep_volume *moving, sep_pair *pair)
{
    double *const mi[2] = {&pair->mi_identity, &pair->mi_after};
    sep_status status = SEP_OK;

    for (int i = 0; i < 2 && status == SEP_OK; i++) {
        comparison c;

        status = begin(fixed, moving, &c);
        if (status == SEP_OK) {
            c.through[0] = i == 1 ? &pair->transform : NULL;
            compare(&c);
            *mi[i] = information(&c);
        }
        sep_free(c.memory);
    }
    return status;
}

sep_status sep_pair_cycle(const sep_volume *fixed, const sep_pair *reverse, sep_pair *pair)
{
    comparison c;
    sep_status status = begin(fixed, fixed, &c);

    if (status == SEP_OK) {
        c.through[0] = &pair->transform;
        c.through[1] = &reverse->transform;
        compare(&c);
        pair->has_cycle = true;
        pair->cycle_error = c.moved / (double)c.voxels;
        pair->cycle_rmse = sqrt(c.squares / (double)c.voxels);
        pair->cycle_mi = information(&c);
    }
    sep_free(c.memory);
    return status;
}
