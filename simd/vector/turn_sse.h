/* What the tables of x86 have in common because it needs no more than SSE. */
#ifndef SEPTUM_SIMD_VECTOR_TURN_SSE_H
#define SEPTUM_SIMD_VECTOR_TURN_SSE_H

#include <immintrin.h>
#include <stddef.h>

/* 4 x 4 floats turned: to[c * to_stride + r] = from[r * from_stride + c]. */
static inline void turn4x4(const float *from, ptrdiff_t from_stride, float *to, ptrdiff_t to_stride)
{
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_stride);
    __m128 c = _mm_loadu_ps(from + 2 * from_stride), d = _mm_loadu_ps(from + 3 * from_stride);

    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + to_stride, b);
    _mm_storeu_ps(to + 2 * to_stride, c);
    _mm_storeu_ps(to + 3 * to_stride, d);
}

#endif
