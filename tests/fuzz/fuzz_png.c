/* PNG and JPEG pictures; a PNG also with its check sums put right, so that damage gets as far as the decoder. */
#include "read_image.h"

#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend_check_sums(uint8_t *bytes, size_t size)
{
    for (size_t at = 8, length; size >= at + 12; at += length + 12) {
        length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - at - 12)
            return;
        uLong sum = crc32(0, bytes + at + 4, (uInt)(length + 4));
        for (int i = 0; i < 4; i++)
            bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_image("input.png", data, size);
    uint8_t *mended = sep_calloc(size + 1, 1);
    expect(mended != NULL);
    memcpy(mended, data, size);
    mend_check_sums(mended, size);
    read_image("mended.png", mended, size);
    sep_free(mended);
    return 0;
}
