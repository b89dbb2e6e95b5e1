/* Batch normalisation on vectors: lanes hold channels. Apply, reduce and dx walk over patches of elements that lie
 * together in memory and are few enough that the dropout mask of a whole patch is drawn at once. */
#include "simd/batch_norm.h"

#include "simd/vector/activation.h"
#include "simd/vector/dropout.h"

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

/* ---- patches ----------------------------------------------------------------------------------------------------- */

/* Rows [row, row + rows) of channels [column, column + columns); one row where the channels are cut. */
typedef struct patch {
    int row, rows, column, columns;
    const int32_t *keep; /* dropout masks of its elements */
} patch;

/* The patch that follows `p` (rows 0: the first one) in a tensor of so many rows; false at the end. */
static bool next_patch(const sep_batch_norm_terms *t, int rows, patch *p)
{
    bool dropping = t->dropout.probability != 0.0f;
    int most = dropping ? DROPOUT_CHUNK : rows * t->channels;

    p->column += p->columns;
    if (p->column >= t->channels || p->rows == 0) {
        p->column = 0;
        p->row += p->rows;
    }
    p->columns = t->channels - p->column < most ? t->channels - p->column : most;
    p->rows = p->columns < t->channels ? 1 : most / t->channels;
    if (p->rows > rows - p->row)
        p->rows = rows - p->row;
    return p->rows > 0;
}

static void draw(const sep_batch_norm_terms *t, int64_t first, dropout_mask *mask, patch *p)
{
    if (t->dropout.probability != 0.0f)
        p->keep = dropout_fill(mask, &t->dropout, (first + p->row) * t->channels + p->column, p->rows * p->columns);
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

/* dy through dropout (keep NULL: there is none) and activation. */
VEC_INLINE vec before_activation(const sep_batch_norm_terms *t, sep_activation activation, const channel_terms *c,
                                 vec xhat, vec dy, const int32_t *keep)
{
    vec u = vec_fma(xhat, c->gamma, c->beta);

    if (keep)
        dy = vec_dropout(dy, vec_set1(t->dropout.scale), vec_int_load(keep));
    return vec_mul(dy, vec_activation_slope(activation, vec_set1(t->slope), u));
}

/* For c over the channels of a patch: BODY(c, n) with n constant but for the last. */
#define FOR_CHANNELS(p, BODY)                                                                                          \
    do {                                                                                                               \
        int c_ = (p)->column, end_ = (p)->column + (p)->columns;                                                       \
        for (; c_ + VEC_LANES <= end_; c_ += VEC_LANES)                                                                \
            BODY(c_, VEC_LANES);                                                                                       \
        if (c_ < end_)                                                                                                 \
            BODY(c_, end_ - c_);                                                                                       \
    } while (0)

/* ---- apply ------------------------------------------------------------------------------------------------------- */

VEC_INLINE void apply_vector(const sep_batch_norm_terms *t, sep_activation activation, const float *x,
                             const int32_t *keep, int c, int n, float *y, bool streamed)
{
    channel_terms terms = load_terms(t, c, n);
    vec u = vec_fma(normalised(&terms, vec_load_up_to(x + c, n)), terms.gamma, terms.beta);
    vec v = vec_activate(activation, vec_set1(t->slope), u);

    if (keep)
        v = vec_dropout(v, vec_set1(t->dropout.scale), vec_int_load(keep + c));
    vec_deliver(y + c, v, n, streamed);
}

VEC_INLINE void apply_patch(const sep_batch_norm_terms *t, sep_activation activation, const patch *p, bool dropping,
                            const float *x, sep_destination y, bool streamed)
{
    for (int r = 0; r < p->rows; r++) {
        const float *x_row = x + (ptrdiff_t)(p->row + r) * t->channels;
        float *y_row = y.rows + (p->row + r) * y.pitch;
        const int32_t *keep = dropping ? p->keep + (ptrdiff_t)r * t->channels - p->column : NULL;

#define APPLY(c, n) apply_vector(t, activation, x_row, keep, c, n, y_row, streamed)
        FOR_CHANNELS(p, APPLY);
#undef APPLY
    }
}

static void apply(const sep_batch_norm_terms *t, const float *x, int64_t first, int rows, sep_destination y)
{
    dropout_mask mask;
    patch p = {0};

    while (next_patch(t, rows, &p)) {
        draw(t, first, &mask, &p);
#define RUN(activation)                                                                                                \
    if (p.keep && y.streamed)                                                                                          \
        apply_patch(t, activation, &p, true, x, y, true);                                                              \
    else if (p.keep)                                                                                                   \
        apply_patch(t, activation, &p, true, x, y, false);                                                             \
    else if (y.streamed)                                                                                               \
        apply_patch(t, activation, &p, false, x, y, true);                                                             \
    else                                                                                                               \
        apply_patch(t, activation, &p, false, x, y, false)
        SEP_ACTIVATION_SWITCH(t->activation, RUN)
#undef RUN
    }
    if (y.streamed)
        vec_stream_end();
}

/* ---- reduce ------------------------------------------------------------------------------------------------------ */

VEC_INLINE void reduce_stripe(const sep_batch_norm_terms *t, sep_activation activation, const patch *p, bool dropping,
                              const float *x, const float *dy, int c, int vectors, int n, float *sums)
{
    channel_terms terms[STRIPE];
    vec sum[STRIPE], products[STRIPE];

    VEC_UNROLL
    for (int v = 0; v < vectors; v++) {
        terms[v] = load_terms(t, c + v * VEC_LANES, n);
        sum[v] = vec_load_up_to(sums + c + v * VEC_LANES, n);
        products[v] = vec_load_up_to(sums + t->channels + c + v * VEC_LANES, n);
    }
    for (int r = 0; r < p->rows; r++) {
        ptrdiff_t i = (ptrdiff_t)(p->row + r) * t->channels + c;
        const int32_t *keep = dropping ? p->keep + (ptrdiff_t)r * t->channels - p->column + c : NULL;

        VEC_UNROLL
        for (int v = 0; v < vectors; v++) {
            vec xhat = normalised(&terms[v], vec_load_up_to(x + i + v * VEC_LANES, n));
            vec du = before_activation(t, activation, &terms[v], xhat, vec_load_up_to(dy + i + v * VEC_LANES, n),
                                       dropping ? keep + v * VEC_LANES : NULL);

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

VEC_INLINE void reduce_patch(const sep_batch_norm_terms *t, sep_activation activation, const patch *p, bool dropping,
                             const float *x, const float *dy, float *sums)
{
#define REDUCE(c, vectors, n) reduce_stripe(t, activation, p, dropping, x, dy, c, vectors, n, sums)
    FOR_STRIPES(p->column, p->column + p->columns, REDUCE);
#undef REDUCE
}

static void reduce(const sep_batch_norm_terms *t, const float *x, const float *dy, int64_t first, int rows, float *sums)
{
    dropout_mask mask;
    patch p = {0};

    for (int c = 0; c < 2 * t->channels; c++)
        sums[c] = 0.0f;
    while (next_patch(t, rows, &p)) {
        draw(t, first, &mask, &p);
#define RUN(activation)                                                                                                \
    if (p.keep)                                                                                                        \
        reduce_patch(t, activation, &p, true, x, dy, sums);                                                            \
    else                                                                                                               \
        reduce_patch(t, activation, &p, false, x, dy, sums)
        SEP_ACTIVATION_SWITCH(t->activation, RUN)
#undef RUN
    }
}

/* ---- dx ---------------------------------------------------------------------------------------------------------- */

VEC_INLINE void dx_vector(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, sep_activation activation,
                          const float *x, const float *dy, const int32_t *keep, int c, int n, float *dx)
{
    channel_terms terms = load_terms(t, c, n);
    vec xhat = normalised(&terms, vec_load_up_to(x + c, n));
    vec du = before_activation(t, activation, &terms, xhat, vec_load_up_to(dy + c, n), keep ? keep + c : NULL);

    if (g->mean_du) {
        du = vec_sub(du, vec_load_up_to(g->mean_du + c, n));
        du = vec_sub(du, vec_mul(xhat, vec_load_up_to(g->mean_du_xhat + c, n)));
    }
    vec_store_up_to(dx + c, vec_mul(vec_load_up_to(g->factor + c, n), du), n);
}

VEC_INLINE void dx_patch(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, sep_activation activation,
                         const patch *p, bool dropping, const float *x, const float *dy, float *dx)
{
    for (int r = 0; r < p->rows; r++) {
        ptrdiff_t row = (ptrdiff_t)(p->row + r) * t->channels;
        const int32_t *keep = dropping ? p->keep + (ptrdiff_t)r * t->channels - p->column : NULL;

#define DX(c, n) dx_vector(t, g, activation, x + row, dy + row, keep, c, n, dx + row)
        FOR_CHANNELS(p, DX);
#undef DX
    }
}

static void dx(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, const float *x, const float *dy,
               int64_t first, int rows, float *dx)
{
    dropout_mask mask;
    patch p = {0};

    while (next_patch(t, rows, &p)) {
        draw(t, first, &mask, &p);
#define RUN(activation)                                                                                                \
    if (p.keep)                                                                                                        \
        dx_patch(t, g, activation, &p, true, x, dy, dx);                                                               \
    else                                                                                                               \
        dx_patch(t, g, activation, &p, false, x, dy, dx)
        SEP_ACTIVATION_SWITCH(t->activation, RUN)
#undef RUN
    }
}

const sep_simd_batch_norm SEP_ISA_NAME(sep_batch_norm) = {
    .stats = stats,
    .join = join,
    .apply = apply,
    .reduce = reduce,
    .dx = dx,
};
