/* Contrast on vectors; lanes are columns. */
#include "simd/contrast.h"

#include "simd/vector/elementary.h"

VEC_INLINE vec weighed(const float *score, vec scale, vec w)
{
    return vec_mul(vec_exp(vec_mul(vec_load(score), scale)), w);
}

/* `anchors` and `keys` (there are such weights) are constants where this is inlined. */
VEC_INLINE void weigh_rows(const sep_contrast_block *b, bool anchors, bool keys)
{
    const vec scale = vec_set1(b->scale);

    for (int j = 0; j < b->rows; j++) {
        const float *as_anchor = anchors ? b->as_anchor + b->key_class[j] * b->pitch : NULL;
        const float *as_key = keys ? b->as_key + b->anchor_class[j] * b->pitch : NULL;
        const vec factor = keys ? vec_set1(b->factor[j]) : vec_zero();
        float *row = b->scores + j * b->pitch;

        for (int i = 0; i < b->columns; i += VEC_LANES) {
            vec w = anchors ? vec_load(as_anchor + i) : vec_zero();

            if (keys)
                w = vec_fma(factor, vec_load(as_key + i), w);
            vec_store(row + i, weighed(row + i, scale, w));
        }
    }
}

static void weigh(const sep_contrast_block *b)
{
    if (!b->as_key)
        weigh_rows(b, true, false);
    else if (!b->as_anchor)
        weigh_rows(b, false, true);
    else
        weigh_rows(b, true, true);
}

#define UNIT_VECTORS (SEP_CONTRAST_UNIT / VEC_LANES)

/* A unit of columns at a time, whose sums stay in registers. */
static void add(const sep_contrast_block *b, float *sum)
{
    const vec scale = vec_set1(b->scale);

    for (int i = 0; i < b->columns; i += SEP_CONTRAST_UNIT) {
        vec total[UNIT_VECTORS];

        VEC_UNROLL
        for (int v = 0; v < UNIT_VECTORS; v++)
            total[v] = vec_load(sum + i + v * VEC_LANES);
        for (int j = 0; j < b->rows; j++) {
            const float *score = b->scores + j * b->pitch + i;
            const float *w = b->as_anchor + b->key_class[j] * b->pitch + i;

            VEC_UNROLL
            for (int v = 0; v < UNIT_VECTORS; v++)
                total[v] = vec_add(total[v], weighed(score + v * VEC_LANES, scale, vec_load(w + v * VEC_LANES)));
        }
        VEC_UNROLL
        for (int v = 0; v < UNIT_VECTORS; v++)
            vec_store(sum + i + v * VEC_LANES, total[v]);
    }
}

const sep_simd_contrast SEP_ISA_NAME(sep_contrast) = {.weigh = weigh, .add = add};
