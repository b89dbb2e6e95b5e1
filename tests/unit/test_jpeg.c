/* JPEG files that are damaged so that a decoder would not notice, or would notice too late; Exif's orientation. */
#include "support_image.h"
#include "support_png.h"
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

/* ---- orientation ------------------------------------------------------------------------------------------------- */

/* A TIFF file with that orientation, in either order of bytes, behind another entry. */
static size_t make_exif(uint8_t tiff[64], int orientation, bool big_endian)
{
    static const uint8_t big[] = {'M', 'M', 0, 42, 0, 0,  0, 8, 0, 2, 1, 0x0f, 0, 2, 0, 0, 0, 1,
                                  'x', 0,   0, 0,  1, 18, 0, 3, 0, 0, 0, 1,    0, 0, 0, 0, 0, 0},
                         little[] = {'I', 'I', 42, 0, 8,  0, 0, 0, 2, 0, 0x0f, 1, 2, 0, 1, 0, 0, 0,
                                     'x', 0,   0,  0, 18, 1, 3, 0, 1, 0, 0,    0, 0, 0, 0, 0, 0, 0};

    memcpy(tiff, big_endian ? big : little, sizeof big);
    tiff[big_endian ? 31 : 30] = (uint8_t)orientation;
    return sizeof big;
}

/* Where the stored pixel (x, y) of a picture of w x h is shown (Exif 2.32, tag Orientation: the side of the picture on
 * which row 0 and column 0 lie). */
static void shown_at(int orientation, int x, int y, int w, int h, int *sx, int *sy)
{
    switch (orientation) {
    case 2: /* row 0 top, column 0 right */
        *sx = w - 1 - x, *sy = y;
        break;
    case 3: /* bottom, right */
        *sx = w - 1 - x, *sy = h - 1 - y;
        break;
    case 4: /* bottom, left */
        *sx = x, *sy = h - 1 - y;
        break;
    case 5: /* left, top */
        *sx = y, *sy = x;
        break;
    case 6: /* right, top */
        *sx = h - 1 - y, *sy = x;
        break;
    case 7: /* right, bottom */
        *sx = h - 1 - y, *sy = w - 1 - x;
        break;
    case 8: /* left, bottom */
        *sx = y, *sy = w - 1 - x;
        break;
    default:
        *sx = x, *sy = y;
        break;
    }
}

static void assert_turned(const char *path, const sep_volume *stored, int orientation)
{
    sep_volume shown;
    const bool across = orientation >= 5 && orientation <= 8;

    assert_int_equal(sep_volume_read(path, &shown), SEP_OK);
    assert_int_equal(shown.width, across ? stored->height : stored->width);
    assert_int_equal(shown.height, across ? stored->width : stored->height);
    assert_false(shown.has_geometry);
    for (int y = 0; y < stored->height; y++)
        for (int x = 0, sx, sy; x < stored->width; x++) {
            shown_at(orientation, x, y, stored->width, stored->height, &sx, &sy);
            assert_true(stored->data[y * stored->width + x] == shown.data[sy * shown.width + sx]);
        }
    sep_volume_free(&shown);
}

/* 1 to 8 are defined; 0 and 9 are taken as said nothing. */
static void test_orientation_of_jpeg(void **state)
{
    jpeg j = read_grey();
    sep_volume stored;

    (void)state;
    assert_int_equal(sep_volume_read(scratch_file("stored.jpg", j.bytes, j.count), &stored), SEP_OK);
    for (int i = 0; i < 20; i++) {
        uint8_t segment[80] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f'};
        size_t count = make_exif(segment + 10, i % 10, i >= 10);
        segment[3] = (uint8_t)(8 + count);
        j = read_grey();
        insert(&j, 2, segment, 10 + count);
        assert_turned(scratch_file("turned.jpg", j.bytes, j.count), &stored, i % 10);
    }
    sep_volume_free(&stored);
}

static void test_orientation_of_png(void **state)
{
    uint8_t exif[64], pixels[12];
    sep_volume stored;
    support_png png;

    (void)state;
    assert_int_equal(sep_volume_create(&stored, 1, 3, 4), SEP_OK);
    for (int i = 0; i < 12; i++)
        stored.data[i] = (float)(pixels[i] = (uint8_t)i);
    for (int orientation = 1; orientation <= 8; orientation++) {
        size_t count = make_exif(exif, orientation, orientation % 2 == 0);
        support_png_begin(&png, 4, 3, 8, PNG_GREY, 0);
        support_png_chunk(&png, "eXIf", exif, count);
        support_png_pixels(&png, pixels);
        const char *path = support_png_file(&png, "turned.png");
        assert_turned(path, &stored, orientation);
        sep_labels labels;
        assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
        int sx, sy;
        shown_at(orientation, 3, 1, 4, 3, &sx, &sy);
        assert_int_equal(labels.data[sy * labels.width + sx], 7);
        sep_labels_free(&labels);
    }
    sep_volume_free(&stored);
}

/* A picture two pixels wide, or one where it was turned. */
static void assert_width(const uint8_t *exif, size_t count, int width)
{
    support_png png;
    sep_volume volume;

    support_png_begin(&png, 2, 1, 8, PNG_GREY, 0);
    support_png_chunk(&png, "eXIf", exif, count);
    support_png_pixels(&png, (const uint8_t[]){1, 2});
    assert_int_equal(sep_volume_read(support_png_file(&png, "exif.png"), &volume), SEP_OK);
    assert_int_equal(volume.width, width);
    sep_volume_free(&volume);
}

/* Exif data that ends early, points beyond its end or is of another type says nothing. */
static void test_damaged_exif(void **state)
{
    enum { PLACE_OF_DIRECTORY = 4, ENTRIES = 9, TYPE = 25, WHOLE = 34 };
    static const int damaged[] = {0, PLACE_OF_DIRECTORY, TYPE};
    uint8_t exif[64];
    size_t count = make_exif(exif, 6, true);

    (void)state;
    for (size_t kept = 0; kept < WHOLE; kept++)
        assert_width(exif, kept, 2);
    assert_width(exif, WHOLE, 1);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        exif[damaged[i]] ^= 0x7f;
        assert_width(exif, count, 2);
        exif[damaged[i]] ^= 0x7f;
    }
    exif[ENTRIES] = 255;
    assert_width(exif, count, 1);
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
        cmocka_unit_test(test_orientation_of_jpeg),
        cmocka_unit_test(test_orientation_of_png),
        cmocka_unit_test(test_damaged_exif),
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
