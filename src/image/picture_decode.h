/* Private to src/image: PNG and JPEG bytes to pixels, and pixels to values. */
#ifndef SEPTUM_IMAGE_PICTURE_DECODE_H
#define SEPTUM_IMAGE_PICTURE_DECODE_H

#include "image/formats.h"
#include "image/picture_facts.h"

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

/* A picture whose pixels are here. */
typedef struct sep_decoded {
    const char *path;
    bool is_jpeg;
    sep_picture_facts facts;
    sep_pixels pixels; /* of a palette picture the indices, one channel of 8 bits */
} sep_decoded;

/* The value that each pixel stands for. */
sep_status sep_decoded_values(const sep_decoded *picture, const sep_pixel_use *use, float *values) SEP_MUST_CHECK;

#endif
