/* Contrast in plain C: the definition. */
#include "simd/contrast.h"

#include "simd/elementary.h"

static float weight(const sep_contrast_block *b, int j, int i)
{
    float w = b->as_anchor ? b->as_anchor[b->key_class[j] * b->pitch + i] : 0.0f;

    return b->as_key ? fmaf(b->factor[j], b->as_key[b->anchor_class[j] * b->pitch + i], w) : w;
}

static float exponential(const sep_contrast_block *b, int j, int i)
{
    return sep_expf(b->scores[j * b->pitch + i] * b->scale);
}

static void weigh(const sep_contrast_block *b)
{
    for (int j = 0; j < b->rows; j++)
        for (int i = 0; i < b->columns; i++)
            b->scores[j * b->pitch + i] = exponential(b, j, i) * weight(b, j, i);
}

static void add(const sep_contrast_block *b, float *sum)
{
    for (int j = 0; j < b->rows; j++)
        for (int i = 0; i < b->columns; i++)
            sum[i] = sum[i] + exponential(b, j, i) * b->as_anchor[b->key_class[j] * b->pitch + i];
}

const sep_simd_contrast sep_contrast_generic = {.weigh = weigh, .add = add};
