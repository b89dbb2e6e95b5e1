/* Window attention of one head on vectors. What a head reads lies far apart in the packed qkv (a token's q, k and v of
 * one head are a few cache lines), so it is gathered once; then everything is a product of small dense matrices, with
 * the softmax between them while the scores are in the first-level cache. Scores have keys as rows and queries as
 * columns, which makes softmax a matter of whole vectors (attention_softmax.h):
 *
 *     forward    k [L, d], qT [d, L]   ->  sT = k qT   ->  pT = softmax(sT + bias + mask)   ->  out = p v
 *     backward   pT again;  v, doutT   ->  dpT = v doutT  ->  dsT = pT (dpT - D)
 *                dq = scale * ds k,   dk = dsT q,   dv = pT dout,   dtable = sums of ds over equal offsets
 *
 * Where one query more than whole vectors is left (49 = 3 * 16 + 1, and so it is for 8 and 4 lanes) it goes apart: its
 * scores lie as a row, with the lanes of a vector as keys, and join the others when they are done. */
#include "simd/attention.h"

#include "simd/vector/attention_head.h"
#include "simd/vector/attention_softmax.h"
#include "simd/vector/attention_table.h"

/* ---- forward ----------------------------------------------------------------------------------------------------- */

static token_rows ahead_of(const float *from, ptrdiff_t stride, ptrdiff_t ahead)
{
    return (token_rows){from + ahead, stride};
}

/* sT or dpT = keys (k or v) by queries (q or dout). */
static attention_product score_product(const head *h, const float *keys, float *c)
{
    return (attention_product){.rows = h->tokens,
                               .columns = h->across,
                               .depth = h->dim,
                               .a_row = h->dim,
                               .a_step = 1,
                               .b_row = h->columns,
                               .c_row = h->columns,
                               .a = keys,
                               .b = h->turned,
                               .c = c};
}

static void scores(const sep_attention_terms *t, const head *h)
{
    attention_product product = score_product(h, h->k, h->p);

    product.fetch[0] = ahead_of(t->q, t->stride, t->ahead);
    product.fetch[1] = ahead_of(t->k, t->stride, t->ahead);
    product.terms = t;
    product.most = h->most;
    for (int column = 0; column < h->across; column += VEC_LANES)
        vec_store(h->most + column, vec_set1(-INFINITY));
    h->product->scores(&product);
    if (!h->published)
        adjust_columns(t, h->tokens, h->p, h->most);
    if (h->apart)
        last_products(h, h->q_last, h->k, h->p_last);
}

/* The last query first: its few long chains overlap with what follows. */
VEC_INLINE void softmax(const sep_attention_terms *t, const head *h, int tokens)
{
    if (has_query_apart(tokens))
        softmax_last(t, tokens, h->p_last);
    softmax_columns(tokens, h->p, h->most);
    if (has_query_apart(tokens))
        join_last(tokens, h->p_last, h->p);
}

static void probabilities(const sep_attention_terms *t, const head *h)
{
    const float *q_last = t->q + (h->tokens - 1) * t->stride;

    scale_tokens(h, t->q, t->stride, t->scale, h->q, h->dim);
    scale_rows(1, h->dim, q_last, t->stride, t->scale, h->q_last, h->dim);
    turn_tokens(h, h->q);
    gather(h, t->k, t->stride, h->k);
    scores(t, h);
#define RUN(tokens, dim) softmax(t, h, tokens)
    WITH_SIZE(h, RUN);
#undef RUN
}

static void forward(const sep_attention_terms *t, float *scratch, float *out)
{
    const head h = lay_out(t, false, scratch);
    const attention_product mixed = {.rows = h.tokens,
                                     .columns = h.dim,
                                     .depth = h.tokens,
                                     .a_row = 1,
                                     .a_step = h.columns,
                                     .b_row = h.dim,
                                     .c_row = t->out_stride,
                                     .a = h.p,
                                     .b = h.v,
                                     .c = out,
                                     .fetch = {{out, t->out_stride}, ahead_of(t->v, t->stride, t->ahead)}};

    probabilities(t, &h);
    gather(&h, t->v, t->stride, h.v);
    h.product->over_keys(&mixed);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

VEC_INLINE void softmax_dx(const head *h, int tokens)
{
    if (has_query_apart(tokens))
        row_softmax_dx(h->p_last, h->ds_last, tokens, h->ds_last);
    softmax_dx_columns(tokens, h->p, h->ds, h->most);
    if (has_query_apart(tokens))
        join_last(tokens, h->ds_last, h->ds);
}

static void score_gradient(const sep_attention_terms *t, const sep_attention_gradient *g, const head *h)
{
    attention_product product = score_product(h, h->v, h->ds);

    product.fetch[0] = ahead_of(t->v, t->stride, t->ahead);
    product.fetch[1] = ahead_of(g->dout, t->out_stride, t->out_ahead);
    gather(h, t->v, t->stride, h->v);
    gather(h, g->dout, t->out_stride, h->dout);
    turn_tokens(h, h->dout);
    h->product->scores(&product);
    if (h->apart)
        last_products(h, h->dout + (ptrdiff_t)(h->tokens - 1) * h->dim, h->v, h->ds_last);
#define RUN(tokens, dim) softmax_dx(h, tokens)
    WITH_SIZE(h, RUN);
#undef RUN
}

/* dq, dk and dv; while one is computed the cache fetches where it or the next will lie. */
static void operand_gradients(const sep_attention_terms *t, const sep_attention_gradient *g, const head *h)
{
    attention_product product = {.rows = h->tokens,
                                 .columns = h->dim,
                                 .depth = h->tokens,
                                 .a_row = 1,
                                 .a_step = h->columns,
                                 .b_row = h->dim,
                                 .c_row = t->stride,
                                 .a = h->ds,
                                 .b = h->k,
                                 .c = g->dq,
                                 .fetch = {{g->dq, t->stride}, {g->dk, t->stride}}};

    h->product->over_keys(&product);
    scale_tokens(h, g->dq, t->stride, t->scale, g->dq, t->stride);
    product.a_row = h->columns;
    product.a_step = 1;
    product.b = h->q;
    product.c = g->dk;
    product.fetch[0].first = g->dk;
    h->product->over_queries(&product);
    product.a = h->p;
    product.b = h->dout;
    product.c = g->dv;
    product.fetch[0].first = g->dv;
    h->product->over_queries(&product);
}

static void backward(const sep_attention_terms *t, const sep_attention_gradient *g, float *scratch)
{
    const head h = lay_out(t, true, scratch);

    probabilities(t, &h);
    score_gradient(t, g, &h);
    operand_gradients(t, g, &h);
    if (g->offset_sums)
        add_offset_sums(&h, t->window, g->offset_sums);
}

const sep_simd_attention SEP_ISA_NAME(sep_attention) = {
    .forward = forward,
    .backward = backward,
};
