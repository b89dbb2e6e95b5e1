/* Reading PNG and JPEG pictures as one slice of grey. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_STB

#include "image/picture_decode.h"

#include <limits.h>
#include <string.h>

static unsigned sample(const sep_pixels *pixels, size_t pixel, int channel)
{
    size_t index = pixel * (size_t)pixels->channels + (size_t)channel;

    return pixels->sixteen ? ((const uint16_t *)pixels->data)[index] : ((const uint8_t *)pixels->data)[index];
}

/* Grey in the picture's own range. The weights sum to 256, so grey stored as RGB comes out as it went in. */
static sep_status take_grey(const char *path, const sep_pixels *pixels, bool indices, sep_volume *volume)
{
    size_t width = (size_t)pixels->width, count = (size_t)pixels->height * width;

    for (size_t i = 0; i < count; i++) {
        unsigned red = sample(pixels, i, 0);
        unsigned green = pixels->channels >= 3 ? sample(pixels, i, 1) : red;
        unsigned blue = pixels->channels >= 3 ? sample(pixels, i, 2) : red;
        if (indices && (red != green || red != blue))
            return sep_fail(
                SEP_ERR_FORMAT,
                "%s: pixel (x %zu, y %zu) is coloured (%u, %u, %u); a label map is grey, its values are the "
                "classes",
                path, i % width, i / width, red, green, blue);
        volume->data[i] = (float)((77u * red + 150u * green + 29u * blue) >> 8);
    }
    return SEP_OK;
}

static sep_status fail_decode(const char *path)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: can't be decoded (%s); damaged or truncated?", path, sep_picture_reason());
}

static sep_status decode(const char *path, const uint8_t *bytes, int count, bool indices, sep_volume *volume)
{
    sep_pixels pixels;
    const char *fault = NULL;

    if (bytes[0] == 0xff)
        fault = sep_jpeg_fault(bytes, (size_t)count);
    else if (bytes[0] == 0x89)
        fault = sep_png_fault(bytes, (size_t)count);
    if (fault)
        return sep_fail(SEP_ERR_FORMAT, "%s: %s", path, fault);
    if (!sep_picture_inspect(bytes, count, &pixels))
        return fail_decode(path);
    const int64_t size[3] = {pixels.width, pixels.height, 1};
    SEP_TRY(sep_volume_create_for_file(volume, path, size, 1, 8 * SEP_DEFLATE_RATIO)); /* PNG packs 8 pixels a byte */
    if (!sep_picture_decode(bytes, count, &pixels))
        return fail_decode(path);
    sep_status status = SEP_OK;
    if (pixels.width != volume->width || pixels.height != volume->height)
        status = sep_fail(SEP_ERR_FORMAT, "%s: gives two different sizes; damaged?", path);
    else
        status = take_grey(path, &pixels, indices, volume);
    sep_picture_release(&pixels);
    return status;
}

sep_status sep_picture_read(const char *path, bool indices, sep_volume *volume)
{
    void *bytes;
    size_t count;

    SEP_TRY(sep_file_read(path, &bytes, &count));
    sep_status status = count > INT_MAX ? sep_fail(SEP_ERR_FORMAT, "%s: is longer than 2 GiB", path)
                                        : decode(path, bytes, (int)count, indices, volume);
    sep_free(bytes);
    return status;
}

#else

sep_status sep_picture_read(const char *path, bool indices, sep_volume *volume)
{
    (void)indices;
    (void)volume;
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "%s: this build reads no pictures; install stb (Debian: libstb-dev) and run ./configure again",
                    path);
}

#endif
