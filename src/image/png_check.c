/* Checks on a PNG file before stb_image sees it, which passes over the check sums: a pixel that changed on a disk or on
 * the way would be read as if it had been so. PNG specification (ISO/IEC 15948), section 5.3. */
#include "image/picture_decode.h"

#include <string.h>
#include <zlib.h>

enum { SIGNATURE = 8, FRAME = 12 }; /* bytes: of the file's start; around a chunk's data (length, name, check sum) */

static size_t get_u32(const uint8_t *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

const char *sep_png_fault(const uint8_t *bytes, size_t count)
{
    size_t at = SIGNATURE;

    while (count >= at + FRAME) {
        size_t length = get_u32(bytes + at);
        const uint8_t *name = bytes + at + 4;

        if (length > count - at - FRAME)
            break;
        if (crc32(0, name, (uInt)(length + 4)) != get_u32(name + 4 + length))
            return "a check sum of the PNG is wrong; the file is damaged";
        if (memcmp(name, "IEND", 4) == 0)
            return NULL;
        at += FRAME + length;
    }
    return "the PNG ends before its end chunk; the file is truncated";
}
