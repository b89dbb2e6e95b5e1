/* The loops that measure the machine, one table an instruction set. */
#ifndef SEPTUM_BENCH_PEAK_KERNELS_H
#define SEPTUM_BENCH_PEAK_KERNELS_H

#include "config.h"

#include <stddef.h>
#include <stdint.h>

typedef struct bench_peak_kernels {
    /* Independent chains of fma in registers; the result is there so that none of it can be left out. */
    double (*multiply_add)(int64_t rounds);
    int operations; /* of one round: a fma counts as two */
    /* c = a + 0.5 b; `count` is a multiple of 64, the arrays are aligned to 64 bytes. */
    void (*triad)(const float *a, const float *b, float *c, ptrdiff_t count);
} bench_peak_kernels;

extern const bench_peak_kernels bench_peak_avx2, bench_peak_avx512, bench_peak_neon;

#endif
