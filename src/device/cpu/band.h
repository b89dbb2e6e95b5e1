/* A band: some consecutive rows of an image with the zero padding that an operation reads around them, so that inner
 * kernels meet no borders. Where nothing is padded the band is the image's own memory; else a copy in scratch memory,
 * small enough to stay in the second-level cache. */
#ifndef SEPTUM_DEVICE_CPU_BAND_H
#define SEPTUM_DEVICE_CPU_BAND_H

#include "septum/tensor.h"

#include <stddef.h>

#define SEP_BAND_BYTES ((size_t)256 << 10) /* what a caller should aim at */

typedef struct sep_image {
    const float *pixels;
    int height, width, channels;
} sep_image;

/* The first image of a tensor [images][height][width][channels], its pixels not yet set. */
static inline sep_image sep_image_of(const sep_shape *shape)
{
    return (sep_image){.height = shape->dim[1], .width = shape->dim[2], .channels = shape->dim[3]};
}

typedef struct sep_band {
    const float *first; /* the first pixel of the first row, padding included */
    ptrdiff_t row;      /* floats from a row to the next */
    int first_row, left, channels;
} sep_band;

/* Floats of scratch memory for `rows` rows with `left` and `right` zero pixels beside them. */
size_t sep_band_floats(const sep_image *image, int rows, int left, int right);

/* Makes rows [first_row, first_row + rows) of the image accessible; those outside the image are zeros. */
sep_band sep_band_load(const sep_image *image, int first_row, int rows, int left, int right, float *scratch);

/* How many rows fit in `bytes`; at least 1. */
int sep_band_rows(const sep_image *image, int left, int right, size_t bytes);

/* Pixel (y, x) in the image's own coordinates; -left <= x < width + right. */
static inline const float *sep_band_pixel(const sep_band *band, int y, int x)
{
    return band->first + (y - band->first_row) * band->row + (ptrdiff_t)(x + band->left) * band->channels;
}

#endif
