/* Datasets from files: the three formats, splits, and the error line of everything that can be wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "septum/data.h"
#include "support_scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A build without HDF5 or NIfTI has nothing to test there. */
static void need(int have, const char *what)
{
    if (!have) {
        print_message("skipped: built without %s\n", what);
        skip();
    }
}

/* ---- making files ------------------------------------------------------------------------------------------------ */

static void write_text(const char *folder, const char *name, const char *text)
{
    char *path = sep_format("%s/%s", folder, name);

    assert_int_equal(sep_file_write_atomic(path, text, strlen(text)), SEP_OK);
    sep_free(path);
}

/* A fresh folder of the scratch space with these inside. */
static char *make_folder(const char *name, const char *const *inner, int count)
{
    char *folder = sep_strdup(scratch_path(name));

    assert_int_equal(sep_make_folders(folder), SEP_OK);
    for (int i = 0; i < count; i++) {
        char *path = sep_format("%s/%s", folder, inner[i]);

        assert_int_equal(sep_make_folders(path), SEP_OK);
        sep_free(path);
    }
    return folder;
}

static void make_scan(int depth, int height, int width, uint8_t highest, sep_volume *image, sep_labels *label)
{
    assert_int_equal(sep_volume_create(image, depth, height, width), SEP_OK);
    assert_int_equal(sep_labels_create(label, depth, height, width), SEP_OK);
    for (int i = 0; i < depth * height * width; i++) {
        image->data[i] = (float)(i % 50);
        label->data[i] = (uint8_t)(i % (highest + 1));
    }
}

static void write_hdf5(const char *folder, const char *name, int depth, uint8_t highest)
{
    char *path = sep_format("%s/volumes/%s.h5", folder, name);
    sep_volume image;
    sep_labels label;

    make_scan(depth, 6, 5, highest, &image, &label);
    assert_int_equal(sep_hdf5_write(path, &image, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(path);
}

/* image_path and label_path are relative to the folder; either may be NULL. */
static void write_pair(const char *folder, const char *image_path, const char *label_path, int depth)
{
    sep_volume image;
    sep_labels label;

    make_scan(depth, 6, 5, 2, &image, &label);
    if (image_path != NULL) {
        char *path = sep_format("%s/%s", folder, image_path);

        assert_int_equal(sep_volume_write(path, &image), SEP_OK);
        sep_free(path);
    }
    if (label_path != NULL) {
        char *path = sep_format("%s/%s", folder, label_path);

        assert_int_equal(sep_labels_write(path, &label), SEP_OK);
        sep_free(path);
    }
    sep_volume_free(&image);
    sep_labels_free(&label);
}

/* Five patients of two frames each, with as many slices as the patient's number. */
static char *make_hdf5_folder(const char *name)
{
    static const char *const inner[] = {"volumes"};
    char *folder;

    need(SEP_HAVE_HDF5, "HDF5");
    folder = make_folder(name, inner, 1);
    for (int patient = 1; patient <= 5; patient++) {
        for (int frame = 1; frame <= 9; frame += 8) {
            char scan[48];

            snprintf(scan, sizeof scan, "patient%03d_frame%02d", patient, frame);
            write_hdf5(folder, scan, patient, 3);
        }
    }
    return folder;
}

static sep_dataset *load(const sep_data_config *config)
{
    sep_dataset *dataset;
    sep_status status = sep_dataset_load(config, &dataset);

    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
    return dataset;
}

static void assert_fails(const sep_data_config *config, const char *text)
{
    sep_dataset *dataset;

    assert_int_not_equal(sep_dataset_load(config, &dataset), SEP_OK);
    assert_null(dataset);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' is not in: %s", text, sep_error_text());
}

/* ---- HDF5 and splits --------------------------------------------------------------------------------------------- */

static void hdf5_by_counts(void **state)
{
    char *folder = make_hdf5_folder("counts");
    sep_data_config config = {.folder = folder, .classes = 4, .validation_count = 2, .labelled_cases = 1};
    sep_dataset *dataset = load(&config);
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
    sep_free(summary);
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
    write_text(folder, "train.list", "# order counts\npatient004_frame09\npatient004_frame01\npatient002_frame01\n");
    write_text(folder, "val.list", "patient001_frame09\n");
    write_text(folder, "labelled.list", "patient004_frame01\n");
    dataset = load(&config);
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
    dataset = load(&config);
    assert_int_equal(dataset->labelled_slices, 8);
    sep_dataset_destroy(dataset);

    write_text(folder, "cases.list", "patient004\npatient002_frame09\n");
    config.train_list = "cases.list";
    dataset = load(&config);
    assert_int_equal(dataset->training, 3);
    assert_string_equal(dataset->scan[1].name, "patient004_frame09");
    sep_dataset_destroy(dataset);

    config.train_list = NULL; /* all but the case that validates */
    dataset = load(&config);
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
        dataset = load(&config);
        again = load(&config);
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
    sep_dataset *dataset = load(&config);

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
    write_text(folder, "test.list", "patient005\npatient002_frame09\n");
    write_text(folder, "one.list", "patient001\npatient002_frame01\n");
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
    write_text(folder, "volumes/patient005_frame01.h5", "nothing");
    assert_int_equal(sep_test_set_load(&c, &set, 0, &image, &label), SEP_ERR_FORMAT);
    sep_test_set_free(&set);

    assert_int_equal(sep_dataset_load(&c, &dataset), SEP_OK);
    assert_int_equal(dataset->training_cases, 2);
    assert_int_equal(dataset->validation_cases, 1);
    assert_string_equal(dataset->scan[4].name, "patient004_frame01");
    sep_dataset_destroy(dataset);
    c = config, c.train_list = "one.list";
    assert_fails(&c, "'patient002_frame01' is in both one.list and test.list: it must not train and test");
    c = config, c.validation_list = "one.list";
    assert_fails(&c, "'patient002_frame01' is in both one.list and test.list: it must not validate and test");
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
    write_text(folder, "unknown.list", "patient001_frame01\npatient099_frame01\n");
    write_text(folder, "empty.list", "# nothing\n");
    write_text(folder, "one.list", "patient001_frame01\n");
    write_text(folder, "other.list", "patient001_frame09\n");
    c = config, c.train_list = "unknown.list";
    assert_fails(&c, "names 'patient099_frame01'");
    c = config, c.validation_list = "empty.list";
    assert_fails(&c, "names no scan");
    write_text(folder, "part.list", "patient\n");
    c = config, c.train_list = "part.list";
    assert_fails(&c, "no such scan or case");
    c = config, c.train_list = "absent.list";
    assert_fails(&c, "absent.list");
    c = config, c.train_list = "one.list", c.validation_list = "other.list";
    assert_fails(&c, "it must not train and validate");
    c = config, c.train_list = "one.list", c.labelled_list = "other.list";
    assert_fails(&c, "is not a training scan");
    c = config, c.validation_count = 5;
    assert_fails(&c, "only 5 cases");
    c = config, c.labelled_cases = 6;
    assert_fails(&c, "only 5 training cases");
    c = config, c.validation_count = 1, c.validation_fraction = 0.5;
    assert_fails(&c, "give one of");
    c = config, c.classes = 0;
    assert_fails(&c, "classes is 0");
    c = config, c.folder = "/nowhere/at/all";
    assert_fails(&c, "no such folder");
    sep_free(folder);
}

static void bad_labels_name_file_and_place(void **state)
{
    char *folder = make_hdf5_folder("bad_labels");
    sep_data_config config = {.folder = folder, .classes = 3};

    (void)state;
    assert_fails(&config, "patient001_frame01.h5: label 3 at slice 0, row 0, column 3, but with 3 classes");
    write_text(folder, "volumes/patient003_frame01.h5", "this is no HDF5 file");
    config.classes = 4;
    assert_fails(&config, "patient003_frame01.h5");
    sep_free(folder);
}

/* ---- nnU-Net ----------------------------------------------------------------------------------------------------- */

static char *make_nnunet_folder(const char *name, const char *description, bool with_channel)
{
    static const char *const inner[] = {"imagesTr", "labelsTr"};
    static const char *const scans[] = {"a", "b", "c"};
    char *folder;

    need(SEP_HAVE_NIFTI, "NIfTI");
    folder = make_folder(name, inner, 2);
    for (int i = 0; i < 3; i++) {
        char image[64], label[64];

        snprintf(image, sizeof image, "imagesTr/%s%s.nii.gz", scans[i], with_channel ? "_0000" : "");
        snprintf(label, sizeof label, "labelsTr/%s.nii.gz", scans[i]);
        write_pair(folder, image, label, 2 + i);
    }
    write_text(folder, "dataset.json", description);
    return folder;
}

static const char VERSION_2[] = "{\"channel_names\": {\"0\": \"MRI\"}, \"labels\": {\"background\": 0, \"front\": 1, "
                                "\"back\": 2}, \"numTraining\": 3, \"file_ending\": \".nii.gz\"}";
/* With the mark that some editors put before UTF-8. */
static const char VERSION_1[] =
    "\xef\xbb\xbf{\"modality\": {\"0\": \"MRI\"}, \"labels\": {\"0\": \"background\", \"1\": \"front\", \"2\": "
    "\"back\"}, "
    "\"numTraining\": 2, \"training\": [{\"image\": \"./imagesTr/c.nii.gz\", \"label\": \"./labelsTr/c.nii.gz\"}, "
    "{\"image\": \"./imagesTr/a.nii.gz\", \"label\": \"./labelsTr/a.nii.gz\"}]}";

static void nnunet_version_2(void **state)
{
    char *folder = make_nnunet_folder("version2", VERSION_2, true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder, .validation_count = 1};
    sep_dataset *dataset = load(&config);

    (void)state;
    assert_int_equal(dataset->classes, 3);
    assert_string_equal(dataset->class_name[2], "back");
    assert_int_equal(dataset->training, 2);
    assert_int_equal(dataset->labelled_slices, 2 + 3);
    assert_string_equal(dataset->scan[2].name, "c");
    assert_int_equal(dataset->scan[0].image.height, 6);
    sep_dataset_destroy(dataset);

    config.classes = 4;
    assert_fails(&config, "dataset.json names 3");
    sep_free(folder);
}

static void nnunet_version_1(void **state)
{
    char *names[2] = {make_nnunet_folder("version1", VERSION_1, true),
                      make_nnunet_folder("decathlon", VERSION_1, false)};

    (void)state;
    for (int i = 0; i < 2; i++) {
        sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = names[i]};
        sep_dataset *dataset = load(&config);

        assert_int_equal(dataset->training, 2);
        assert_string_equal(dataset->scan[0].name, "a");
        assert_string_equal(dataset->scan[1].name, "c");
        assert_string_equal(dataset->class_name[1], "front");
        sep_dataset_destroy(dataset);
        sep_free(names[i]);
    }
}

static void nnunet_suffixes_in_any_case(void **state)
{
    char *folder = make_nnunet_folder("upper", VERSION_2, true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};
    char *from[2] = {sep_format("%s/labelsTr/a.nii.gz", folder), sep_format("%s/imagesTr/b_0000.nii.gz", folder)};
    char *to[2] = {sep_format("%s/labelsTr/a.NII.GZ", folder), sep_format("%s/imagesTr/b_0000.nii.GZ", folder)};

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(rename(from[i], to[i]), 0);
    sep_dataset *dataset = load(&config);
    assert_int_equal(dataset->scans, 3);
    assert_string_equal(dataset->scan[1].name, "b");
    assert_int_equal(dataset->labelled_slices, 2 + 3 + 4);
    sep_dataset_destroy(dataset);
    for (int i = 0; i < 2; i++) {
        sep_free(from[i]);
        sep_free(to[i]);
    }
    sep_free(folder);
}

static void nnunet_scans_without_labels_are_unlabelled(void **state)
{
    char *folder = make_nnunet_folder("unlabelled", VERSION_2, true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};
    char *label = sep_format("%s/labelsTr/c.nii.gz", folder);
    sep_dataset *dataset;

    (void)state;
    assert_int_equal(unlink(label), 0);
    dataset = load(&config);
    assert_int_equal(dataset->labelled_cases, 2);
    assert_int_equal(dataset->unlabelled_slices, 4);
    sep_dataset_destroy(dataset);

    config.validation_count = 1; /* only scans with a label map can validate */
    dataset = load(&config);
    assert_string_equal(dataset->scan[2].name, "b");
    sep_dataset_destroy(dataset);
    config.validation_count = 0;
    config.labelled_cases = 3;
    assert_fails(&config, "only 2 training cases have label maps");
    sep_free(label);
    sep_free(folder);
}

static void bad_descriptions_are_errors(void **state)
{
    static const char *const rows[][2] = {
        {"{", "line"},
        {"[]", "not a JSON object"},
        {"{\"numTraining\": 3}", "no object 'labels'"},
        {"{\"labels\": {\"background\": 0, \"a\": 2}}", "none has the number 1"},
        {"{\"labels\": {\"background\": 0, \"a\": 0}}", "both"},
        {"{\"labels\": {\"background\": 0, \"a\": [1, 2]}}", "regions"},
        {"{\"labels\": {\"background\": 0, \"a\": 256}}", "no number from 0 to 255"},
        {"{\"labels\": {\"background\": 0}}", "background only"},
        {"{\"labels\": {\"0\": \"background\", \"x\": \"a\"}}", "no number"},
        {"{\"labels\": {\"b\": 0, \"a\": 1}, \"modality\": {\"0\": \"T1\", \"2\": \"T2\"}}", "none is"},
        {"{\"labels\": {\"b\": 0, \"a\": 1}, \"numTraining\": \"3\"}", "'numTraining'"},
        {"{\"labels\": {\"b\": 0, \"a\": 1, \"c\": 2}, \"numTraining\": 7}", "there are 3 training images"},
        {"{\"labels\": {\"b\": 0, \"a\": 1}, \"file_ending\": \".mha\"}", ".mha"},
        {"{\"labels\": {\"b\": 0, \"a\": 1}, \"training\": [{}]}", "has no 'image'"},
    };
    char *folder = make_nnunet_folder("descriptions", VERSION_2, true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_text(folder, "dataset.json", rows[i][0]);
        assert_fails(&config, rows[i][1]);
        assert_non_null(strstr(sep_error_text(), "dataset.json"));
    }
    write_text(folder, "dataset.json", VERSION_2);
    write_pair(folder, "imagesTr/a_0001.nii.gz", NULL, 2);
    assert_fails(&config, "a_0001.nii.gz: is channel 1, but dataset.json names 1 channel");
    sep_free(folder);
}

static void shapes_must_agree(void **state)
{
    char *folder = make_nnunet_folder("shapes", VERSION_2, true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};

    (void)state;
    write_pair(folder, NULL, "labelsTr/b.nii.gz", 7);
    assert_fails(&config, "labelsTr/b.nii.gz: the label map is 7x6x5");
    sep_free(folder);
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static void pairs_of_pictures(void **state)
{
    static const char *const inner[] = {"images", "masks"};
    char *folder = make_folder("pairs", inner, 2);
    sep_data_config config = {.format = SEP_DATA_PAIRS, .folder = folder, .classes = 3};
    sep_dataset *dataset;

    (void)state;
    need(SEP_HAVE_STB, "stb");
    write_pair(folder, "images/one.png", "masks/one.png", 1);
    write_pair(folder, "images/two.png", NULL, 1);
    dataset = load(&config);
    assert_int_equal(dataset->slices, 2);
    assert_int_equal(dataset->labelled_slices, 1);
    assert_int_equal(dataset->scan[0].label.data[5], 2);
    sep_dataset_destroy(dataset);

    config.labels.threshold = 2;
    config.classes = 2;
    dataset = load(&config);
    assert_int_equal(dataset->scan[0].label.data[5], 1);
    assert_int_equal(dataset->scan[0].label.data[4], 0);
    sep_dataset_destroy(dataset);

    write_pair(folder, "images/two.jpeg.png", NULL, 1);
    config.classes = 0;
    assert_fails(&config, "classes is 0");
    sep_free(folder);
}

/* Names of files as cameras and other systems write them. */
static void pairs_with_suffixes_in_any_case(void **state)
{
    static const char *const inner[] = {"images", "masks"};
    char *folder = make_folder("pairs-case", inner, 2);
    sep_data_config config = {.format = SEP_DATA_PAIRS, .folder = folder, .classes = 3};

    (void)state;
    need(SEP_HAVE_STB, "stb");
    write_pair(folder, "images/one.PNG", "masks/one.png", 1);
    write_pair(folder, "images/two.png", "masks/two.Png", 1);
    sep_dataset *dataset = load(&config);
    assert_int_equal(dataset->scans, 2);
    assert_int_equal(dataset->labelled_slices, 2);
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

static void pairs_with_coloured_masks(void **state)
{
    static const char *const inner[] = {"images", "masks"};
    static uint8_t rgb[] = {0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 255, 0};
    const sep_picture drawn = {.height = 2, .width = 2, .rgb = rgb};
    char *folder = make_folder("pairs-colour", inner, 2);
    sep_data_config config = {.format = SEP_DATA_PAIRS, .folder = folder, .classes = 3};

    (void)state;
    need(SEP_HAVE_STB, "stb");
    char *image = sep_format("%s/images/a.png", folder), *mask = sep_format("%s/masks/a.png", folder);
    assert_int_equal(sep_picture_write_png(image, &drawn), SEP_OK);
    assert_int_equal(sep_picture_write_png(mask, &drawn), SEP_OK);
    assert_fails(&config, "masks/a.png: pixel (x 1, y 0) is coloured (0, 255, 0)");
    assert_int_equal(sep_label_colours_parse("000000,ff0000,00ff00", &config.labels.colours), SEP_OK);
    sep_dataset *dataset = load(&config);
    assert_memory_equal(dataset->scan[0].label.data, ((const uint8_t[]){0, 2, 1, 2}), 4);
    sep_dataset_destroy(dataset);
    sep_free(image);
    sep_free(mask);
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
        "data.image_zoom=cubic", "data.mask_threshold=128", "data.validation_count=4", "data.view=window",
        "data.spacing=1.5, 1.25"};
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
    assert_true(data.intensity.rule[0].window && data.intensity.rule[0].low == -100.0f &&
                data.intensity.rule[0].high == 200.0f);
    assert_int_equal(data.labelled_cases, 7);
    assert_string_equal(data.group_separator, "_t");
    assert_int_equal(data.labels.threshold, 128);
    assert_int_equal(batch.height, 96);
    assert_int_equal(batch.width, 128);
    assert_int_equal(batch.augmentation, SEP_AUGMENT_FLIPS);
    assert_int_equal(batch.image_zoom, SEP_ZOOM_CUBIC);
    assert_int_equal(batch.threads, 3);
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
    need(SEP_HAVE_HDF5, "HDF5");
    if (!sep_folder_exists("../shared/data/acdc/volumes")) {
        print_message("skipped: ../shared/data/acdc is not there\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sep_dataset *dataset;

        config.labelled_cases = rows[i][0];
        dataset = load(&config);
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
        cmocka_unit_test(hdf5_by_lists),
        cmocka_unit_test(shares_come_from_the_seed),
        cmocka_unit_test(separator_decides_what_a_case_is),
        cmocka_unit_test(cases_of_the_test_are_on_no_other_side),
        cmocka_unit_test(bad_splits_are_errors),
        cmocka_unit_test(bad_labels_name_file_and_place),
        cmocka_unit_test(nnunet_version_2),
        cmocka_unit_test(nnunet_version_1),
        cmocka_unit_test(nnunet_scans_without_labels_are_unlabelled),
        cmocka_unit_test(bad_descriptions_are_errors),
        cmocka_unit_test(shapes_must_agree),
        cmocka_unit_test(pairs_of_pictures),
        cmocka_unit_test(pairs_with_suffixes_in_any_case),
        cmocka_unit_test(pairs_with_coloured_masks),
        cmocka_unit_test(nnunet_suffixes_in_any_case),
        cmocka_unit_test(colours_are_an_option),
        cmocka_unit_test(options_become_a_configuration),
        cmocka_unit_test(acdc_has_the_published_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
