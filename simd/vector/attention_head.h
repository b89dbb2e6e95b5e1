/* Attention's operands: where a head's lie in the scratch, how they come there, and the products of a single query. */
#ifndef SEPTUM_SIMD_VECTOR_ATTENTION_HEAD_H
#define SEPTUM_SIMD_VECTOR_ATTENTION_HEAD_H

#include "simd/transpose.h"
#include "simd/vector/attention_product.h"
#include "simd/vector/transpose_lines.h"

#include <math.h>

/* Where things lie in the scratch. */
typedef struct head {
    int tokens, dim;
    int columns;    /* floats between rows of scores */
    int across;     /* queries that are computed as columns: whole vectors, */
    bool apart;     /* without the last query */
    bool published; /* the size for which there are constants */
    const product_functions *product;
    float *q_last;    /* [dim]: scaled q of the last query */
    float *q, *k, *v; /* [tokens, dim]; q scaled */
    float *turned;    /* [dim, columns]: q, then dout, with tokens as columns */
    float *p;         /* [tokens, columns], keys by queries */
    float *p_last;    /* [columns]: of the last query for each key */
    float *most;      /* [columns]: the highest score of each query; sums over keys */
    float *dout;      /* [tokens, dim]; this and the rest in backward only */
    float *ds, *ds_last;
    float *sums; /* [2 window - 1, sum_columns]: of ds over each offset */
    int sum_columns;
} head;

/* Forward needs q, k and v one after the other, and in one place they stay in the first-level cache. */
static head lay_out(const sep_attention_terms *t, bool backward, float *scratch)
{
    head h = {.tokens = t->window * t->window, .dim = t->dim};
    ptrdiff_t operand = (ptrdiff_t)sep_attention_padded((size_t)(h.tokens * t->dim)), others = backward ? operand : 0;

    h.columns = sep_attention_columns(h.tokens);
    h.apart = has_query_apart(h.tokens);
    h.across = query_columns(h.tokens);
    h.published = h.tokens == PUBLISHED_TOKENS && h.dim == PUBLISHED_DIM;
    h.product = &products_of_size[h.published];
    h.q_last = scratch;
    h.q = h.q_last + sep_attention_padded((size_t)t->dim);
    h.k = h.q + others;
    h.v = h.k + others;
    h.turned = h.v + operand;
    h.p = h.turned + (ptrdiff_t)t->dim * h.columns;
    h.p_last = h.p + (ptrdiff_t)h.tokens * h.columns;
    h.most = h.p_last + h.columns;
    h.dout = h.most + h.columns;
    h.ds_last = h.dout + operand;
    h.ds = h.ds_last + h.columns;
    h.sums = h.ds + (ptrdiff_t)h.tokens * h.columns;
    h.sum_columns = (int)sep_attention_padded((size_t)(2 * t->window - 1));
    return h;
}

/* RUN(tokens, dim) with the published size as constants, so that its columns have no loops. */
#define WITH_SIZE(h, RUN)                                                                                              \
    do {                                                                                                               \
        if ((h)->published)                                                                                            \
            RUN(PUBLISHED_TOKENS, PUBLISHED_DIM);                                                                      \
        else                                                                                                           \
            RUN((h)->tokens, (h)->dim);                                                                                \
    } while (0)

/* to[i] = from[i] * factor for the rows of one head. */
VEC_INLINE void scale_rows(int tokens, int dim, const float *from, ptrdiff_t stride, float factor, float *to,
                           ptrdiff_t to_stride)
{
    const vec scale = vec_set1(factor);

    for (int i = 0; i < tokens; i++)
        for (int d = 0; d < dim; d += VEC_LANES) {
            int n = dim - d;

            vec_store_up_to(to + i * to_stride + d, vec_mul(vec_load_up_to(from + i * stride + d, n), scale), n);
        }
}

VEC_INLINE void copy_rows(int tokens, int dim, const float *from, ptrdiff_t stride, float *to)
{
    for (int i = 0; i < tokens; i++)
        for (int d = 0; d < dim; d += VEC_LANES) {
            int n = dim - d;

            vec_store_up_to(to + (ptrdiff_t)i * dim + d, vec_load_up_to(from + i * stride + d, n), n);
        }
}

static void scale_tokens(const head *h, const float *from, ptrdiff_t stride, float factor, float *to,
                         ptrdiff_t to_stride)
{
#define RUN(tokens, dim) scale_rows(tokens, dim, from, stride, factor, to, to_stride)
    WITH_SIZE(h, RUN);
#undef RUN
}

static void gather(const head *h, const float *from, ptrdiff_t stride, float *to)
{
#define RUN(tokens, dim) copy_rows(tokens, dim, from, stride, to)
    WITH_SIZE(h, RUN);
#undef RUN
}

/* x [tokens, dim] to the columns of `turned`; those above the last token are +0. */
static void turn_tokens(const head *h, const float *x)
{
    if (!h->apart)
        for (int d = 0; d < h->dim; d++)
            vec_store(h->turned + (ptrdiff_t)d * h->columns + h->across - VEC_LANES, vec_zero());
    SEP_ISA_NAME(sep_transpose).matrix(x, h->dim, h->turned, h->columns, h->tokens - h->apart, h->dim);
}

/* ---- the last query ---------------------------------------------------------------------------------------------- */

/* sum + the products of x with VEC_LANES rows, as lanes: chains over up to VEC_LANES channels. */
VEC_INLINE vec add_turned_products(const float *x, const float *rows, int dim, int channels, vec sum)
{
    vec line[VEC_LANES];

    if (channels == VEC_LANES)
        load_turned(rows, dim, line);
    else
        load_turned_part(rows, dim, VEC_LANES, channels, line);
    VEC_UNROLL
    for (int i = 0; i < VEC_LANES; i++)
        if (i < channels)
            sum = vec_fma(vec_set1(x[i]), line[i], sum);
    return sum;
}

/* row[j] = the product of x with token j of y: its chain in groups of channels, so that the chains of several vectors
 * of tokens overlap. */
VEC_INLINE void turned_products(int tokens, int dim, const float *x, const float *y, float *row)
{
    const float *last_y = y + (ptrdiff_t)(tokens - 1) * dim;
    float sum = 0.0f;

    for (int d = 0; d < dim; d += VEC_LANES)
        for (int j = 0; j < tokens - 1; j += VEC_LANES) {
            vec start = d > 0 ? vec_load(row + j) : vec_zero();

            vec_store(row + j, add_turned_products(x + d, y + (ptrdiff_t)j * dim + d, dim, lanes_left(d, dim), start));
        }
    for (int d = 0; d < dim; d++)
        sum = fmaf(x[d], last_y[d], sum);
    row[tokens - 1] = sum;
}

/* For x, the last token of q or dout. */
static void last_products(const head *h, const float *x, const float *y, float *row)
{
#define RUN(tokens, dim) turned_products(tokens, dim, x, y, row)
    WITH_SIZE(h, RUN);
#undef RUN
}

/* The row of the last query becomes the last column. */
VEC_INLINE void join_last(int tokens, const float *row, float *matrix)
{
    const ptrdiff_t pitch = sep_attention_columns(tokens);

    for (int j = 0; j < tokens; j++)
        matrix[j * pitch + tokens - 1] = row[j];
}

#endif
