/* Parameter updates on `count` consecutive elements, in place. No alignment is asked for. */
#ifndef SEPTUM_SIMD_OPTIMISER_H
#define SEPTUM_SIMD_OPTIMISER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct sep_sgd_terms {
    float rate, decay, momentum, clip;
    bool first; /* step: the momentum starts as the gradient */
} sep_sgd_terms;

typedef struct sep_adam_terms {
    float rate, decay, beta1, beta2, epsilon, clip;
    float correction1, correction2; /* 1 - beta^t */
    bool decoupled;
} sep_adam_terms;

typedef struct sep_simd_optimiser {
    void (*sgd)(const sep_sgd_terms *terms, const float *g, int64_t count, float *p, float *m);
    void (*adam)(const sep_adam_terms *terms, const float *g, int64_t count, float *p, float *m, float *v);
    /* average = fma(alpha, average - p, p) */
    void (*ema)(float alpha, const float *p, int64_t count, float *average);
} sep_simd_optimiser;

extern const sep_simd_optimiser sep_optimiser_generic, sep_optimiser_avx2, sep_optimiser_avx512, sep_optimiser_neon;

#endif
