/* The OpenCL backend from the inside. A call becomes one or more launches of kernels from cl/, enqueued in order; the
 * host waits in `finish` and in downloads only.
 *
 *     platforms.c   what devices there are, and opening one
 *     program.c     kernels: compiled once for a device and driver, kept in a folder of the user's cache
 *     tuning.h      parameters of kernels, such as the sizes of tiles, and what is known to be fast on a device
 *     memory.c      buffers
 *     launch.c      one kernel with its arguments
 *     errors.c      what OpenCL's error codes mean
 *     run.c         from an operation to its function, here and in the files of the families
 *     warping.c     warping, which is no operation of a network
 *     search.c      nor are the evaluations of registration's search: search.h
 *     <family>.c    which kernels of cl/<family>.cl an operation launches, and with what shape
 *
 * Every kernel gives the bits of simd/generic/ on a device whose fma, division and square root round correctly. */
#ifndef SEPTUM_DEVICE_OPENCL_H
#define SEPTUM_DEVICE_OPENCL_H

#include <CL/cl.h>

#include "base/late_library.h"
#include "device/check.h"

struct sep_buffer {
    cl_mem memory;
    size_t size;
};

/* X(name, file, parameters): a program, cl/<file>.cl compiled with the parameters as macros (tuning.h). */
#define SEP_CL_PROGRAMS(X)                                                                                             \
    X(probe, probe, "")                                                                                                \
    X(peak, peak, "")                                                                                                  \
    X(pointwise, pointwise, "")                                                                                        \
    X(elementwise, elementwise, "")                                                                                    \
    X(reduction, reduction, "GROUP=64")                                                                                \
    X(product, product, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=16")                                                  \
    X(narrow_product, product, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=2 STEPS=16")                                           \
    X(convolution, convolution, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=16")                                          \
    X(narrow_convolution, convolution, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=2 STEPS=16")                                   \
    X(outer, outer, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=16")                                                      \
    X(narrow_outer, outer, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=2 STEPS=16")                                               \
    X(winograd, winograd, "GROUP=64")                                                                                  \
    X(depthwise, depthwise, "")                                                                                        \
    X(batch_norm, batch_norm, "")                                                                                      \
    X(group_norm, group_norm, "")                                                                                      \
    X(layer_norm, layer_norm, "")                                                                                      \
    X(attention, attention, "GROUP=64")                                                                                \
    X(token_attention, token_attention, "")                                                                            \
    X(contrast, contrast, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=16")                                                \
    X(moves, moves, "")                                                                                                \
    X(rows, rows, "")                                                                                                  \
    X(component, component, "")                                                                                        \
    X(draws, draws, "")                                                                                                \
    X(quantile, quantile, "")                                                                                          \
    X(windows, windows, "")                                                                                            \
    X(pooling, pooling, "")                                                                                            \
    X(upsampling, upsampling, "")                                                                                      \
    X(warp_map, warp_map, "")                                                                                          \
    X(way, way, "")                                                                                                    \
    X(lookup, lookup, "")                                                                                              \
    X(search, search, "")                                                                                              \
    X(softmax, softmax, "")                                                                                            \
    X(loss, loss, "")                                                                                                  \
    X(dice, dice, "")                                                                                                  \
    X(optimiser, optimiser, "")

#define SEP_CL_PROGRAM_ENUM(name, file, options) SEP_CL_##name,
typedef enum sep_cl_program { SEP_CL_PROGRAMS(SEP_CL_PROGRAM_ENUM) SEP_CL_PROGRAM_COUNT } sep_cl_program;
#undef SEP_CL_PROGRAM_ENUM

#define SEP_CL_MAX_KERNELS 160
#define SEP_CL_PARAMETERS  64 /* bytes that hold a program's */

typedef struct sep_cl_kernel {
    sep_cl_program program;
    const char *name; /* a literal */
    cl_kernel kernel;
} sep_cl_kernel;

/* How the device computes, found out by probe.c. */
typedef struct sep_cl_floats {
    bool fused;      /* fma rounds once */
    bool zeros;      /* fma(+0, -2, +0) is +0 */
    bool subnormals; /* not flushed to 0 */
    bool divides;    /* quotients and square roots are rounded correctly */
    bool loops;      /* long ones run to their end */
} sep_cl_floats;

typedef struct sep_cl {
    sep_device base;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
    cl_event step; /* the end of what had been enqueued at the last `pace`; NULL before the first */
    cl_program program[SEP_CL_PROGRAM_COUNT];
    sep_cl_kernel kernel[SEP_CL_MAX_KERNELS];
    int kernels;
    size_t largest_group, local_bytes; /* the device's limits */
    int units;
    bool rounds_division;    /* has the build option for correctly rounded division */
    bool keeps_binaries;     /* programs are kept in septum's cache */
    bool fast;               /* SEP_FAST */
    sep_late_function *gemm; /* CLBlastSgemm; NULL but in fast mode */
    sep_cl_floats floats;
    char version[256]; /* of device and driver: the binaries' key */
    char vendor[128], name[128], driver[128];
    char parameters[SEP_CL_PROGRAM_COUNT][SEP_CL_PARAMETERS];
    bool tries; /* candidates of the tuning are opened: their binaries are not kept */
} sep_cl;

/* ---- program.c --------------------------------------------------------------------------------------------------- */

/* The kernel of that name, from the cache or compiled. `name` is a literal. */
sep_status sep_cl_find_kernel(sep_cl *cl, sep_cl_program program, const char *name, cl_kernel *kernel) SEP_MUST_CHECK;
void sep_cl_free_programs(sep_cl *cl);
/* Forgets the program and its kernels: the next one that is asked for is compiled with the parameters of then. */
void sep_cl_drop_program(sep_cl *cl, sep_cl_program program);
/* The embedded text of cl/<name>. */
const char *sep_cl_source(const char *name);
/* The value of one of the program's parameters; 0: it has none of that name. After the program's first sep_cl_begin:
 * tuned parameters may be given up there. */
int sep_cl_parameter(const sep_cl *cl, sep_cl_program program, const char *name);

/* ---- errors.c ---------------------------------------------------------------------------------------------------- */

/* Whether an OpenCL call went well; else the error with the call's name and what the code means. */
sep_status sep_cl_check(cl_int code, const char *what) SEP_MUST_CHECK;

/* ---- launch.c ---------------------------------------------------------------------------------------------------- */

/* A kernel whose arguments are set in the order of its parameters:
 *
 *     sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, "add");
 *     sep_cl_tensor(&l, &call->input[0]);         __global float * and the offset in floats
 *     sep_cl_long(&l, count);
 *     return sep_cl_run(&l, (size_t[3]){groups}, (size_t[3]){64});
 *
 * The first failure is kept and returned by sep_cl_run. */
typedef struct sep_cl_launch {
    sep_cl *cl;
    sep_cl_program program;
    const char *name;
    cl_kernel kernel;
    cl_uint arguments;
    sep_status status;
} sep_cl_launch;

sep_cl_launch sep_cl_begin(sep_cl *cl, sep_cl_program program, const char *kernel);
void sep_cl_tensor(sep_cl_launch *launch, const sep_operand *operand);
/* Input `i`, or, where the call has no such input, one that is there and is not read. */
void sep_cl_input(sep_cl_launch *launch, const sep_call *call, int i);
void sep_cl_int(sep_cl_launch *launch, int value);
void sep_cl_long(sep_cl_launch *launch, int64_t value);
void sep_cl_float(sep_cl_launch *launch, float value);
/* An affine map: three float4, its rows. */
void sep_cl_map(sep_cl_launch *launch, const float map[3][4]);
/* Seed (two words), iteration and stream of a random draw: three uint. */
void sep_cl_random(sep_cl_launch *launch, const sep_call *call, const sep_step_info *step);
void sep_cl_local(sep_cl_launch *launch, size_t bytes);
/* Enqueues `groups` work-groups of `group` work-items in up to three dimensions (0 stands for 1). */
sep_status sep_cl_run(sep_cl_launch *launch, const size_t groups[3], const size_t group[3]) SEP_MUST_CHECK;
/* One work-item for each of `count`, in groups of 64; kernels leave at get_global_id(0) >= count. */
sep_status sep_cl_run_each(sep_cl_launch *launch, int64_t count) SEP_MUST_CHECK;
/* One work-item for each of `columns` in each of `rows`, (get_global_id(0), get_global_id(1)); kernels leave at
 * get_global_id(0) >= columns. */
sep_status sep_cl_run_columns(sep_cl_launch *launch, int64_t columns, int64_t rows) SEP_MUST_CHECK;
/* One work-item for each element of a map [N, H, W, C]; kernels begin with EACH_OF_MAP of cl/shared.cl. */
sep_status sep_cl_run_map(sep_cl_launch *launch, const sep_shape *map) SEP_MUST_CHECK;

/* ---- the operations ---------------------------------------------------------------------------------------------- */

/* Those that need scratch memory: sep_cl_<name>_workspace says how many bytes. */
#define SEP_CL_WORKSPACES(X)                                                                                           \
    X(ROW_SUM, row_sum)                                                                                                \
    X(MUL_ROW_SUM, mul_row_sum)                                                                                        \
    X(LINEAR, linear)                                                                                                  \
    X(LINEAR_DW, linear_dw)                                                                                            \
    X(CONV2D, conv2d)                                                                                                  \
    X(CONV2D_DX, conv2d_dx)                                                                                            \
    X(CONV2D_DW, conv2d_dw)                                                                                            \
    X(CONV_TRANSPOSE2D_DW, conv_transpose2d_dw)                                                                        \
    X(DEPTHWISE_DW, depthwise_dw)                                                                                      \
    X(BATCH_STATS, batch_stats)                                                                                        \
    X(BATCH_REDUCE, batch_reduce)                                                                                      \
    X(GROUP_STATS, group_stats)                                                                                        \
    X(GROUP_REDUCE, group_reduce)                                                                                      \
    X(GROUP_DX, group_dx)                                                                                              \
    X(LAYER_NORM_DPARAM, layer_norm_dparam)                                                                            \
    X(WINDOW_ATTENTION, window_attention)                                                                              \
    X(WINDOW_ATTENTION_DX, window_attention_dx)                                                                        \
    X(TOKEN_ATTENTION, token_attention)                                                                                \
    X(TOKEN_ATTENTION_DX, token_attention_dx)                                                                          \
    X(CROSS_ENTROPY, cross_entropy)                                                                                    \
    X(CROSS_ENTROPY_DX, cross_entropy_dx)                                                                              \
    X(DICE_SUMS, dice_sums)                                                                                            \
    X(DICE_DX, dice_dx)                                                                                                \
    X(SCATTER, scatter)                                                                                                \
    X(WARP_MAP_DX, warp_map_dx)                                                                                        \
    X(MSE, mse)                                                                                                        \
    X(SQUARED_NORM, squared_norm)                                                                                      \
    X(DRAW, draw)                                                                                                      \
    X(CHOOSE_WINDOWS, choose_windows)                                                                                  \
    X(QUANTILE, quantile)                                                                                              \
    X(LARGEST_COMPONENT, largest_component)                                                                            \
    X(CONTRAST, contrast)                                                                                              \
    X(CONTRAST_DX, contrast_dx)

#define SEP_CL_DECLARE_WORKSPACE(NAME, name) size_t sep_cl_##name##_workspace(const sep_cl *cl, const sep_call *call);
SEP_CL_WORKSPACES(SEP_CL_DECLARE_WORKSPACE)
#undef SEP_CL_DECLARE_WORKSPACE

#define SEP_CL_DECLARE(NAME, name)                                                                                     \
    sep_status sep_cl_##name(sep_cl *cl, const sep_call *call, const sep_step_info *step) SEP_MUST_CHECK;
SEP_OPERATIONS(SEP_CL_DECLARE)
#undef SEP_CL_DECLARE

/* a / b rounded up; both positive. */
static inline int64_t sep_cl_ceiling(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* A piece of an operand's memory, from byte `offset` of it on. */
static inline sep_operand sep_cl_part(const sep_operand *operand, size_t offset)
{
    sep_operand part = *operand;

    part.offset += offset;
    return part;
}

/* Bytes rounded up to where a piece of a workspace may start. */
static inline size_t sep_cl_aligned(size_t bytes)
{
    return (bytes + SEP_ALIGNMENT - 1) / SEP_ALIGNMENT * SEP_ALIGNMENT;
}

static inline int64_t sep_cl_elements(const sep_operand *operand)
{
    return sep_shape_count(&operand->shape);
}

#endif
