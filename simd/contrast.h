/* Contrast: what lies between the two products of CONTRAST and its gradient (operation.h), of a block of scores whose
 * columns are the rows that are worked out and whose rows are those they are held against. The products are the tile's
 * (simd/tile.h). */
#ifndef SEPTUM_SIMD_CONTRAST_H
#define SEPTUM_SIMD_CONTRAST_H

#include <stddef.h>
#include <stdint.h>

#define SEP_CONTRAST_UNIT 16 /* columns come in whole units */

/* Scores and weights have `columns` columns, rows `pitch` floats apart. Row j has the weights of one class, or of none,
 * by number: a class's weights are a row of the table. */
typedef struct sep_contrast_block {
    int rows, columns;
    ptrdiff_t pitch;
    float *scores;
    float scale; /* 1 / temperature */
    /* The columns as anchors, and row j as a key of class key_class[j]: what that counts. NULL: not so. */
    const float *as_anchor;
    const int32_t *key_class;
    /* The columns as keys, and row j as an anchor of class anchor_class[j], to which they count as much times
     * factor[j]. NULL: not so. One of the two there is. */
    const float *as_key;
    const int32_t *anchor_class;
    const float *factor;
} sep_contrast_block;

typedef struct sep_simd_contrast {
    /* scores = exp(scores * scale) * w, w = fma(factor[j], as_key, as_anchor), +0 in place of what there is not. */
    void (*weigh)(const sep_contrast_block *block);
    /* sum[i] = sum[i] + exp(scores[j][i] * scale) * as_anchor, j rising. */
    void (*add)(const sep_contrast_block *block, float *sum);
} sep_simd_contrast;

extern const sep_simd_contrast sep_contrast_generic, sep_contrast_avx2, sep_contrast_avx512, sep_contrast_neon;

#endif
