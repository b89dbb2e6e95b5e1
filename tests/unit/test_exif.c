/* Pictures are turned as their Exif orientation says. */
#include "support_image.h"
#include "support_png.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>

#if SEP_HAVE_STB && SEP_HAVE_ZLIB

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
    const char *grey = "tests/fuzz/seeds/png/grey.jpg";
    uint8_t jpeg[4096];
    sep_volume stored;
    void *bytes;
    size_t size;

    (void)state;
    assert_int_equal(sep_volume_read(grey, &stored), SEP_OK);
    assert_int_equal(sep_file_read(grey, &bytes, &size), SEP_OK);
    for (int i = 0; i < 20; i++) {
        uint8_t segment[80] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f'};
        size_t count = make_exif(segment + 10, i % 10, i >= 10);
        segment[3] = (uint8_t)(8 + count);
        assert_true(size + 10 + count <= sizeof jpeg);
        memcpy(jpeg, bytes, 2); /* the marker of the start */
        memcpy(jpeg + 2, segment, 10 + count);
        memcpy(jpeg + 12 + count, (const uint8_t *)bytes + 2, size - 2);
        assert_turned(scratch_file("turned.jpg", jpeg, size + 10 + count), &stored, i % 10);
    }
    sep_free(bytes);
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
