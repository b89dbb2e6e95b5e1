/* Strong augmentation: what a geometry shows, that image and label stay together, that photometry does what its
 * settings say, and that a draw depends on nothing but its view. */
#include "septum/augment.h"
#include "septum/image.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { H = 20, W = 28, PH = 16, PW = 24, PIXELS = PH * PW };

static const sep_view_id view = {.seed = 5, .iteration = 3, .position = 1};

static void read_settings(const char *text, sep_strong_settings *settings)
{
    sep_options *options = sep_options_create();

    assert_int_equal(sep_options_load_text(options, "test", text), SEP_OK);
    assert_int_equal(sep_settings_read(options, "augmentation", sep_strong_table, settings), SEP_OK);
    sep_options_destroy(options);
}

/* Nothing happens by chance. */
static sep_strong_settings none(void)
{
    sep_strong_settings settings = {.scale_low = 1, .scale_high = 1};
    return settings;
}

#define ASSERT_NEAR(value, wanted, tolerance)                                                                          \
    assert_true(fabs((double)(value) - (double)(wanted)) <= (double)(tolerance))

static void make_slice(float *slice, uint8_t *labels)
{
    sep_random random = {.seed = 9, .stream = sep_stream("test")};

    for (int i = 0; i < H * W; i++) {
        slice[i] = sep_random_uniform(&random, (uint64_t)i);
        labels[i] = (uint8_t)(i / W >= 5 && i / W < 12 && i % W >= 9 && i % W < 20);
    }
}

static void test_plain_geometry_resizes(void **state)
{
    float slice[H * W], at[2 * PIXELS], got[PIXELS], wanted[PIXELS];
    uint8_t labels[H * W];
    sep_strong_settings settings = none();

    (void)state;
    make_slice(slice, labels);
    sep_geometry geometry = sep_geometry_draw(&settings, &view, H, W, PH, PW, labels);
    sep_geometry_places(&geometry, PH, PW, at);
    sep_sample_image(slice, H, W, at, PIXELS, got);
    sep_zoom_linear_f32(slice, H, W, wanted, PH, PW);
    for (int i = 0; i < PIXELS; i++)
        ASSERT_NEAR(got[i], wanted[i], 2e-5f);
}

/* Four quarter turns and two mirrors of a square slice are the slice: each of the eight shows every pixel once. */
static void test_turns_and_mirrors_show_all_pixels(void **state)
{
    enum { SIDE = 12, ALL = SIDE * SIDE };
    sep_strong_settings settings = none();
    uint8_t slice[ALL];
    float at[2 * ALL];
    bool turned[8] = {false};

    (void)state;
    settings.mirror = SEP_MIRROR_BOTH;
    settings.quarter_turns = true;
    for (int i = 0; i < ALL; i++)
        slice[i] = (uint8_t)i;
    for (int position = 0; position < 64; position++) {
        int32_t patch[ALL], seen[ALL] = {0};
        sep_view_id one = {.seed = 1, .position = position};
        sep_geometry geometry = sep_geometry_draw(&settings, &one, SIDE, SIDE, SIDE, SIDE, NULL);
        sep_geometry_places(&geometry, SIDE, SIDE, at);
        sep_sample_labels(slice, SIDE, SIDE, at, ALL, 255, patch);
        for (int i = 0; i < ALL; i++)
            seen[patch[i]]++;
        for (int i = 0; i < ALL; i++)
            assert_int_equal(seen[i], 1);
        /* which of the eight: by the two corners that are neighbours */
        int corner = patch[0] == 0 ? 0 : patch[0] == SIDE - 1 ? 1 : patch[0] == ALL - SIDE ? 2 : 3;
        turned[2 * corner + (patch[1] / SIDE == patch[0] / SIDE)] = true;
    }
    for (int i = 0; i < 8; i++)
        assert_true(turned[i]);
}

/* The image shows the label map itself: wherever the linear value is clear, the nearest label agrees. */
static void test_image_and_labels_stay_together(void **state)
{
    float slice[H * W], at[2 * PIXELS], image[PIXELS];
    uint8_t labels[H * W];
    int32_t label[PIXELS];
    sep_strong_settings settings;
    int foreground = 0;

    (void)state;
    make_slice(slice, labels);
    for (int i = 0; i < H * W; i++)
        slice[i] = labels[i];
    read_settings("[augmentation]\nrotation_probability = 1\nscale_probability = 1\nshift_probability = 1\n"
                  "elastic_probability = 1\n",
                  &settings);
    for (int position = 0; position < 40; position++) {
        sep_view_id one = {.seed = 7, .position = position};
        sep_geometry geometry = sep_geometry_draw(&settings, &one, H, W, PH, PW, labels);
        assert_true(geometry.bends);
        sep_geometry_places(&geometry, PH, PW, at);
        sep_sample_image(slice, H, W, at, PIXELS, image);
        sep_sample_labels(labels, H, W, at, PIXELS, 0, label);
        for (int i = 0; i < PIXELS; i++) {
            foreground += label[i];
            if (image[i] < 0.25f)
                assert_int_equal(label[i], 0);
            if (image[i] > 0.75f)
                assert_int_equal(label[i], 1);
        }
    }
    assert_true(foreground > 40 * PIXELS / 20);
}

static void test_outside(void **state)
{
    const float slice[4] = {1, 2, 3, 4}, at[6] = {-0.5f, -0.51f, 1.6f, 0, 0, 1};
    const uint8_t labels[4] = {1, 2, 3, 4};
    float image[3];
    int32_t label[3];

    (void)state;
    sep_sample_image(slice, 2, 2, at, 3, image);
    sep_sample_labels(labels, 2, 2, at, 3, 9, label);
    assert_true(image[0] == 1.0f && image[1] == 0.0f && image[2] == 0.0f);
    assert_true(label[0] == 1 && label[1] == 9 && label[2] == 9);
}

static void test_foreground_is_the_middle(void **state)
{
    float slice[H * W];
    uint8_t labels[H * W] = {0};
    sep_strong_settings settings = none();

    (void)state;
    make_slice(slice, labels);
    memset(labels, 0, sizeof labels);
    labels[13 * W + 6] = 2;
    settings.scale_probability = settings.foreground = 1.0f;
    settings.scale_low = settings.scale_high = 0.5f;
    sep_geometry geometry = sep_geometry_draw(&settings, &view, H, W, PH, PW, labels);
    assert_true(geometry.centre[0] == 13.0f && geometry.centre[1] == 6.0f);
    ASSERT_NEAR(geometry.matrix[0][0], 0.5f * 19.0f / 15.0f, 1e-6f);
    labels[13 * W + 6] = 0; /* none: anywhere where the view stays within the slice */
    geometry = sep_geometry_draw(&settings, &view, H, W, PH, PW, labels);
    assert_true(fabsf(geometry.centre[0] - 9.5f) <= 0.25f * H && fabsf(geometry.centre[1] - 13.5f) <= 0.25f * W);
}

/* ---- photometry -------------------------------------------------------------------------------------------------- */

typedef struct statistics {
    double mean, deviation, low, high;
} statistics;

static statistics of(const float *patch)
{
    statistics s = {.low = patch[0], .high = patch[0]};
    double squares = 0;

    for (int i = 0; i < PIXELS; i++) {
        s.mean += (double)patch[i] / PIXELS;
        squares += (double)patch[i] * (double)patch[i] / PIXELS;
        s.low = fmin(s.low, (double)patch[i]);
        s.high = fmax(s.high, (double)patch[i]);
    }
    s.deviation = sqrt(squares - s.mean * s.mean);
    return s;
}

/* One patch before and after the settings. */
static void apply(const sep_strong_settings *settings, float *before, float *after)
{
    float scratch[2 * PIXELS];
    sep_random random = {.seed = 2, .stream = sep_stream("patch")};

    for (int i = 0; i < PIXELS; i++)
        before[i] = after[i] = 0.1f + 0.8f * sep_random_uniform(&random, (uint64_t)i);
    sep_photometry_apply(settings, &view, after, PH, PW, scratch);
}

static void test_nothing_by_chance_changes_nothing(void **state)
{
    float before[PIXELS], after[PIXELS];
    sep_strong_settings settings = none();

    (void)state;
    apply(&settings, before, after);
    assert_memory_equal(before, after, sizeof before);
}

static void test_photometry_does_what_it_says(void **state)
{
    float before[PIXELS], after[PIXELS];
    sep_strong_settings s = none();

    (void)state;
    s.brightness_probability = 1;
    s.brightness_low = s.brightness_high = 1.25f;
    apply(&s, before, after);
    for (int i = 0; i < PIXELS; i++)
        ASSERT_NEAR(after[i], 1.25f * before[i], 1e-6f);

    s = none();
    s.gamma_probability = 1;
    s.gamma_low = s.gamma_high = 0.7f;
    apply(&s, before, after);
    statistics was = of(before), is = of(after);
    ASSERT_NEAR(is.mean, was.mean, 1e-5);
    ASSERT_NEAR(is.deviation, was.deviation, 1e-5);
    assert_true(memcmp(before, after, sizeof before) != 0);

    s = none();
    s.contrast_probability = 1;
    s.contrast_low = s.contrast_high = 0.5f;
    apply(&s, before, after);
    was = of(before), is = of(after);
    ASSERT_NEAR(is.mean, was.mean, 1e-5);
    ASSERT_NEAR(is.deviation, 0.5 * was.deviation, 1e-5);

    s = none();
    s.noise_probability = 1;
    s.noise = 0.3f;
    apply(&s, before, after);
    is = of(after);
    assert_true(is.deviation > was.deviation && is.deviation < 1.06 * was.deviation);

    s = none();
    s.blur_probability = 1;
    s.blur_low = s.blur_high = 1.0f;
    apply(&s, before, after);
    is = of(after); /* white noise through a Gaussian of one pixel keeps 1 / (2 sqrt pi) of its deviation */
    ASSERT_NEAR(is.deviation, 0.282 * was.deviation, 0.05 * was.deviation);

    s = none();
    s.resolution_probability = 1;
    s.resolution_low = s.resolution_high = 0.5f;
    apply(&s, before, after);
    is = of(after);
    assert_true(is.deviation < was.deviation && is.low >= was.low && is.high <= was.high);

    s = none();
    s.bias_probability = 1;
    s.bias = 0.2f;
    apply(&s, before, after);
    for (int i = 0; i < PIXELS; i++)
        assert_true(after[i] / before[i] > 0.5f && after[i] / before[i] < 2.0f);
    for (int i = 1; i < PIXELS; i++) /* smooth along a row */
        if (i % PW != 0)
            ASSERT_NEAR(after[i] / before[i], after[i - 1] / before[i - 1], 0.1);
}

/* Views of one sample share no draw unless they are asked to; the same view draws the same. */
static void test_views_are_reproducible(void **state)
{
    sep_strong_settings settings;
    sep_view_id other = view;

    (void)state;
    read_settings("[augmentation]\nrotation_probability = 1\n", &settings);
    sep_geometry first = sep_geometry_draw(&settings, &view, H, W, PH, PW, NULL);
    sep_geometry again = sep_geometry_draw(&settings, &view, H, W, PH, PW, NULL);
    assert_memory_equal(&first.matrix, &again.matrix, sizeof first.matrix);
    other.view = 1;
    again = sep_geometry_draw(&settings, &other, H, W, PH, PW, NULL);
    assert_true(memcmp(&first.matrix, &again.matrix, sizeof first.matrix) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_geometry_resizes),         cmocka_unit_test(test_turns_and_mirrors_show_all_pixels),
        cmocka_unit_test(test_image_and_labels_stay_together), cmocka_unit_test(test_outside),
        cmocka_unit_test(test_foreground_is_the_middle),       cmocka_unit_test(test_nothing_by_chance_changes_nothing),
        cmocka_unit_test(test_photometry_does_what_it_says),   cmocka_unit_test(test_views_are_reproducible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
