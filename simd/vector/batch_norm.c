/* Batch normalisation on vectors: lanes hold channels. */
#include "simd/batch_norm.h"

#include "simd/vector/activation.h"
#include "simd/vector/isa.h"

#include <string.h>

/* ---- statistics -------------------------------------------------------------------------------------------------- */

/* Vectors of channels that one pass over the rows takes: their chains hide each other's latency, and rows are read in
 * longer stretches. */
#define STRIPE (VEC_LANES == 16 ? 4 : 2)

/* For c over [begin, end): BODY(c, vectors, n), `vectors` vectors of channels from c, the last with n lanes; constants
 * but for the last n. */
#define FOR_STRIPES(begin, end, BODY)                                                                                  \
    do {                                                                                                               \
        int c_ = (begin), end_ = (end);                                                                                \
        for (; c_ + STRIPE * VEC_LANES <= end_; c_ += STRIPE * VEC_LANES)                                              \
            BODY(c_, STRIPE, VEC_LANES);                                                                               \
        for (; c_ + STRIPE / 2 * VEC_LANES <= end_; c_ += STRIPE / 2 * VEC_LANES)                                      \
            BODY(c_, STRIPE / 2, VEC_LANES);                                                                           \
        for (; c_ + VEC_LANES <= end_; c_ += VEC_LANES)                                                                \
            BODY(c_, 1, VEC_LANES);                                                                                    \
        if (c_ < end_)                                                                                                 \
            BODY(c_, 1, end_ - c_);                                                                                    \
    } while (0)

VEC_INLINE void stats_stripe(const float *x, int rows, int channels, int vectors, int n, float *mean, float *m2)
{
    vec sum[STRIPE], squares[STRIPE];

    VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        sum[v] = squares[v] = vec_zero();
    for (int r = 0; r < rows; r++)
        VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        sum[v] = vec_add(sum[v], vec_load_up_to(x + (ptrdiff_t)r * channels + v * VEC_LANES, n));
    VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        sum[v] = vec_div(sum[v], vec_set1((float)rows));
    for (int r = 0; r < rows; r++)
        VEC_UNROLL
    for (int v = 0; v < vectors; v++) {
        vec d = vec_sub(vec_load_up_to(x + (ptrdiff_t)r * channels + v * VEC_LANES, n), sum[v]);

        squares[v] = vec_fma(d, d, squares[v]);
    }
    VEC_UNROLL
    for (int v = 0; v < vectors; v++) {
        vec_store_up_to(mean + v * VEC_LANES, sum[v], n);
        vec_store_up_to(m2 + v * VEC_LANES, squares[v], n);
    }
}

static void stats(const float *x, int rows, int channels, float *mean, float *m2)
{
#define STATS(c, vectors, n) stats_stripe(x + (c), rows, channels, vectors, n, mean + (c), m2 + (c))
    FOR_STRIPES(0, channels, STATS);
#undef STATS
}

static void join(float *a, int64_t rows_a, const float *b, int64_t rows_b, int channels)
{
    float rows = (float)(rows_a + rows_b);
    vec share = vec_set1((float)rows_b / rows), weight = vec_set1((float)rows_a * (float)rows_b / rows);

    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;
        vec mean = vec_load_up_to(a + c, n), m2 = vec_load_up_to(a + channels + c, n);
        vec d = vec_sub(vec_load_up_to(b + c, n), mean);

        m2 = vec_add(m2, vec_load_up_to(b + channels + c, n));
        vec_store_up_to(a + c, vec_fma(d, share, mean), n);
        vec_store_up_to(a + channels + c, vec_add(m2, vec_mul(vec_mul(d, d), weight)), n);
    }
}

/* ---- what a vector of channels needs ----------------------------------------------------------------------------- */

typedef struct channel_terms {
    vec mean, rstd, gamma, beta;
} channel_terms;

VEC_INLINE channel_terms load_terms(const sep_batch_norm_terms *t, int c, int n)
{
    return (channel_terms){vec_load_up_to(t->mean + c, n), vec_load_up_to(t->rstd + c, n),
                           vec_load_up_to(t->gamma + c, n), vec_load_up_to(t->beta + c, n)};
}

VEC_INLINE vec normalised(const channel_terms *c, vec x)
{
    return vec_mul(vec_sub(x, c->mean), c->rstd);
}

/* Lanes that dropout keeps, of those from `element` on. */
VEC_INLINE vec_mask kept(const sep_batch_norm_terms *t, int64_t element)
{
    uint32_t bits;

    memcpy(&bits, t->keep + element / 8, sizeof bits);
    return vec_mask_of_bits(bits >> element % 8);
}

/* v, the values from `element` on, through dropout, if there is one; `dropping` is a constant where this is called. */
VEC_INLINE vec through_dropout(const sep_batch_norm_terms *t, bool dropping, int64_t element, vec v)
{
    return dropping ? vec_select(kept(t, element), vec_mul(v, vec_set1(t->keep_scale)), vec_zero()) : v;
}

/* du from what dropout lets through of dy. */
VEC_INLINE vec before_activation(const sep_batch_norm_terms *t, sep_activation activation, const channel_terms *c,
                                 vec xhat, vec dy)
{
    vec u = vec_fma(xhat, c->gamma, c->beta);

    return vec_mul(dy, vec_activation_slope(activation, vec_set1(t->slope), u));
}

/* For c over the channels: BODY(c, n) with n constant but for the last. */
#define FOR_CHANNELS(channels, BODY)                                                                                   \
    do {                                                                                                               \
        int c_ = 0, end_ = (channels);                                                                                 \
        for (; c_ + VEC_LANES <= end_; c_ += VEC_LANES)                                                                \
            BODY(c_, VEC_LANES);                                                                                       \
        if (c_ < end_)                                                                                                 \
            BODY(c_, end_ - c_);                                                                                       \
    } while (0)

/* RUN(activation, dropping) with constants. */
#define SWITCH(terms, RUN)                                                                                             \
    do {                                                                                                               \
        if ((terms)->keep)                                                                                             \
            SEP_ACTIVATION_SWITCH((terms)->activation, RUN##_KEPT)                                                     \
        else                                                                                                           \
            SEP_ACTIVATION_SWITCH((terms)->activation, RUN##_ALL)                                                      \
    } while (0)

/* ---- apply ------------------------------------------------------------------------------------------------------- */

VEC_INLINE void apply_vector(const sep_batch_norm_terms *t, sep_activation activation, bool dropping, const float *x,
                             int64_t element, int c, int n, float *y, bool streamed)
{
    channel_terms terms = load_terms(t, c, n);
    vec u = vec_fma(normalised(&terms, vec_load_up_to(x + c, n)), terms.gamma, terms.beta);
    vec v = vec_activate(activation, vec_set1(t->slope), u);

    vec_deliver(y + c, through_dropout(t, dropping, element + c, v), n, streamed);
}

VEC_INLINE void apply_rows(const sep_batch_norm_terms *t, sep_activation activation, bool dropping, const float *x,
                           int64_t first, int rows, sep_destination y, bool streamed)
{
    int64_t element = first * t->channels;

    for (int r = 0; r < rows; r++, x += t->channels, element += t->channels, y.rows += y.pitch) {
#define APPLY(c, n) apply_vector(t, activation, dropping, x, element, c, n, y.rows, streamed)
        FOR_CHANNELS(t->channels, APPLY);
#undef APPLY
    }
}

static void apply(const sep_batch_norm_terms *t, const float *x, int64_t first, int rows, sep_destination y)
{
#define RUN_KEPT(activation)                                                                                           \
    y.streamed ? apply_rows(t, activation, true, x, first, rows, y, true)                                              \
               : apply_rows(t, activation, true, x, first, rows, y, false)
#define RUN_ALL(activation)                                                                                            \
    y.streamed ? apply_rows(t, activation, false, x, first, rows, y, true)                                             \
               : apply_rows(t, activation, false, x, first, rows, y, false)
    SWITCH(t, RUN);
#undef RUN_KEPT
#undef RUN_ALL
    if (y.streamed)
        vec_stream_end();
}

/* ---- reduce ------------------------------------------------------------------------------------------------------ */

VEC_INLINE void reduce_stripe(const sep_batch_norm_terms *t, sep_activation activation, bool dropping, const float *x,
                              const float *dy, int64_t first, int rows, int c, int vectors, int n, float *sums)
{
    channel_terms terms[STRIPE];
    vec sum[STRIPE], products[STRIPE];

    VEC_UNROLL
    for (int v = 0; v < vectors; v++) {
        terms[v] = load_terms(t, c + v * VEC_LANES, n);
        sum[v] = products[v] = vec_zero();
    }
    for (int r = 0; r < rows; r++) {
        ptrdiff_t row = (ptrdiff_t)r * t->channels + c;
        int64_t element = first * t->channels + row;

        VEC_UNROLL
        for (int v = 0; v < vectors; v++) {
            ptrdiff_t i = row + v * VEC_LANES;
            vec xhat = normalised(&terms[v], vec_load_up_to(x + i, n));
            vec d = through_dropout(t, dropping, element + v * VEC_LANES, vec_load_up_to(dy + i, n));
            vec du = before_activation(t, activation, &terms[v], xhat, d);

            sum[v] = vec_add(sum[v], du);
            products[v] = vec_fma(du, xhat, products[v]);
        }
    }
    VEC_UNROLL
    for (int v = 0; v < vectors; v++) {
        vec_store_up_to(sums + c + v * VEC_LANES, sum[v], n);
        vec_store_up_to(sums + t->channels + c + v * VEC_LANES, products[v], n);
    }
}

VEC_INLINE void reduce_rows(const sep_batch_norm_terms *t, sep_activation activation, bool dropping, const float *x,
                            const float *dy, int64_t first, int rows, float *sums)
{
#define REDUCE(c, vectors, n) reduce_stripe(t, activation, dropping, x, dy, first, rows, c, vectors, n, sums)
    FOR_STRIPES(0, t->channels, REDUCE);
#undef REDUCE
}

static void reduce(const sep_batch_norm_terms *t, const float *x, const float *dy, int64_t first, int rows, float *sums)
{
#define RUN_KEPT(activation) reduce_rows(t, activation, true, x, dy, first, rows, sums)
#define RUN_ALL(activation)  reduce_rows(t, activation, false, x, dy, first, rows, sums)
    SWITCH(t, RUN);
#undef RUN_KEPT
#undef RUN_ALL
}

/* ---- dx ---------------------------------------------------------------------------------------------------------- */

VEC_INLINE void dx_vector(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, sep_activation activation,
                          bool dropping, const float *x, const float *dy, int64_t element, int c, int n, float *dx)
{
    channel_terms terms = load_terms(t, c, n);
    vec xhat = normalised(&terms, vec_load_up_to(x + c, n));
    vec d = through_dropout(t, dropping, element + c, vec_load_up_to(dy + c, n));
    vec du = before_activation(t, activation, &terms, xhat, d);

    if (g->mean_du) {
        du = vec_sub(du, vec_load_up_to(g->mean_du + c, n));
        du = vec_sub(du, vec_mul(xhat, vec_load_up_to(g->mean_du_xhat + c, n)));
    }
    vec_store_up_to(dx + c, vec_mul(vec_load_up_to(g->factor + c, n), du), n);
}

VEC_INLINE void dx_rows(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, sep_activation activation,
                        bool dropping, const float *x, const float *dy, int64_t first, int rows, float *dx)
{
    int64_t element = first * t->channels;

    for (int r = 0; r < rows; r++, x += t->channels, dy += t->channels, dx += t->channels, element += t->channels) {
#define DX(c, n) dx_vector(t, g, activation, dropping, x, dy, element, c, n, dx)
        FOR_CHANNELS(t->channels, DX);
#undef DX
    }
}

static void dx(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, const float *x, const float *dy,
               int64_t first, int rows, float *dx)
{
#define RUN_KEPT(activation) dx_rows(t, g, activation, true, x, dy, first, rows, dx)
#define RUN_ALL(activation)  dx_rows(t, g, activation, false, x, dy, first, rows, dx)
    SWITCH(t, RUN);
#undef RUN_KEPT
#undef RUN_ALL
}

const sep_simd_batch_norm SEP_ISA_NAME(sep_batch_norm) = {
    .stats = stats,
    .join = join,
    .apply = apply,
    .reduce = reduce,
    .dx = dx,
};
