/* Planar resampling against scipy.ndimage.zoom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/zoom.h"
#include "septum/image.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST_PIXELS  512

/* The input that make_zoom_goldens.py uses. */
static void fill(float *pixels, int count)
{
    for (int i = 0; i < count; i++)
        pixels[i] = (float)((i * 7919 + 13) % 1009) / 1009.0f;
}

static sep_status zoom_nearest(const float *in, int in_height, int in_width, float *out, int out_height, int out_width)
{
    sep_zoom_nearest_f32(in, in_height, in_width, out, out_height, out_width);
    return SEP_OK;
}

static sep_status zoom_linear(const float *in, int in_height, int in_width, float *out, int out_height, int out_width)
{
    sep_zoom_linear_f32(in, in_height, in_width, out, out_height, out_width);
    return SEP_OK;
}

typedef sep_status zoom_function(const float *, int, int, float *, int, int);

static void check_planes(zoom_function *zoom, const float *golden, double tolerance)
{
    float in[MOST_PIXELS], out[MOST_PIXELS];

    for (size_t i = 0; i < COUNT(zoom_planes); i++) {
        zoom_plane p = zoom_planes[i];
        fill(in, p.in_height * p.in_width);
        assert_int_equal(zoom(in, p.in_height, p.in_width, out, p.out_height, p.out_width), SEP_OK);
        for (int k = 0; k < p.out_height * p.out_width; k++) {
            double difference = fabs((double)out[k] - (double)golden[p.offset + k]);
            if (difference > tolerance)
                fail_msg("%dx%d to %dx%d, pixel %d: %.9g, scipy has %.9g", p.in_height, p.in_width, p.out_height,
                         p.out_width, k, (double)out[k], (double)golden[p.offset + k]);
        }
    }
}

static void test_nearest(void **state)
{
    (void)state;
    check_planes(zoom_nearest, zoom_order_0, 0.0);
}

static void test_linear(void **state)
{
    (void)state;
    check_planes(zoom_linear, zoom_order_1, 0.0);
}

static void test_cubic(void **state)
{
    (void)state;
    check_planes(sep_zoom_cubic_f32, zoom_order_3, 1.2e-7); /* one unit in the last place of a float near 1 */
}

/* The lengths of real volumes, where scipy's rounding decides which pixel is picked. */
static void test_nearest_lines(void **state)
{
    float in[MOST_PIXELS], out[MOST_PIXELS];

    (void)state;
    for (int i = 0; i < MOST_PIXELS; i++)
        in[i] = (float)i;
    for (size_t i = 0; i < COUNT(zoom_lines); i++) {
        zoom_line line = zoom_lines[i];
        sep_zoom_nearest_f32(in, 1, line.in, out, 1, line.out);
        for (int o = 0; o < line.out; o++)
            assert_int_equal((int)out[o], zoom_line_pixels[line.offset + o]);
        sep_zoom_nearest_f32(in, line.in, 1, out, line.out, 1);
        for (int o = 0; o < line.out; o++)
            assert_int_equal((int)out[o], zoom_line_pixels[line.offset + o]);
    }
}

/* Labels take the pixels that images take. */
static void test_labels_follow_images(void **state)
{
    uint8_t labels[13 * 11], out_labels[17 * 19];
    float image[13 * 11], out_image[17 * 19];

    (void)state;
    for (int i = 0; i < 13 * 11; i++)
        image[i] = labels[i] = (uint8_t)(i % 251);
    sep_zoom_nearest_u8(labels, 13, 11, out_labels, 17, 19);
    sep_zoom_nearest_f32(image, 13, 11, out_image, 17, 19);
    for (int i = 0; i < 17 * 19; i++)
        assert_int_equal(out_labels[i], (int)out_image[i]);
}

static void test_same_size_changes_nothing(void **state)
{
    float in[12 * 9], out[12 * 9];

    (void)state;
    fill(in, 12 * 9);
    sep_zoom_nearest_f32(in, 12, 9, out, 12, 9);
    assert_memory_equal(in, out, sizeof in);
    sep_zoom_linear_f32(in, 12, 9, out, 12, 9);
    assert_memory_equal(in, out, sizeof in);
    assert_int_equal(sep_zoom_cubic_f32(in, 12, 9, out, 12, 9), SEP_OK);
    for (int i = 0; i < 12 * 9; i++)
        assert_true(fabsf(in[i] - out[i]) < 1e-6f);
}

/* Where o * (in - 1) / (out - 1) rounds to more than in - 1, no pixel outside is touched (scipy puts 0 there). */
static void test_ends_stay_inside(void **state)
{
    float in[97], out[193];

    (void)state;
    for (int size = 1; size <= 97; size++) {
        for (int i = 0; i < size; i++)
            in[i] = (float)(i + 1);
        for (int wanted = 2; wanted <= 193; wanted++) {
            sep_zoom_nearest_f32(in, 1, size, out, 1, wanted);
            assert_true(out[0] == 1.0f && out[wanted - 1] == (float)size);
            sep_zoom_linear_f32(in, 1, size, out, 1, wanted);
            assert_true(out[0] == 1.0f && fabsf(out[wanted - 1] - (float)size) <= 1e-4f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_cubic),
        cmocka_unit_test(test_nearest_lines),
        cmocka_unit_test(test_labels_follow_images),
        cmocka_unit_test(test_same_size_changes_nothing),
        cmocka_unit_test(test_ends_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
