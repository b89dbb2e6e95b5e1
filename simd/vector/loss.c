/* Losses on vectors: few channels, and lanes hold rows (narrow.h); many, and lanes hold channels. */
#include "simd/loss.h"

#include <stdbool.h>

#include "simd/vector/narrow.h"
#include "simd/vector/softmax_row.h"

static inline bool has_label(int32_t label, int channels)
{
    return label >= 0 && label < channels;
}

static inline vec_mask lanes_with_label(vec_int labels, int channels)
{
    return vec_mask_and(vec_int_gt(labels, vec_int_set1(-1)), vec_int_gt(vec_int_set1(channels), labels));
}

/* 0, 1, 2, ... */
static inline vec_int count_lanes(void)
{
    static const int32_t lane[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    return vec_int_load(lane);
}

/* ---- cross entropy ----------------------------------------------------------------------------------------------- */

/* log softmax at the label of each row. */
static inline void narrow_log_likelihood(const float *logits, const int32_t *labels, int rows, int channels, float *out)
{
    narrow group;
    vec_int label = narrow_labels(labels, rows);
    vec picked = vec_zero();

    narrow_load(&group, logits, rows, channels);
    vec best = narrow_max(&group, channels);
    for (int c = 0; c < channels; c++) {
        vec x = vec_load(group.channel[c]);

        picked = vec_select(vec_int_eq(label, vec_int_set1(c)), x, picked);
        vec_store(group.channel[c], vec_exp(vec_sub(x, best)));
    }
    vec_store_up_to(out, vec_sub(vec_sub(picked, best), vec_log(narrow_sum(&group, channels))), rows);
}

/* The lane sum of exp(x - best). */
static inline float exponential_sum(const float *x, float best, int channels)
{
    lanes16 sum = lanes16_zero();
    const vec most = vec_set1(best);

#define ADD_EXPONENTIAL(acc, i, n) vec_add(acc, vec_exp(vec_sub(vec_load_up_to(x + (i), n), most)))
    LANES16_ACCUMULATE(sum, channels, ADD_EXPONENTIAL);
#undef ADD_EXPONENTIAL
    return lanes16_sum(sum);
}

static inline float row_log_likelihood(const float *logits, int32_t label, int channels)
{
    float best = row_max(logits, channels);

    return has_label(label, channels) ? (logits[label] - best) - sep_logf(exponential_sum(logits, best, channels))
                                      : 0.0f;
}

static float cross_entropy(const float *logits, const int32_t *labels, int rows, int channels)
{
    float loss = 0.0f;

    for (int r = 0; r < rows; r += VEC_LANES) {
        float likelihood[VEC_LANES];
        int n = lanes_left(r, rows);

        if (channels <= NARROW_MOST)
            narrow_log_likelihood(logits + (ptrdiff_t)r * channels, labels + r, n, channels, likelihood);
        for (int i = 0; i < n; i++) {
            if (channels > NARROW_MOST)
                likelihood[i] = row_log_likelihood(logits + (ptrdiff_t)(r + i) * channels, labels[r + i], channels);
            if (has_label(labels[r + i], channels))
                loss -= likelihood[i];
        }
    }
    return loss;
}

static inline void narrow_cross_entropy_dx(const float *logits, const int32_t *labels, float factor, int rows,
                                           int channels, float *dx)
{
    narrow group;
    const vec_int label = narrow_labels(labels, rows);
    const vec_mask labelled = lanes_with_label(label, channels);
    const vec scale = vec_set1(factor);

    narrow_load(&group, logits, rows, channels);
    vec best = narrow_max(&group, channels);
    for (int c = 0; c < channels; c++)
        vec_store(group.channel[c], vec_exp(vec_sub(vec_load(group.channel[c]), best)));

    vec share = vec_div(vec_set1(1.0f), narrow_sum(&group, channels));
    for (int c = 0; c < channels; c++) {
        vec onehot = vec_select(vec_int_eq(label, vec_int_set1(c)), vec_set1(1.0f), vec_zero());
        vec d = vec_mul(scale, vec_sub(vec_mul(vec_load(group.channel[c]), share), onehot));

        vec_store(group.channel[c], vec_select(labelled, d, vec_zero()));
    }
    narrow_store(&group, rows, channels, dx);
}

static inline void row_cross_entropy_dx(const float *logits, int32_t label, float factor, int channels, float *dx)
{
    const bool labelled = has_label(label, channels);

    row_softmax(logits, channels, dx);
    if (labelled)
        dx[label] -= 1.0f;
    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;

        vec_store_up_to(dx + c, labelled ? vec_mul(vec_set1(factor), vec_load_up_to(dx + c, n)) : vec_zero(), n);
    }
}

static void cross_entropy_dx(const float *logits, const int32_t *labels, float factor, int rows, int channels,
                             float *dx)
{
    if (channels <= NARROW_MOST) {
        for (int r = 0; r < rows; r += VEC_LANES)
            narrow_cross_entropy_dx(logits + (ptrdiff_t)r * channels, labels + r, factor, lanes_left(r, rows), channels,
                                    dx + (ptrdiff_t)r * channels);
        return;
    }
    for (int r = 0; r < rows; r++)
        row_cross_entropy_dx(logits + (ptrdiff_t)r * channels, labels[r], factor, channels,
                             dx + (ptrdiff_t)r * channels);
}

/* ---- Dice -------------------------------------------------------------------------------------------------------- */

/* One vector of classes, of which n are there. */
VEC_INLINE void dice_stripe(const float *p, const int32_t *labels, int rows, int channels, int c, int n, float *sums)
{
    const vec_int classes = vec_int_add(count_lanes(), vec_int_set1(c));
    vec overlap = vec_zero(), squares = vec_zero(), counts = vec_zero();

    for (int r = 0; r < rows; r++) {
        if (!has_label(labels[r], channels))
            continue;
        vec value = vec_load_up_to(p + (ptrdiff_t)r * channels + c, n);
        vec g = vec_select(vec_int_eq(vec_int_set1(labels[r]), classes), vec_set1(1.0f), vec_zero());

        overlap = vec_fma(value, g, overlap);
        squares = vec_fma(value, value, squares);
        counts = vec_add(counts, g);
    }
    vec_store_up_to(sums + c, overlap, n);
    vec_store_up_to(sums + channels + c, squares, n);
    vec_store_up_to(sums + 2 * channels + c, counts, n);
}

static void dice_sums(const float *p, const int32_t *labels, int rows, int channels, float *sums)
{
    int c = 0;

    for (; c + VEC_LANES <= channels; c += VEC_LANES)
        dice_stripe(p, labels, rows, channels, c, VEC_LANES, sums);
    if (c < channels)
        dice_stripe(p, labels, rows, channels, c, channels - c, sums);
}

static inline void narrow_dice_dx(const float *p, const int32_t *labels, float factor, const float *square,
                                  const float *overlap, int rows, int channels, float *dp)
{
    narrow group;
    const vec_int label = narrow_labels(labels, rows);
    const vec_mask labelled = lanes_with_label(label, channels);

    narrow_load(&group, p, rows, channels);
    for (int c = 0; c < channels; c++) {
        vec hit = vec_select(vec_int_eq(label, vec_int_set1(c)), vec_set1(overlap[c]), vec_zero());
        vec d = vec_sub(vec_mul(vec_load(group.channel[c]), vec_set1(square[c])), hit);

        vec_store(group.channel[c], vec_select(labelled, vec_mul(vec_set1(factor), d), vec_zero()));
    }
    narrow_store(&group, rows, channels, dp);
}

static inline void row_dice_dx(const float *p, int32_t label, float factor, const float *square, const float *overlap,
                               int channels, float *dp)
{
    const bool labelled = has_label(label, channels);

    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;
        vec_mask here = vec_int_eq(vec_int_set1(label), vec_int_add(count_lanes(), vec_int_set1(c)));
        vec hit = vec_select(here, vec_load_up_to(overlap + c, n), vec_zero());
        vec d = vec_sub(vec_mul(vec_load_up_to(p + c, n), vec_load_up_to(square + c, n)), hit);

        vec_store_up_to(dp + c, labelled ? vec_mul(vec_set1(factor), d) : vec_zero(), n);
    }
}

static void dice_dx(const float *p, const int32_t *labels, float factor, const float *square, const float *overlap,
                    int rows, int channels, float *dp)
{
    if (channels <= NARROW_MOST) {
        for (int r = 0; r < rows; r += VEC_LANES)
            narrow_dice_dx(p + (ptrdiff_t)r * channels, labels + r, factor, square, overlap, lanes_left(r, rows),
                           channels, dp + (ptrdiff_t)r * channels);
        return;
    }
    for (int r = 0; r < rows; r++)
        row_dice_dx(p + (ptrdiff_t)r * channels, labels[r], factor, square, overlap, channels,
                    dp + (ptrdiff_t)r * channels);
}

/* ---- mean squared error ------------------------------------------------------------------------------------------ */

VEC_INLINE vec add_squared_difference(vec sum, const float *a, const float *b, int n)
{
    vec d = vec_sub(vec_load_up_to(a, n), vec_load_up_to(b, n));

    return vec_fma(d, d, sum);
}

static inline float row_squares(const float *a, const float *b, int channels)
{
    lanes16 sum = lanes16_zero();

#define ADD(acc, i, n) add_squared_difference(acc, a + (i), b + (i), n)
    LANES16_ACCUMULATE(sum, channels, ADD);
#undef ADD
    return lanes16_sum(sum);
}

static inline void narrow_squares(const float *a, const float *b, int rows, int channels, float *out)
{
    narrow of_a, of_b;

    narrow_load(&of_a, a, rows, channels);
    narrow_load(&of_b, b, rows, channels);
    for (int c = 0; c < channels; c++)
        vec_store(of_a.channel[c], add_squared_difference(vec_zero(), of_a.channel[c], of_b.channel[c], VEC_LANES));
    vec_store_up_to(out, narrow_sum(&of_a, channels), rows);
}

static float mse(const float *a, const float *b, int rows, int channels)
{
    float sum = 0.0f;

    for (int r = 0; r < rows; r += VEC_LANES) {
        float squares[VEC_LANES];
        ptrdiff_t at = (ptrdiff_t)r * channels;
        int n = lanes_left(r, rows);

        if (channels <= NARROW_MOST)
            narrow_squares(a + at, b + at, n, channels, squares);
        for (int i = 0; i < n; i++)
            sum += channels <= NARROW_MOST ? squares[i]
                                           : row_squares(a + at + i * channels, b + at + i * channels, channels);
    }
    return sum;
}

static void mse_dx(const float *a, const float *b, float factor, int64_t count, float *dx)
{
    for (int64_t i = 0; i < count; i += VEC_LANES) {
        int64_t n = count - i;
        vec d = vec_sub(vec_load_up_to(a + i, n), vec_load_up_to(b + i, n));

        vec_store_up_to(dx + i, vec_mul(vec_set1(factor), d), n);
    }
}

const sep_simd_loss SEP_ISA_NAME(sep_loss) = {
    .cross_entropy = cross_entropy,
    .cross_entropy_dx = cross_entropy_dx,
    .dice_sums = dice_sums,
    .dice_dx = dice_dx,
    .mse = mse,
    .mse_dx = mse_dx,
};
