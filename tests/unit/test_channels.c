/* Images of several channels: reading, what is done to the intensities of each, resampling, patches. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/data.h"

#include <string.h>

enum { DEPTH = 2, HEIGHT = 3, WIDTH = 4, VOXELS = DEPTH * HEIGHT * WIDTH };

#if SEP_HAVE_NIFTI
static void write_channel(const char *name, float first, int width)
{
    const float spacing[3] = {1.0f, 1.0f, 2.0f};
    sep_volume volume;

    assert_int_equal(sep_volume_create(&volume, DEPTH, HEIGHT, width), SEP_OK);
    assert_int_equal(sep_volume_set_spacing(&volume, spacing), SEP_OK);
    for (int i = 0; i < DEPTH * HEIGHT * width; i++)
        volume.data[i] = first + (float)i;
    assert_int_equal(sep_volume_write(scratch_path(name), &volume), SEP_OK);
    sep_volume_free(&volume);
}

static void assert_channels(const sep_volume *image)
{
    assert_int_equal(sep_volume_channels(image), 2);
    for (int c = 0; c < 2; c++) {
        const sep_volume channel = sep_volume_channel(image, c);
        for (int i = 0; i < VOXELS; i++)
            assert_true(channel.data[i] == (c == 0 ? 0.0f : 100.0f) + (float)i);
    }
}

static void test_files_beside_each_other(void **state)
{
    sep_volume image, grid;
    uint64_t first, second;

    (void)state;
    write_channel("a_0000.nii.gz", 0.0f, WIDTH);
    assert_int_equal(sep_image_read(scratch_path("a_0000.nii.gz"), 2, &image), SEP_ERR_IO);
    assert_non_null(strstr(sep_error_text(), "a_0001.nii.gz: is missing: channel 1 of the 2"));
    write_channel("a_0001.nii.gz", 100.0f, WIDTH + 1);
    assert_int_equal(sep_image_read(scratch_path("a_0000.nii.gz"), 2, &image), SEP_ERR_SHAPE);
    assert_int_equal(sep_image_fingerprint(scratch_path("a_0000.nii.gz"), 2, &first), SEP_OK);
    write_channel("a_0001.nii.gz", 100.0f, WIDTH);
    assert_int_equal(sep_image_fingerprint(scratch_path("a_0000.nii.gz"), 2, &second), SEP_OK);
    assert_true(first != second);
    assert_int_equal(sep_image_read(scratch_path("a_0000.nii.gz"), 2, &image), SEP_OK);
    assert_channels(&image);
    assert_int_equal(sep_image_read_grid(scratch_path("a_0000.nii.gz"), 2, &grid), SEP_OK);
    assert_int_equal(sep_volume_channels(&grid), 2);
    sep_volume_free(&image);
}

static void test_one_file_that_lacks_channels(void **state)
{
    sep_volume image;

    (void)state;
    write_channel("b.nii.gz", 0.0f, WIDTH);
    assert_int_equal(sep_image_read(scratch_path("b.nii.gz"), 4, &image), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "b.nii.gz: has 1 channel, not 4"));
}
#endif

#if SEP_HAVE_STB
static void write_colours(const char *name, const uint8_t pixels[6])
{
    const sep_picture picture = {.height = 1, .width = 2, .rgb = (uint8_t *)(uintptr_t)pixels};

    assert_int_equal(sep_picture_write_png(scratch_path(name), &picture), SEP_OK);
}

static void assert_colours(const char *name, const uint8_t pixels[6])
{
    sep_volume image;

    assert_int_equal(sep_image_read(scratch_path(name), 3, &image), SEP_OK);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 2; i++)
            assert_true(image.data[2 * c + i] == (float)pixels[3 * i + c]);
    sep_volume_free(&image);
}

static const uint8_t bright[6] = {10, 20, 30, 40, 50, 60}, dark[6] = {1, 2, 3, 4, 5, 6};

static void test_colours(void **state)
{
    sep_volume image;

    (void)state;
    write_colours("c.png", bright);
    assert_colours("c.png", bright);
    assert_int_equal(sep_image_read(scratch_path("c.png"), 2, &image), SEP_ERR_SHAPE);
}

/* Frames of a film are numbered like channels: a coloured one holds its own. */
static void test_numbered_colours(void **state)
{
    (void)state;
    write_colours("film_0000.png", bright);
    write_colours("film_0001.png", dark);
    write_colours("film_0002.png", dark);
    assert_colours("film_0000.png", bright);
    assert_false(sep_channels_are_files(scratch_path("film_0000.png")));
    assert_true(sep_channels_are_files(scratch_path("scan_0000.nii.gz")));
}
#endif

/* A rule for each, order of voxels, and patches whose channels lie one behind the other. */
static void test_each_channel_by_itself(void **state)
{
    const sep_intensities rules = {.rules = 2,
                                   .rule = {{0}, {.kind = SEP_INTENSITY_WINDOW, .low = 100.0f, .high = 110.0f}}};
    const sep_order turned = {.axis = {1, 0, 2}, .flipped = {true}};
    float patch[2 * HEIGHT * WIDTH], pixels[2 * HEIGHT * WIDTH];
    sep_volume image;

    (void)state;
    assert_int_equal(sep_volume_create_channels(&image, 2, DEPTH, HEIGHT, WIDTH), SEP_OK);
    for (int i = 0; i < 2 * VOXELS; i++)
        image.data[i] = i < VOXELS ? (float)i : 100.0f + (float)(i - VOXELS);
    sep_intensities_apply(&rules, &image);
    assert_true(image.data[VOXELS - 1] == 1.0f && image.data[1] == (float)(1.0 / (VOXELS - 1)));
    assert_true(image.data[VOXELS + 5] == 0.5f && image.data[VOXELS + 11] == 1.0f);

    assert_int_equal(sep_patch_from_slice(&image, 1, SEP_ZOOM_NEAREST, HEIGHT, WIDTH, patch), SEP_OK);
    assert_memory_equal(patch, image.data + HEIGHT * WIDTH, sizeof patch / 2);
    assert_memory_equal(patch + HEIGHT * WIDTH, image.data + VOXELS + HEIGHT * WIDTH, sizeof patch / 2);
    sep_interleave(patch, (size_t)HEIGHT * WIDTH, 2, pixels);
    assert_true(pixels[2] == patch[1] && pixels[3] == patch[HEIGHT * WIDTH + 1]);

    sep_volume first = sep_volume_channel(&image, 0), second = sep_volume_channel(&image, 1);
    const float corner[2] = {first.data[(HEIGHT - 1) * WIDTH], second.data[(HEIGHT - 1) * WIDTH]};
    assert_int_equal(sep_volume_reorder(&image, &turned), SEP_OK);
    assert_true(image.height == WIDTH && image.data[0] == corner[0] && image.data[VOXELS] == corner[1]);
    sep_volume_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if SEP_HAVE_NIFTI
        cmocka_unit_test(test_files_beside_each_other),
        cmocka_unit_test(test_one_file_that_lacks_channels),
#endif
#if SEP_HAVE_STB
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_numbered_colours),
#endif
        cmocka_unit_test(test_each_channel_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
