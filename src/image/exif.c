/* The one field of Exif that moves pixels: Orientation, a SHORT in the first directory of a TIFF file (CIPA DC-008,
 * sections 4.5 and 4.6.5). */
#include "image/picture_facts.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, HEADER = 8, ENTRY = 12 };

typedef struct tiff {
    const uint8_t *bytes;
    size_t count;
    bool big_endian;
} tiff;

static size_t get(const tiff *t, size_t at, int width)
{
    size_t value = 0;

    for (int i = 0; i < width; i++)
        value = value << 8 | t->bytes[at + (size_t)(t->big_endian ? i : width - 1 - i)];
    return value;
}

static bool read_header(tiff *t)
{
    if (t->count < HEADER)
        return false;
    t->big_endian = memcmp(t->bytes, "MM\0*", 4) == 0;
    return t->big_endian || memcmp(t->bytes, "II*\0", 4) == 0;
}

int sep_exif_orientation(const uint8_t *bytes, size_t count)
{
    tiff t = {.bytes = bytes, .count = count};

    if (!read_header(&t))
        return 1;
    size_t at = get(&t, 4, 4);
    if (at > count || count - at < 2)
        return 1;
    size_t entries = get(&t, at, 2);
    for (at += 2; entries > 0 && count - at >= ENTRY; entries--, at += ENTRY) {
        if (get(&t, at, 2) != TAG_ORIENTATION || get(&t, at + 2, 2) != TYPE_SHORT)
            continue;
        size_t orientation = get(&t, at + 8, 2);
        return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
    }
    return 1;
}
