/* The products of attention: small, dense and, as published, all of one size: 49 tokens of 32 channels. For that size
 * the shapes and strides are constants of the code, which takes 95 % of the arithmetic's limit where the tile (tile.h)
 * with its variable ones takes 80 %. Other sizes are the tile's. */
#ifndef SEPTUM_SIMD_VECTOR_ATTENTION_PRODUCT_H
#define SEPTUM_SIMD_VECTOR_ATTENTION_PRODUCT_H

#include "simd/attention.h"
#include "simd/tile.h"
#include "simd/vector/attention_softmax.h"

#define PUBLISHED_WINDOW  7
#define PUBLISHED_TOKENS  (PUBLISHED_WINDOW * PUBLISHED_WINDOW)
#define PUBLISHED_DIM     32
#define PUBLISHED_COLUMNS 80 /* sep_attention_columns(PUBLISHED_TOKENS) */

/* Rows in memory, one for each row of a product. */
typedef struct token_rows {
    const float *first;
    ptrdiff_t stride;
} token_rows;

/* c [rows, columns] = a b, each element a chain from +0 over the depth: a [rows, depth] with a_row == 1 or a_step == 1,
 * b [depth, columns] with dense rows. */
typedef struct attention_product {
    int rows, columns, depth;
    ptrdiff_t a_row, a_step, b_row, c_row;
    const float *a, *b;
    float *c;
    /* The rest is for the published size. Into the second-level cache meanwhile: rows where a c will go, or of the next
     * head's operands. */
    token_rows fetch[2];
    /* Scores only, or NULL: c is adjusted (attention_softmax.h), and `most` [columns] raised to its maxima. */
    const sep_attention_terms *terms;
    float *most;
} attention_product;

#if VEC_LANES == 8 /* 16 registers */
#define NARROW_HEIGHT 6
#define WIDE_VECTORS  2
#define WIDE_HEIGHT   6
#else /* 32 registers */
#define NARROW_HEIGHT 14
#define WIDE_VECTORS  3
#define WIDE_HEIGHT   9
#endif

/* What is constant where a block is inlined. */
typedef struct product_constants {
    int columns, depth, vectors, height;
    ptrdiff_t a_row, a_step, b_row;
    int fetches; /* used of `fetch` */
    bool scores; /* may have terms */
} product_constants;

#define LINE 16 /* floats of a cache line */

/* One row of each. */
VEC_INLINE void fetch_row(const attention_product *p, int fetches, int row)
{
    VEC_UNROLL
    for (int i = 0; i < fetches; i++)
        VEC_UNROLL
    for (int d = 0; d < PUBLISHED_DIM; d += LINE)
        __builtin_prefetch(p->fetch[i].first + row * p->fetch[i].stride + d, 0, 2);
}

VEC_INLINE void finish_scores(const attention_product *p, int row, int height, int column, int vectors,
                              vec acc[NARROW_HEIGHT][3])
{
    if (!p->terms)
        return;
    VEC_UNROLL
    for (int v = 0; v < vectors; v++) {
        int at = column + v * VEC_LANES;
        vec best = vec_load(p->most + at);

        VEC_UNROLL
        for (int i = 0; i < height; i++) {
            acc[i][v] = adjusted(p->terms, PUBLISHED_COLUMNS, row + i, at, acc[i][v]);
            best = vec_max(acc[i][v], best);
        }
        vec_store(p->most + at, best);
    }
}

/* `height` rows of as many vectors as a block is wide. What is to be fetched is spread evenly over the steps: a
 * processor has only about sixteen lines under way, and loads that miss the first-level cache wait behind them. */
VEC_INLINE void product_block(const attention_product *p, product_constants k, int row, int height, int column)
{
    const ptrdiff_t c_row = p->c_row;
    const float *a = p->a + row * k.a_row, *b = p->b + column;
    float *c = p->c + row * c_row + column;
    int fetch_step = column > 0 ? k.depth : 0, fetched = row;
    vec acc[NARROW_HEIGHT][3];

    VEC_UNROLL
    for (int i = 0; i < height; i++)
        VEC_UNROLL
    for (int v = 0; v < k.vectors; v++)
        acc[i][v] = vec_zero();
#pragma GCC unroll 1
    for (int step = 0; step < k.depth; step++, a += k.a_step, b += k.b_row) {
        vec bv[3];

        if (step == fetch_step && fetched < row + height) {
            fetch_row(p, k.fetches, fetched++);
            fetch_step += k.depth / height;
        }
        VEC_UNROLL
        for (int v = 0; v < k.vectors; v++)
            bv[v] = vec_load(b + v * VEC_LANES);
        VEC_UNROLL
        for (int i = 0; i < height; i++) {
            vec av = vec_set1(a[i * k.a_row]);

            VEC_UNROLL
            for (int v = 0; v < k.vectors; v++)
                acc[i][v] = vec_fma(av, bv[v], acc[i][v]);
        }
    }
    if (k.scores)
        finish_scores(p, row, height, column, k.vectors, acc);
    VEC_UNROLL
    for (int i = 0; i < height; i++)
        VEC_UNROLL
    for (int v = 0; v < k.vectors; v++)
        vec_store(c + i * c_row + v * VEC_LANES, acc[i][v]);
}

/* The published rows in blocks of nearly equal height. */
VEC_INLINE void published_product(const attention_product *p, product_constants k)
{
    const int blocks = (PUBLISHED_TOKENS + k.height - 1) / k.height;
    const int height = PUBLISHED_TOKENS / blocks, higher = PUBLISHED_TOKENS % blocks;

    for (int column = 0; column < k.columns; column += k.vectors * VEC_LANES) {
        int row = 0;

#pragma GCC unroll 1
        for (; row < higher * (height + 1); row += height + 1)
            product_block(p, k, row, height + 1, column);
#pragma GCC unroll 1
        for (; row < PUBLISHED_TOKENS; row += height)
            product_block(p, k, row, height, column);
    }
}

/* Keys by queries: sums over channels. */
static void published_scores(const attention_product *p)
{
    published_product(p, (product_constants){.columns = PUBLISHED_TOKENS - 1,
                                             .depth = PUBLISHED_DIM,
                                             .vectors = WIDE_VECTORS,
                                             .height = WIDE_HEIGHT,
                                             .a_row = PUBLISHED_DIM,
                                             .a_step = 1,
                                             .b_row = PUBLISHED_COLUMNS,
                                             .fetches = 2,
                                             .scores = true});
}

/* Tokens by channels: sums over keys, one for each query, */
static void published_over_keys(const attention_product *p)
{
    published_product(p, (product_constants){.columns = PUBLISHED_DIM,
                                             .depth = PUBLISHED_TOKENS,
                                             .vectors = 2,
                                             .height = NARROW_HEIGHT,
                                             .a_row = 1,
                                             .a_step = PUBLISHED_COLUMNS,
                                             .b_row = PUBLISHED_DIM,
                                             .fetches = 2});
}

/* and over queries, one for each key. */
static void published_over_queries(const attention_product *p)
{
    published_product(p, (product_constants){.columns = PUBLISHED_DIM,
                                             .depth = PUBLISHED_TOKENS,
                                             .vectors = 2,
                                             .height = NARROW_HEIGHT,
                                             .a_row = PUBLISHED_COLUMNS,
                                             .a_step = 1,
                                             .b_row = PUBLISHED_DIM,
                                             .fetches = 1});
}

static void any_product(const attention_product *p)
{
    const sep_tile_job job = {.rows = p->rows,
                              .columns = p->columns,
                              .taps = 1,
                              .depth = p->depth,
                              .a = &p->a,
                              .b = &p->b,
                              .a_row = p->a_row,
                              .a_step = p->a_step,
                              .b_row = p->b_row,
                              .c_row = p->c_row,
                              .c = p->c};

    SEP_ISA_NAME(sep_tile).run(&job);
}

/* The products of a head, of any size and of the published one. */
typedef struct product_functions {
    void (*scores)(const attention_product *p);
    void (*over_keys)(const attention_product *p);
    void (*over_queries)(const attention_product *p);
} product_functions;

static const product_functions products_of_size[2] = {
    {any_product, any_product, any_product},
    {published_scores, published_over_keys, published_over_queries},
};

#endif
