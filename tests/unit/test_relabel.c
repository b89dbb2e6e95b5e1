/* How a run's networks label its unlabelled scans: by the symmetries that they know from augmentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support_training.h"
#include "train/relabel.h"

static const struct {
    const char *method, *settings;
    sep_tta tta;
    bool smooth, average;
} rows[] = {
    {"night", "[data]\naugmentation = strong\n[augmentation]\nmirror = both\nquarter_turns = yes\n[train]\nema = 0.9\n",
     SEP_TTA_ALL, true, true},
    {"night", "[data]\naugmentation = strong\n[augmentation]\nmirror = both\nquarter_turns = no\n", SEP_TTA_FLIPS, true,
     false},
    {"night", "[data]\naugmentation = strong\n[augmentation]\nmirror = rows\nquarter_turns = yes\n", SEP_TTA_NONE, true,
     false},
    {"night", "[data]\naugmentation = strong\n[augmentation]\nmirror = none\nquarter_turns = no\n", SEP_TTA_NONE, true,
     false},
    {"night", "[data]\naugmentation = thesis\n", SEP_TTA_ALL, true, false},
    {"night", "[data]\naugmentation = thesis\npatch_height = 32\npatch_width = 64\n", SEP_TTA_FLIPS, true, false},
    {"night", "[data]\naugmentation = none\n", SEP_TTA_NONE, true, false},
    {"night", "[data]\naugmentation = thesis\n[night]\nsymmetries = no\n", SEP_TTA_NONE, false, false},
    {"mean-teacher", "[data]\naugmentation = thesis\n", SEP_TTA_NONE, false, false},
};

static void test_way(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        support_training r;

        support_training_configure(&r, dataset, rows[i].method, rows[i].settings);
        const sep_segment_options how = sep_relabelled_way(&r.config);
        if (how.tta != rows[i].tta || how.smooth != rows[i].smooth || how.answer.average != rows[i].average)
            fail_msg("%s %s: by %s%s", rows[i].method, rows[i].settings, sep_tta_name(how.tta),
                     how.smooth ? ", smooth" : "");
        assert_int_equal(how.answer.student, SEP_ALL_STUDENTS);
        sep_options_destroy(r.options);
    }
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
