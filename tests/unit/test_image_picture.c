/* PNG and JPEG: values in 8 and 16 bits, colour, pictures in memory, damage. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>

#if SEP_HAVE_STB && SEP_HAVE_ZLIB

static sep_volume read_back(const char *path, const sep_volume *volume)
{
    sep_volume back;

    assert_int_equal(sep_volume_write(path, volume), SEP_OK);
    assert_int_equal(sep_volume_read(path, &back), SEP_OK);
    assert_int_equal(back.height, volume->height);
    assert_int_equal(back.width, volume->width);
    assert_false(back.has_geometry);
    return back;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static void check_whole_numbers(const char *name, int step)
{
    sep_volume volume, back;

    assert_int_equal(sep_volume_create(&volume, 1, 16, 16), SEP_OK);
    for (int i = 0; i < 256; i++)
        volume.data[i] = (float)(i * step);
    back = read_back(scratch_path(name), &volume);
    assert_memory_equal(back.data, volume.data, 256 * sizeof(float));
    sep_volume_free(&volume);
    sep_volume_free(&back);
}

static void test_whole_numbers_are_kept(void **state)
{
    (void)state;
    check_whole_numbers("eight.png", 1);
    check_whole_numbers("sixteen.png", 257);
    check_whole_numbers("twelve.png", 16);
}

static void test_others_are_stretched(void **state)
{
    sep_volume volume, back;

    (void)state;
    assert_int_equal(sep_volume_create(&volume, 1, 1, 4), SEP_OK);
    memcpy(volume.data, (const float[]){-1.0f, 0.0f, 0.5f, 1.0f}, 4 * sizeof(float));
    back = read_back(scratch_path("stretched.png"), &volume);
    assert_memory_equal(back.data, ((const float[]){0.0f, 32768.0f, 49151.0f, 65535.0f}), 4 * sizeof(float));
    sep_volume_free(&volume);
    sep_volume_free(&back);
}

/* ---- colour and masks -------------------------------------------------------------------------------------------- */

static sep_picture two_pixels(const uint8_t rgb[6])
{
    static uint8_t copy[6];
    sep_picture picture = {.height = 1, .width = 2, .rgb = copy};

    memcpy(copy, rgb, 6);
    return picture;
}

static void test_colour(void **state)
{
    const char *path = scratch_path("colour.png");
    sep_picture grey = two_pixels((const uint8_t[]){3, 3, 3, 255, 255, 255});
    sep_volume volume;
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_picture_write_png(path, &grey), SEP_OK);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_true(labels.data[0] == 3 && labels.data[1] == 255);
    sep_labels_free(&labels);

    sep_picture colour = two_pixels((const uint8_t[]){255, 0, 0, 10, 200, 30});
    assert_int_equal(sep_picture_write_png(path, &colour), SEP_OK);
    assert_int_equal(sep_volume_read(path, &volume), SEP_OK);
    assert_true(volume.data[0] == 76.0f && volume.data[1] == 123.0f);
    sep_volume_free(&volume);
    assert_labels_fail(path, SEP_ERR_FORMAT, "pixel (x 0, y 0) is coloured (255, 0, 0)");
    assert_int_equal(sep_mask_read(path, 100, &labels), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "pixel (x 0, y 0) is coloured (255, 0, 0)"));
    assert_non_null(strstr(sep_error_text(), "--colours"));
    assert_int_equal(sep_mask_read(path, -1, &labels), SEP_ERR_ARGUMENT);
}

static void test_encode_in_memory(void **state)
{
    sep_picture picture = two_pixels((const uint8_t[]){9, 9, 9, 1, 1, 1});
    sep_labels labels;
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_picture_encode_png(&picture, &bytes, &count), SEP_OK);
    assert_int_equal(sep_labels_read(scratch_file("memory.png", bytes, count), &labels), SEP_OK);
    assert_true(labels.data[0] == 9 && labels.data[1] == 1);
    sep_labels_free(&labels);
    sep_free(bytes);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void test_truncated_png(void **state)
{
    sep_volume volume = image_example(), cut;
    void *bytes;
    size_t count;

    (void)state;
    volume.depth = 1;
    assert_int_equal(sep_volume_write(scratch_path("whole.png"), &volume), SEP_OK);
    assert_int_equal(sep_file_read(scratch_path("whole.png"), &bytes, &count), SEP_OK);
    for (size_t kept = 1; kept < count; kept++)
        assert_int_not_equal(sep_volume_read(scratch_file("cut.png", bytes, kept), &cut), SEP_OK);
    assert_volume_fails(scratch_file("cut.png", bytes, count / 2), SEP_ERR_FORMAT, "the file is truncated");
    ((uint8_t *)bytes)[count / 2] ^= 0x10;
    assert_volume_fails(scratch_file("changed.png", bytes, count), SEP_ERR_FORMAT, "a check sum of the PNG is wrong");
    sep_free(bytes);
    sep_volume_free(&volume);
}

/* ---- real data --------------------------------------------------------------------------------------------------- */

static void test_chest_xray(void **state)
{
    const char *image_path = "../shared/data/chest_xray/images/CHNCXR_0002_0.jpg";
    const char *mask_path = "../shared/data/chest_xray/masks/CHNCXR_0002_0.jpg";
    sep_volume image;
    sep_labels mask;
    int marked = 0;

    (void)state;
    if (!sep_file_exists(image_path)) {
        print_message("%s is not here\n", image_path);
        skip();
    }
    assert_int_equal(sep_volume_read(image_path, &image), SEP_OK);
    assert_int_equal(sep_mask_read(mask_path, 128, &mask), SEP_OK);
    assert_int_equal(sep_check_same_size(image_path, &image, mask_path, &mask), SEP_OK);
    for (int i = 0; i < 512 * 512; i++)
        marked += mask.data[i];
    assert_true(marked > 512 * 512 / 5 && marked < 512 * 512 / 4);
    sep_volume_free(&image);
    sep_labels_free(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_numbers_are_kept),
        cmocka_unit_test(test_others_are_stretched),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_encode_in_memory),
        cmocka_unit_test(test_truncated_png),
        cmocka_unit_test(test_chest_xray),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_says_what_is_missing(void **state)
{
    static const char png[] = "\x89PNG\r\n\x1a\n....";

    (void)state;
    assert_volume_fails(scratch_file("a.png", png, sizeof png), SEP_ERR_UNSUPPORTED, "stb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_says_what_is_missing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
