/* Depthwise convolution in vectors: lanes are channels. A block is a few pixels side by side, whose chains stay in
 * registers; the input pixels under a row of the kernel are loaded once for all of them. */
#include "simd/depthwise.h"
#include "simd/vector/isa.h"

#include <stdbool.h>

#if VEC_LANES == 8 /* 16 registers */
#define PIXELS 4
#else /* 32 registers */
#define PIXELS 7
#endif
#define MAX_KERNEL 7 /* kernel columns taken at once */

/* Left alone the compiler computes all multiples of a stride ahead of the loop, for which there are no registers. */
#define KEEP_STRIDE(stride) __asm__("" : "+r"(stride))

#define INLINE static inline __attribute__((always_inline))

/* ---- one row of output pixels ------------------------------------------------------------------------------------ */

/* Pixels [i, i + pixels) of channels [c, c + lanes). `pixels` and `kernel` are constants where this is inlined. */
INLINE void row_block(const sep_depthwise_row *job, int i, int c, int pixels, int kernel)
{
    vec acc[PIXELS], in[PIXELS + MAX_KERNEL - 1];
    vec start = job->bias ? vec_load(job->bias + c) : vec_zero();

#pragma GCC unroll 7
    for (int p = 0; p < pixels; p++)
        acc[p] = start;
    for (int t = 0; t < job->taps; t++) {
        ptrdiff_t x_pixel = job->x_pixel, w_pixel = job->w_pixel;
        const float *x = job->x[t] + i * x_pixel + c, *w = job->w[t] + c;

        KEEP_STRIDE(x_pixel);
        KEEP_STRIDE(w_pixel);
#pragma GCC unroll 13
        for (int p = 0; p < pixels + kernel - 1; p++)
            in[p] = vec_load(x + p * x_pixel);
#pragma GCC unroll 7
        for (int kx = 0; kx < kernel; kx++) {
            vec wv = vec_load(w + kx * w_pixel);

#pragma GCC unroll 7
            for (int p = 0; p < pixels; p++)
                acc[p] = vec_fma(in[p + kx], wv, acc[p]);
        }
    }
#pragma GCC unroll 7
    for (int p = 0; p < pixels; p++)
        vec_store(job->y + (i + p) * job->y_pixel + c, acc[p]);
}

/* Any kernel, any number of lanes: one pixel. */
static void row_pixel(const sep_depthwise_row *job, int i, int c)
{
    ptrdiff_t lanes = job->channels - c;
    vec acc = job->bias ? vec_load_up_to(job->bias + c, lanes) : vec_zero();

    for (int t = 0; t < job->taps; t++)
        for (int kx = 0; kx < job->kernel; kx++)
            acc = vec_fma(vec_load_up_to(job->x[t] + (i + kx) * job->x_pixel + c, lanes),
                          vec_load_up_to(job->w[t] + kx * job->w_pixel + c, lanes), acc);
    vec_store_up_to(job->y + i * job->y_pixel + c, acc, lanes);
}

typedef void row_function(const sep_depthwise_row *job, int i, int c);

#define DEFINE_ROW_BLOCK(pixels, kernel)                                                                               \
    static void row_##kernel##_##pixels(const sep_depthwise_row *job, int i, int c)                                    \
    {                                                                                                                  \
        row_block(job, i, c, pixels, kernel);                                                                          \
    }
#if PIXELS == 4
#define ROW_BLOCKS(X, kernel) X(1, kernel) X(2, kernel) X(3, kernel) X(4, kernel)
#else
#define ROW_BLOCKS(X, kernel) X(1, kernel) X(2, kernel) X(3, kernel) X(4, kernel) X(5, kernel) X(6, kernel) X(7, kernel)
#endif
ROW_BLOCKS(DEFINE_ROW_BLOCK, 3)
ROW_BLOCKS(DEFINE_ROW_BLOCK, 7)

#define ROW_BLOCK_ENTRY(pixels, kernel) [pixels] = row_##kernel##_##pixels,
static row_function *const row_functions_3[PIXELS + 1] = {ROW_BLOCKS(ROW_BLOCK_ENTRY, 3)};
static row_function *const row_functions_7[PIXELS + 1] = {ROW_BLOCKS(ROW_BLOCK_ENTRY, 7)};

static void row(const sep_depthwise_row *job)
{
    row_function *const *sized = job->kernel == 3 ? row_functions_3 : job->kernel == 7 ? row_functions_7 : NULL;

    for (int c = 0; c < job->channels; c += VEC_LANES) {
        int block = sized && job->channels - c >= VEC_LANES ? PIXELS : 1;

        for (int i = 0; i < job->width;) {
            int pixels = job->width - i < block ? job->width - i : block;

            if (block > 1)
                sized[pixels](job, i, c);
            else
                row_pixel(job, i, c);
            i += pixels;
        }
    }
}

/* ---- weight gradient --------------------------------------------------------------------------------------------- */

#define RUN 4 /* pixels of dy held in registers */

/* What one pass sums: kernel rows [ky, ky + kernel rows of the pass), columns from kx, channels from c. */
typedef struct pass {
    const sep_depthwise_sum *job;
    int ky, kx, c;
    int lanes; /* of a masked pass */
} pass;

INLINE vec load_vector(const float *p, bool masked, int lanes)
{
    return masked ? vec_load_partial(p, lanes) : vec_load(p);
}

INLINE void store_vector(float *p, vec value, bool masked, int lanes)
{
    if (masked)
        vec_store_partial(p, value, lanes);
    else
        vec_store(p, value);
}

/* `pixels` pixels of one image row into acc[down][across]. */
INLINE void sum_run(const pass *at, const float *x, const float *dy, vec *acc, int pixels, int down, int across,
                    bool masked)
{
    const sep_depthwise_sum *job = at->job;
    vec dv[RUN], in[RUN + MAX_KERNEL - 1];

#pragma GCC unroll 4
    for (int p = 0; p < pixels; p++)
        dv[p] = load_vector(dy + p * job->dy_pixel, masked, at->lanes);
#pragma GCC unroll 3
    for (int r = 0; r < down; r++) {
#pragma GCC unroll 10
        for (int p = 0; p < pixels + across - 1; p++)
            in[p] = load_vector(x + r * job->x_row + p * job->x_pixel, masked, at->lanes);
#pragma GCC unroll 4
        for (int p = 0; p < pixels; p++)
#pragma GCC unroll 7
            for (int k = 0; k < across; k++)
                acc[r * across + k] = vec_fma(in[p + k], dv[p], acc[r * across + k]);
    }
}

/* Kernel elements [down][across] over all rows and pixels. `down`, `across` and `masked` are constants where this is
 * inlined; several kernel rows are taken only when they are whole. */
INLINE void sum_pass(const pass *at, int down, int across, bool masked)
{
    const sep_depthwise_sum *job = at->job;
    float *dw = job->dw + (at->ky * job->kernel + at->kx) * job->dw_pixel + at->c;
    vec acc[9];

#pragma GCC unroll 9
    for (int k = 0; k < down * across; k++)
        acc[k] = load_vector(dw + k * job->dw_pixel, masked, at->lanes);
    for (int y = 0; y < job->rows; y++) {
        const float *x = job->x + (y + at->ky) * job->x_row + at->kx * job->x_pixel + at->c;
        const float *dy = job->dy + y * job->dy_row + at->c;
        int i = 0;

        for (; i + RUN <= job->width; i += RUN)
            sum_run(at, x + i * job->x_pixel, dy + i * job->dy_pixel, acc, RUN, down, across, masked);
        for (; i < job->width; i++)
            sum_run(at, x + i * job->x_pixel, dy + i * job->dy_pixel, acc, 1, down, across, masked);
    }
#pragma GCC unroll 9
    for (int k = 0; k < down * across; k++)
        store_vector(dw + k * job->dw_pixel, acc[k], masked, at->lanes);
}

typedef void pass_function(const pass *at);

#define DEFINE_PASS(down, across)                                                                                      \
    static void pass_##down##_##across(const pass *at)                                                                 \
    {                                                                                                                  \
        sum_pass(at, down, across, false);                                                                             \
    }
DEFINE_PASS(3, 3)
DEFINE_PASS(1, 1)
DEFINE_PASS(1, 2)
DEFINE_PASS(1, 3)
DEFINE_PASS(1, 4)
DEFINE_PASS(1, 5)
DEFINE_PASS(1, 6)
DEFINE_PASS(1, 7)

static pass_function *const passes[MAX_KERNEL + 1] = {
    [1] = pass_1_1, [2] = pass_1_2, [3] = pass_1_3, [4] = pass_1_4, [5] = pass_1_5, [6] = pass_1_6, [7] = pass_1_7,
};

/* The last channels that do not fill a vector: one kernel element a pass. */
static void pass_masked(const pass *at)
{
    sum_pass(at, 1, 1, true);
}

static void sum(const sep_depthwise_sum *job)
{
    pass at = {.job = job};

    for (at.c = 0; at.c < job->channels; at.c += VEC_LANES) {
        bool masked = job->channels - at.c < VEC_LANES;
        int widest = masked ? 1 : MAX_KERNEL, down = job->kernel == 3 && !masked ? 3 : 1;

        at.lanes = job->channels - at.c;
        for (at.ky = 0; at.ky < job->kernel; at.ky += down)
            for (at.kx = 0; at.kx < job->kernel; at.kx += widest) {
                int left = job->kernel - at.kx;

                (masked ? pass_masked : down == 3 ? pass_3_3 : passes[left < widest ? left : widest])(&at);
            }
    }
}

const sep_simd_depthwise SEP_ISA_NAME(sep_depthwise) = {.row = row, .sum = sum};
