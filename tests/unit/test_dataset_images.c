/* Datasets of images in files of their own: nnU-Net folders and pairs, and the error line of what can be wrong. */
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
#include <string.h>
#include <unistd.h>

/* ---- nnU-Net ----------------------------------------------------------------------------------------------------- */

static char *make_nnunet_folder(const char *name, const char *description, bool with_channel)
{
    static const char *const inner[] = {"imagesTr", "labelsTr"};
    static const char *const scans[] = {"a", "b", "c"};
    char *folder;

    need_library(SEP_HAVE_NIFTI, "NIfTI");
    folder = make_folder(name, inner, 2);
    for (int i = 0; i < 3; i++) {
        char image[64], label[64];

        snprintf(image, sizeof image, "imagesTr/%s%s.nii.gz", scans[i], with_channel ? "_0000" : "");
        snprintf(label, sizeof label, "labelsTr/%s.nii.gz", scans[i]);
        write_pair(folder, image, label, 2 + i);
    }
    write_text_file(folder, "dataset.json", description);
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
    sep_dataset *dataset = load_dataset(&config);

    (void)state;
    assert_int_equal(dataset->classes, 3);
    assert_string_equal(dataset->class_name[2], "back");
    assert_int_equal(dataset->training, 2);
    assert_int_equal(dataset->labelled_slices, 2 + 3);
    assert_string_equal(dataset->scan[2].name, "c");
    assert_int_equal(dataset->scan[0].image.height, 6);
    sep_dataset_destroy(dataset);

    config.classes = 4;
    assert_dataset_fails(&config, "dataset.json names 3");
    sep_free(folder);
}

static void a_class_that_nothing_teaches_is_named(void **state)
{
    char *folder = make_nnunet_folder(
        "absent",
        "{\"channel_names\": {\"0\": \"MRI\"}, \"labels\": {\"background\": 0, \"front\": 1, \"back\": 2, \"rim\": 3}, "
        "\"numTraining\": 3, \"file_ending\": \".nii.gz\"}",
        true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder, .validation_count = 1};
    sep_dataset *dataset = load_dataset(&config);

    (void)state;
    assert_int_equal(dataset->warnings.count, 1);
    assert_string_equal(dataset->warnings.item[0], "class 3 (rim) is in none of the 2 labelled scans");
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

static void nnunet_version_1(void **state)
{
    char *names[2] = {make_nnunet_folder("version1", VERSION_1, true),
                      make_nnunet_folder("decathlon", VERSION_1, false)};

    (void)state;
    for (int i = 0; i < 2; i++) {
        sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = names[i]};
        sep_dataset *dataset = load_dataset(&config);

        assert_int_equal(dataset->training, 2);
        assert_string_equal(dataset->scan[0].name, "a");
        assert_string_equal(dataset->scan[1].name, "c");
        assert_string_equal(dataset->class_name[1], "front");
        sep_dataset_destroy(dataset);
        sep_free(names[i]);
    }
}

static void nnunet_listed_label_maps_may_be_absent(void **state)
{
    char *folder = make_nnunet_folder("listed", VERSION_1, false);
    char *labels[] = {sep_format("%s/labelsTr/a.nii.gz", folder), sep_format("%s/labelsTr/c.nii.gz", folder)};
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};

    (void)state;
    assert_int_equal(unlink(labels[0]), 0);
    sep_dataset *dataset = load_dataset(&config);
    assert_int_equal(dataset->training, 2);
    assert_int_equal(dataset->labelled_cases, 1);
    assert_int_equal(dataset->unlabelled_slices, 2);
    sep_dataset_destroy(dataset);
    assert_int_equal(unlink(labels[1]), 0);
    assert_dataset_fails(&config, "none of the label maps that it lists is there (./labelsTr/c.nii.gz, ...)");
    sep_free(labels[0]);
    sep_free(labels[1]);
    sep_free(folder);
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
    sep_dataset *dataset = load_dataset(&config);
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
    dataset = load_dataset(&config);
    assert_int_equal(dataset->labelled_cases, 2);
    assert_int_equal(dataset->unlabelled_slices, 4);
    sep_dataset_destroy(dataset);

    write_pair(folder, "imagesTr/c_seg.nii.gz", NULL, 4); /* as septum predict writes it beside c */
    dataset = load_dataset(&config);
    assert_int_equal(dataset->unlabelled_slices, 4);
    sep_dataset_destroy(dataset);

    config.validation_count = 1; /* only scans with a label map can validate */
    dataset = load_dataset(&config);
    assert_string_equal(dataset->scan[2].name, "b");
    sep_dataset_destroy(dataset);
    config.validation_count = 0;
    config.labelled_cases = 3;
    assert_dataset_fails(&config, "only 2 training cases have label maps");
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
        write_text_file(folder, "dataset.json", rows[i][0]);
        assert_dataset_fails(&config, rows[i][1]);
        assert_non_null(strstr(sep_error_text(), "dataset.json"));
    }
    write_text_file(folder, "dataset.json", VERSION_2);
    write_pair(folder, "imagesTr/d_0000.nii.gz", NULL, 2);
    write_pair(folder, "imagesTr/e_0000.nii.gz", "labelsTr/e.nii.gz", 2);
    assert_dataset_fails(&config, "5 training images (4 with a label map; without one d_0000.nii.gz)");
    write_pair(folder, "imagesTr/a_0001.nii.gz", NULL, 2);
    assert_dataset_fails(&config, "a_0001.nii.gz: is channel 1, but dataset.json names 1 channel");
    sep_free(folder);
}

static void shapes_must_agree(void **state)
{
    char *folder = make_nnunet_folder("shapes", VERSION_2, true);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};

    (void)state;
    write_pair(folder, NULL, "labelsTr/b.nii.gz", 7);
    assert_dataset_fails(&config, "labelsTr/b.nii.gz: the label map is 7x6x5");
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
    need_library(SEP_HAVE_STB, "stb");
    write_pair(folder, "images/one.png", "masks/one.png", 1);
    write_pair(folder, "images/two.png", NULL, 1);
    dataset = load_dataset(&config);
    assert_int_equal(dataset->slices, 2);
    assert_int_equal(dataset->labelled_slices, 1);
    assert_int_equal(dataset->scan[0].label.data[5], 2);
    sep_dataset_destroy(dataset);

    config.labels.threshold = 2;
    config.classes = 2;
    dataset = load_dataset(&config);
    assert_int_equal(dataset->scan[0].label.data[5], 1);
    assert_int_equal(dataset->scan[0].label.data[4], 0);
    sep_dataset_destroy(dataset);

    config.labels.threshold = 128; /* for masks of 0 and 255, of which this is none */
    assert_dataset_fails(&config, "masks/one.png: its largest value is 2, below data.mask_threshold = 128");
    config.labels.threshold = 0;

    write_pair(folder, "images/two.jpeg.png", NULL, 1);
    config.classes = 0;
    assert_dataset_fails(&config, "classes is 0");
    sep_free(folder);
}

/* Names of files as cameras and other systems write them. */
static void pairs_with_suffixes_in_any_case(void **state)
{
    static const char *const inner[] = {"images", "masks"};
    char *folder = make_folder("pairs-case", inner, 2);
    sep_data_config config = {.format = SEP_DATA_PAIRS, .folder = folder, .classes = 3};

    (void)state;
    need_library(SEP_HAVE_STB, "stb");
    write_pair(folder, "images/one.PNG", "masks/one.png", 1);
    write_pair(folder, "images/two.png", "masks/two.Png", 1);
    sep_dataset *dataset = load_dataset(&config);
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
    need_library(SEP_HAVE_STB, "stb");
    char *image = sep_format("%s/images/a.png", folder), *mask = sep_format("%s/masks/a.png", folder);
    assert_int_equal(sep_picture_write_png(image, &drawn), SEP_OK);
    assert_int_equal(sep_picture_write_png(mask, &drawn), SEP_OK);
    assert_dataset_fails(&config, "masks/a.png: pixel (x 1, y 0) is coloured (0, 255, 0)");
    assert_int_equal(sep_label_colours_parse("000000,ff0000,00ff00", &config.labels.colours), SEP_OK);
    sep_dataset *dataset = load_dataset(&config);
    assert_memory_equal(dataset->scan[0].label.data, ((const uint8_t[]){0, 2, 1, 2}), 4);
    sep_dataset_destroy(dataset);
    sep_free(image);
    sep_free(mask);
    sep_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nnunet_version_2),
        cmocka_unit_test(a_class_that_nothing_teaches_is_named),
        cmocka_unit_test(nnunet_version_1),
        cmocka_unit_test(nnunet_listed_label_maps_may_be_absent),
        cmocka_unit_test(nnunet_scans_without_labels_are_unlabelled),
        cmocka_unit_test(bad_descriptions_are_errors),
        cmocka_unit_test(shapes_must_agree),
        cmocka_unit_test(pairs_of_pictures),
        cmocka_unit_test(pairs_with_suffixes_in_any_case),
        cmocka_unit_test(pairs_with_coloured_masks),
        cmocka_unit_test(nnunet_suffixes_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
