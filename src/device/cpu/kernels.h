/* The CPU backend from the inside: what a kernel of one operation gets, and the list of all kernels. A kernel cuts its
 * operation into pieces, shares them among OpenMP threads and runs an inner kernel of the chosen table (simd/) on each.
 * How it cuts may depend on the number of threads, what it returns may not. */
#ifndef SEPTUM_DEVICE_CPU_KERNELS_H
#define SEPTUM_DEVICE_CPU_KERNELS_H

#include "base/late_library.h"
#include "device/check.h"
#include "simd/destination.h"
#include "simd/simd.h"

struct sep_product;

typedef struct sep_cpu {
    sep_device base;
    const sep_simd *simd;
    int threads;                                         /* for num_threads() of every parallel region; at least 1 */
    void (*multiply)(const struct sep_product *product); /* of the linear layers: gemm.h */
    sep_late_function *blis;                             /* its product, where that is asked for */
} sep_cpu;

struct sep_buffer {
    char *bytes;
    size_t size;
};

/* Those that need scratch memory: sep_cpu_<name>_workspace says how many bytes (only shapes and attributes are set). */
#define SEP_CPU_WORKSPACES(X)                                                                                          \
    X(CONV2D, conv2d)                                                                                                  \
    X(CONV2D_DX, conv2d_dx)                                                                                            \
    X(CONV2D_DW, conv2d_dw)                                                                                            \
    X(CONV_TRANSPOSE2D, conv_transpose2d)                                                                              \
    X(CONV_TRANSPOSE2D_DX, conv_transpose2d_dx)                                                                        \
    X(CONV_TRANSPOSE2D_DW, conv_transpose2d_dw)                                                                        \
    X(DEPTHWISE, depthwise)                                                                                            \
    X(DEPTHWISE_DX, depthwise_dx)                                                                                      \
    X(DEPTHWISE_DW, depthwise_dw)                                                                                      \
    X(LINEAR, linear)                                                                                                  \
    X(LINEAR_DX, linear_dx)                                                                                            \
    X(LINEAR_DW, linear_dw)                                                                                            \
    X(ROW_SUM, row_sum)                                                                                                \
    X(BATCH_STATS, batch_stats)                                                                                        \
    X(BATCH_APPLY, batch_apply)                                                                                        \
    X(BATCH_REDUCE, batch_reduce)                                                                                      \
    X(BATCH_DX, batch_dx)                                                                                              \
    X(GROUP_STATS, group_stats)                                                                                        \
    X(GROUP_APPLY, group_apply)                                                                                        \
    X(GROUP_REDUCE, group_reduce)                                                                                      \
    X(GROUP_DX, group_dx)                                                                                              \
    X(LAYER_NORM_DPARAM, layer_norm_dparam)                                                                            \
    X(MUL_ROW_SUM, mul_row_sum)                                                                                        \
    X(UPSAMPLE_BILINEAR, upsample_bilinear)                                                                            \
    X(UPSAMPLE_BILINEAR_DX, upsample_bilinear_dx)                                                                      \
    X(WINDOW_ATTENTION, window_attention)                                                                              \
    X(WINDOW_ATTENTION_DX, window_attention_dx)                                                                        \
    X(TOKEN_ATTENTION, token_attention)                                                                                \
    X(TOKEN_ATTENTION_DX, token_attention_dx)                                                                          \
    X(RESIZE_NEAREST, resize_nearest)                                                                                  \
    X(LARGEST_COMPONENT, largest_component)                                                                            \
    X(CROSS_ENTROPY, cross_entropy)                                                                                    \
    X(DICE_SUMS, dice_sums)                                                                                            \
    X(DICE_DX, dice_dx)                                                                                                \
    X(MSE, mse)                                                                                                        \
    X(SQUARED_NORM, squared_norm)                                                                                      \
    X(DRAW, draw)                                                                                                      \
    X(CHOOSE_WINDOWS, choose_windows)                                                                                  \
    X(CONTRAST, contrast)                                                                                              \
    X(CONTRAST_DX, contrast_dx)

/* Those that can have their weights packed: sep_cpu_<name>_packed says how many bytes (0: not this call), and
 * sep_cpu_<name>_pack packs. */
#define SEP_CPU_PACKED(X)                                                                                              \
    X(CONV2D, conv2d)                                                                                                  \
    X(LINEAR, linear)

#define SEP_CPU_DECLARE_KERNEL(NAME, name)                                                                             \
    void sep_cpu_##name(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step);
#define SEP_CPU_DECLARE_WORKSPACE(NAME, name)                                                                          \
    size_t sep_cpu_##name##_workspace(const sep_cpu *cpu, const sep_call *call);
#define SEP_CPU_DECLARE_PACKED(NAME, name)                                                                             \
    size_t sep_cpu_##name##_packed(const sep_cpu *cpu, const sep_call *call);                                          \
    void sep_cpu_##name##_pack(const sep_cpu *cpu, const sep_call *call);
SEP_OPERATIONS(SEP_CPU_DECLARE_KERNEL)
SEP_CPU_WORKSPACES(SEP_CPU_DECLARE_WORKSPACE)
SEP_CPU_PACKED(SEP_CPU_DECLARE_PACKED)
#undef SEP_CPU_DECLARE_KERNEL
#undef SEP_CPU_DECLARE_WORKSPACE
#undef SEP_CPU_DECLARE_PACKED

/* The memory of an operand. */
static inline float *sep_cpu_f32(const sep_operand *operand)
{
    return (float *)(void *)(operand->buffer->bytes + operand->offset);
}

/* The output as a destination of rows; streamed where it is larger than what a cache keeps. */
sep_destination sep_cpu_destination(const sep_operand *output);

static inline int32_t *sep_cpu_i32(const sep_operand *operand)
{
    return (int32_t *)(void *)(operand->buffer->bytes + operand->offset);
}

/* The memory of input `i`, or NULL where the call leaves that optional operand out. */
static inline const float *sep_cpu_input(const sep_call *call, int i)
{
    return i < call->inputs ? sep_cpu_f32(&call->input[i]) : NULL;
}

/* The packed weights, or NULL. */
static inline float *sep_cpu_packed(const sep_call *call)
{
    return call->packed.buffer ? sep_cpu_f32(&call->packed) : NULL;
}

/* Bytes rounded up to whole cache lines, so that threads don't share one and partial results start aligned. */
static inline size_t sep_cpu_aligned(size_t bytes)
{
    return (bytes + SEP_ALIGNMENT - 1) / SEP_ALIGNMENT * SEP_ALIGNMENT;
}

static inline int sep_cpu_min(int a, int b)
{
    return a < b ? a : b;
}

static inline int sep_cpu_max(int a, int b)
{
    return a > b ? a : b;
}

/* a / b rounded up; both positive. */
static inline int sep_cpu_ceiling(int a, int b)
{
    return (a + b - 1) / b;
}

/* Units of work that keep all threads busy to the end. */
static inline int sep_cpu_wanted_units(const sep_cpu *cpu)
{
    return cpu->threads == 1 ? 1 : 4 * cpu->threads;
}

/* So few channels that a vector over them would be mostly empty. */
static inline bool sep_cpu_is_narrow(const sep_cpu *cpu, int channels)
{
    return 4 * channels <= cpu->simd->tile->columns;
}

/* Has `floats` floats from `p` come into the second-level cache: for what is soon read or written line by line in an
 * order that the processor's own prefetcher does not follow. Harmless beyond the end of memory. */
static inline void sep_cpu_fetch(const float *p, ptrdiff_t floats)
{
    for (ptrdiff_t i = 0; i < floats; i += SEP_ALIGNMENT / (ptrdiff_t)sizeof(float))
        __builtin_prefetch(p + i, 0, 2);
}

/* Transposes each of `count` dense matrices [rows][columns]. */
void sep_cpu_transpose(const sep_cpu *cpu, const float *from, float *to, int count, int rows, int columns);

/* Tree sum (operation.h) of `blocks` partial results, block b at partial + b * stride, `elements` floats each; the
 * result goes to `sum`. The partial results are overwritten. */
void sep_cpu_tree_sum(const sep_cpu *cpu, float *partial, int blocks, int64_t stride, int64_t elements, float *sum);

#endif
