/* What a processor can do at most: chains of fma in registers, and a triad over memory. */
#include "bench/peak_kernels.h"

#include "simd/vector/isa.h"

/* Enough chains to hide the latency of fma (4 to 5 cycles, two a cycle) within the 16 registers of AVX2. */
#define CHAINS 12

static double multiply_add(int64_t rounds)
{
    vec acc[CHAINS], factor = vec_set1(0.999f), term = vec_set1(0.001f);
    float left[VEC_LANES], sum = 0.0f;

    VEC_UNROLL
    for (int i = 0; i < CHAINS; i++)
        acc[i] = vec_set1((float)i);
    for (int64_t round = 0; round < rounds; round++) {
        VEC_UNROLL
        for (int i = 0; i < CHAINS; i++)
            acc[i] = vec_fma(acc[i], factor, term);
    }
    VEC_UNROLL
    for (int i = 1; i < CHAINS; i++)
        acc[0] = vec_add(acc[0], acc[i]);
    vec_store(left, acc[0]);
    for (int i = 0; i < VEC_LANES; i++)
        sum += left[i];
    return (double)sum;
}

static void triad(const float *a, const float *b, float *c, ptrdiff_t count)
{
    const vec factor = vec_set1(0.5f);

    for (ptrdiff_t i = 0; i < count; i += 4 * VEC_LANES)
        VEC_UNROLL
    for (int k = 0; k < 4; k++)
        vec_store(c + i + k * VEC_LANES,
                  vec_fma(vec_load(b + i + k * VEC_LANES), factor, vec_load(a + i + k * VEC_LANES)));
}

const bench_peak_kernels SEP_ISA_NAME(bench_peak) = {
    .multiply_add = multiply_add,
    .operations = 2 * CHAINS * VEC_LANES,
    .triad = triad,
};
