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
    const float *bias;     /* [L, sep_attention_columns(L)], or NULL */
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

/* Rows of L scores are padded to whole groups of 16. */
static inline int sep_attention_columns(int tokens)
{
    return (tokens + 15) / 16 * 16;
}

/* Floats between the rows of the spread score gradients: window pieces of 2 window - 1, and room for a vector. */
static inline int sep_attention_spread_row(int window)
{
    return (window * (2 * window - 1) + window + 16 + 15) / 16 * 16;
}

/* Floats of scratch for forward, [tokens, dim] twice, [dim, columns], [tokens, columns], [tokens] twice; and for
 * backward, which has the first two and the scores twice and the spread gradients besides. */
static inline size_t sep_attention_scratch(int tokens, int dim)
{
    size_t columns = (size_t)sep_attention_columns(tokens), rows = (size_t)tokens, d = (size_t)dim;

    return 2 * rows * d + d * columns + rows * columns + 2 * rows;
}

static inline size_t sep_attention_gradient_scratch(int window, int dim)
{
    size_t tokens = (size_t)(window * window), columns = (size_t)sep_attention_columns(window * window);

    return sep_attention_scratch(window * window, dim) +
           tokens * (2 * (size_t)dim + columns + (size_t)sep_attention_spread_row(window));
}

typedef struct sep_simd_attention {
    void (*forward)(const sep_attention_terms *terms, float *scratch, float *out);
    void (*backward)(const sep_attention_terms *terms, const sep_attention_gradient *gradient, float *scratch);
} sep_simd_attention;

extern const sep_simd_attention sep_attention_generic, sep_attention_avx2, sep_attention_avx512, sep_attention_neon;

#endif
