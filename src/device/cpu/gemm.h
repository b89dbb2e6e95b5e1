/* The matrix product under the linear layers. Ours (gemm.c) is the default: it was measured as fast as BLIS or faster
 * on all but few shapes of the networks here, needs no library and returns the defined bits by construction. BLIS
 * (gemm_blis.c) is there on request. */
#ifndef SEPTUM_DEVICE_CPU_GEMM_H
#define SEPTUM_DEVICE_CPU_GEMM_H

#include "device/cpu/kernels.h"

/* c[rows][columns] = bias (or +0) + a * b, in panels of SEP_PANEL of the depth. Element (i, k) of a lies at
 * a + i * a_row + k * a_step and element (k, j) of b at b + k * b_row + j * b_step, one of each two being 1; c is
 * dense. With an activation, activation(a) takes the place of a; or, where there is a gate [rows][columns], c is
 * multiplied by activation'(gate). */
typedef struct sep_product {
    const sep_cpu *cpu;
    int rows, columns, depth;
    const float *a, *b, *bias;
    ptrdiff_t a_row, a_step, b_row, b_step;
    float *c;
    sep_activation activation;
    float slope;
    const float *gate;
    const float *packed; /* NULL, or b as sep_gemm_pack laid it out: then b is not read */
    float *scratch;      /* sep_gemm_scratch_bytes */
} sep_product;

size_t sep_gemm_scratch_bytes(const sep_cpu *cpu);
void sep_gemm_own(const sep_product *product);

/* All of b as the kernel reads it, sep_gemm_packed_floats of them: panel by panel, of each its stripes, dense. */
size_t sep_gemm_packed_floats(const sep_product *product);
void sep_gemm_pack(const sep_product *product, float *packed);

/* Sets cpu->multiply by name: "own" (or NULL), or "blis", which must exist in this build and return the defined bits in
 * a test on small products. */
sep_status sep_gemm_choose(sep_cpu *cpu, const char *name) SEP_MUST_CHECK;

#endif
