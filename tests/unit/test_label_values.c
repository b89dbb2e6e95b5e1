/* Values of label maps: lists that give them classes, and grey levels, which are no classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "septum/image.h"
#include "support_image.h"
#include "support_scratch.h"

#include <string.h>

static void need_nifti(void)
{
    if (!SEP_HAVE_NIFTI) {
        print_message("skipped: built without NIfTI\n");
        skip();
    }
}

static void lists_are_parsed(void **state)
{
    sep_label_values values;

    (void)state;
    assert_int_equal(sep_label_values_parse("0,85, 170 ,255", &values), SEP_OK);
    assert_int_equal(values.count, 4);
    assert_int_equal(values.value[2], 170);
    assert_int_equal(sep_label_values_parse("0-255", &values), SEP_OK);
    assert_int_equal(values.count, 256);
    assert_int_equal(values.value[255], 255);
    assert_int_equal(sep_label_values_parse("65535,0,3-5", &values), SEP_OK);
    assert_int_equal(values.count, 5);
    assert_int_equal(values.value[0], 65535);
    assert_int_equal(values.value[4], 5);
}

static void bad_lists_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"", "whole numbers"},
        {"0,", "whole numbers"},
        {"0,65536", "whole numbers"},
        {"0,-3", "whole numbers"},
        {"0,1.5", "'.5' is no value"},
        {"0 1", "'1' is no value"},
        {"5-3", "whole numbers"},
        {"0,85,85", "85 stands there twice"},
        {"0-256", "more than 256"},
        {"7", "at least two values"},
        {"0,99999999999999999999", "whole numbers"},
    };
    sep_label_values values;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(sep_label_values_parse(rows[i][0], &values), SEP_ERR_ARGUMENT);
        if (strstr(sep_error_text(), rows[i][1]) == NULL)
            fail_msg("'%s' is not in: %s", rows[i][1], sep_error_text());
    }
}

/* A volume of 2 x 2 x 1 voxels as a file. */
static const char *write_values(const char *name, const float voxels[4])
{
    sep_volume volume;
    const char *path = scratch_path(name);

    assert_int_equal(sep_volume_create(&volume, 1, 2, 2), SEP_OK);
    memcpy(volume.data, voxels, 4 * sizeof *voxels);
    assert_int_equal(sep_volume_write(path, &volume), SEP_OK);
    sep_volume_free(&volume);
    return path;
}

static void values_become_classes(void **state)
{
    sep_label_reading reading = {0};
    sep_labels labels;

    (void)state;
    need_nifti();
    const char *path = write_values("whole_heart.nii", (const float[]){0, 820, 205, 420});
    assert_labels_fail(path, SEP_ERR_FORMAT,
                       "(x 1, y 0, z 0) is 820; a label map holds whole numbers 0 to 255, unless");
    assert_int_equal(sep_label_values_parse("0,205,420,820", &reading.values), SEP_OK);
    assert_int_equal(sep_labels_read_as(path, &reading, &labels), SEP_OK);
    assert_memory_equal(labels.data, ((const uint8_t[]){0, 3, 1, 2}), 4);
    sep_labels_free(&labels);

    path = write_values("grey.nii", (const float[]){0, 85, 170, 171});
    assert_int_equal(sep_label_values_parse("0,85,170", &reading.values), SEP_OK);
    assert_int_equal(sep_labels_read_as(path, &reading, &labels), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "grey.nii: voxel (x 1, y 1, z 0) is 171, which is not among the values "
                                             "0,85,170"));
    assert_null(labels.data);
    reading.threshold = 171;
    assert_int_equal(sep_labels_read_as(path, &reading, &labels), SEP_ERR_ARGUMENT); /* one of the two */
    reading.values.count = 0;
    assert_int_equal(sep_labels_read_as(path, &reading, &labels), SEP_OK);
    assert_memory_equal(labels.data, ((const uint8_t[]){0, 0, 0, 1}), 4);
    sep_labels_free(&labels);
}

/* ---- grey levels ------------------------------------------------------------------------------------------------- */

typedef struct example {
    const char *values;
    bool are_levels;
} example;

static void levels_are_told_from_indices(void **state)
{
    static const example examples[] = {
        {"0,255", true},
        {"0,127,255", true},
        {"0,128,255", true},
        {"0,85,170,255", true},
        {"0,85,170", true},
        {"0,64,128,191,255", true},
        {"0,63,126,189,252", true},
        {"0,50,100", true},
        {"0,128", true},
        {"100,200", true},
        {"0,51,102,153,204,255", true},
        {"0,1", false},
        {"0,1,5", false},
        {"0,1,2,4", false},
        {"0,2", false},
        {"0-13", false},
        {"0,51", false},
        {"0,117", false},
        {"0,17,53", false},
        {"0,20,40", false},
        {"0,1,2,255", false},
        {"0-5,10,200", false},
        {"0-117", false},
        {"0,2,3,4,5,7,8,10-18,24,26,28,30,31,41-44,46,47,49-54,58,60,62,63,77,80,85,251-255", false}, /* FreeSurfer */
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        sep_label_counts counts = {0};
        sep_label_values values;

        assert_int_equal(sep_label_values_parse(examples[i].values, &values), SEP_OK);
        for (int k = 0; k < values.count; k++)
            counts.voxels[values.value[k]] = 10;
        sep_status status = sep_label_counts_check(&counts, "file");
        if ((status != SEP_OK) != examples[i].are_levels)
            fail_msg("%s: %s", examples[i].values, status == SEP_OK ? "taken for indices" : sep_error_text());
    }
}

static void refusals_say_what_to_do(void **state)
{
    sep_label_counts counts = {.voxels = {[0] = 90, [85] = 3, [170] = 2, [255] = 1}}, soft = {0};
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_label_counts_check(&counts, "a.png"), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "a.png: the values 0,85,170,255 are grey levels"));
    assert_non_null(strstr(sep_error_text(), "--values 0,85,170,255 (label_values in [data])"));

    for (int v = 0; v < 256; v++)
        soft.voxels[v] = v < 5 || v > 250 ? 100 : 1;
    assert_int_equal(sep_label_counts_check(&soft, "b.jpg"), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "--threshold 128"));
    for (int v = 0; v < 256; v++) /* a parcellation with as many classes as there can be */
        soft.voxels[v] = 100;
    assert_int_equal(sep_label_counts_check(&soft, "c.nii"), SEP_OK);

    assert_int_equal(sep_labels_create(&labels, 1, 1, 3), SEP_OK);
    labels.data[1] = 255;
    counts = (sep_label_counts){0};
    sep_label_counts_add(&counts, &labels);
    sep_label_counts_add(&counts, &labels);
    assert_int_equal(counts.voxels[0], 4);
    assert_int_equal(counts.voxels[255], 2);
    sep_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_parsed),        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(values_become_classes),   cmocka_unit_test(levels_are_told_from_indices),
        cmocka_unit_test(refusals_say_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
