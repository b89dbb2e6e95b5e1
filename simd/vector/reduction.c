/* Sums over rows and stretches on vectors: lanes hold channels, so each channel's order is that of plain C. */
#include "simd/reduction.h"

#include "simd/vector/isa.h"

#define STRIPE 4 /* vectors of channels that one pass over the rows sums */
#define AHEAD  8 /* rows that are fetched ahead */

/* `vectors` vectors of channels, the last with n lanes; b NULL: plain sums. */
VEC_INLINE void sum_stripe(const float *a, const float *b, int rows, int channels, int vectors, int n, float *sum)
{
    vec s[STRIPE];

    VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        s[v] = vec_zero();
    for (int r = 0; r < rows; r++, a += channels) {
        VEC_UNROLL
        for (int v = 0; v < vectors; v++) {
            vec x = vec_load_up_to(a + v * VEC_LANES, n);

            __builtin_prefetch(a + AHEAD * channels + v * VEC_LANES);
            if (b)
                __builtin_prefetch(b + AHEAD * channels + v * VEC_LANES);
            s[v] = b ? vec_fma(x, vec_load_up_to(b + v * VEC_LANES, n), s[v]) : vec_add(s[v], x);
        }
        if (b)
            b += channels;
    }
    VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        vec_store_up_to(sum + v * VEC_LANES, s[v], n);
}

VEC_INLINE void sum_rows(const float *a, const float *b, int rows, int channels, float *sum)
{
    int c = 0;

    for (; c + STRIPE * VEC_LANES <= channels; c += STRIPE * VEC_LANES)
        sum_stripe(a + c, b ? b + c : NULL, rows, channels, STRIPE, VEC_LANES, sum + c);
    for (; c + VEC_LANES <= channels; c += VEC_LANES)
        sum_stripe(a + c, b ? b + c : NULL, rows, channels, 1, VEC_LANES, sum + c);
    if (c < channels)
        sum_stripe(a + c, b ? b + c : NULL, rows, channels, 1, channels - c, sum + c);
}

static void row_sum(const float *x, int rows, int channels, float *sum)
{
    sum_rows(x, NULL, rows, channels, sum);
}

static void mul_row_sum(const float *a, const float *b, int rows, int channels, float *sum)
{
    sum_rows(a, b, rows, channels, sum);
}

VEC_INLINE vec add_square(vec sum, const float *x, int n)
{
    vec v = vec_stream_up_to(x, n);

    return vec_fma(v, v, sum);
}

static float squared_norm(const float *x, int count)
{
    lanes16 sum = lanes16_zero();

#define ADD_SQUARE(acc, i, n) add_square(acc, x + (i), n)
    LANES16_ACCUMULATE(sum, count, ADD_SQUARE);
#undef ADD_SQUARE
    return lanes16_sum(sum);
}

const sep_simd_reduction SEP_ISA_NAME(sep_reduction) = {
    .row_sum = row_sum,
    .mul_row_sum = mul_row_sum,
    .squared_norm = squared_norm,
};
