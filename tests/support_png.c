/* PNG files chunk by chunk: ISO/IEC 15948, sections 5 (chunks), 7 (rows of packed samples), 8 (Adam7). */
#include "support_png.h"

#include "config.h"

#if SEP_HAVE_ZLIB

#include "support_image.h"
#include "support_scratch.h"

#include <string.h>
#include <zlib.h>

static void put_u32(uint8_t *at, size_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

void support_png_chunk(support_png *png, const char *name, const void *data, size_t count)
{
    uint8_t *at = png->bytes + png->count;

    assert_true(png->count + count + 12 <= sizeof png->bytes);
    put_u32(at, count);
    memcpy(at + 4, name, 4);
    if (count > 0)
        memcpy(at + 8, data, count);
    put_u32(at + 8 + count, crc32(0, at + 4, (uInt)(count + 4)));
    png->count += count + 12;
}

void support_png_begin(support_png *png, int width, int height, int bits, int colour_type, int interlaced)
{
    static const int samples[] = {
        [PNG_GREY] = 1, [PNG_RGB] = 3, [PNG_PALETTE] = 1, [PNG_GREY_ALPHA] = 2, [PNG_RGBA] = 4};
    uint8_t header[13] = {[8] = (uint8_t)bits, [9] = (uint8_t)colour_type, [12] = (uint8_t)interlaced};

    *png = (support_png){.width = width,
                         .height = height,
                         .bits = bits,
                         .samples = samples[colour_type],
                         .interlaced = interlaced,
                         .count = 8};
    memcpy(png->bytes, "\x89PNG\r\n\x1a\n", 8);
    put_u32(header, (size_t)width);
    put_u32(header + 4, (size_t)height);
    support_png_chunk(png, "IHDR", header, sizeof header);
}

/* One row of every `step`th pixel from x on, behind its filter number 0; returns its end. */
static uint8_t *put_row(const support_png *png, const uint8_t *row, int x, int step, uint8_t *out)
{
    int bit = 0;

    *out++ = 0;
    for (; x < png->width; x += step)
        for (int i = 0; i < png->samples; i++, bit += png->bits) {
            uint8_t value = row[x * png->samples + i];
            if (png->bits == 16)
                out[bit / 8] = out[bit / 8 + 1] = value;
            else
                out[bit / 8] = (uint8_t)(out[bit / 8] | value << (8 - png->bits - bit % 8));
        }
    return out + (bit + 7) / 8;
}

void support_png_pixels(support_png *png, const uint8_t *samples)
{
    /* Where a pass begins and how far it steps; the last row is that of a picture without passes. */
    static const struct {
        int x, y, step_x, step_y;
    } passes[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                  {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}, {0, 0, 1, 1}};
    uint8_t raw[8192] = {0}, packed[8192], *end = raw;
    uLong count = sizeof packed;

    for (int i = png->interlaced ? 0 : 7; i < (png->interlaced ? 7 : 8); i++)
        for (int y = passes[i].y; y < png->height && passes[i].x < png->width; y += passes[i].step_y)
            end = put_row(png, samples + y * png->width * png->samples, passes[i].x, passes[i].step_x, end);
    assert_int_equal(compress(packed, &count, raw, (uLong)(end - raw)), Z_OK);
    support_png_chunk(png, "IDAT", packed, count);
    support_png_chunk(png, "IEND", NULL, 0);
}

const char *support_png_file(const support_png *png, const char *name)
{
    return scratch_file(name, png->bytes, png->count);
}

#endif
