/* Datasets from files: HDF5, splits, settings, and the error line of everything that can be wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "septum/data.h"
#include "support_datasets.h"
#include "support_scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- HDF5 and splits --------------------------------------------------------------------------------------------- */

static void hdf5_by_counts(void **state)
{
    char *folder = make_hdf5_folder("counts");
    sep_data_config config = {.folder = folder, .classes = 4, .validation_count = 2, .labelled_cases = 1};
    sep_dataset *dataset = load_dataset(&config);
    char *summary = sep_dataset_summary(dataset);

    (void)state;
    assert_string_equal(summary, "train: 3 cases, 6 scans, 12 slices (2 labelled, of 1 cases); "
                                 "validation: 2 cases, 4 scans");
    assert_string_equal(dataset->scan[0].name, "patient001_frame01");
    assert_string_equal(dataset->scan[6].name, "patient004_frame01");
    assert_true(dataset->scan[1].labelled && !dataset->scan[2].labelled);
    assert_non_null(dataset->scan[1].label.data);
    assert_null(dataset->scan[2].label.data);
    assert_non_null(dataset->scan[9].label.data);
    assert_int_equal(dataset->scan[9].group, 4);
    assert_string_equal(dataset->class_name[2], "class 2");
    assert_true(dataset->scan[2].image.data[49] == 1.0f);
    assert_int_equal(dataset->warnings.count, 0);
    sep_free(summary);
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

static void classes_that_nothing_teaches_are_named(void **state)
{
    char *folder = make_hdf5_folder("absent");
    sep_data_config config = {.folder = folder, .classes = 5, .validation_count = 2, .labelled_cases = 1};
    sep_dataset *dataset = load_dataset(&config);

    (void)state;
    assert_int_equal(dataset->warnings.count, 1);
    assert_string_equal(dataset->warnings.item[0], "class 4 is in none of the 2 labelled scans");
    sep_dataset_destroy(dataset);
    config.classes = 14;
    dataset = load_dataset(&config);
    assert_string_equal(dataset->warnings.item[0], "classes 4, 5, 6, 7, 8, 9, 10, 11 and 2 more are in none of the 2 "
                                                   "labelled scans");
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

static void hdf5_by_lists(void **state)
{
    char *folder = make_hdf5_folder("lists");
    sep_data_config config = {.folder = folder,
                              .classes = 4,
                              .train_list = "train.list",
                              .validation_list = "val.list",
                              .labelled_list = "labelled.list"};
    sep_dataset *dataset;

    (void)state;
    write_text_file(folder, "train.list",
                    "# order counts\npatient004_frame09\npatient004_frame01\npatient002_frame01\n");
    write_text_file(folder, "val.list", "patient001_frame09\n");
    write_text_file(folder, "labelled.list", "patient004_frame01\n");
    dataset = load_dataset(&config);
    assert_int_equal(dataset->training, 3);
    assert_int_equal(dataset->training_cases, 2);
    assert_int_equal(dataset->labelled_cases, 1);
    assert_string_equal(dataset->scan[0].name, "patient004_frame09");
    assert_int_equal(dataset->slices, 10);
    assert_int_equal(dataset->labelled_slices, 4);
    assert_int_equal(dataset->labelled[0], 4);
    sep_dataset_destroy(dataset);

    config.labelled_list = NULL;
    config.labelled_cases = 1;
    dataset = load_dataset(&config);
    assert_int_equal(dataset->labelled_slices, 8);
    sep_dataset_destroy(dataset);

    write_text_file(folder, "cases.list", "patient004\npatient002_frame09\n");
    config.train_list = "cases.list";
    dataset = load_dataset(&config);
    assert_int_equal(dataset->training, 3);
    assert_string_equal(dataset->scan[1].name, "patient004_frame09");
    sep_dataset_destroy(dataset);

    config.train_list = NULL; /* all but the case that validates */
    dataset = load_dataset(&config);
    assert_int_equal(dataset->training, 8);
    assert_string_equal(dataset->scan[0].name, "patient002_frame01");
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

static void shares_come_from_the_seed(void **state)
{
    char *folder = make_hdf5_folder("shares");
    sep_data_config config = {.folder = folder, .classes = 4, .validation_fraction = 0.4};
    int together[5] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        sep_dataset *dataset, *again;

        config.seed = seed;
        dataset = load_dataset(&config);
        again = load_dataset(&config);
        assert_int_equal(dataset->validation_cases, 2);
        assert_int_equal(dataset->validation, 4);
        for (int i = 0; i < dataset->scans; i++)
            assert_string_equal(dataset->scan[i].name, again->scan[i].name);
        together[atoi(dataset->scan[6].name + 7) - 1]++;
        sep_dataset_destroy(dataset);
        sep_dataset_destroy(again);
    }
    for (int i = 0; i < 4; i++)
        assert_true(together[i] < 20);
    sep_free(folder);
}

static void separator_decides_what_a_case_is(void **state)
{
    char *folder = make_hdf5_folder("groups");
    sep_data_config config = {.folder = folder, .classes = 4, .labelled_cases = 3, .group_separator = ""};
    sep_dataset *dataset = load_dataset(&config);

    (void)state;
    assert_int_equal(dataset->training_cases, 10);
    assert_int_equal(dataset->labelled_slices, 1 + 1 + 2);
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

/* Files of the test's scans need not even be scans while the data set is loaded. */
static void cases_of_the_test_are_on_no_other_side(void **state)
{
    char *folder = make_hdf5_folder("test_list");
    sep_data_config config = {.folder = folder, .classes = 4, .test_list = "test.list"}, c;
    sep_dataset *dataset;
    sep_test_set set;
    sep_volume image;
    sep_labels label;

    (void)state;
    write_text_file(folder, "test.list", "patient005\npatient002_frame09\n");
    write_text_file(folder, "one.list", "patient001\npatient002_frame01\n");
    c = config, c.validation_count = 1;
    assert_int_equal(sep_test_set_find(&c, &set), SEP_OK);
    assert_false(set.validates);
    assert_int_equal(set.classes, 4);
    assert_int_equal(set.name.count, 3);
    assert_string_equal(set.name.item[1], "patient005_frame09");
    assert_string_equal(set.name.item[2], "patient002_frame09");
    assert_true(set.group[0] == set.group[1] && set.group[1] != set.group[2]);
    assert_int_equal(sep_test_set_load(&c, &set, 2, &image, &label), SEP_OK);
    assert_int_equal(image.depth, 2);
    sep_volume_free(&image);
    sep_labels_free(&label);
    write_text_file(folder, "volumes/patient005_frame01.h5", "nothing");
    assert_int_equal(sep_test_set_load(&c, &set, 0, &image, &label), SEP_ERR_FORMAT);
    sep_test_set_free(&set);

    assert_int_equal(sep_dataset_load(&c, &dataset), SEP_OK);
    assert_int_equal(dataset->training_cases, 2);
    assert_int_equal(dataset->validation_cases, 1);
    assert_string_equal(dataset->scan[4].name, "patient004_frame01");
    sep_dataset_destroy(dataset);
    c = config, c.train_list = "one.list";
    assert_dataset_fails(&c, "'patient002_frame01' is in both one.list and test.list: it must not train and test");
    c = config, c.validation_list = "one.list";
    assert_dataset_fails(&c, "'patient002_frame01' is in both one.list and test.list: it must not validate and test");
    c = config, c.test_list = NULL;
    assert_int_equal(sep_test_set_find(&c, &set), SEP_ERR_ARGUMENT);
    sep_test_set_free(&set);
    c.validation_count = 2;
    assert_int_equal(sep_test_set_find(&c, &set), SEP_OK);
    assert_true(set.validates);
    assert_string_equal(set.name.item[0], "patient004_frame01");
    sep_test_set_free(&set);
    sep_free(folder);
}

static void bad_splits_are_errors(void **state)
{
    char *folder = make_hdf5_folder("bad_splits");
    sep_data_config config = {.folder = folder, .classes = 4}, c;

    (void)state;
    write_text_file(folder, "unknown.list", "patient001_frame01\npatient099_frame01\n");
    write_text_file(folder, "empty.list", "# nothing\n");
    write_text_file(folder, "one.list", "patient001_frame01\n");
    write_text_file(folder, "other.list", "patient001_frame09\n");
    c = config, c.train_list = "unknown.list";
    assert_dataset_fails(&c, "names 'patient099_frame01'");
    c = config, c.validation_list = "empty.list";
    assert_dataset_fails(&c, "names no scan");
    write_text_file(folder, "part.list", "patient\n");
    c = config, c.train_list = "part.list";
    assert_dataset_fails(&c, "no such scan or case");
    c = config, c.train_list = "absent.list";
    assert_dataset_fails(&c, "absent.list");
    c = config, c.train_list = "one.list", c.validation_list = "other.list";
    assert_dataset_fails(&c, "it must not train and validate");
    c = config, c.train_list = "one.list", c.labelled_list = "other.list";
    assert_dataset_fails(&c, "is not a training scan");
    c = config, c.validation_count = 5;
    assert_dataset_fails(&c, "only 5 cases");
    c = config, c.labelled_cases = 6;
    assert_dataset_fails(&c, "only 5 training cases");
    c = config, c.validation_count = 1, c.validation_fraction = 0.5;
    assert_dataset_fails(&c, "give one of");
    c = config, c.classes = 0;
    assert_dataset_fails(&c, "classes is 0");
    c = config, c.folder = "/nowhere/at/all";
    assert_dataset_fails(&c, "no such folder");
    sep_free(folder);
}

static void bad_labels_name_file_and_place(void **state)
{
    char *folder = make_hdf5_folder("bad_labels");
    sep_data_config config = {.folder = folder, .classes = 3};

    (void)state;
    assert_dataset_fails(&config, "patient001_frame01.h5: label 3 at slice 0, row 0, column 3, but with 3 classes");
    write_text_file(folder, "volumes/patient003_frame01.h5", "this is no HDF5 file");
    config.classes = 4;
    assert_dataset_fails(&config, "patient003_frame01.h5");
    sep_free(folder);
}

/* ---- options and real data --------------------------------------------------------------------------------------- */

static void colours_are_an_option(void **state)
{
    sep_options *options = sep_options_create();
    sep_data_config data;

    (void)state;
    assert_int_equal(sep_options_set(options, "data.folder=somewhere"), SEP_OK);
    assert_int_equal(sep_options_set(options, "data.label_colours=000000,ff0000"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_OK);
    assert_int_equal(data.labels.colours.count, 2);
    assert_int_equal(data.labels.colours.colour[1], 0xff0000);
    assert_int_equal(sep_options_set(options, "data.mask_threshold=128"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_options_set(options, "data.mask_threshold=0"), SEP_OK);
    assert_int_equal(sep_options_set(options, "data.label_colours=black"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "data.label_colours: 'black' is no colour"));
    sep_options_destroy(options);
}

/* One number is for both axes; nothing else is taken. */
static void check_spacings(sep_options *options)
{
    static const char *const wrong[] = {"0", "-1", "1.5,", "1.5, 1, 2", "1.5 1", "mm", "nan", "1, inf", "1e9", "1.5mm"};
    sep_data_config data;

    assert_int_equal(sep_options_set(options, "data.spacing=0.7"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_OK);
    assert_true(data.spacing[0] == 0.7f && data.spacing[1] == 0.7f);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *line = sep_format("data.spacing=%s", wrong[i]);
        assert_int_equal(sep_options_set(options, line), SEP_OK);
        assert_int_equal(sep_data_config_read(options, 3, &data), SEP_ERR_ARGUMENT);
        assert_non_null(strstr(sep_error_text(), "data.spacing"));
        sep_free(line);
    }
    assert_int_equal(sep_options_set(options, "data.spacing=1"), SEP_OK);
}

static void options_become_a_configuration(void **state)
{
    static const char *const settings[] = {
        "data.format=pairs",     "data.folder=somewhere",   "data.classes=2",          "data.intensity=window",
        "data.window_low=-100",  "data.window_high=200",    "data.labelled_cases=7",   "data.group_separator=_t",
        "data.patch_size=96",    "data.patch_width=128",    "data.augmentation=flips", "data.loader_threads=3",
        "data.image_zoom=cubic", "data.mask_threshold=128", "data.validation_count=4", "data.spacing=1.5, 1.25"};
    sep_options *options = sep_options_create();
    sep_data_config data;
    sep_batch_config batch;

    (void)state;
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_ERR_ARGUMENT);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_int_equal(sep_options_set(options, settings[i]), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 3, &batch), SEP_OK);
    assert_int_equal(sep_options_check_unknown(options), SEP_OK);
    assert_int_equal(data.format, SEP_DATA_PAIRS);
    assert_string_equal(data.folder, "somewhere");
    assert_true(data.intensity.rule[0].kind == SEP_INTENSITY_WINDOW && data.intensity.rule[0].low == -100.0f &&
                data.intensity.rule[0].high == 200.0f);
    assert_int_equal(data.labelled_cases, 7);
    assert_string_equal(data.group_separator, "_t");
    assert_int_equal(data.labels.threshold, 128);
    assert_int_equal(batch.height, 96);
    assert_int_equal(batch.width, 128);
    assert_int_equal(batch.augmentation, SEP_AUGMENT_FLIPS);
    assert_int_equal(batch.image_zoom, SEP_ZOOM_CUBIC);
    assert_int_equal(batch.threads, 3);
    assert_int_equal(sep_options_set(options, "data.view=window"), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 3, &batch), SEP_ERR_ARGUMENT); /* nothing is resized there */
    assert_int_equal(sep_options_set(options, "data.image_zoom=nearest"), SEP_OK);
    assert_int_equal(sep_batch_config_read(options, 3, &batch), SEP_OK);
    assert_int_equal(batch.view, SEP_PATCH_WINDOW);
    assert_true(data.spacing[0] == 1.5f && data.spacing[1] == 1.25f);
    check_spacings(options);
    assert_int_equal(sep_options_set(options, "data.window_low=300"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 3, &data), SEP_ERR_ARGUMENT);
    sep_options_destroy(options);
}

/* The committed ACDC lists on the real scans: as many slices as published. */
static void acdc_has_the_published_counts(void **state)
{
    static const int rows[][2] = {{3, 68}, {7, 136}};
    sep_data_config config = {.folder = "../shared/data/acdc",
                              .classes = 4,
                              .train_list = "datasets/acdc/train.list",
                              .validation_list = "datasets/acdc/val.list"};

    (void)state;
    need_library(SEP_HAVE_HDF5, "HDF5");
    if (!sep_folder_exists("../shared/data/acdc/volumes")) {
        print_message("skipped: ../shared/data/acdc is not there\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sep_dataset *dataset;

        config.labelled_cases = rows[i][0];
        dataset = load_dataset(&config);
        assert_int_equal(dataset->slices, 1312);
        assert_int_equal(dataset->labelled_slices, rows[i][1]);
        assert_int_equal(dataset->training_cases, 70);
        assert_int_equal(dataset->validation_cases, 10);
        assert_int_equal(dataset->validation, 20);
        sep_dataset_destroy(dataset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hdf5_by_counts),
        cmocka_unit_test(classes_that_nothing_teaches_are_named),
        cmocka_unit_test(hdf5_by_lists),
        cmocka_unit_test(shares_come_from_the_seed),
        cmocka_unit_test(separator_decides_what_a_case_is),
        cmocka_unit_test(cases_of_the_test_are_on_no_other_side),
        cmocka_unit_test(bad_splits_are_errors),
        cmocka_unit_test(bad_labels_name_file_and_place),
        cmocka_unit_test(colours_are_an_option),
        cmocka_unit_test(options_become_a_configuration),
        cmocka_unit_test(acdc_has_the_published_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
