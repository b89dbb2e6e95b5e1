/* The samples of one evaluation. */
#include "registration/search/samples.h"

#include "simd/generic/sampling.h"

#include <string.h>

enum { ARRAYS = 17, PATCH_SIDE = 4, MOST_WORDS = 16 /* drawn for a sample */ };

sep_status sep_samples_create(int count, sep_samples *samples)
{
    const int groups = (count + SEP_SAMPLE_GROUP - 1) / SEP_SAMPLE_GROUP;
    const size_t length = (size_t)groups * SEP_SAMPLE_GROUP;

    memset(samples, 0, sizeof *samples);
    samples->count = count;
    samples->padded = (int)length;
    samples->block = (groups + SEP_SAMPLE_BLOCKS - 1) / SEP_SAMPLE_BLOCKS * SEP_SAMPLE_GROUP;
    samples->memory = sep_calloc(ARRAYS * length, sizeof(float));
    if (samples->memory == NULL)
        return SEP_ERR_MEMORY;
    float *next = samples->memory;
    float **array[] = {&samples->at[0],    &samples->at[1],       &samples->at[2],       &samples->fixed,
                       &samples->moved[0], &samples->moved[1],    &samples->moved[2],    &samples->moving,
                       &samples->inside,   &samples->gradient[0], &samples->gradient[1], &samples->gradient[2],
                       &samples->force,    &samples->beyond[0],   &samples->beyond[1],   &samples->beyond[2]};
    for (size_t i = 0; i < sizeof array / sizeof array[0]; i++, next += length)
        *array[i] = next;
    samples->row = (int32_t *)(void *)next;
    return SEP_OK;
}

void sep_samples_free(sep_samples *samples)
{
    sep_free(samples->memory);
    memset(samples, 0, sizeof *samples);
}

int sep_samples_blocks(const sep_samples *samples)
{
    return (samples->padded + samples->block - 1) / samples->block;
}

/* The whole part of word * size / 2^32; what is left becomes the word. */
static int take_digit(uint32_t *word, int size)
{
    const uint64_t product = (uint64_t)*word * (uint64_t)size;

    *word = (uint32_t)product;
    return (int)(product >> 32);
}

static void put(sep_samples *s, int i, const sep_volume *fixed, int x, int y, int z)
{
    s->at[0][i] = (float)x;
    s->at[1][i] = (float)y;
    s->at[2][i] = (float)z;
    s->fixed[i] = sep_volume_slice(fixed, z)[(ptrdiff_t)y * fixed->width + x];
}

/* Whether the corners of a patch, or a voxel for side 1, land inside: what lies between them does too. */
static bool lands_inside(const sep_sample_region *region, int x, int y, int z, int side)
{
    for (int corner = 0; corner < 4; corner++)
        for (int i = 0; i < 3; i++) {
            const float *m = region->map[i], cx = (float)(x + corner % 2 * (side - 1)),
                        cy = (float)(y + corner / 2 * (side - 1));
            const float at = m[0] * cx + m[1] * cy + m[2] * (float)z + m[3];

            if (!(at >= -0.5f && (float)region->size[i] - 0.5f >= at))
                return false;
        }
    return true;
}

static void put_patch(sep_samples *s, int first, const sep_volume *fixed, int x, int y, int z, int side)
{
    for (int k = 0; k < side * side; k++)
        put(s, first + k, fixed, x + k % side, y + k / side, z);
}

sep_status sep_samples_draw(sep_samples *s, const sep_volume *fixed, uint64_t seed, uint32_t draw, bool patches,
                            const sep_sample_region *region)
{
    const sep_random random = {.seed = seed, .stream = sep_stream("registration"), .iteration = draw};
    const int side = patches ? PATCH_SIDE : 1, wanted = s->count / (side * side);
    uint32_t words[4] = {0};
    int placed = 0;

    for (int64_t d = 0; placed < wanted && d < (int64_t)wanted * MOST_WORDS; d++) {
        if (d % 4 == 0)
            sep_random_words(&random, (uint64_t)d / 4, words);
        uint32_t word = words[d % 4];
        const int z = take_digit(&word, fixed->depth), row = take_digit(&word, fixed->height),
                  column = take_digit(&word, fixed->width),
                  x = column + side <= fixed->width ? column : fixed->width - side,
                  y = row + side <= fixed->height ? row : fixed->height - side;

        if (region == NULL || lands_inside(region, x, y, z, side))
            put_patch(s, side * side * placed++, fixed, x, y, z, side);
    }
    if (placed < wanted)
        return sep_fail(SEP_ERR_NUMERIC,
                        "too little overlap: the affine map takes less than a %dth of the fixed volume "
                        "into the moving one",
                        MOST_WORDS);
    for (int i = side * side * wanted; i < s->padded; i++)
        s->at[0][i] = s->at[1][i] = s->at[2][i] = SEP_SAMPLE_NOWHERE;
    return SEP_OK;
}

/* ---- grouping ---------------------------------------------------------------------------------------------------- */

/* row[] becomes the place of each sample, sorted by counting. */
static sep_status find_places(sep_samples *s, const sep_control_grid *grid)
{
    const size_t nodes = (size_t)grid->size[0] * (size_t)grid->size[1] * (size_t)grid->size[2];
    int32_t *start = sep_calloc(nodes + 1, sizeof *start);
    float w[3][4];

    if (start == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < s->count; i++) {
        s->row[i] = (int32_t)spline_support(grid, (const float *const *)s->at, i, w);
        start[s->row[i] + 1]++;
    }
    for (size_t k = 0; k < nodes; k++)
        start[k + 1] += start[k];
    for (int i = 0; i < s->count; i++)
        s->row[i] = start[s->row[i]]++;
    sep_free(start);
    return SEP_OK;
}

sep_status sep_samples_group(sep_samples *s, const sep_control_grid *grid)
{
    float *const value[4] = {s->at[0], s->at[1], s->at[2], s->fixed}, *sorted = s->moving; /* not yet in use */

    SEP_TRY(find_places(s, grid));
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < s->count; i++)
            sorted[s->row[i]] = value[k][i];
        memcpy(value[k], sorted, (size_t)s->count * sizeof *sorted);
    }
    return SEP_OK;
}
