/* Window attention of one head on vectors. What a head reads lies far apart in the packed qkv (a token's q, k and v of
 * one head are a few cache lines), so it is gathered once; then everything is a product of small dense matrices by the
 * tile (tile.h), with the softmax between them while the scores are in the first-level cache:
 *
 *     forward    q [L, d], kT [d, L]   ->  s = q kT   ->  p = softmax(s + bias + mask)   ->  out = p v
 *     backward   p again;  dout, vT    ->  dp = dout vT  ->  ds = p (dp - D)
 *                dq = scale * ds k,   dk = dsT q,   dv = pT dout,   dtable = sums of ds over equal offsets
 *
 * The tile keeps a block of a product in registers over its whole chain. k and v are turned so that their tokens become
 * columns; dsT and pT are read as they lie, along the rows. */
#include "simd/attention.h"

#include "simd/tile.h"
#include "simd/transpose.h"
#include "simd/vector/softmax_row.h"

#define TILE      SEP_ISA_NAME(sep_tile)
#define TRANSPOSE SEP_ISA_NAME(sep_transpose)

/* c [rows, columns] = a b, each element a chain from +0 over the depth. */
static void product(const sep_tile_job *job, const float *a, const float *b)
{
    sep_tile_job with_operands = *job;

    with_operands.taps = 1;
    with_operands.a = &a;
    with_operands.b = &b;
    TILE.run(&with_operands);
}

/* ---- one head ---------------------------------------------------------------------------------------------------- */

/* Where things lie in the scratch. */
typedef struct head {
    int tokens;
    int columns;       /* of the scores in memory, */
    int score_columns; /* and those that are computed: whole vectors */
    float *q, *v;      /* [tokens, dim]; q scaled */
    float *turned;     /* [dim, columns]: k, then v, with tokens as columns */
    float *p;          /* [tokens, columns] */
    float *most;       /* [tokens]: the highest score of each row, */
    float *sum;        /* and the sum of its exponentials */
    float *k, *dout;   /* [tokens, dim]; these and the rest in backward only */
    float *ds;         /* [tokens, columns] */
    float *spread;     /* [tokens, spread_row] */
    int spread_row;
} head;

static head lay_out(const sep_attention_terms *t, float *scratch)
{
    head h = {.tokens = t->window * t->window, .spread_row = sep_attention_spread_row(t->window)};
    ptrdiff_t operand = (ptrdiff_t)h.tokens * t->dim;

    h.columns = sep_attention_columns(h.tokens);
    h.score_columns = (h.tokens + VEC_LANES - 1) / VEC_LANES * VEC_LANES;
    h.q = scratch;
    h.v = h.q + operand;
    h.turned = h.v + operand;
    h.p = h.turned + (ptrdiff_t)t->dim * h.columns;
    h.most = h.p + (ptrdiff_t)h.tokens * h.columns;
    h.sum = h.most + h.tokens;
    h.k = h.sum + h.tokens;
    h.dout = h.k + operand;
    h.ds = h.dout + operand;
    h.spread = h.ds + (ptrdiff_t)h.tokens * h.columns;
    return h;
}

#define LINE 16 /* floats of a cache line */

/* The same rows of the next head. */
static void fetch_ahead(const sep_attention_terms *t, const float *from, ptrdiff_t stride, ptrdiff_t ahead)
{
    for (int i = 0; i < t->window * t->window; i++)
        for (int d = 0; d < t->dim; d += LINE)
            __builtin_prefetch(from + i * stride + ahead + d);
}

/* to[i] = from[i] * factor for the rows of one head. */
static void scale_tokens(const sep_attention_terms *t, const float *from, ptrdiff_t stride, float factor, float *to,
                         ptrdiff_t to_stride)
{
    const vec scale = vec_set1(factor);

    for (int i = 0; i < t->window * t->window; i++)
        for (int d = 0; d < t->dim; d += VEC_LANES) {
            int n = t->dim - d;

            vec_store_up_to(to + i * to_stride + d, vec_mul(vec_load_up_to(from + i * stride + d, n), scale), n);
        }
}

static void gather(const sep_attention_terms *t, const float *from, ptrdiff_t stride, float *to)
{
    for (int i = 0; i < t->window * t->window; i++)
        for (int d = 0; d < t->dim; d += VEC_LANES) {
            int n = t->dim - d;

            vec_store_up_to(to + (ptrdiff_t)i * t->dim + d, vec_load_up_to(from + i * stride + d, n), n);
        }
}

/* Columns above the last token are +0. */
static void turn_tokens(const sep_attention_terms *t, const head *h, const float *x, ptrdiff_t stride)
{
    for (int d = 0; d < t->dim; d++)
        vec_store(h->turned + (ptrdiff_t)d * h->columns + h->score_columns - VEC_LANES, vec_zero());
    TRANSPOSE.matrix(x, stride, h->turned, h->columns, h->tokens, t->dim);
}

/* ---- softmax ----------------------------------------------------------------------------------------------------- */

/* Adds bias and penalty to row i of the scores; returns the highest. */
VEC_INLINE float adjust_scores(const sep_attention_terms *t, const head *h, int i, int tokens, float *s)
{
    const vec penalty = vec_set1(SEP_ATTENTION_PENALTY);
    vec best = vec_set1(-INFINITY);

    for (int j = 0; j < tokens; j += VEC_LANES) {
        int n = lanes_left(j, tokens);
        vec score = vec_load(s + j);

        if (t->bias)
            score = vec_add(score, vec_load(t->bias + (ptrdiff_t)i * h->columns + j));
        if (t->region) {
            vec_mask same = vec_int_eq(vec_int_set1(t->region[i]), vec_int_load(t->region + j));

            score = vec_select(same, score, vec_add(score, penalty));
        }
        vec_store(s + j, score);
        best = vec_merge(n, vec_max(score, best), best);
    }
    return vec_join_max(best);
}

/* Step by step over all rows, not row by row: the steps of different rows can overlap in the processor. */
VEC_INLINE void softmax_rows(const sep_attention_terms *t, const head *h, int tokens)
{
    for (int i = 0; i < tokens; i++)
        h->most[i] = adjust_scores(t, h, i, tokens, h->p + (ptrdiff_t)i * h->columns);
    for (int i = 0; i < tokens; i++) {
        float *row = h->p + (ptrdiff_t)i * h->columns;

        h->sum[i] = row_exponentials(row, h->most[i], tokens, row);
    }
    for (int i = 0; i < tokens; i++)
        row_scale(h->p + (ptrdiff_t)i * h->columns, 1.0f / h->sum[i], tokens);
}

VEC_INLINE void softmax_dx_rows(const head *h, int tokens)
{
    for (int i = 0; i < tokens; i++) {
        float *row = h->ds + (ptrdiff_t)i * h->columns;

        row_softmax_dx(h->p + (ptrdiff_t)i * h->columns, row, tokens, row);
    }
}

/* RUN(tokens) with the published size as a constant, so that rows of 49 have no loops. */
#define WITH_TOKENS(tokens, RUN)                                                                                       \
    do {                                                                                                               \
        if ((tokens) == 49)                                                                                            \
            RUN(49);                                                                                                   \
        else                                                                                                           \
            RUN(tokens);                                                                                               \
    } while (0)

/* ---- forward ----------------------------------------------------------------------------------------------------- */

static void probabilities(const sep_attention_terms *t, const head *h)
{
    const sep_tile_job scores = {.rows = h->tokens,
                                 .columns = h->score_columns,
                                 .depth = t->dim,
                                 .a_row = t->dim,
                                 .a_step = 1,
                                 .b_row = h->columns,
                                 .c = h->p,
                                 .c_row = h->columns};

    scale_tokens(t, t->q, t->stride, t->scale, h->q, t->dim);
    fetch_ahead(t, t->q, t->stride, t->ahead);
    turn_tokens(t, h, t->k, t->stride);
    fetch_ahead(t, t->k, t->stride, t->ahead);
    product(&scores, h->q, h->turned);
#define RUN(tokens) softmax_rows(t, h, tokens)
    WITH_TOKENS(h->tokens, RUN);
#undef RUN
}

static void forward(const sep_attention_terms *t, float *scratch, float *out)
{
    head h = lay_out(t, scratch);
    const sep_tile_job mixed = {.rows = h.tokens,
                                .columns = t->dim,
                                .depth = h.tokens,
                                .a_row = h.columns,
                                .a_step = 1,
                                .b_row = t->dim,
                                .c = out,
                                .c_row = t->out_stride};

    gather(t, t->v, t->stride, h.v);
    probabilities(t, &h);
    fetch_ahead(t, t->v, t->stride, t->ahead);
    product(&mixed, h.p, h.v);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

static void score_gradient(const sep_attention_terms *t, const head *h)
{
    const sep_tile_job dp = {.rows = h->tokens,
                             .columns = h->score_columns,
                             .depth = t->dim,
                             .a_row = t->dim,
                             .a_step = 1,
                             .b_row = h->columns,
                             .c = h->ds,
                             .c_row = h->columns};

    turn_tokens(t, h, t->v, t->stride);
    product(&dp, h->dout, h->turned);
#define RUN(tokens) softmax_dx_rows(h, tokens)
    WITH_TOKENS(h->tokens, RUN);
#undef RUN
}

/* For query i the keys of one row of the window have consecutive offsets that fall as x rises. Each such piece of
 * `window` gradients is laid out with zeros around it, so that a vector of all 2 window - 1 offsets can be loaded from
 * any shift:
 *
 *     row i of spread:  0 .. 0 | y = 0 | 0 .. 0 | y = 1 | 0 .. 0 | ...     pieces 2 window - 1 apart */
static void spread_gradients(const sep_attention_terms *t, const head *h)
{
    int window = t->window, side = 2 * window - 1;

    for (int i = 0; i < h->tokens; i++) {
        float *row = h->spread + (ptrdiff_t)i * h->spread_row;
        const float *ds = h->ds + (ptrdiff_t)i * h->columns;

        for (int c = 0; c < h->spread_row; c += VEC_LANES)
            vec_store(row + c, vec_zero());
        for (int y = 0; y < window; y++)
            for (int x = 0; x < window; x += VEC_LANES)
                vec_store_up_to(row + y * side + window - 1 + x, vec_load_up_to(ds + y * window + x, window - x),
                                window - x);
    }
}

/* Of the offsets with the vertical part dy + 1 - window, those in the lanes from `first`: rising i, and each i has at
 * most one key a lane. The lanes where it has none add +0. */
static inline vec offset_sum(const sep_attention_terms *t, const head *h, int dy, int first)
{
    int window = t->window, side = 2 * window - 1;
    vec sum = vec_zero();

    for (int iy = 0; iy < window; iy++) {
        int y = iy - dy + window - 1;

        if (y < 0 || y >= window)
            continue;
        for (int ix = 0; ix < window; ix++)
            sum = vec_add(sum,
                          vec_load(h->spread + (ptrdiff_t)(iy * window + ix) * h->spread_row + y * side + ix + first));
    }
    return sum;
}

static void add_offset_sums(const sep_attention_terms *t, const head *h, float *sums)
{
    int side = 2 * t->window - 1;

    spread_gradients(t, h);
    for (int dy = 0; dy < side; dy++)
        for (int first = 0; first < side; first += VEC_LANES) {
            float lane[VEC_LANES];

            vec_store(lane, offset_sum(t, h, dy, first));
            for (int i = 0; i < lanes_left(first, side); i++)
                sums[dy * side + side - 1 - first - i] += lane[i];
        }
}

static void backward(const sep_attention_terms *t, const sep_attention_gradient *g, float *scratch)
{
    head h = lay_out(t, scratch);
    sep_tile_job job = {.rows = h.tokens,
                        .columns = t->dim,
                        .depth = h.tokens,
                        .a_row = h.columns,
                        .a_step = 1,
                        .b_row = t->dim,
                        .c_row = t->stride};

    gather(t, t->k, t->stride, h.k);
    gather(t, g->dout, t->out_stride, h.dout);
    probabilities(t, &h);
    fetch_ahead(t, t->v, t->stride, t->ahead);
    score_gradient(t, &h);
    fetch_ahead(t, g->dout, t->out_stride, t->out_ahead);
    job.c = g->dq;
    product(&job, h.ds, h.k);
    scale_tokens(t, g->dq, t->stride, t->scale, g->dq, t->stride);
    job.a_row = 1;
    job.a_step = h.columns;
    job.c = g->dk;
    product(&job, h.ds, h.q);
    job.c = g->dv;
    product(&job, h.p, h.dout);
    if (g->offset_sums)
        add_offset_sums(t, &h, g->offset_sums);
}

const sep_simd_attention SEP_ISA_NAME(sep_attention) = {
    .forward = forward,
    .backward = backward,
};
