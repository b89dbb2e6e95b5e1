/* Stands before every program: the words of C in which simd/elementary.h is written, and how kernels get tensors. */
#pragma OPENCL FP_CONTRACT OFF

typedef int int32_t;
typedef uint uint32_t;

#define SEP_TABLE       __constant
#define sep_bits(x)     as_int(x)
#define sep_of_bits(x)  as_float(x)
#define fmaf            fma
#define fabsf           fabs
#define copysignf       copysign

/* A tensor among a kernel's parameters is a buffer and an offset in floats; OPEN makes a pointer of the two. */
#define TENSOR(name)  __global float *name##_buffer, const ulong name##_offset
#define OPEN(name)    __global float *const name = name##_buffer + name##_offset
#define INDICES(name) __global int *name##_buffer, const ulong name##_offset
#define OPEN_INDICES(name) __global int *const name = name##_buffer + name##_offset
