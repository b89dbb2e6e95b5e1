/* How the product of our own (gemm.c) cuts its output into rectangles, which threads share. */
#ifndef SEPTUM_DEVICE_CPU_GEMM_CUT_H
#define SEPTUM_DEVICE_CPU_GEMM_CUT_H

#include "device/cpu/gemm.h"

#define SEP_GEMM_KEPT_ROWS 400 /* of a, laid out or copied at one time */
#define SEP_GEMM_B_COLUMNS 768 /* columns of b, laid out at one time */

static inline bool sep_gemm_along_depth(const sep_product *m)
{
    return m->a_step == 1;
}

/* Whether a takes part as activation(a). */
static inline bool sep_gemm_activates(const sep_product *m)
{
    return m->activation != SEP_LINEAR_ACTIVATION && m->gate == NULL;
}

/* Equal pieces of `size`, none above `limit`, whole units but for the last. */
static inline int sep_gemm_even_piece(int size, int limit, int unit)
{
    int piece = sep_cpu_ceiling(size, sep_cpu_ceiling(size, limit));

    return sep_cpu_ceiling(piece, unit) * unit;
}

typedef struct sep_gemm_piece {
    int rows, columns; /* at most */
} sep_gemm_piece;

/* The size of the rectangles. Results do not depend on it. */
sep_gemm_piece sep_gemm_cut(const sep_product *product);

#endif
