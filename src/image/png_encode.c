/* PNG bytes from pixels. stb_image_write has no 16 bits a channel and compresses poorly; on zlib the whole encoder is
 * this short (Portable Network Graphics, W3C recommendation, 2003). */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_ZLIB

#include <limits.h>
#include <string.h>
#include <zlib.h>

#define SIGNATURE   "\x89PNG\r\n\x1a\n"
#define CHUNK_FRAME 12 /* length, name, check sum */

static unsigned char *put_u32(unsigned char *at, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (unsigned char)(value >> shift);
    return at;
}

/* Puts length and name before `count` bytes that already lie at `at` + 8, the check sum behind; returns the end. */
static unsigned char *frame_chunk(unsigned char *at, const char name[4], size_t count)
{
    put_u32(at, (uint32_t)count);
    memcpy(at + 4, name, 4);
    return put_u32(at + 8 + count, (uint32_t)crc32(0, at + 4, (uInt)(count + 4)));
}

/* A row as the file holds it: the most significant byte first. */
static void copy_row(const void *pixels, size_t row, size_t samples, int bits, unsigned char *out)
{
    if (bits == 8) {
        memcpy(out, (const uint8_t *)pixels + row * samples, samples);
        return;
    }
    const uint16_t *in = (const uint16_t *)pixels + row * samples;
    for (size_t i = 0; i < samples; i++) {
        out[2 * i] = (unsigned char)(in[i] >> 8);
        out[2 * i + 1] = (unsigned char)in[i];
    }
}

/* Each row as a filter number and its differences to the row above (filter 2, "Up"). */
static void filter_rows(const void *pixels, size_t height, size_t samples, int bits, unsigned char *out)
{
    size_t row_bytes = samples * (size_t)(bits / 8);

    for (size_t y = height; y-- > 0;) {
        unsigned char *row = out + y * (row_bytes + 1);
        row[0] = 2;
        copy_row(pixels, y, samples, bits, row + 1);
        if (y + 1 == height)
            continue;
        unsigned char *below = row + row_bytes + 1;
        for (size_t i = 1; i <= row_bytes; i++)
            below[i] = (unsigned char)(below[i] - row[i]);
    }
}

/* A tEXt chunk: the keyword, a zero byte, the text. */
static unsigned char *put_note(unsigned char *at, const char *note)
{
    if (!note)
        return at;
    memcpy(at + 8, SEP_PNG_KEYWORD, sizeof SEP_PNG_KEYWORD);
    memcpy(at + 8 + sizeof SEP_PNG_KEYWORD, note, strlen(note));
    return frame_chunk(at, "tEXt", sizeof SEP_PNG_KEYWORD + strlen(note));
}

/* Compresses straight into the place of the IDAT chunk's data. */
static sep_status assemble(const unsigned char *filtered, uLong filtered_bytes, const unsigned char header[13],
                           const char *note, void **bytes, size_t *count)
{
    uLong packed = compressBound(filtered_bytes);
    size_t text = note ? sizeof SEP_PNG_KEYWORD + strlen(note) : 0;
    unsigned char *png = sep_calloc(8 + 4 * CHUNK_FRAME + 13 + text + (size_t)packed, 1);

    if (!png)
        return SEP_ERR_MEMORY;
    memcpy(png, SIGNATURE, 8);
    memcpy(png + 16, header, 13);
    unsigned char *data = put_note(frame_chunk(png + 8, "IHDR", 13), note);
    if (compress2(data + 8, &packed, filtered, filtered_bytes, 6) != Z_OK || packed > INT_MAX) {
        sep_free(png);
        return sep_fail(SEP_ERR_MEMORY, "out of memory to compress a PNG picture");
    }
    unsigned char *end = frame_chunk(frame_chunk(data, "IDAT", packed), "IEND", 0);
    *bytes = png;
    *count = (size_t)(end - png);
    return SEP_OK;
}

sep_status sep_png_encode(const void *pixels, int height, int width, int channels, int bits, const char *note,
                          void **bytes, size_t *count)
{
    size_t samples = (size_t)width * (size_t)channels, row_bytes = samples * (size_t)(bits / 8);
    size_t filtered_bytes = (size_t)height * (row_bytes + 1);
    unsigned char header[13] = {[8] = (unsigned char)bits, [9] = channels == 3 ? 2 : 0};

    *bytes = NULL;
    put_u32(header, (uint32_t)width);
    put_u32(header + 4, (uint32_t)height);
    unsigned char *filtered = sep_calloc(filtered_bytes, 1);
    if (!filtered)
        return SEP_ERR_MEMORY;
    filter_rows(pixels, (size_t)height, samples, bits, filtered);
    sep_status status = assemble(filtered, filtered_bytes, header, note, bytes, count);
    sep_free(filtered);
    return status;
}

#else

sep_status sep_png_encode(const void *pixels, int height, int width, int channels, int bits, const char *note,
                          void **bytes, size_t *count)
{
    (void)pixels;
    (void)height;
    (void)width;
    (void)channels;
    (void)bits;
    (void)note;
    *bytes = NULL;
    *count = 0;
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "this build writes no PNG; install zlib (Debian: zlib1g-dev) and run ./configure again");
}

#endif
