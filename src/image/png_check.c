/* Checks on a PNG file before stb_image sees it, which passes over the check sums (a pixel that changed on a disk or on
 * the way would be read as if it had been so) and reads Apple's CgBI files, which are no PNG, with red and blue
 * exchanged. PNG specification (ISO/IEC 15948), sections 5.3, 5.4, 11.2 and 11.3. */
#include "image/formats.h"
#include "image/picture_facts.h"

#include <string.h>
#include <zlib.h>

/* Bytes: of the file's start; around a chunk's data (length, name, check sum); of the header's data. */
enum { SIGNATURE = 8, FRAME = 12, HEADER = 13 };
enum { PALETTE_COLOUR_TYPE = 3 };

typedef struct chunk {
    const uint8_t *name, *data;
    size_t length;
} chunk;

static size_t get_u32(const uint8_t *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static bool is_called(const chunk *c, const char *name)
{
    return memcmp(c->name, name, 4) == 0;
}

/* An upper case letter in front says that nobody who does not know the chunk can make sense of the picture. */
static bool is_known(const chunk *c)
{
    return (c->name[0] & 0x20) != 0 || is_called(c, "IHDR") || is_called(c, "PLTE") || is_called(c, "IDAT") ||
           is_called(c, "IEND");
}

static sep_status fail_unknown(const char *path, const chunk *c)
{
    if (is_called(c, "CgBI"))
        return sep_fail(
            SEP_ERR_UNSUPPORTED,
            "%s: has a chunk CgBI: it is Apple's own format, not PNG, with red and blue exchanged; save it as "
            "PNG again",
            path);
    return sep_fail(
        SEP_ERR_UNSUPPORTED,
        "%s: has a chunk %.4s that PNG does not know and that says the picture can't be read without it; save "
        "it as PNG again",
        path, (const char *)c->name);
}

/* The decoder refuses a palette of another length, or behind the pixels, or none where the header says that there is.
 */
static void take_palette(const uint8_t *header, const chunk *c, sep_picture_facts *facts)
{
    if (header[9] != PALETTE_COLOUR_TYPE || header[8] > 8 || c->length == 0 || c->length % 3 != 0 || c->length > 768)
        return;
    facts->palette = c->data;
    facts->colours = (int)(c->length / 3);
}

static void take_note(const chunk *c, sep_picture_facts *facts)
{
    if (c->length <= sizeof SEP_PNG_KEYWORD || memcmp(c->data, SEP_PNG_KEYWORD, sizeof SEP_PNG_KEYWORD) != 0)
        return;
    facts->note = c->data + sizeof SEP_PNG_KEYWORD;
    facts->note_bytes = c->length - sizeof SEP_PNG_KEYWORD;
}

static void take_facts(const uint8_t *header, const chunk *c, bool before_pixels, sep_picture_facts *facts)
{
    if (is_called(c, "PLTE") && before_pixels)
        take_palette(header, c, facts);
    else if (is_called(c, "tRNS") && before_pixels && facts->palette && c->length <= (size_t)facts->colours) {
        facts->opacity = c->data;
        facts->opacities = (int)c->length;
    } else if (is_called(c, "eXIf"))
        facts->orientation = sep_exif_orientation(c->data, c->length);
    else if (is_called(c, "tEXt"))
        take_note(c, facts);
}

static sep_status walk_chunks(const char *path, const uint8_t *bytes, size_t count, sep_picture_facts *facts)
{
    const uint8_t *header = bytes + SIGNATURE + 8;
    bool before_pixels = true;

    for (size_t at = SIGNATURE; count >= at + FRAME;) {
        const chunk c = {.name = bytes + at + 4, .data = bytes + at + 8, .length = get_u32(bytes + at)};

        if (c.length > count - at - FRAME)
            break;
        if (crc32(0, c.name, (uInt)(c.length + 4)) != get_u32(c.data + c.length))
            return sep_fail(SEP_ERR_FORMAT, "%s: a check sum of the PNG is wrong; the file is damaged", path);
        if (!is_known(&c))
            return fail_unknown(path, &c);
        if (is_called(&c, "IEND"))
            return SEP_OK;
        if (at == SIGNATURE && (!is_called(&c, "IHDR") || c.length != HEADER))
            return sep_fail(SEP_ERR_FORMAT, "%s: does not start with the header of a PNG; damaged?", path);
        before_pixels = before_pixels && !is_called(&c, "IDAT");
        take_facts(header, &c, before_pixels, facts);
        at += FRAME + c.length;
    }
    return sep_fail(SEP_ERR_FORMAT, "%s: the PNG ends before its end chunk; the file is truncated", path);
}

sep_status sep_png_check(const char *path, const uint8_t *bytes, size_t count, sep_picture_facts *facts)
{
    *facts = (sep_picture_facts){.orientation = 1};
    return walk_chunks(path, bytes, count, facts);
}

/* Behind a check: every chunk ends within the file. */
int sep_png_show_indices(uint8_t *bytes)
{
    static const int white[] = {[1] = 255, [2] = 85, [4] = 17, [8] = 1};
    uint8_t *header = bytes + SIGNATURE + 8;

    header[9] = 0;
    for (uint8_t *at = bytes + SIGNATURE; memcmp(at + 4, "IEND", 4) != 0; at += FRAME + get_u32(at))
        if (memcmp(at + 4, "tRNS", 4) == 0)
            memcpy(at + 4, "none", 4);
    return white[header[8]];
}
