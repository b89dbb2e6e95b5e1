/* Reading PNG and JPEG pictures as one slice. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_STB

#include "image/picture_decode.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>

/* Pixels that a byte can stand for: PNG packs 8 into each that deflate unpacks, JPEG has a bit or more for each block
 * of
 * 64. What claims more is cut short, and would be filled with grey. */
enum { PNG_RATIO = 8 * SEP_DEFLATE_RATIO, JPEG_RATIO = 8 * 64 };

static sep_status fail_decode(const char *path)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: can't be decoded (%s); damaged or truncated?", path, sep_picture_reason());
}

static sep_status check(uint8_t *bytes, size_t count, sep_decoded *picture)
{
    picture->facts.orientation = 1;
    picture->is_jpeg = bytes[0] == 0xff;
    if (picture->is_jpeg)
        return sep_jpeg_check(picture->path, bytes, count, &picture->facts);
    return bytes[0] == 0x89 ? sep_png_check(picture->path, bytes, count, &picture->facts) : SEP_OK;
}

/* The volume has the picture's size as it is stored. */
static sep_status decode_pixels(const uint8_t *bytes, int count, int white, sep_decoded *picture, sep_volume *volume)
{
    sep_pixels *pixels = &picture->pixels;

    if (!sep_picture_inspect(bytes, count, pixels))
        return fail_decode(picture->path);
    const int64_t size[3] = {pixels->width, pixels->height, 1};
    SEP_TRY(sep_volume_create_for_file(volume, picture->path, size, 1, picture->is_jpeg ? JPEG_RATIO : PNG_RATIO));
    if (!sep_picture_decode(bytes, count, pixels))
        return fail_decode(picture->path);
    if (pixels->width != volume->width || pixels->height != volume->height)
        return sep_fail(SEP_ERR_FORMAT, "%s: gives two different sizes; damaged?", picture->path);
    if (picture->facts.palette)
        for (size_t i = 0; i < (size_t)pixels->width * (size_t)pixels->height; i++)
            ((uint8_t *)pixels->data)[i] = (uint8_t)(((uint8_t *)pixels->data)[i] / white);
    return SEP_OK;
}

/* ---- orientation ------------------------------------------------------------------------------------------------- */

/* For each orientation of Exif the order that shows the picture upright: rows and columns exchanged from 5 on. */
static const sep_order upright[9] = {
    [1] = {.axis = {0, 1, 2}},
    [2] = {.axis = {0, 1, 2}, .flipped = {true, false}},
    [3] = {.axis = {0, 1, 2}, .flipped = {true, true}},
    [4] = {.axis = {0, 1, 2}, .flipped = {false, true}},
    [5] = {.axis = {1, 0, 2}},
    [6] = {.axis = {1, 0, 2}, .flipped = {true, false}},
    [7] = {.axis = {1, 0, 2}, .flipped = {true, true}},
    [8] = {.axis = {1, 0, 2}, .flipped = {false, true}},
};

/* As viewers and the tools that draw masks show it. */
static sep_status turn_upright(const sep_decoded *picture, sep_volume *volume)
{
    static atomic_flag named = ATOMIC_FLAG_INIT;
    const int orientation = picture->facts.orientation;

    if (orientation == 1)
        return SEP_OK;
    sep_log(atomic_flag_test_and_set(&named) ? SEP_LOG_DEBUG : SEP_LOG_INFO,
            "%s: is turned as its Exif orientation %d says (later files like it are named among the details)",
            picture->path, orientation);
    return sep_volume_reorder(volume, &upright[orientation]);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void take_note(const sep_picture_facts *facts, char note[SEP_NOTE_BYTES])
{
    const size_t length = facts->note_bytes < SEP_NOTE_BYTES ? facts->note_bytes : SEP_NOTE_BYTES - 1;

    memset(note, 0, SEP_NOTE_BYTES);
    if (facts->note)
        memcpy(note, facts->note, length);
}

static sep_status read_bytes(const char *path, uint8_t *bytes, int count, const sep_pixel_use *use,
                             char note[SEP_NOTE_BYTES], sep_volume *volume)
{
    sep_decoded picture = {.path = path};
    int white = 1;

    SEP_TRY(check(bytes, (size_t)count, &picture));
    if (note)
        take_note(&picture.facts, note);
    if (picture.facts.palette)
        white = sep_png_show_indices(bytes);
    sep_status status = decode_pixels(bytes, count, white, &picture, volume);
    if (status == SEP_OK)
        status = sep_decoded_values(&picture, use, volume->data);
    sep_picture_release(&picture.pixels);
    return status == SEP_OK ? turn_upright(&picture, volume) : status;
}

sep_status sep_picture_read(const char *path, const sep_pixel_use *use, char note[SEP_NOTE_BYTES], sep_volume *volume)
{
    void *bytes;
    size_t count;

    SEP_TRY(sep_file_read(path, &bytes, &count));
    sep_status status = count > INT_MAX ? sep_fail(SEP_ERR_FORMAT, "%s: is longer than 2 GiB", path)
                                        : read_bytes(path, bytes, (int)count, use, note, volume);
    sep_free(bytes);
    return status;
}

bool sep_picture_has_colours(const char *path)
{
    sep_pixels pixels = {0};
    void *bytes;
    size_t count;

    if (!sep_image_is_picture(path) || !sep_file_exists(path) || sep_file_read(path, &bytes, &count) != SEP_OK)
        return false;
    const bool known = count <= INT_MAX && sep_picture_inspect(bytes, (int)count, &pixels);
    sep_free(bytes);
    return known && pixels.channels >= 3;
}

#else

bool sep_picture_has_colours(const char *path)
{
    (void)path;
    return false;
}

sep_status sep_picture_read(const char *path, const sep_pixel_use *use, char note[SEP_NOTE_BYTES], sep_volume *volume)
{
    (void)use;
    (void)note;
    (void)volume;
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "%s: this build reads no pictures; install stb (Debian: libstb-dev) and run ./configure again",
                    path);
}

#endif
