/* Windows over a plane at prediction: they cover it, and their weighed sums are what all of them say. */
#include "model/windows.h"

#include "model/scores.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { PATCH_H = 16, PATCH_W = 12, CLASSES = 3 };

static void test_windows_cover_an_axis(void **state)
{
    (void)state;
    for (int patch = 1; patch < 20; patch++)
        for (int size = 1; size < 100; size++) {
            const int count = sep_windows_count(size, patch), step = patch > 1 ? patch / 2 : 1;
            const int last = sep_window_start(size, patch, count - 1);
            if (size <= patch) { /* as much before the axis as behind it, or one pixel less */
                const int before = -last, behind = patch - size - before;
                assert_int_equal(count, 1);
                assert_true(before >= 0 && (behind == before || behind == before + 1));
                continue;
            }
            assert_int_equal(sep_window_start(size, patch, 0), 0);
            assert_int_equal(last, size - patch);
            for (int i = 1; i < count; i++) {
                const int moved = sep_window_start(size, patch, i) - sep_window_start(size, patch, i - 1);
                assert_true(i + 1 < count ? moved == step : moved > 0 && moved <= step);
            }
        }
}

static float field_at(int y, int x, int c)
{
    const sep_random random = {.seed = 2, .stream = sep_stream("field")};

    return 6.0f * sep_random_uniform(&random, (uint64_t)(((y + 50) * 200 + x + 50) * CLASSES + c)) - 3.0f;
}

/* What a network would say of the window if it saw the same in a pixel whichever window it is in. */
static void cut(int top, int left, float times, float *logits)
{
    for (int r = 0; r < PATCH_H; r++)
        for (int x = 0; x < PATCH_W; x++)
            for (int c = 0; c < CLASSES; c++)
                *logits++ = times * field_at(top + r, left + x, c);
}

static void sum_all(sep_window_sum *sum, float times)
{
    static float logits[PATCH_H * PATCH_W * CLASSES];
    const int down = sep_windows_count(sum->height, PATCH_H), across = sep_windows_count(sum->width, PATCH_W);

    for (int i = 0; i < down * across; i++) {
        const int top = sep_window_start(sum->height, PATCH_H, i / across),
                  left = sep_window_start(sum->width, PATCH_W, i % across);
        cut(top, left, times, logits);
        sep_window_sum_add(sum, top, left, logits);
    }
}

/* Where all windows say the same of a pixel, so does their mean: the weights sum to the sum by which it is divided. */
static void test_equal_logits_stay(void **state)
{
    static const int sizes[][2] = {{PATCH_H, PATCH_W}, {9, 5}, {40, 31}, {17, 12}, {16, 50}, {5, 37}};
    sep_window_sum sum;

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const int height = sizes[s][0], width = sizes[s][1];
        assert_int_equal(sep_window_sum_create(height, width, PATCH_H, PATCH_W, CLASSES, &sum), SEP_OK);
        for (int passes = 1; passes <= 4; passes += 3) {
            sep_window_sum_clear(&sum);
            sum_all(&sum, (float)passes);
            sep_window_sum_finish(&sum, (float)passes);
            for (int i = 0; i < height * width; i++) {
                float wanted[CLASSES];
                for (int c = 0; c < CLASSES; c++)
                    wanted[c] = field_at(i / width, i % width, c);
                sep_softmax_pixel(wanted, CLASSES, 1.0f);
                for (int c = 0; c < CLASSES; c++)
                    assert_true(fabsf(sum.sum[i * CLASSES + c] - wanted[c]) < 2e-6f);
            }
        }
        sep_window_sum_free(&sum);
    }
}

/* Two windows half a patch apart, one of which knows nothing: each pixel believes the one whose middle is nearer. */
static void test_the_middle_of_a_window_counts_more(void **state)
{
    static float certain[PATCH_H * PATCH_W * CLASSES], nothing[PATCH_H * PATCH_W * CLASSES];
    sep_window_sum sum;

    (void)state;
    for (int i = 0; i < PATCH_H * PATCH_W; i++)
        certain[i * CLASSES] = 1.0f;
    assert_int_equal(sep_window_sum_create(PATCH_H, PATCH_W * 3 / 2, PATCH_H, PATCH_W, CLASSES, &sum), SEP_OK);
    sep_window_sum_add(&sum, 0, 0, certain);
    sep_window_sum_add(&sum, 0, PATCH_W / 2, nothing);
    float before = 1.0f;
    for (int x = 0; x < sum.width; x++) {
        const float mean = sum.sum[x * CLASSES] / sum.weight[x];
        assert_true(mean <= before);
        if (x < PATCH_W / 2)
            assert_true(mean == 1.0f);
        before = mean;
    }
    const float *weight = sum.column_weight; /* deviation: an eighth of the patch */
    assert_true(fabsf(logf(weight[0] / weight[5]) + 0.5f * (5.5f * 5.5f - 0.5f * 0.5f) / (1.5f * 1.5f)) < 1e-5f);
    assert_true(weight[0] == weight[PATCH_W - 1]);
    sep_window_sum_free(&sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_cover_an_axis),
        cmocka_unit_test(test_equal_logits_stay),
        cmocka_unit_test(test_the_middle_of_a_window_counts_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
