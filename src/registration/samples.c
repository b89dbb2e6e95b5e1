/* The samples of one evaluation. */
#include "registration/samples.h"

#include <string.h>

enum { ARRAYS = 14, PATCH_SIDE = 4 };

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
                       &samples->force};
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

static void place(sep_samples *s, int i, const sep_volume *fixed, int x, int y, int z)
{
    s->at[0][i] = (float)x;
    s->at[1][i] = (float)y;
    s->at[2][i] = (float)z;
    s->fixed[i] = sep_volume_slice(fixed, z)[(ptrdiff_t)y * fixed->width + x];
}

static void place_patch(sep_samples *s, int first, const sep_volume *fixed, int x, int y, int z)
{
    const int left = x + PATCH_SIDE <= fixed->width ? x : fixed->width - PATCH_SIDE,
              top = y + PATCH_SIDE <= fixed->height ? y : fixed->height - PATCH_SIDE;

    for (int k = 0; k < SEP_SAMPLE_GROUP; k++)
        place(s, first + k, fixed, left + k % PATCH_SIDE, top + k / PATCH_SIDE, z);
}

void sep_samples_draw(sep_samples *s, const sep_volume *fixed, uint64_t seed, uint32_t draw, bool patches)
{
    const sep_random random = {.seed = seed, .stream = sep_stream("registration"), .iteration = draw};
    const int step = patches ? SEP_SAMPLE_GROUP : 1, draws = s->count / step;
    uint32_t words[4] = {0};

    for (int d = 0; d < draws; d++) {
        if (d % 4 == 0)
            sep_random_words(&random, (uint64_t)d / 4, words);
        uint32_t word = words[d % 4];
        const int z = take_digit(&word, fixed->depth), y = take_digit(&word, fixed->height),
                  x = take_digit(&word, fixed->width);

        if (patches)
            place_patch(s, d * step, fixed, x, y, z);
        else
            place(s, d, fixed, x, y, z);
    }
    for (int i = draws * step; i < s->padded; i++)
        s->at[0][i] = s->at[1][i] = s->at[2][i] = SEP_SAMPLE_NOWHERE;
}
