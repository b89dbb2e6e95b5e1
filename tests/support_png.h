/* For tests of kinds of PNG that septum does not write: files chunk by chunk. */
#ifndef SEPTUM_TESTS_SUPPORT_PNG_H
#define SEPTUM_TESTS_SUPPORT_PNG_H

#include <stddef.h>
#include <stdint.h>

enum { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGBA = 6 }; /* colour types */

typedef struct support_png {
    int width, height, bits, samples; /* a pixel */
    int interlaced;
    uint8_t bytes[8192];
    size_t count;
} support_png;

/* Signature and IHDR. */
void support_png_begin(support_png *png, int width, int height, int bits, int colour_type, int interlaced);
/* Any chunk, with its check sum. */
void support_png_chunk(support_png *png, const char *name, const void *data, size_t count);
/* IDAT of samples[height][width][samples of a pixel], one byte each (of 16 bits the value times 257), and IEND. */
void support_png_pixels(support_png *png, const uint8_t *samples);
/* As a scratch file; its path (scratch_path). */
const char *support_png_file(const support_png *png, const char *name);

#endif
