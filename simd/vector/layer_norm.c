/* Layer normalisation on vectors: sums along a row are lane sums. */
#include "simd/layer_norm.h"

#include <math.h>

#include "simd/vector/isa.h"

typedef struct row_statistics {
    vec mean, rstd;
} row_statistics;

VEC_INLINE vec add_squared_distance(vec sum, const float *x, vec mean, int n)
{
    vec d = vec_sub(vec_load_up_to(x, n), mean);

    return vec_fma(d, d, sum);
}

static inline row_statistics statistics_of(const float *x, int channels, float epsilon)
{
    lanes16 sum = lanes16_zero(), squares = lanes16_zero();
    float size = (float)channels;

#define ADD(acc, i, n) vec_add(acc, vec_stream_up_to(x + (i), n))
    LANES16_ACCUMULATE(sum, channels, ADD);
#undef ADD
    vec mean = vec_set1(lanes16_sum(sum) / size);
#define ADD(acc, i, n) add_squared_distance(acc, x + (i), mean, n)
    LANES16_ACCUMULATE(squares, channels, ADD);
#undef ADD
    return (row_statistics){mean, vec_set1(1.0f / sqrtf(lanes16_sum(squares) / size + epsilon))};
}

VEC_INLINE vec normalised(const row_statistics *s, const float *x, int n)
{
    return vec_mul(vec_sub(vec_load_up_to(x, n), s->mean), s->rstd);
}

static void forward(const sep_layer_norm_terms *t, const float *x, int64_t first, int rows, float *y)
{
    for (int r = 0; r < rows; r++, x += t->channels, y += t->channels) {
        const float *gamma = t->gamma + (first + r) % t->groups * t->channels;
        const float *beta = t->beta + (first + r) % t->groups * t->channels;
        row_statistics s = statistics_of(x, t->channels, t->epsilon);

        for (int c = 0; c < t->channels; c += VEC_LANES) {
            int n = t->channels - c;
            vec xhat = normalised(&s, x + c, n);

            vec_store_up_to(y + c, vec_fma(xhat, vec_load_up_to(gamma + c, n), vec_load_up_to(beta + c, n)), n);
        }
    }
}

VEC_INLINE vec gradient_at(const float *gamma, const float *dy, int n)
{
    return vec_mul(vec_load_up_to(dy, n), vec_load_up_to(gamma, n));
}

static inline void dx_of_row(const float *x, const float *gamma, const float *dy, int channels, float epsilon,
                             float *dx)
{
    row_statistics s = statistics_of(x, channels, epsilon);
    lanes16 sum = lanes16_zero(), products = lanes16_zero();
    float size = (float)channels;

#define ADD(acc, i, n) vec_add(acc, vec_mul(vec_stream_up_to(dy + (i), n), vec_load_up_to(gamma + (i), n)))
    LANES16_ACCUMULATE(sum, channels, ADD);
#undef ADD
#define ADD(acc, i, n) vec_fma(gradient_at(gamma + (i), dy + (i), n), normalised(&s, x + (i), n), acc)
    LANES16_ACCUMULATE(products, channels, ADD);
#undef ADD

    vec mean_g = vec_set1(lanes16_sum(sum) / size), mean_g_xhat = vec_set1(lanes16_sum(products) / size);
    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;
        vec g = vec_sub(gradient_at(gamma + c, dy + c, n), mean_g);

        g = vec_sub(g, vec_mul(normalised(&s, x + c, n), mean_g_xhat));
        vec_store_up_to(dx + c, vec_mul(s.rstd, g), n);
    }
}

static void dx(const sep_layer_norm_terms *t, const float *x, const float *dy, int64_t first, int rows, float *dx)
{
    for (int r = 0; r < rows; r++) {
        int64_t i = (int64_t)r * t->channels;

        dx_of_row(x + i, t->gamma + (first + r) % t->groups * t->channels, dy + i, t->channels, t->epsilon, dx + i);
    }
}

#define PREFETCH_ROWS 6 /* the rows of one affine row among several do not follow one another */

static void dparam(const float *x, const float *dy, int rows, int64_t stride, int channels, float epsilon, float *sums)
{
    for (int c = 0; c < 2 * channels; c++)
        sums[c] = 0.0f;
    for (int r = 0; r < rows; r++, x += stride, dy += stride) {
        row_statistics s = statistics_of(x, channels, epsilon);

        for (int c = 0; c < channels; c += VEC_LANES) {
            int n = channels - c;
            vec d = vec_load_up_to(dy + c, n);
            float *dgamma = sums + c, *dbeta = sums + channels + c;

            __builtin_prefetch(x + PREFETCH_ROWS * stride + c);
            __builtin_prefetch(dy + PREFETCH_ROWS * stride + c);
            vec_store_up_to(dgamma, vec_fma(d, normalised(&s, x + c, n), vec_load_up_to(dgamma, n)), n);
            vec_store_up_to(dbeta, vec_add(vec_load_up_to(dbeta, n), d), n);
        }
    }
}

const sep_simd_layer_norm SEP_ISA_NAME(sep_layer_norm) = {
    .forward = forward,
    .dx = dx,
    .dparam = dparam,
};
