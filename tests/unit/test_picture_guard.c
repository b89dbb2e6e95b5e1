/* What stands before the decoder of pictures: markers of JPEG as stb_image finds them, chunks of PNG, Exif's
 * orientation. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>

#if SEP_HAVE_STB && SEP_HAVE_ZLIB

#include <zlib.h>

typedef struct file {
    uint8_t bytes[8192];
    size_t count;
} file;

static file load(const char *path)
{
    file f;
    void *bytes;

    assert_int_equal(sep_file_read(path, &bytes, &f.count), SEP_OK);
    assert_true(f.count < sizeof f.bytes / 2);
    memcpy(f.bytes, bytes, f.count);
    sep_free(bytes);
    return f;
}

static file insert(const file *from, size_t at, const void *piece, size_t count)
{
    file f = *from;

    memmove(f.bytes + at + count, f.bytes + at, f.count - at);
    memcpy(f.bytes + at, piece, count);
    f.count += count;
    return f;
}

static size_t find(const file *f, const char *bytes, size_t count)
{
    for (size_t at = 0; at + count <= f->count; at++)
        if (memcmp(f->bytes + at, bytes, count) == 0)
            return at;
    fail_msg("not found");
    return 0;
}

static void assert_refused(const char *name, const file *f, const char *text)
{
    assert_volume_fails(scratch_file(name, f->bytes, f->count), SEP_ERR_FORMAT, text);
}

static void assert_reads_as(const file *f, const sep_volume *expected)
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(scratch_file("read.jpg", f->bytes, f->count), &volume), SEP_OK);
    assert_same_volume(&volume, expected, 0.0);
    sep_volume_free(&volume);
}

/* ---- JPEG -------------------------------------------------------------------------------------------------------- */

#define GREY_JPEG "tests/fuzz/seeds/png/grey.jpg" /* 19 columns, 17 rows */

/* A table that claims 16 times 255 codes. */
static file spoil_table(file f)
{
    memset(f.bytes + find(&f, "\xff\xc4", 2) + 5, 255, 16);
    return f;
}

static void test_table_behind_odd_markers(void **state)
{
    static const struct {
        const char *bytes;
        size_t count, at; /* where they go: 0 before the start marker, 2 behind it */
        const char *text;
    } rows[] = {
        {"", 0, 0, "a Huffman table of the JPEG is damaged"},
        {"\xff", 1, 0, "a Huffman table of the JPEG is damaged"},
        {"\xff\xff\xff\xff", 4, 0, "a Huffman table of the JPEG is damaged"},
        {"\xff\xff\xff", 3, 2, "a Huffman table of the JPEG is damaged"},
        {"\xff\xfe\x00\x02padding", 11, 2, "a Huffman table of the JPEG is damaged"},
        {"\xff\xfe\x00\x04\xff\xda", 6, 2, "a Huffman table of the JPEG is damaged"},
        {"\xff\xd8", 2, 2, "damaged"},
        {"\xff\x01", 2, 2, "damaged"},
        {"\xff\x00", 2, 2, "damaged"},
        {"\xff\xd7", 2, 2, "damaged"},
        {"\xff\xfe\x00\x01", 4, 2, "the file is truncated"},
    };
    const file damaged = spoil_table(load(GREY_JPEG));

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file f = insert(&damaged, rows[i].at, rows[i].bytes, rows[i].count);
        assert_refused("odd.jpg", &f, rows[i].text);
    }
}

/* A table between the scans of a file: the second is looked at as the first. */
static void test_table_behind_a_scan(void **state)
{
    const file whole = load(GREY_JPEG), damaged = spoil_table(whole);
    size_t table = find(&whole, "\xff\xc4", 2), length = (size_t)whole.bytes[table + 2] << 8 | whole.bytes[table + 3];
    file f = insert(&whole, whole.count - 2, damaged.bytes + table, length + 2);

    (void)state;
    assert_refused("second.jpg", &f, "a Huffman table of the JPEG is damaged");
    f = insert(&f, whole.count - 2, "\xff\xff\xff\x00\xff\xd3", 6);
    assert_refused("second.jpg", &f, "a Huffman table of the JPEG is damaged");
}

static void test_sound_oddities_are_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t count, at;
    } rows[] = {
        {"\xff\xff", 2, 0}, /* fill bytes */
        {"\xff\xff\xff", 3, 2},
        {"\xff\xe2\x00\x17\xff\xc4\x00\x13\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 25, 2},
        {"\xff\xe1\x00\x08\xff\xd9\xff\xda\x00\x00", 10, 2}, /* a thumbnail with an end of its own */
    };
    const file whole = load(GREY_JPEG);
    sep_volume expected;

    (void)state;
    assert_int_equal(sep_volume_read(GREY_JPEG, &expected), SEP_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file f = insert(&whole, rows[i].at, rows[i].bytes, rows[i].count);
        assert_reads_as(&f, &expected);
    }
    file f = insert(&whole, whole.count, "a film\xff\xda\xff\xc4\xff\xff", 12); /* what phones put behind */
    assert_reads_as(&f, &expected);
    sep_volume_free(&expected);
}

/* 19 pixels of a few bytes and 60,000 rows of nothing. */
static void test_claims_beyond_the_data(void **state)
{
    file f = load(GREY_JPEG);

    (void)state;
    memcpy(f.bytes + find(&f, "\xff\xc2", 2) + 5, "\xea\x60", 2);
    assert_refused("tall.jpg", &f, "more than");
}

/* ---- PNG --------------------------------------------------------------------------------------------------------- */

enum { BEHIND_HEADER = 33 };

static file insert_chunk(const file *from, size_t at, const char *name, const void *data, size_t count)
{
    uint8_t chunk[128] = {[3] = (uint8_t)count};

    memcpy(chunk + 4, name, 4);
    memcpy(chunk + 8, data, count);
    uLong sum = crc32(0, chunk + 4, (uInt)(count + 4));
    for (int i = 0; i < 4; i++)
        chunk[8 + count + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
    return insert(from, at, chunk, count + 12);
}

/* Rows 10 20 30 and 40 50 60. */
static file small_png(void)
{
    sep_volume volume;

    assert_int_equal(sep_volume_create(&volume, 1, 2, 3), SEP_OK);
    for (int i = 0; i < 6; i++)
        volume.data[i] = (float)(10 * (i + 1));
    assert_int_equal(sep_volume_write(scratch_path("small.png"), &volume), SEP_OK);
    sep_volume_free(&volume);
    return load(scratch_path("small.png"));
}

static void test_unknown_chunks(void **state)
{
    const file png = small_png();
    sep_volume volume;

    (void)state;
    file f = insert_chunk(&png, 8, "CgBI", "\x50\x00\x20\x02", 4);
    assert_volume_fails(scratch_file("cgbi.png", f.bytes, f.count), SEP_ERR_UNSUPPORTED, "CgBI");
    f = insert_chunk(&png, BEHIND_HEADER, "NeWs", "!", 1);
    assert_volume_fails(scratch_file("news.png", f.bytes, f.count), SEP_ERR_UNSUPPORTED, "NeWs");
    f = insert_chunk(&png, BEHIND_HEADER, "neWs", "!", 1);
    assert_int_equal(sep_volume_read(scratch_file("ancillary.png", f.bytes, f.count), &volume), SEP_OK);
    sep_volume_free(&volume);
}

/* ---- orientation ------------------------------------------------------------------------------------------------- */

/* A directory with the width before the orientation. */
static size_t put_exif(uint8_t *at, int orientation, bool little)
{
    static const uint8_t intel[] =
        "II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x03\0\0\0\x12\x01\x03\0\x01\0\0\0?\0\0\0\0\0\0";
    static const uint8_t motorola[] =
        "MM\0*\0\0\0\x08\0\x02\x01\0\0\x03\0\0\0\x01\0\x03\0\0\x01\x12\0\x03\0\0\0\x01\0?\0\0\0\0\0";

    memcpy(at, little ? intel : motorola, sizeof intel - 1);
    at[little ? 30 : 31] = (uint8_t)orientation;
    return sizeof intel - 1;
}

/* How 1 2 3 / 4 5 6 are seen (CIPA DC-008, figure of tag 274). */
static const struct {
    int height, width;
    float tens[6];
} seen[9] = {
    [1] = {2, 3, {1, 2, 3, 4, 5, 6}}, [2] = {2, 3, {3, 2, 1, 6, 5, 4}}, [3] = {2, 3, {6, 5, 4, 3, 2, 1}},
    [4] = {2, 3, {4, 5, 6, 1, 2, 3}}, [5] = {3, 2, {1, 4, 2, 5, 3, 6}}, [6] = {3, 2, {4, 1, 5, 2, 6, 3}},
    [7] = {3, 2, {6, 3, 5, 2, 4, 1}}, [8] = {3, 2, {3, 6, 2, 5, 1, 4}},
};

static void check_oriented(const char *path, int orientation)
{
    sep_volume volume;
    sep_labels labels, mask;

    assert_int_equal(sep_volume_read(path, &volume), SEP_OK);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_int_equal(sep_mask_read(path, 35, &mask), SEP_OK);
    assert_true(volume.height == seen[orientation].height && volume.width == seen[orientation].width);
    assert_true(labels.height == seen[orientation].height && labels.width == seen[orientation].width);
    for (int i = 0; i < 6; i++) {
        float value = 10.0f * seen[orientation].tens[i];
        assert_true(volume.data[i] == value && labels.data[i] == (uint8_t)value && mask.data[i] == (value >= 35.0f));
    }
    sep_volume_free(&volume);
    sep_labels_free(&labels);
    sep_labels_free(&mask);
}

static void test_png_orientation(void **state)
{
    const file png = small_png();
    uint8_t exif[64];

    (void)state;
    for (int orientation = 0; orientation <= 9; orientation++)
        for (int little = 0; little < 2; little++) {
            size_t count = put_exif(exif, orientation, little == 1);
            file f = insert_chunk(&png, little == 1 ? BEHIND_HEADER : png.count - 12, "eXIf", exif, count);
            check_oriented(scratch_file("oriented.png", f.bytes, f.count),
                           orientation >= 1 && orientation <= 8 ? orientation : 1);
        }
}

static void test_jpeg_orientation(void **state)
{
    const file jpeg = load(GREY_JPEG);
    uint8_t segment[64] = "\xff\xe1\x00?Exif\0";
    sep_volume stored, turned;

    (void)state;
    segment[3] = (uint8_t)(8 + put_exif(segment + 10, 6, false));
    file f = insert(&jpeg, 2, segment, (size_t)segment[3] + 2);
    assert_int_equal(sep_volume_read(GREY_JPEG, &stored), SEP_OK);
    assert_int_equal(sep_volume_read(scratch_file("turned.jpg", f.bytes, f.count), &turned), SEP_OK);
    assert_true(turned.height == 19 && turned.width == 17);
    for (int y = 0; y < 19; y++)
        for (int x = 0; x < 17; x++)
            assert_true(turned.data[y * 17 + x] == stored.data[(16 - x) * 19 + y]);
    sep_volume_free(&stored);
    sep_volume_free(&turned);
}

/* Directories that point out of the file, or end early, say nothing. */
static void test_damaged_exif(void **state)
{
    const file png = small_png();
    uint8_t exif[64];
    size_t whole = put_exif(exif, 3, true);

    (void)state;
    for (size_t kept = 0; kept < 34; kept++) {
        file f = insert_chunk(&png, BEHIND_HEADER, "eXIf", exif, kept < 33 ? kept : whole);
        check_oriented(scratch_file("cut.png", f.bytes, f.count), kept < 33 ? 1 : 3);
    }
    memset(exif + 4, 255, 4);
    file f = insert_chunk(&png, BEHIND_HEADER, "eXIf", exif, whole);
    check_oriented(scratch_file("cut.png", f.bytes, f.count), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_behind_odd_markers), cmocka_unit_test(test_table_behind_a_scan),
        cmocka_unit_test(test_sound_oddities_are_read),  cmocka_unit_test(test_claims_beyond_the_data),
        cmocka_unit_test(test_unknown_chunks),           cmocka_unit_test(test_png_orientation),
        cmocka_unit_test(test_jpeg_orientation),         cmocka_unit_test(test_damaged_exif),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped: no pictures in this build */
}

#endif
