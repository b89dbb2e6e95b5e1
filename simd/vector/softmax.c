/* Softmax and its relatives on vectors: few channels, and lanes hold rows (narrow.h); many, and lanes hold channels. */
#include "simd/softmax.h"

#include "simd/vector/narrow.h"
#include "simd/vector/softmax_row.h"

/* For groups of up to VEC_LANES rows: BODY(first row, rows). */
#define FOR_GROUPS(rows, BODY)                                                                                         \
    do {                                                                                                               \
        int r_ = 0;                                                                                                    \
        for (; r_ + VEC_LANES <= (rows); r_ += VEC_LANES)                                                              \
            BODY(r_, VEC_LANES);                                                                                       \
        if (r_ < (rows))                                                                                               \
            BODY(r_, (rows)-r_);                                                                                       \
    } while (0)

/* ---- softmax ----------------------------------------------------------------------------------------------------- */

static inline void narrow_forward(const float *x, int rows, int channels, float *p)
{
    narrow group;

    narrow_load(&group, x, rows, channels);
    vec best = narrow_max(&group, channels);
    for (int c = 0; c < channels; c++)
        vec_store(group.channel[c], vec_exp(vec_sub(vec_load(group.channel[c]), best)));

    vec share = vec_div(vec_set1(1.0f), narrow_sum(&group, channels));
    for (int c = 0; c < channels; c++)
        vec_store(group.channel[c], vec_mul(vec_load(group.channel[c]), share));
    narrow_store(&group, rows, channels, p);
}

static void forward(const float *x, int rows, int channels, float *p)
{
#define GROUP(r, n) narrow_forward(x + (ptrdiff_t)(r)*channels, n, channels, p + (ptrdiff_t)(r)*channels)
    if (channels <= NARROW_MOST) {
        FOR_GROUPS(rows, GROUP);
        return;
    }
#undef GROUP
    for (int r = 0; r < rows; r++)
        row_softmax(x + (ptrdiff_t)r * channels, channels, p + (ptrdiff_t)r * channels);
}

static inline void narrow_dx(const float *p, const float *dp, int rows, int channels, float *dx)
{
    narrow of_p, of_dp, product;

    narrow_load(&of_p, p, rows, channels);
    narrow_load(&of_dp, dp, rows, channels);
    for (int c = 0; c < channels; c++)
        vec_store(product.channel[c], vec_fma(vec_load(of_p.channel[c]), vec_load(of_dp.channel[c]), vec_zero()));

    vec sum = narrow_sum(&product, channels);
    for (int c = 0; c < channels; c++)
        vec_store(of_dp.channel[c], vec_mul(vec_load(of_p.channel[c]), vec_sub(vec_load(of_dp.channel[c]), sum)));
    narrow_store(&of_dp, rows, channels, dx);
}

static void dx(const float *p, const float *dp, int rows, int channels, float *dx)
{
#define GROUP(r, n)                                                                                                    \
    narrow_dx(p + (ptrdiff_t)(r)*channels, dp + (ptrdiff_t)(r)*channels, n, channels, dx + (ptrdiff_t)(r)*channels)
    if (channels <= NARROW_MOST) {
        FOR_GROUPS(rows, GROUP);
        return;
    }
#undef GROUP
    for (int r = 0; r < rows; r++)
        row_softmax_dx(p + (ptrdiff_t)r * channels, dp + (ptrdiff_t)r * channels, channels,
                       dx + (ptrdiff_t)r * channels);
}

/* ---- log softmax ------------------------------------------------------------------------------------------------- */

static inline void narrow_log_forward(const float *x, int rows, int channels, float *y)
{
    narrow group, exponentials;

    narrow_load(&group, x, rows, channels);
    vec best = narrow_max(&group, channels);
    for (int c = 0; c < channels; c++) {
        vec d = vec_sub(vec_load(group.channel[c]), best);

        vec_store(group.channel[c], d);
        vec_store(exponentials.channel[c], vec_exp(d));
    }

    vec log_sum = vec_log(narrow_sum(&exponentials, channels));
    for (int c = 0; c < channels; c++)
        vec_store(group.channel[c], vec_sub(vec_load(group.channel[c]), log_sum));
    narrow_store(&group, rows, channels, y);
}

static inline void row_log_forward(const float *x, int channels, float *y)
{
    float most = row_max(x, channels);
    const vec log_sum = vec_set1(sep_logf(row_exponentials(x, most, channels, y))), best = vec_set1(most);

    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;

        vec_store_up_to(y + c, vec_sub(vec_sub(vec_load_up_to(x + c, n), best), log_sum), n);
    }
}

static void log_forward(const float *x, int rows, int channels, float *y)
{
#define GROUP(r, n) narrow_log_forward(x + (ptrdiff_t)(r)*channels, n, channels, y + (ptrdiff_t)(r)*channels)
    if (channels <= NARROW_MOST) {
        FOR_GROUPS(rows, GROUP);
        return;
    }
#undef GROUP
    for (int r = 0; r < rows; r++)
        row_log_forward(x + (ptrdiff_t)r * channels, channels, y + (ptrdiff_t)r * channels);
}

static inline void narrow_log_dx(const float *y, const float *dy, int rows, int channels, float *dx)
{
    narrow of_y, of_dy, from_zero;

    narrow_load(&of_y, y, rows, channels);
    narrow_load(&of_dy, dy, rows, channels);
    for (int c = 0; c < channels; c++)
        vec_store(from_zero.channel[c], vec_add(vec_zero(), vec_load(of_dy.channel[c])));

    vec sum = narrow_sum(&from_zero, channels);
    for (int c = 0; c < channels; c++) {
        vec share = vec_mul(vec_exp(vec_load(of_y.channel[c])), sum);

        vec_store(of_dy.channel[c], vec_sub(vec_load(of_dy.channel[c]), share));
    }
    narrow_store(&of_dy, rows, channels, dx);
}

static inline void row_log_dx(const float *y, const float *dy, int channels, float *dx)
{
    lanes16 lanes = lanes16_zero();

#define ADD(acc, i, n) vec_add(acc, vec_load_up_to(dy + (i), n))
    LANES16_ACCUMULATE(lanes, channels, ADD);
#undef ADD
    const vec sum = vec_set1(lanes16_sum(lanes));

    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;
        vec share = vec_mul(vec_exp(vec_load_up_to(y + c, n)), sum);

        vec_store_up_to(dx + c, vec_sub(vec_load_up_to(dy + c, n), share), n);
    }
}

static void log_dx(const float *y, const float *dy, int rows, int channels, float *dx)
{
#define GROUP(r, n)                                                                                                    \
    narrow_log_dx(y + (ptrdiff_t)(r)*channels, dy + (ptrdiff_t)(r)*channels, n, channels, dx + (ptrdiff_t)(r)*channels)
    if (channels <= NARROW_MOST) {
        FOR_GROUPS(rows, GROUP);
        return;
    }
#undef GROUP
    for (int r = 0; r < rows; r++)
        row_log_dx(y + (ptrdiff_t)r * channels, dy + (ptrdiff_t)r * channels, channels, dx + (ptrdiff_t)r * channels);
}

/* ---- argmax ------------------------------------------------------------------------------------------------------ */

static inline void narrow_argmax(const float *x, int rows, int channels, int32_t *index)
{
    narrow group;
    int32_t lane[VEC_LANES];

    narrow_load(&group, x, rows, channels);
    vec best = vec_load(group.channel[0]);
    vec_int at = vec_int_set1(0);
    for (int c = 1; c < channels; c++) {
        vec value = vec_load(group.channel[c]);
        vec_mask greater = vec_gt(value, best);

        best = vec_select(greater, value, best);
        at = vec_int_select(greater, vec_int_set1(c), at);
    }
    vec_int_store(lane, at);
    for (int r = 0; r < rows; r++)
        index[r] = lane[r];
}

static inline int32_t row_argmax(const float *x, int channels)
{
    int32_t best = 0;

    for (int c = 1; c < channels; c++)
        if (x[c] > x[best])
            best = c;
    return best;
}

static void argmax(const float *x, int rows, int channels, int32_t *index)
{
#define GROUP(r, n) narrow_argmax(x + (ptrdiff_t)(r)*channels, n, channels, index + (r))
    if (channels <= NARROW_MOST) {
        FOR_GROUPS(rows, GROUP);
        return;
    }
#undef GROUP
    for (int r = 0; r < rows; r++)
        index[r] = row_argmax(x + (ptrdiff_t)r * channels, channels);
}

const sep_simd_softmax SEP_ISA_NAME(sep_softmax) = {
    .forward = forward,
    .dx = dx,
    .log_forward = log_forward,
    .log_dx = log_dx,
    .argmax = argmax,
};
