/* Window attention of one head on vectors. Each of its matrix products is a chain over the inner index with lanes on
 * the columns of the result (product below); k and v are turned once so that their tokens become columns. */
#include "simd/attention.h"

#include "simd/vector/softmax_row.h"

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* a as [rows, depth] with any two strides, b as [depth, columns] with unit columns. */
typedef struct factors {
    const float *a, *b;
    ptrdiff_t a_row, a_step, b_step;
    int depth;
} factors;

#define TILE_ROWS    6
#define TILE_VECTORS 2

/* Tile of the product: c[r][v] = chain from +0 over the depth, times `factor`; the last vector has n columns. */
VEC_INLINE void product_tile(const factors *f, int rows, int vectors, int n, float factor, float *c, ptrdiff_t c_row)
{
    vec sum[TILE_ROWS][TILE_VECTORS];
    const float *a = f->a, *b = f->b;

    VEC_UNROLL
    for (int r = 0; r < rows; r++)
        VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        sum[r][v] = vec_zero();
    for (int k = 0; k < f->depth; k++, a += f->a_step, b += f->b_step) {
        vec right[TILE_VECTORS];

        VEC_UNROLL
        for (int v = 0; v < vectors; v++)
            right[v] = vec_load_up_to(b + v * VEC_LANES, n);
        VEC_UNROLL
        for (int r = 0; r < rows; r++) {
            vec left = vec_set1(a[r * f->a_row]);

            VEC_UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = vec_fma(left, right[v], sum[r][v]);
        }
    }
    VEC_UNROLL
    for (int r = 0; r < rows; r++)
        VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        vec_store_up_to(c + r * c_row + v * VEC_LANES, vec_mul(vec_set1(factor), sum[r][v]), n);
}

VEC_INLINE void product_rows(factors f, int rows, int columns, float factor, float *c, ptrdiff_t c_row)
{
    const int step = TILE_VECTORS * VEC_LANES;
    int j = 0;

    for (; j + step <= columns; j += step, f.b += step)
        product_tile(&f, rows, TILE_VECTORS, VEC_LANES, factor, c + j, c_row);
    for (; j + VEC_LANES <= columns; j += VEC_LANES, f.b += VEC_LANES)
        product_tile(&f, rows, 1, VEC_LANES, factor, c + j, c_row);
    if (j < columns)
        product_tile(&f, rows, 1, columns - j, factor, c + j, c_row);
}

static void product(factors f, int rows, int columns, float factor, float *c, ptrdiff_t c_row)
{
    int i = 0;

    for (; i + TILE_ROWS <= rows; i += TILE_ROWS, f.a += TILE_ROWS * f.a_row)
        product_rows(f, TILE_ROWS, columns, factor, c + i * c_row, c_row);
    for (; i < rows; i++, f.a += f.a_row)
        product_rows(f, 1, columns, factor, c + i * c_row, c_row);
}

/* ---- one head ---------------------------------------------------------------------------------------------------- */

/* Where things lie in the scratch. */
typedef struct head {
    int tokens, columns;
    float *q;      /* [tokens, dim], scaled */
    float *turned; /* [dim, columns]: k, then v, with tokens as columns */
    float *p;      /* [tokens, columns] */
    float *most;   /* [tokens]: the highest score of each row, */
    float *sum;    /* and the sum of its exponentials */
    float *ds;     /* the same; backward only */
    float *window_sums;
} head;

static head lay_out(const sep_attention_terms *t, float *scratch)
{
    head h = {.tokens = t->window * t->window};

    h.columns = sep_attention_columns(h.tokens);
    h.q = scratch;
    h.turned = h.q + (ptrdiff_t)h.tokens * t->dim;
    h.p = h.turned + (ptrdiff_t)t->dim * h.columns;
    h.most = h.p + (ptrdiff_t)h.tokens * h.columns;
    h.sum = h.most + h.tokens;
    h.ds = h.sum + h.tokens;
    h.window_sums = h.ds + (ptrdiff_t)h.tokens * h.columns;
    return h;
}

static void scale_queries(const sep_attention_terms *t, const head *h)
{
    const vec scale = vec_set1(t->scale);

    for (int i = 0; i < h->tokens; i++) {
        for (int d = 0; d < t->dim; d += VEC_LANES) {
            int n = t->dim - d;

            vec_store_up_to(h->q + (ptrdiff_t)i * t->dim + d,
                            vec_mul(vec_load_up_to(t->q + i * t->stride + d, n), scale), n);
        }
    }
}

/* Columns above the last token are +0. */
static void turn_tokens(const sep_attention_terms *t, const head *h, const float *x)
{
    turn(x, t->stride, h->tokens, t->dim, h->turned, h->columns);
    for (int d = 0; d < t->dim; d++)
        for (int j = h->tokens; j < h->columns; j++)
            h->turned[(ptrdiff_t)d * h->columns + j] = 0.0f;
}

/* Adds bias and penalty to row i of the scores. */
static void adjust_scores(const sep_attention_terms *t, const head *h, int i, float *s)
{
    const vec penalty = vec_set1(SEP_ATTENTION_PENALTY);

    for (int j = 0; j < h->columns; j += VEC_LANES) {
        vec score = vec_load(s + j);

        if (t->bias)
            score = vec_add(score, vec_load(t->bias + (ptrdiff_t)i * h->columns + j));
        if (t->region) {
            vec_mask same = vec_int_eq(vec_int_set1(t->region[i]), vec_int_load(t->region + j));

            score = vec_select(same, score, vec_add(score, penalty));
        }
        vec_store(s + j, score);
    }
}

/* Step by step over all rows, not row by row: the steps of different rows can overlap in the processor. */
static void softmax_rows(const sep_attention_terms *t, const head *h)
{
    for (int i = 0; i < h->tokens; i++) {
        float *row = h->p + (ptrdiff_t)i * h->columns;

        if (t->bias || t->region)
            adjust_scores(t, h, i, row);
        h->most[i] = row_max(row, h->tokens);
    }
    for (int i = 0; i < h->tokens; i++) {
        float *row = h->p + (ptrdiff_t)i * h->columns;

        h->sum[i] = row_exponentials(row, h->most[i], h->tokens, row);
    }
    for (int i = 0; i < h->tokens; i++)
        row_scale(h->p + (ptrdiff_t)i * h->columns, 1.0f / h->sum[i], h->tokens);
}

static void probabilities(const sep_attention_terms *t, const head *h)
{
    factors scores = {h->q, h->turned, t->dim, 1, h->columns, t->dim};

    scale_queries(t, h);
    turn_tokens(t, h, t->k);
    product(scores, h->tokens, h->columns, 1.0f, h->p, h->columns);
    softmax_rows(t, h);
}

static void forward(const sep_attention_terms *t, float *scratch, float *out)
{
    head h = lay_out(t, scratch);
    factors mixed = {h.p, t->v, h.columns, 1, t->stride, h.tokens};

    probabilities(t, &h);
    product(mixed, h.tokens, t->dim, 1.0f, out, t->out_stride);
}

static void score_gradient(const sep_attention_terms *t, const head *h, const float *dout)
{
    factors dp = {dout, h->turned, t->out_stride, 1, h->columns, t->dim};

    turn_tokens(t, h, t->v);
    product(dp, h->tokens, h->columns, 1.0f, h->ds, h->columns);
    for (int i = 0; i < h->tokens; i++) {
        float *row = h->ds + (ptrdiff_t)i * h->columns;

        row_softmax_dx(h->p + (ptrdiff_t)i * h->columns, row, h->tokens, row);
    }
}

/* The sums of one window over each offset. For query i the keys of one row of the window have consecutive offsets that
 * fall as x rises, so the sums are kept with x reversed and turned round when they are added to the block's. */
static void add_offset_sums(const sep_attention_terms *t, const head *h, float *sums)
{
    int window = t->window, side = 2 * window - 1;

    for (int o = 0; o < side * side; o++)
        h->window_sums[o] = 0.0f;
    for (int i = 0; i < h->tokens; i++) {
        for (int y = 0; y < window; y++) {
            float *sum = h->window_sums + (i / window - y + window - 1) * side + window - 1 - i % window;
            const float *ds = h->ds + (ptrdiff_t)i * h->columns + y * window;

            for (int x = 0; x < window; x++)
                sum[x] += ds[x];
        }
    }
    for (int dy = 0; dy < side; dy++)
        for (int dx = 0; dx < side; dx++)
            sums[dy * side + dx] += h->window_sums[dy * side + side - 1 - dx];
}

static void backward(const sep_attention_terms *t, const sep_attention_gradient *g, float *scratch)
{
    head h = lay_out(t, scratch);
    factors dq = {h.ds, t->k, h.columns, 1, t->stride, h.tokens};
    factors dk = {h.ds, h.q, 1, h.columns, t->dim, h.tokens};
    factors dv = {h.p, g->dout, 1, h.columns, t->out_stride, h.tokens};

    probabilities(t, &h);
    score_gradient(t, &h, g->dout);
    product(dq, h.tokens, t->dim, t->scale, g->dq, t->stride);
    product(dk, h.tokens, t->dim, 1.0f, g->dk, t->stride);
    product(dv, h.tokens, t->dim, 1.0f, g->dv, t->stride);
    if (g->offset_sums)
        add_offset_sums(t, &h, g->offset_sums);
}

const sep_simd_attention SEP_ISA_NAME(sep_attention) = {
    .forward = forward,
    .backward = backward,
};
