/* Stands before every program: the words of C in which simd/elementary.h is written, and how kernels get tensors. */
#ifndef SEP_FAST
#pragma OPENCL FP_CONTRACT OFF
#endif

typedef int int32_t;
typedef uint uint32_t;

#define SEP_TABLE       __constant
#define sep_bits(x)     as_int(x)
#define sep_of_bits(x)  as_float(x)
#define fmaf            fma
#define fabsf           fabs
#define copysignf       copysign

/* Mesa's fma in software gives a * b where c is zero, and so -0 where the sum is +0. */
#ifdef SEP_FMA_LOSES_ZERO
float fma_with_zero(float a, float b, float c)
{
    return c == 0.0f ? a * b + c : fma(a, b, c);
}
#define fma fma_with_zero
#endif

/* A tensor among a kernel's parameters is a buffer and an offset in floats; OPEN makes a pointer of the two. */
#define TENSOR(name)  __global float *name##_buffer, const ulong name##_offset
#define OPEN(name)    __global float *const name = name##_buffer + name##_offset
#define INDICES(name) __global int *name##_buffer, const ulong name##_offset
#define OPEN_INDICES(name) __global int *const name = name##_buffer + name##_offset

#define HALVES(name) __global ushort *name##_buffer, const ulong name##_offset
#define OPEN_HALVES(name) __global ushort *const name = name##_buffer + 2 * name##_offset

/* +0 that the compiler can't see (an offset is far below 2^62), to start a chain or a sum from: some turn fma(a, b, 0)
 * into a * b and 0 + x into x, which gives -0 where IEEE 754 says +0. */
#define ZERO(name) as_float((uint)(name##_offset >> 62))
