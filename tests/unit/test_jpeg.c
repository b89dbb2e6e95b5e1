/* JPEG files that are damaged so that a decoder would not notice, or would notice too late. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>

#if SEP_HAVE_STB && SEP_HAVE_ZLIB

enum { WIDTH = 19, HEIGHT = 17, MOST_BYTES = 65536 };

typedef struct jpeg {
    uint8_t bytes[MOST_BYTES];
    size_t count;
} jpeg;

/* A baseline JPEG of WIDTH x HEIGHT greys. */
static jpeg read_grey(void)
{
    void *bytes;
    jpeg j = {.count = 0};

    assert_int_equal(sep_file_read("tests/fuzz/seeds/png/grey.jpg", &bytes, &j.count), SEP_OK);
    assert_true(j.count < MOST_BYTES);
    memcpy(j.bytes, bytes, j.count);
    sep_free(bytes);
    return j;
}

static void insert(jpeg *j, size_t at, const void *bytes, size_t count)
{
    assert_true(j->count + count <= MOST_BYTES);
    memmove(j->bytes + at + count, j->bytes + at, j->count - at);
    memcpy(j->bytes + at, bytes, count);
    j->count += count;
}

/* Where the first segment of that marker begins. */
static size_t find(const jpeg *j, uint8_t marker)
{
    size_t at = 2;

    while (at + 4 < j->count && j->bytes[at + 1] != marker)
        at += 2 + ((size_t)j->bytes[at + 2] << 8 | j->bytes[at + 3]);
    assert_true(at + 4 < j->count && j->bytes[at] == 0xff);
    return at;
}

static void assert_refused(const jpeg *j, const char *text)
{
    assert_volume_fails(scratch_file("damaged.jpg", j->bytes, j->count), SEP_ERR_FORMAT, text);
}

static void assert_read(const jpeg *j)
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(scratch_file("sound.jpg", j->bytes, j->count), &volume), SEP_OK);
    assert_true(volume.height == HEIGHT && volume.width == WIDTH);
    sep_volume_free(&volume);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void test_truncated(void **state)
{
    jpeg j = read_grey();
    const size_t count = j.count;
    sep_volume volume;

    (void)state;
    assert_read(&j);
    for (size_t kept = 3; kept < count; kept++)
        assert_int_not_equal(sep_volume_read(scratch_file("cut.jpg", j.bytes, kept), &volume), SEP_OK);
    j.count = count - 30;
    assert_refused(&j, "the file is truncated");
}

/* A table of 16 times 255 codes, which some decoders write beyond the end of their memory for. */
static jpeg with_damaged_table(void)
{
    jpeg j = read_grey();

    memset(j.bytes + find(&j, 0xc4) + 5, 255, 16);
    return j;
}

static void test_damaged_table(void **state)
{
    jpeg j = with_damaged_table();

    (void)state;
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
}

/* Wherever a decoder may find the table: what comes before it is passed over as the decoder does. */
static void test_damaged_table_behind(void **state)
{
    static const uint8_t comment[] = {0xff, 0xfe, 0, 4, 0xff, 0xc4}, padding[] = {0, 1, 0xfe, 0x41};
    jpeg j;

    (void)state;
    j = with_damaged_table(); /* fill bytes before the first marker */
    insert(&j, 0, "\xff\xff\xff", 3);
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
    j = with_damaged_table(); /* fill bytes before its own */
    insert(&j, find(&j, 0xc4), "\xff\xff", 2);
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
    j = with_damaged_table(); /* padding behind a segment */
    insert(&j, find(&j, 0xc4), padding, sizeof padding);
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
    j = with_damaged_table(); /* a segment that looks like one */
    insert(&j, 2, comment, sizeof comment);
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
}

/* Between scans, where coded data ends. */
static void test_damaged_table_behind_a_scan(void **state)
{
    jpeg j = read_grey();
    uint8_t table[2 + 19] = {0xff, 0xc4, 0, 19};

    (void)state;
    memset(table + 5, 255, 16);
    insert(&j, j.count - 2, table, sizeof table);
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
}

/* Bytes that look like a table, where a decoder doesn't look. */
static void test_table_in_a_comment(void **state)
{
    uint8_t comment[40] = {0xff, 0xfe, 0, 38, 0xff, 0xc4, 0, 19, 0};
    jpeg j = read_grey();

    (void)state;
    memset(comment + 9, 255, 16);
    insert(&j, 2, comment, sizeof comment);
    assert_read(&j);
    insert(&j, j.count - 2, comment, sizeof comment);
    assert_read(&j);
}

/* Markers without a length have no place before the picture: the decoder refuses them. */
static void test_markers_without_length(void **state)
{
    static const uint8_t markers[] = {0x01, 0xd0, 0xd7, 0xd8, 0x00};

    (void)state;
    for (size_t i = 0; i < sizeof markers; i++) {
        jpeg j = with_damaged_table();
        insert(&j, 2, (const uint8_t[]){0xff, markers[i]}, 2);
        assert_refused(&j, "can't be decoded");
    }
}

/* 256 codes of 8 bits: sound by the standard's counts, but the last is the one that stands for none in stb_image. */
static void test_table_of_256_short_codes(void **state)
{
    jpeg j = read_grey();
    uint8_t table[2 + 19 + 256] = {0xff, 0xc4, (19 + 256) >> 8, (19 + 256) & 255};

    (void)state;
    table[5 + 6] = 1;
    table[5 + 7] = 254;
    insert(&j, 2, table, sizeof table - 1);
    j.bytes[2 + 3]--;
    assert_read(&j);
    j = read_grey();
    table[5 + 6] = 0;
    table[5 + 8] = 2;
    insert(&j, 2, table, sizeof table);
    assert_refused(&j, "a Huffman table of the JPEG is damaged");
}

/* Two blocks of 8x8 pixels whose first coefficients, 32767 and twice that, overflow when they are multiplied by 65535.
 * The values are nobody's; reading them must be defined (the build with sanitizers looks). */
static void test_coefficients_that_overflow(void **state)
{
    static const uint8_t start[] = {0xff, 0xd8, 0xff, 0xdb, 0, 131, 0x10}, /* a table of 64 factors of 16 bits */
        rest[] = {
            0xff, 0xc0, 0, 11,   8,    0, 8,    0,    16,  1, 1, 0x11, 0,                             /* the frame */
            0xff, 0xc4, 0, 20,   0,    1, 0,    0,    0,   0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 15, /* 0: 15 bits */
            0xff, 0xc4, 0, 20,   0x10, 1, 0,    0,    0,   0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  /* 0: the end */
            0xff, 0xda, 0, 8,    1,    1, 0,    0,    63,  0,                                         /* the scan */
            0x7f, 0xff, 0, 0x3f, 0xff, 0, 0xbf, 0xff, 0xd9};
    jpeg j = {.count = 0};
    sep_volume volume;

    (void)state;
    insert(&j, 0, start, sizeof start);
    memset(j.bytes + j.count, 255, 128);
    j.count += 128;
    insert(&j, j.count, rest, sizeof rest);
    assert_int_equal(sep_volume_read(scratch_file("overflow.jpg", j.bytes, j.count), &volume), SEP_OK);
    assert_true(volume.width == 16 && volume.height == 8);
    sep_volume_free(&volume);
}

static void test_scans_without_end(void **state)
{
    jpeg j = read_grey();
    static const uint8_t scan[] = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0};

    (void)state;
    for (int i = 0; i < 200; i++)
        insert(&j, j.count - 2, scan, sizeof scan);
    assert_refused(&j, "the JPEG has more than 100 scans");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged_table),
        cmocka_unit_test(test_damaged_table_behind),
        cmocka_unit_test(test_damaged_table_behind_a_scan),
        cmocka_unit_test(test_table_in_a_comment),
        cmocka_unit_test(test_markers_without_length),
        cmocka_unit_test(test_table_of_256_short_codes),
        cmocka_unit_test(test_coefficients_that_overflow),
        cmocka_unit_test(test_scans_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_needs_stb(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_needs_stb)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
