/* Elementwise operations on vectors. */
#include "simd/elementwise.h"

#include "simd/vector/activation.h"
#include "simd/vector/dropout.h"

#define DEFINE_BINARY(name)                                                                                            \
    static inline void name(const float *a, const float *b, int64_t count, float *y)                                   \
    {                                                                                                                  \
        VEC_FOR_ELEMENTS(count, name##_AT);                                                                            \
    }                                                                                                                  \
    static void name##_row(const float *a, const float *b, int64_t rows, int channels, float *y)                       \
    {                                                                                                                  \
        for (int64_t r = 0; r < rows; r++)                                                                             \
            name(a + r * channels, b, channels, y + r * channels);                                                     \
    }

#define add_AT(i, n) vec_store_up_to(y + (i), vec_add(vec_stream_up_to(a + (i), n), vec_stream_up_to(b + (i), n)), n)
#define mul_AT(i, n) vec_store_up_to(y + (i), vec_mul(vec_stream_up_to(a + (i), n), vec_stream_up_to(b + (i), n)), n)
DEFINE_BINARY(add)
DEFINE_BINARY(mul)

static void shift(const float *a, float b, int64_t count, float *y)
{
#define SHIFT(i, n) vec_store_up_to(y + (i), vec_add(vec_stream_up_to(a + (i), n), vec_set1(b)), n)
    VEC_FOR_ELEMENTS(count, SHIFT);
}

static void scale(const float *a, float b, int64_t count, float *y)
{
#define SCALE(i, n) vec_store_up_to(y + (i), vec_mul(vec_stream_up_to(a + (i), n), vec_set1(b)), n)
    VEC_FOR_ELEMENTS(count, SCALE);
}

static void fill(float value, int64_t count, float *y)
{
#define FILL(i, n) vec_store_up_to(y + (i), vec_set1(value), n)
    VEC_FOR_ELEMENTS(count, FILL);
}

VEC_INLINE void activate_all(sep_activation activation, float slope, const float *x, int64_t count, float *y)
{
#define ACTIVATE(i, n)                                                                                                 \
    vec_store_up_to(y + (i), vec_activate(activation, vec_set1(slope), vec_stream_up_to(x + (i), n)), n)
    VEC_FOR_ELEMENTS(count, ACTIVATE);
}

static void activate(sep_activation activation, float slope, const float *x, int64_t count, float *y){
#define RUN(kind) activate_all(kind, slope, x, count, y)
    SEP_ACTIVATION_SWITCH(activation, RUN)
#undef RUN
}

VEC_INLINE void activate_dx_all(sep_activation activation, float slope, const float *x, const float *dy, int64_t count,
                                float *dx)
{
#define ACTIVATE_DX(i, n)                                                                                              \
    vec_store_up_to(dx + (i),                                                                                          \
                    vec_mul(vec_stream_up_to(dy + (i), n),                                                             \
                            vec_activation_slope(activation, vec_set1(slope), vec_stream_up_to(x + (i), n))),          \
                    n)
    VEC_FOR_ELEMENTS(count, ACTIVATE_DX);
}

static void activate_dx(sep_activation activation, float slope, const float *x, const float *dy, int64_t count,
                        float *dx)
{
#define RUN(kind) activate_dx_all(kind, slope, x, dy, count, dx)
    SEP_ACTIVATION_SWITCH(activation, RUN)
#undef RUN
}

static void drop_chunk(const sep_dropout *dropout, const float *x, int64_t first, int count, float *y)
{
    dropout_mask mask;
    const int32_t *keep = dropout_fill(&mask, dropout, first, count);
    vec factor = vec_set1(dropout->scale);

#define DROP(i, n)                                                                                                     \
    vec_store_up_to(y + (i), vec_dropout(vec_stream_up_to(x + (i), n), factor, vec_int_load(keep + (i))), n)
    VEC_FOR_ELEMENTS(count, DROP);
}

static void dropout(const sep_dropout *dropout, const float *x, int64_t first, int64_t count, float *y)
{
    if (dropout->probability == 0.0f) {
        scale(x, 1.0f, count, y);
        return;
    }
    for (int64_t i = 0; i < count; i += DROPOUT_CHUNK)
        drop_chunk(dropout, x + i, first + i, (int)(count - i < DROPOUT_CHUNK ? count - i : DROPOUT_CHUNK), y + i);
}

const sep_simd_elementwise SEP_ISA_NAME(sep_elementwise) = {
    .add = add,
    .mul = mul,
    .add_row = add_row,
    .mul_row = mul_row,
    .shift = shift,
    .scale = scale,
    .fill = fill,
    .activate = activate,
    .activate_dx = activate_dx,
    .dropout = dropout,
};
