/* Functions of one number and of two, and sums of rows, on vectors. */
#include "simd/pointwise.h"

#include "simd/vector/functions.h"

#define UNARY(i, n) vec_store_up_to(y + (i), vec_unary((sep_function)KIND, exponent, vec_stream_up_to(x + (i), n)), n)
#define UNARY_DX(i, n)                                                                                                 \
    vec_store_up_to(dx + (i),                                                                                          \
                    vec_mul(vec_stream_up_to(dy + (i), n),                                                             \
                            vec_unary_slope((sep_function)KIND, exponent, vec_stream_up_to(x + (i), n))),              \
                    n)
#define BINARY(i, n)                                                                                                   \
    vec_store_up_to(y + (i),                                                                                           \
                    vec_binary((sep_function)KIND, vec_stream_up_to(a + (i), n), vec_stream_up_to(b + (i), n)), n)
#define BINARY_NUMBER(i, n)                                                                                            \
    vec_store_up_to(y + (i), vec_binary((sep_function)KIND, vec_stream_up_to(a + (i), n), vec_set1(b)), n)

/* One loop a function: `BODY` with KIND a constant. */
#define CASE(name, BODY)                                                                                               \
    case SEP_##name: {                                                                                                 \
        enum { KIND = SEP_##name };                                                                                    \
        VEC_FOR_ELEMENTS(count, BODY);                                                                                 \
        break;                                                                                                         \
    }

static void unary(sep_function function, float exponent, const float *x, int64_t count, float *y)
{
    switch ((int)function) {
#define UNARY_CASE(name) CASE(name, UNARY)
        SEP_UNARY_FUNCTIONS(UNARY_CASE)
    }
}

static void unary_dx(sep_function function, float exponent, const float *x, const float *dy, int64_t count, float *dx)
{
    switch ((int)function) {
#define UNARY_DX_CASE(name) CASE(name, UNARY_DX)
        SEP_UNARY_FUNCTIONS(UNARY_DX_CASE)
    }
}

static void binary(sep_function function, const float *a, const float *b, int64_t count, float *y)
{
    switch ((int)function) {
#define BINARY_CASE(name) CASE(name, BINARY)
        SEP_BINARY_FUNCTIONS(BINARY_CASE)
    }
}

static void binary_number(sep_function function, const float *a, float b, int64_t count, float *y)
{
    switch ((int)function) {
#define BINARY_NUMBER_CASE(name) CASE(name, BINARY_NUMBER)
        SEP_BINARY_FUNCTIONS(BINARY_NUMBER_CASE)
    }
}

static float row_sum(const float *x, int channels)
{
    lanes16 lanes = lanes16_zero();

#define ADD(acc, i, n) vec_add(acc, vec_load_up_to(x + (i), n))
    LANES16_ACCUMULATE(lanes, channels, ADD);
#undef ADD
    return lanes16_sum(lanes);
}

static void channel_sum(const float *x, int64_t rows, int channels, float *sum)
{
    for (int64_t r = 0; r < rows; r++)
        sum[r] = row_sum(x + r * channels, channels);
}

const sep_simd_pointwise SEP_ISA_NAME(sep_pointwise) = {
    .unary = unary,
    .unary_dx = unary_dx,
    .binary = binary,
    .binary_number = binary_number,
    .channel_sum = channel_sum,
};
