/* Attention of one head inside one window of L tokens. Operands are strided views of the packed qkv tensor; all partial
 * results lie in a scratch that the caller lends. The arithmetic is WINDOW_ATTENTION's in operation.h. */
#ifndef SEPTUM_SIMD_ATTENTION_H
#define SEPTUM_SIMD_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#define SEP_ATTENTION_PENALTY (-100.0f) /* between tokens of different regions of a rolled map */

typedef struct sep_attention_terms {
    int window, dim; /* L = window * window tokens; channels of this head */
    int64_t stride;  /* elements from one token to the next in q, k, v and their gradients */
    int64_t out_stride;
    float scale;
    const float *q, *k, *v;
    /* [L + 1, sep_attention_columns(L)], or NULL: a row for each key, with its bias for every query; then a row with
     * the biases of the last query for every key. */
    const float *bias;
    const int32_t *region; /* [sep_attention_columns(L)], or NULL where there is one region */
    /* Elements from the operands of this call, and from its dout, to those of the next, which are fetched into the
     * cache meanwhile. A hint only: nothing is read there. */
    int64_t ahead, out_ahead;
} sep_attention_terms;

typedef struct sep_attention_gradient {
    const float *dout;
    float *dq, *dk, *dv;
    float *offset_sums; /* [(2 window - 1)^2], or NULL: this window's sum of ds over each offset is added */
} sep_attention_gradient;

static inline size_t sep_attention_padded(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

/* Rows of L scores are padded to an odd number of groups of 16 (cache lines): measured, 80 floats a row make forward 2
 * to 4 % faster than 64 where the operands are not in the cache. */
static inline int sep_attention_columns(int tokens)
{
    return ((tokens + 15) / 16 | 1) * 16;
}

/* Floats of scratch, each part padded to 16. Forward: an operand [tokens, dim], a row of one, one turned [dim,
 * columns], scores [tokens, columns], those of one query and a number of each. Backward besides: three operands more,
 * the gradients of scores, and sums over offsets [2 window - 1] twice. */
static inline size_t sep_attention_scratch(int tokens, int dim)
{
    size_t columns = (size_t)sep_attention_columns(tokens), rows = (size_t)tokens, d = (size_t)dim;

    return sep_attention_padded(rows * d) + sep_attention_padded(d) + (d + rows + 2) * columns;
}

static inline size_t sep_attention_gradient_scratch(int window, int dim)
{
    size_t rows = (size_t)(window * window), side = 2 * (size_t)window - 1;

    return sep_attention_scratch(window * window, dim) + 3 * sep_attention_padded(rows * (size_t)dim) +
           (rows + 1) * (size_t)sep_attention_columns(window * window) + side * sep_attention_padded(side);
}

typedef struct sep_simd_attention {
    void (*forward)(const sep_attention_terms *terms, float *scratch, float *out);
    void (*backward)(const sep_attention_terms *terms, const sep_attention_gradient *gradient, float *scratch);
} sep_simd_attention;

extern const sep_simd_attention sep_attention_generic, sep_attention_avx2, sep_attention_avx512, sep_attention_neon;

#endif
