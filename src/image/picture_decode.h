/* Private to src/image: PNG and JPEG bytes to pixels. */
#ifndef SEPTUM_IMAGE_PICTURE_DECODE_H
#define SEPTUM_IMAGE_PICTURE_DECODE_H

#include "septum/base.h"

typedef struct sep_pixels {
    int height, width, channels; /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha */
    bool sixteen;
    void *data; /* uint8_t, or uint16_t in this machine's order; channels innermost */
} sep_pixels;

/* Sizes from the header; then the whole. False: sep_picture_reason says why. */
bool sep_picture_inspect(const uint8_t *bytes, int count, sep_pixels *pixels);
bool sep_picture_decode(const uint8_t *bytes, int count, sep_pixels *pixels);
void sep_picture_release(sep_pixels *pixels);
const char *sep_picture_reason(void);

/* What is wrong with a file that the decoder would not notice; NULL when nothing is. */
const char *sep_jpeg_fault(const uint8_t *bytes, size_t count);
const char *sep_png_fault(const uint8_t *bytes, size_t count);

#endif
