/* Winograd convolution: 3x3, stride 1, padding 1. Which calls take it and what it computes is defined in
 * septum/operation.h, the transforms in simd/winograd.h. An image's outputs are cut into tiles of 4x4 from its top left
 * corner, numbered over all images: a pass takes some of them, transforms their pixels into 36 planes
 * [tiles][channels], multiplies plane by plane and transforms back, all in memory that stays in the second-level cache.
 */
#ifndef SEPTUM_DEVICE_CPU_WINOGRAD_H
#define SEPTUM_DEVICE_CPU_WINOGRAD_H

#include "device/cpu/band.h"
#include "device/cpu/kernels.h"
#include "device/cpu/row_blocks.h"

/* Forward pass and data gradient. */
typedef struct sep_winograd {
    const sep_cpu *cpu;
    bool turned; /* data gradient: x is dy, and the weights [3][3][out_channels][in.channels] are to be turned */
    int images;
    sep_image in; /* the first of `images` */
    const float *weights, *bias;
    const float *packed; /* NULL, or what sep_winograd_pack made of the weights, which are then not read */
    float *out;
    int out_channels;
    const sep_row_blocks *follow; /* work over the output's rows */
} sep_winograd;

/* Bytes of scratch memory; pointers need not be set. */
size_t sep_winograd_workspace(const sep_winograd *winograd);
void sep_winograd_run(const sep_winograd *winograd, void *workspace);

/* The transformed weights as the products read them, and their bytes. */
size_t sep_winograd_packed_bytes(const sep_winograd *winograd);
void sep_winograd_pack(const sep_winograd *winograd, float *packed);

typedef struct sep_winograd_gradient {
    const sep_cpu *cpu;
    int images;
    sep_image x, dy; /* the first of `images` */
    float *dw;       /* [3][3][x.channels][dy.channels] */
} sep_winograd_gradient;

size_t sep_winograd_gradient_workspace(const sep_winograd_gradient *gradient);
void sep_winograd_gradient_run(const sep_winograd_gradient *gradient, void *workspace);

/* ---- the device's calls ------------------------------------------------------------------------------------------ */

/* Whether CONV2D, CONV2D_DX or CONV2D_DW computes by Winograd's algorithm. */
bool sep_winograd_takes(const sep_call *call);

/* CONV2D and CONV2D_DX. */
size_t sep_winograd_conv2d_workspace(const sep_cpu *cpu, const sep_call *call);
void sep_winograd_conv2d(const sep_cpu *cpu, const sep_call *call);
size_t sep_winograd_conv2d_packed(const sep_cpu *cpu, const sep_call *call);
void sep_winograd_conv2d_pack(const sep_cpu *cpu, const sep_call *call);

size_t sep_winograd_conv2d_dw_workspace(const sep_cpu *cpu, const sep_call *call);
void sep_winograd_conv2d_dw(const sep_cpu *cpu, const sep_call *call);

/* ---- shared by both ---------------------------------------------------------------------------------------------- */

typedef void sep_winograd_reader(const sep_winograd_tiles *tiles, const float *x, int channels, float *v,
                                 const sep_winograd_planes *to);

/* Tiles of so many images. */
int sep_winograd_tiles_of(const sep_image *image, int images);

/* The tiles from number `tile` on that lie side by side, none from `end` on; *image is the image they are in. */
sep_winograd_tiles sep_winograd_side_by_side(const sep_image *first, int tile, int end, int *image);

/* The planes of tiles [first, end): channels [channel, channel + channels) of the images through `read`. */
void sep_winograd_load(const sep_image *x, sep_winograd_reader *read, int first, int end, int channel, int channels,
                       float *v, const sep_winograd_planes *to);

/* A layout for planes of `rows` rows of `columns`, with gaps so that planes, and rows of many columns, do not share the
 * sets of a cache; its size in bytes. */
sep_winograd_planes sep_winograd_layout(int rows, int columns);
size_t sep_winograd_bytes(const sep_winograd_planes *planes);

#endif
