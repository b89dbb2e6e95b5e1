/* Augmented training scans: how many, of which scans, and that a seed says what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support_training.h"
#include "train/augmented_scans.h"

#include <string.h>

static size_t voxels_of(const sep_volume *v)
{
    return (size_t)v->depth * (size_t)v->height * (size_t)v->width;
}

static bool same(const sep_scan *a, const sep_scan *b)
{
    const size_t voxels = voxels_of(&a->image);

    return voxels == voxels_of(&b->image) && memcmp(a->image.data, b->image.data, voxels * sizeof(float)) == 0 &&
           memcmp(a->label.data, b->label.data, voxels) == 0;
}

static void make(const sep_dataset *dataset, uint64_t seed, sep_augmented_scans *scans)
{
    sep_strong_settings strong;
    sep_options *none = sep_options_create();

    assert_non_null(none);
    assert_int_equal(sep_settings_read(none, "augmentation", sep_strong_table, &strong), SEP_OK);
    assert_int_equal(sep_augmented_scans_make(dataset, &strong, seed, scans), SEP_OK);
    sep_options_destroy(none);
}

static void test_scans(void **state)
{
    sep_dataset *dataset = support_phantoms();
    sep_augmented_scans first, again, other;
    int differ = 0;

    (void)state;
    make(dataset, 1, &first);
    make(dataset, 1, &again);
    make(dataset, 2, &other);
    assert_int_equal(first.drawn_from, 2);
    assert_int_equal(first.count, 2 * SEP_AUGMENTED_VARIANTS);
    for (int i = 0; i < first.count; i++) {
        const sep_scan *made = &first.scan[i];
        assert_string_equal(made->name, dataset->scan[i / SEP_AUGMENTED_VARIANTS].name);
        assert_true(same(made, &again.scan[i]));
        differ += !same(made, &other.scan[i]);
        bool foreground = false;
        for (size_t k = 0; k < voxels_of(&made->image); k++) {
            assert_true(made->label.data[k] < dataset->classes);
            foreground |= made->label.data[k] != 0;
        }
        assert_true(foreground);
    }
    assert_true(differ > 0);
    assert_false(same(&first.scan[0], &first.scan[1]) && same(&first.scan[1], &first.scan[2]));
    sep_augmented_scans_free(&first);
    sep_augmented_scans_free(&again);
    sep_augmented_scans_free(&other);
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
