/* septum: the device contract. A backend is a table of memory calls, queue calls and one kernel per operation; ops,
 * nets and methods see nothing else. src/device/cpu/ is one backend, src/device/opencl/ another. */
#ifndef SEPTUM_DEVICE_H
#define SEPTUM_DEVICE_H

#include "septum/operation.h"
#include "septum/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sep_device sep_device;
typedef struct sep_buffer sep_buffer; /* memory on a device; what is inside is the backend's affair */

/* A tensor that takes part in a call: a stretch of a buffer. Offsets are in bytes, multiples of 4 (views may start
 * anywhere); planned tensors start at multiples of SEP_ALIGNMENT. */
typedef struct sep_operand {
    sep_buffer *buffer;
    size_t offset;
    sep_shape shape;
    sep_dtype dtype;
    int pitch; /* floats from a row (last axis) to the next: some channels of a wider tensor; 0: dense */
} sep_operand;

#define SEP_OUTPUT (-1) /* in place of an input's number */

#define SEP_MAX_INPUTS 7

/* One operation to run. `output` may share memory with an input only where the operation's definition says in-place. */
typedef struct sep_call {
    sep_op op;
    sep_attributes attributes;
    int inputs;
    sep_operand input[SEP_MAX_INPUTS];
    sep_operand output;
    sep_operand workspace; /* as many bytes as the backend's `workspace` answered; contents undefined */
    sep_operand packed;    /* no buffer, or what the backend's `pack` made of input[1], which is then not read */
    uint32_t stream;       /* random stream of the node (dropout) */
    /* NULL, or a second call that reads this one's output and that `run` does along with it, while the output is in the
     * cache: the same bits as one after the other. Only where the backend's `follows` says so. */
    const struct sep_call *follow;
    const char *scope; /* where it was built, for messages: "u_net.encoder_0."; may be NULL */
} sep_call;

/* What changes from step to step and is not a tensor. */
typedef struct sep_step_info {
    uint64_t seed;
    uint32_t iteration;
} sep_step_info;

/* ---- warping ----------------------------------------------------------------------------------------------------- */

typedef enum sep_deformation {
    SEP_NO_DEFORMATION,
    SEP_DEFORM_SPLINE,      /* registration->spline of simd/registration.h; u = p - 1. Points beyond its domain stay: */
    SEP_DEFORM_SPLINE_ROWS, /* u outside [0, size - 3] by more than 1e-5; warping->spline_row of simd/warping.h */
    SEP_DEFORM_FIELD        /* warping->linear, 0 outside, of three volumes */
} sep_deformation;

typedef enum sep_lookup {
    SEP_LOOKUP_LINEAR,  /* in float volumes: warping->linear, */
    SEP_LOOKUP_CUBIC,   /* warping->cubic, `data` being the coefficients */
    SEP_LOOKUP_NEAREST, /* in label maps of a byte a voxel: warping->nearest, 0 outside; */
    SEP_LOOKUP_CLASS    /* the class whose one-hot map, interpolated linearly, is largest (sep_warp_labels) */
} sep_lookup;

/* All of a grid's voxels looked up in a volume, in arrays of the host. The arithmetic is that of septum's own kernels
 * of registration, with the same bits. Voxel x of row r starts at (float)(along[i][x] + across[i][r]), i = x, y, z;
 * x goes on to whole groups of 16 voxels, since an inverse is sought until the farthest of a group is there. */
typedef struct sep_warp_call {
    int width, rows;
    const double *along, *across; /* [3][width in whole groups], [3][rows] */
    sep_deformation deformation;  /* then the affine map `last` */
    int size[3];                  /* of it, x first: nodes of the spline, voxels of the field */
    const float *value;           /* [3][size[2]][size[1]][size[0]] */
    int chunk;                    /* of spline rows: so many voxels take y and z from the first of them */
    float last[3][4];
    /* Of the deformation: rounds of x += (aim - x - u(x)) while the longest step is above `tolerance`, u going on
     * beyond a spline as at its border. Where aim lies beyond, and no x in the domain was reached, x is aim. */
    bool inverse;
    int rounds;
    float mm[3], tolerance; /* of a step along each axis; in mm */
    float nowhere;          /* what the coordinates become of points that do not get there */
    sep_lookup lookup;
    int volume[3]; /* voxels of what is looked up in, x first */
    const void *data;
    float outside; /* of float volumes */
    void *out;     /* [rows][width] floats or bytes, as `data` */
} sep_warp_call;

/* ---- the search for a transform ---------------------------------------------------------------------------------- */

/* What a sample of the search counts for that lands outside the moving volume, more than half a voxel beyond its first
 * or last voxel. */
typedef enum sep_border {
    SEP_BORDER_LEFT_OUT, /* nothing: value 0 */
    SEP_BORDER_LOWEST,   /* the volume goes on as its lowest value */
    SEP_BORDER_HELD      /* the point is held there, half a voxel outside; `beyond` is what that took away */
} sep_border;

/* What does not change over a level of registration's search. The arithmetic is that of simd/registration.h, with the
 * same bits; sums over samples are cut into blocks. */
typedef struct sep_search_level {
    int volume[3]; /* voxels of the moving volume, x first */
    const float *data;
    int samples, drawn;          /* whole groups of 16; what fills up the last group has no part in histograms */
    int block;                   /* samples of a block, whole groups; the last may have fewer */
    int bins;                    /* of joint histograms, along both axes; */
    float bin_scale, bin_offset; /* of the moving values */
    int size[3];                 /* nodes of the deformation, x first; 0: none */
    float node_scale[3], node_offset[3];
} sep_search_level;

typedef struct sep_search sep_search; /* a level on a device; what is inside is the backend's affair */

/* Each of these returns when its results are on the host. */
typedef struct sep_search_kernels {
    sep_status (*create)(sep_device *device, const sep_search_level *level,
                         sep_search **search); /* copies the voxels */
    void (*destroy)(sep_search *search);       /* NULL is fine */
    /* The samples that all others work on: at[3][samples], voxels of the fixed volume, and row[samples], bins * the bin
     * of the fixed value. */
    sep_status (*draw)(sep_search *search, const float *const at[3], const int32_t *row);
    /* spline by coefficient[3][nodes] (NULL without a deformation), affine by `map`, the border, linear. Values, inside
     * and, where the border holds points, beyond[3][samples] (0 inside; signed, in voxels) come back, 0 for what fills
     * up the last group; the values' derivatives stay there for what follows. `lowest` is what the border takes. */
    sep_status (*look_up)(sep_search *search, const float map[3][4], const float *coefficient, sep_border border,
                          float lowest, float *value, float *inside, float *beyond);
    /* histogram[bins][bins]: parzen_add of the values last looked up, a block from +0, joined by rule 2 of
     * docs/arithmetic.md. Samples outside count too, or do not. */
    sep_status (*histogram)(sep_search *search, bool outside_counts, float *histogram);
    /* sum[blocks][3][nodes]: spline_adjoint, a block from +0, of affine by `back` of
     * force * derivative + spring * beyond. */
    sep_status (*spread)(sep_search *search, const float *force, float spring, const float back[3][4], float *sum);
    /* sum[blocks][3][4]: affine_adjoint of a block, by the samples' own points. */
    sep_status (*map_gradient)(sep_search *search, const float *force, float (*sum)[3][4]);
} sep_search_kernels;

typedef struct sep_backend {
    const char *name;                                               /* "cpu", "opencl" */
    sep_buffer *(*buffer_create)(sep_device *device, size_t bytes); /* zeroed; NULL with the error text set */
    void (*buffer_destroy)(sep_device *device, sep_buffer *buffer);
    /* `from` is free again when it returns. */
    sep_status (*upload)(sep_device *device, sep_buffer *to, size_t offset, const void *from, size_t bytes);
    /* Waits for all that was enqueued before. */
    sep_status (*download)(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes);
    size_t (*workspace)(sep_device *device, const sep_call *call); /* shapes are set, buffers are not yet */
    sep_status (*run)(sep_device *device, const sep_call *call, const sep_step_info *step); /* may only enqueue */
    sep_status (*finish)(sep_device *device);                                               /* waits for all enqueued */
    /* Waits for all that had been enqueued when it was last called, so that the host stays one step ahead of the device
     * and no more. NULL: `run` returns when the work is done. */
    sep_status (*pace)(sep_device *device);
    void (*destroy)(sep_device *device);
    /* Returns when the result is there. NULL: the device has no kernels for it, as the CPU, on which registration works
     * row by row itself. */
    sep_status (*warp)(sep_device *device, const sep_warp_call *call);
    const sep_search_kernels *search; /* NULL: none, as on the CPU; one thread at a time may call them */
    /* Can `second`, which reads the output of `first` as its input `input`, be the follow of it? NULL: never. */
    bool (*follows)(sep_device *device, sep_op first, sep_op second, int input);
    /* May that operand (an input's number, or SEP_OUTPUT) have a pitch? NULL: none may. */
    bool (*takes_pitch)(sep_device *device, sep_op op, int operand);
    /* Weights that stay the same for many calls, in the order in which the kernel works with them, so that no call lays
     * them out again: bytes of it (0: this call has no use for it), and what fills call->packed from call->input[1].
     * The same bits. NULL: never. */
    size_t (*packed)(sep_device *device, const sep_call *call);
    sep_status (*pack)(sep_device *device, const sep_call *call);
} sep_backend;

struct sep_device {
    const sep_backend *backend;
    char description[96];          /* "cpu: avx512, 2 threads" */
    size_t memory, largest_buffer; /* bytes that it has, and that one buffer may have; 0: not known, as on the CPU */
};

/* The CPU: picks the best table of inner kernels that this processor runs (SEPTUM_SIMD=generic|avx2|avx512|neon
 * overrides where `simd` is NULL, and asking for one that the processor lacks is an error), and `threads` OpenMP
 * threads (0: all). SEPTUM_GEMM=blis takes matrix products through BLIS instead of our own kernel, with the same bits.
 */
sep_status sep_cpu_create(int threads, const char *simd /* NULL: choose */, sep_device **device) SEP_MUST_CHECK;
void sep_device_destroy(sep_device *device);
/* Names of the tables that this build has and this processor runs, best first; returns how many. */
int sep_cpu_tables(const char *names[4]);

/* How an OpenCL device computes; the CPU has the first way only. */
typedef enum sep_mode {
    SEP_REPRODUCIBLE, /* the bits that septum/operation.h defines */
    SEP_FAST          /* linear layers by CLBlast where this build has it, contractions and flushing as the driver
                         likes: other bits, and on another device or driver others again */
} sep_mode;

/* ---- OpenCL ------------------------------------------------------------------------------------------------------ */

typedef struct sep_opencl_info {
    char platform[128], name[128], driver[128];
    bool is_gpu;
    bool fma, subnormals, rounds_division; /* what it claims for floats; septum verify tells what it does */
    int units;
    uint64_t memory, largest_buffer, local_memory; /* bytes */
    uint64_t largest_group;                        /* work-items in a work-group */
} sep_opencl_info;

/* The devices of all drivers in the order of their numbers: fills up to `room` of them, returns how many there are. */
int sep_opencl_list(sep_opencl_info *list, int room);
/* Device `index` of that list. Its results are the CPU's, bit by bit, where it keeps to IEEE 754. Kernels are compiled
 * when they are first run and kept in $XDG_CACHE_HOME/septum. */
sep_status sep_opencl_create(int index, sep_mode mode, sep_device **device) SEP_MUST_CHECK;

/* The device's measured limits: GFLOP/s of fma chains in registers, GB/s of a copy whose two arrays take so many bytes.
 */
sep_status sep_opencl_measure_fma(sep_device *device, double seconds, double *gflops) SEP_MUST_CHECK;
sep_status sep_opencl_measure_copy(sep_device *device, double bytes, double seconds, double *gbytes) SEP_MUST_CHECK;

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

typedef struct sep_device_speed {
    double gflops; /* of a linear layer, 4096 rows of 512 to 512 */
    double gbytes; /* a second, of an addition of 32 MiB to 32 MiB */
} sep_device_speed;

/* Takes about `seconds`, and the time to compile two kernels where they are not cached. */
sep_status sep_device_measure(sep_device *device, double seconds, sep_device_speed *speed) SEP_MUST_CHECK;
/* "cpu"; "opencl:N", the Nth of sep_opencl_list; or "auto", the one of all that is fastest in the linear layer of
 * sep_device_measure, found out in half a second a device. `threads` is the CPU's (0: all). */
sep_status sep_device_open(const char *name, int threads, sep_mode mode, sep_device **device) SEP_MUST_CHECK;

/* ---- two devices in step ----------------------------------------------------------------------------------------- */

/* The first element in which two devices gave different bits. */
typedef struct sep_difference {
    bool found;
    char operation[128]; /* with its scope: "student_0.u_net.encoder_0.conv2d" */
    sep_shape shape;     /* of the tensor that differs */
    int input;           /* -1: the output; else the input that the operation updates (an optimiser's moments) */
    int64_t call;        /* operations that ran before and agreed */
    uint32_t iteration;
    int64_t element;  /* in the flat order */
    uint32_t bits[2]; /* of the first device, and of the second */
} sep_difference;

/* A device that runs everything on both, and after each call compares what it and its follow wrote. Calls have follows
 * and pitches where both devices can do them. The first difference fails the run (SEP_ERR_NUMERIC); values are read
 * from the first device. Both must outlive it. */
sep_status sep_lockstep_create(sep_device *first, sep_device *second, sep_device **device) SEP_MUST_CHECK;
const sep_difference *sep_lockstep_difference(const sep_device *device);

#ifdef __cplusplus
}
#endif
#endif
