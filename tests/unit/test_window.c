/* Patches as windows of the slice: which pixels they show, where they lie, and that batches of them have image and
 * label of one place, whatever the augmentation. */
#include "septum/data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { H = 40, W = 52, PH = 16, PW = 24, PIXELS = PH * PW, DRAWS = 200 };

static const char *const AUGMENTATIONS[] = {"none", "flips", "thesis", "strong"};

static sep_strong_settings none(void)
{
    sep_strong_settings settings = {.scale_low = 1, .scale_high = 1};
    return settings;
}

static sep_view_id sample(int position)
{
    return (sep_view_id){.seed = 3, .position = position};
}

/* ---- one window -------------------------------------------------------------------------------------------------- */

/* Neighbours in the patch are neighbours in the slice, and none is between pixels. */
static void check_whole_pixels(const sep_geometry *geometry, int height, int width, bool within)
{
    static float at[2 * PIXELS];

    sep_geometry_places(geometry, PH, PW, at);
    for (int i = 0; i < PIXELS; i++) {
        assert_true(at[i] == floorf(at[i]) && at[PIXELS + i] == floorf(at[PIXELS + i]));
        if (i % PW > 0)
            assert_true(fabsf(at[i] - at[i - 1]) + fabsf(at[PIXELS + i] - at[PIXELS + i - 1]) == 1.0f);
        if (within)
            assert_true(at[i] >= 0.0f && at[PIXELS + i] >= 0.0f && at[i] <= (float)(height - 1) &&
                        at[PIXELS + i] <= (float)(width - 1));
    }
}

static void test_pixels_keep_their_size(void **state)
{
    sep_strong_settings settings = none();

    (void)state;
    settings.mirror = SEP_MIRROR_BOTH;
    settings.quarter_turns = true;
    for (int i = 0; i < DRAWS; i++) {
        sep_view_id one = sample(i);
        sep_geometry geometry = sep_geometry_draw_window(&settings, &one, H, W, PH, PW, NULL);
        check_whole_pixels(&geometry, H, W, true);
        sep_transform transform = sep_transform_draw(SEP_AUGMENT_FLIPS, &one);
        geometry = sep_geometry_window_of_transform(&transform, H, W);
        sep_geometry_place_window(&one, 0.0f, 0.0f, H, W, PH, PW, NULL, &geometry);
        check_whole_pixels(&geometry, H, W, true);
    }
}

/* Every place where the window lies within the slice comes now and then. */
static void test_anywhere(void **state)
{
    enum { DOWN = 5, RIGHT = 6 };
    int seen[DOWN][RIGHT] = {{0}};
    sep_strong_settings settings = none();

    (void)state;
    for (int i = 0; i < 5 * DRAWS; i++) {
        sep_view_id one = sample(i);
        sep_geometry geometry = sep_geometry_draw_window(&settings, &one, PH + DOWN - 1, PW + RIGHT - 1, PH, PW, NULL);
        seen[(int)(geometry.centre[0] - 0.5f * (PH - 1))][(int)(geometry.centre[1] - 0.5f * (PW - 1))]++;
    }
    for (int i = 0; i < DOWN * RIGHT; i++)
        assert_true(seen[i / RIGHT][i % RIGHT] > 0);
}

static void test_foreground_is_in_the_middle(void **state)
{
    uint8_t labels[H * W] = {0};
    sep_strong_settings settings = none();
    sep_view_id one = sample(0);

    (void)state;
    settings.foreground = 1.0f;
    labels[19 * W + 30] = 2;
    sep_geometry geometry = sep_geometry_draw_window(&settings, &one, H, W, PH, PW, labels);
    assert_true(fabsf(geometry.centre[0] - 19.0f) <= 0.5f && fabsf(geometry.centre[1] - 30.0f) <= 0.5f);
    labels[19 * W + 30] = SEP_IGNORED; /* is no class */
    labels[2 * W + 50] = 1;            /* near the corner: the window ends at the border */
    geometry = sep_geometry_draw_window(&settings, &one, H, W, PH, PW, labels);
    assert_true(geometry.centre[0] == 7.5f && geometry.centre[1] == 39.5f);
}

static void test_small_slices_are_centred(void **state)
{
    enum { SMALL = 10 };
    float slice[SMALL * SMALL], at[2 * PIXELS], image[PIXELS];
    uint8_t labels[SMALL * SMALL];
    int32_t label[PIXELS];
    sep_strong_settings settings = none();
    sep_view_id one = sample(1);

    (void)state;
    settings.foreground = 1.0f;
    for (int i = 0; i < SMALL * SMALL; i++) {
        slice[i] = (float)(1 + i);
        labels[i] = 1;
    }
    sep_geometry geometry = sep_geometry_draw_window(&settings, &one, SMALL, SMALL, PH, PW, labels);
    sep_geometry_places(&geometry, PH, PW, at);
    sep_sample_image(slice, SMALL, SMALL, at, PIXELS, image);
    sep_sample_labels(labels, SMALL, SMALL, at, PIXELS, 0, label);
    for (int i = 0; i < PIXELS; i++) {
        const int y = i / PW - 3, x = i % PW - 7;
        const bool inside = y >= 0 && x >= 0 && y < SMALL && x < SMALL;
        assert_true(image[i] == (inside ? slice[y * SMALL + x] : 0.0f));
        assert_int_equal(label[i], inside);
    }
}

/* Turned and scaled by themselves, they lie about one place. */
static void test_views_of_a_sample_have_one_place(void **state)
{
    sep_strong_settings settings = none();

    (void)state;
    settings.mirror = SEP_MIRROR_BOTH;
    for (int i = 0; i < DRAWS; i++) {
        sep_view_id one = sample(i), two = one;
        two.view = 1;
        sep_geometry first = sep_geometry_draw_window(&settings, &one, H, W, PH, PW, NULL);
        sep_geometry second = sep_geometry_draw_window(&settings, &two, H, W, PH, PW, NULL);
        assert_true(first.centre[0] == second.centre[0] && first.centre[1] == second.centre[1]);
    }
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

enum { SCANS = 3, BATCH = 4, BATCHES = 12 };

/* Images show their label map, over a ground that is not 0; one scan is smaller than the patch. */
static sep_dataset *make_dataset(void)
{
    static const int size[SCANS][2] = {{H, W}, {12, 60}, {33, 30}};
    sep_volume image[SCANS] = {{0}};
    sep_labels label[SCANS] = {{0}};
    sep_dataset *dataset;

    for (int i = 0; i < SCANS; i++) {
        assert_int_equal(sep_volume_create(&image[i], 2, size[i][0], size[i][1]), SEP_OK);
        assert_int_equal(sep_labels_create(&label[i], 2, size[i][0], size[i][1]), SEP_OK);
        for (int k = 0; k < 2 * size[i][0] * size[i][1]; k++) {
            const int y = k / size[i][1] % size[i][0], x = k % size[i][1];
            label[i].data[k] = (uint8_t)(y / 4 % 3 == 1 && x / 4 % 3 == 1);
            image[i].data[k] = label[i].data[k] ? 1.0f : 0.25f;
        }
    }
    assert_int_equal(sep_dataset_from_memory(2, image, label, SCANS, 0, &dataset), SEP_OK);
    return dataset;
}

static sep_loader *open_loader(const sep_dataset *dataset, const char *augmentation, int threads)
{
    char *text = sep_format("[data]\nview = window\nloader_threads = %d\naugmentation = %s\n[augmentation]\n"
                            "gamma_probability = 0\ngamma_inverted_probability = 0\nbias_probability = 0\n"
                            "noise_probability = 0\nblur_probability = 0\nbrightness_probability = 0\n"
                            "contrast_probability = 0\nresolution_probability = 0\n",
                            threads, augmentation);
    sep_options *options = sep_options_create();
    sep_batch_config config;
    sep_loader *loader;

    assert_int_equal(sep_options_load_text(options, "test", text), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 11, &config), SEP_OK);
    assert_int_equal(config.view, SEP_PATCH_WINDOW);
    sep_options_destroy(options);
    sep_free(text);
    config.height = PH;
    config.width = PW;
    config.labelled_batch = BATCH;
    assert_int_equal(sep_loader_create(dataset, &config, 0, &loader), SEP_OK);
    return loader;
}

static const sep_batch *next(sep_loader *loader)
{
    const sep_batch *batch;

    assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
    return batch;
}

/* Image and label agree wherever the image is clear; nothing but whole pixels without rotation. */
static void check_batch(const sep_batch *batch, bool whole_pixels)
{
    for (int i = 0; i < BATCH * PIXELS; i++) {
        if (batch->image[i] > 0.85f)
            assert_int_equal(batch->label[i], 1);
        if (batch->image[i] < 0.4f)
            assert_int_equal(batch->label[i], 0);
        if (whole_pixels)
            assert_true(batch->image[i] == 0.0f || batch->image[i] == 0.25f || batch->image[i] == 1.0f);
    }
}

static void test_batches(void **state)
{
    sep_dataset *dataset = make_dataset();

    (void)state;
    for (int a = 0; a < 4; a++) {
        sep_loader *one = open_loader(dataset, AUGMENTATIONS[a], 0), *two = open_loader(dataset, AUGMENTATIONS[a], 2);
        for (int i = 0; i < BATCHES; i++) {
            const sep_batch *batch = next(one), *same = next(two);
            check_batch(batch, a < 2);
            assert_memory_equal(batch->image, same->image, BATCH * PIXELS * sizeof *batch->image);
            assert_memory_equal(batch->label, same->label, BATCH * PIXELS * sizeof *batch->label);
        }
        sep_loader_destroy(one);
        sep_loader_destroy(two);
    }
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels_keep_their_size),           cmocka_unit_test(test_anywhere),
        cmocka_unit_test(test_foreground_is_in_the_middle),      cmocka_unit_test(test_small_slices_are_centred),
        cmocka_unit_test(test_views_of_a_sample_have_one_place), cmocka_unit_test(test_batches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
