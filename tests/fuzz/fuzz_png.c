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

static void check_labels(const char *path, sep_status status, sep_labels *labels, int classes)
{
    if (status != SEP_OK) {
        expect(!labels->data && strncmp(sep_error_text(), path, strlen(path)) == 0);
        return;
    }
    for (size_t i = 0; i < (size_t)labels->height * (size_t)labels->width; i++)
        expect(labels->data[i] < classes);
    sep_labels_free(labels);
}

/* As a mask, and by a table of colours. */
static void read_other_ways(const uint8_t *data, size_t size)
{
    static const sep_label_reading coloured = {.colours = {.count = 3, .colour = {0x000000, 0xffffff, 0xff0000}}};
    const char *path = input_file("input.png", data, size);
    sep_labels labels;

    check_labels(path, sep_mask_read(path, 128, &labels), &labels, 2);
    check_labels(path, sep_labels_read_as(path, &coloured, &labels), &labels, 3);
}

static void read_all_ways(const uint8_t *data, size_t size)
{
    read_image("input.png", data, size);
    read_other_ways(data, size);
}

/* A picture of more pixels than this limit lets through takes longer and shows no more. */
enum { MEMORY = 2 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sep_memory_set_limit(MEMORY);
    read_all_ways(data, size);
    if (size == 0 || data[0] != 0x89)
        return 0;
    uint8_t *mended = sep_calloc(size + 1, 1);
    expect(mended != NULL);
    memcpy(mended, data, size);
    mend_check_sums(mended, size);
    read_all_ways(mended, size);
    sep_free(mended);
    return 0;
}
