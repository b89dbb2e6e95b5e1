/* How datasets name their scans: lists that repeat lines, files called NAME.npy.h5, dataset.json with paths from
 * elsewhere, class names, and label maps of other values than class indices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "septum/data.h"
#include "support_datasets.h"
#include "support_scratch.h"

#include <stdlib.h>
#include <string.h>

/* ---- making files ------------------------------------------------------------------------------------------------ */

static char *in(const char *folder, const char *name)
{
    char *path = sep_format("%s/%s", folder, name);

    assert_non_null(path);
    return path;
}

/* A scan of `depth` slices of 3 x 4 voxels, whose labels are 0 and `step`, 2 * step in turns. */
static void make_scan(int depth, int step, sep_volume *image, sep_labels *label)
{
    assert_int_equal(sep_volume_create(image, depth, 3, 4), SEP_OK);
    assert_int_equal(sep_labels_create(label, depth, 3, 4), SEP_OK);
    for (int i = 0; i < depth * 12; i++) {
        image->data[i] = (float)i;
        label->data[i] = (uint8_t)(i % 3 * step);
    }
}

static void write_small_hdf5(const char *folder, const char *name, int depth, int step)
{
    char *path = in(folder, name);
    sep_volume image;
    sep_labels label;

    make_scan(depth, step, &image, &label);
    assert_int_equal(sep_hdf5_write(path, &image, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(path);
}

static void write_small_pair(const char *folder, const char *image_name, const char *label_name, int depth)
{
    char *image_path = in(folder, image_name), *label_path = in(folder, label_name);
    sep_volume image;
    sep_labels label;

    make_scan(depth, 1, &image, &label);
    assert_int_equal(sep_volume_write(image_path, &image), SEP_OK);
    assert_int_equal(sep_labels_write(label_path, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(image_path);
    sep_free(label_path);
}

static char last_warning[600];

static void keep_warning(void *context, sep_log_level level, const char *line)
{
    (void)context;
    if (level == SEP_LOG_WARNING)
        strncpy(last_warning, line, sizeof last_warning - 1);
}

static void assert_warned(const char *text)
{
    if (strstr(last_warning, text) == NULL)
        fail_msg("'%s' is not in: %s", text, last_warning);
    last_warning[0] = '\0';
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void repeated_lines_count_once(void **state)
{
    char *folder = make_folder("repeated", NULL, 0);
    sep_data_config config = {.folder = folder,
                              .classes = 3,
                              .train_list = "train.list",
                              .validation_list = "val.list",
                              .labelled_list = "labelled.list"};

    (void)state;
    need_library(SEP_HAVE_HDF5, "HDF5");
    write_small_hdf5(folder, "a_frame1.h5", 2, 1);
    write_small_hdf5(folder, "a_frame2.h5", 3, 1);
    write_small_hdf5(folder, "b_frame1.h5", 4, 1);
    write_small_hdf5(folder, "c_frame1.h5", 5, 1);
    write_text_file(folder, "train.list", "a_frame2\na\nb\nb_frame1\nb_frame1.h5\n");
    write_text_file(folder, "val.list", "c\n");
    write_text_file(folder, "labelled.list", "a\n");
    sep_dataset *dataset = load_dataset(&config);
    assert_int_equal(dataset->training, 3);
    assert_string_equal(dataset->scan[0].name, "a_frame2");
    assert_string_equal(dataset->scan[1].name, "a_frame1");
    assert_int_equal(dataset->slices, 3 + 2 + 4);
    sep_dataset_destroy(dataset);
    assert_warned("train.list: 'a' and 2 more lines name what is named already: each counts once");

    write_text_file(folder, "train.list", "a\nb\n");
    write_text_file(folder, "val.list", "c_frame1\nc_frame1\n");
    dataset = load_dataset(&config);
    assert_int_equal(dataset->validation, 1);
    sep_dataset_destroy(dataset);
    assert_warned("val.list: names 'c_frame1' for the second time: it counts once");

    write_text_file(folder, "val.list", "c\n");
    write_text_file(folder, "labelled.list", "b\nb\n");
    dataset = load_dataset(&config);
    assert_int_equal(dataset->labelled_slices, 4);
    sep_dataset_destroy(dataset);
    assert_warned("labelled.list: names 'b' for the second time");
    sep_free(folder);
}

/* TransUNet's Synapse package: case0001.npy.h5 in the folder, case0001 in the lists. */
static void numpy_names_are_cases(void **state)
{
    char *folder = make_folder("synapse", NULL, 0);
    sep_data_config config = {
        .folder = folder, .classes = 3, .train_list = "train.txt", .validation_list = "test_vol.txt"};

    (void)state;
    need_library(SEP_HAVE_HDF5, "HDF5");
    write_small_hdf5(folder, "case0001.npy.h5", 2, 1);
    write_small_hdf5(folder, "case0002.npy.h5", 3, 1);
    write_text_file(folder, "train.txt", "case0002\n");
    write_text_file(folder, "test_vol.txt", "case0001\n");
    sep_dataset *dataset = load_dataset(&config);
    assert_int_equal(dataset->slices, 3);
    assert_string_equal(dataset->scan[0].name, "case0002");
    assert_string_equal(dataset->scan[1].name, "case0001");
    sep_dataset_destroy(dataset);

    write_text_file(folder, "train.txt", "case0002.npy\n"); /* the file's name, as far as one likes to write it */
    write_text_file(folder, "test_vol.txt", "case0001.npy.h5\n");
    dataset = load_dataset(&config);
    assert_string_equal(dataset->scan[0].name, "case0002");
    sep_dataset_destroy(dataset);

    write_small_hdf5(folder, "case0001.h5", 2, 1);
    assert_dataset_fails(&config, "are both called 'case0001'");
    sep_free(folder);
}

/* ---- dataset.json ------------------------------------------------------------------------------------------------ */

/* A description of version 2 whose two cases lie where `place` says. */
static void describe(const char *folder, const char *place)
{
    char *text = sep_format("{\"channel_names\": {\"0\": \"MRI\"}, \"labels\": {\"background\": 0, \"x\": 1, \"y\": "
                            "2}, \"numTraining\": 2, "
                            "\"file_ending\": \".nii\", \"dataset\": {"
                            "\"first\": {\"images\": [\"%s/a/image.nii\"], \"label\": \"%s/a/seg.nii\"}, "
                            "\"second\": {\"images\": [\"%s/b/image.nii\"], \"label\": \"%s/b/seg.nii\"}}}",
                            place, place, place, place);

    assert_non_null(text);
    write_text_file(folder, "dataset.json", text);
    sep_free(text);
}

static void cases_lie_elsewhere(void **state)
{
    char *folder = make_folder("described", NULL, 0), *place = make_folder("elsewhere", NULL, 0);
    char *a = make_folder("elsewhere/a", NULL, 0), *b = make_folder("elsewhere/b", NULL, 0);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder, .validation_count = 1};

    (void)state;
    need_library(SEP_HAVE_NIFTI, "NIfTI");
    write_small_pair(a, "image.nii", "seg.nii", 2);
    write_small_pair(b, "image.nii", "seg.nii", 3);
    const char *const places[] = {place, "$SEPTUM_TEST_PLACE", "${SEPTUM_TEST_PLACE}", "${SEPTUM_TEST_ROOT}/elsewhere",
                                  "../else$SEPTUM_TEST_WHERE"};
    char *root = sep_format("%.*s", (int)(strlen(place) - strlen("/elsewhere")), place);
    assert_int_equal(setenv("SEPTUM_TEST_PLACE", place, 1) + setenv("SEPTUM_TEST_ROOT", root, 1) +
                         setenv("SEPTUM_TEST_WHERE", "where", 1),
                     0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        describe(folder, places[i]);
        sep_dataset *dataset = load_dataset(&config);
        assert_int_equal(dataset->training, 1);
        assert_int_equal(dataset->validation, 1);
        assert_int_equal(dataset->slices, 2);
        assert_string_equal(dataset->scan[0].name, "first"); /* the files of all cases have one name */
        assert_string_equal(dataset->scan[1].name, "second");
        sep_dataset_destroy(dataset);
    }
    describe(folder, "${SEPTUM_TEST_NOWHERE}");
    assert_dataset_fails(&config,
                         "dataset.json: '${SEPTUM_TEST_NOWHERE}/a/image.nii' stands in the name of a file, but the "
                         "variable SEPTUM_TEST_NOWHERE is not set");
    describe(folder, "cost$ ${} $"); /* no variable: as it stands */
    assert_dataset_fails(&config, "cost$ ${} $/a/seg.nii");
    sep_free(root);
    sep_free(a);
    sep_free(b);
    sep_free(place);
    sep_free(folder);
}

static void names_of_cases_are_no_paths(void **state)
{
    char *folder = make_folder("paths", NULL, 0);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};

    (void)state;
    write_text_file(folder, "dataset.json",
                    "{\"labels\": {\"b\": 0, \"a\": 1}, \"dataset\": {\"../x\": {\"images\": [\"i.nii\"]}}}");
    assert_dataset_fails(&config, "case '../x': the name of a case");
    sep_free(folder);
}

/* Version 1 lists its training files; a pair that is listed twice is one case. */
static void repeated_files_count_once(void **state)
{
    char *folder = make_folder("listed", NULL, 0);
    sep_data_config config = {.format = SEP_DATA_NNUNET, .folder = folder};

    (void)state;
    need_library(SEP_HAVE_NIFTI, "NIfTI");
    write_small_pair(folder, "a_0000.nii.gz", "a.nii.gz", 2);
    for (int count = 1; count <= 2; count++) {
        char *text = sep_format(
            "{\"modality\": {\"0\": \"CT\"}, \"labels\": {\"0\": \"background\", \"1\": \"x\", \"2\": \"y\"}, "
            "\"numTraining\": %d, \"training\": [{\"image\": \"./a_0000.nii.gz\", \"label\": \"./a.nii.gz\"}, "
            "{\"image\": \"a_0000.nii.gz\", \"label\": \"a.nii.gz\"}]}",
            count);
        write_text_file(folder, "dataset.json", text);
        sep_dataset *dataset = load_dataset(&config);
        assert_int_equal(dataset->training, 1);
        sep_dataset_destroy(dataset);
        assert_warned("dataset.json: names '");
        sep_free(text);
    }
    sep_free(folder);
}

static void assert_names(const char *folder, const char *description, const char *first, const char *second)
{
    char *path = in(folder, "dataset.json");
    sep_strings names = {0};
    int ignored;

    write_text_file(folder, "dataset.json", description);
    assert_int_equal(sep_class_names_read(path, &names, &ignored), SEP_OK);
    assert_int_equal(ignored, strstr(description, "ignore") != NULL ? 3 : -1);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.item[1], first);
    assert_string_equal(names.item[2], second);
    sep_strings_free(&names);
    sep_free(path);
}

static void class_names_are_read_alone(void **state)
{
    char *folder = make_folder("classes", NULL, 0), *path = in(folder, "dataset.json");
    sep_strings names = {0};
    int ignored;

    (void)state;
    /* channels, endings and files are nobody's business here */
    assert_names(folder, "{\"labels\": {\"background\": 0, \"Myo\": 2, \"RV\": 1}, \"file_ending\": \".mha\"}", "RV",
                 "Myo");
    assert_names(folder,
                 "{\"modality\": {\"0\": \"T1\", \"1\": \"T2\"}, \"labels\": {\"0\": \"background\", \"2\": \"core\", "
                 "\"1\": \"edema\"}}",
                 "edema", "core");
    assert_names(folder, "{\"labels\": {\"background\": 0, \"RV\": 1, \"Myo\": 2, \"ignore\": 3}}", "RV", "Myo");
    write_text_file(folder, "dataset.json", "{\"labels\": {\"background\": 0, \"whole\": [1, 2], \"core\": 2}}");
    assert_int_equal(sep_class_names_read(path, &names, &ignored), SEP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sep_error_text(), "regions"));
    assert_int_equal(names.count, 0);
    sep_free(path);
    sep_free(folder);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static void values_are_a_setting(void **state)
{
    char *folder = make_folder("values", NULL, 0), *set = sep_format("data.folder=%s", folder);
    sep_options *options = sep_options_create();
    sep_data_config config;

    (void)state;
    need_library(SEP_HAVE_HDF5, "HDF5");
    write_small_hdf5(folder, "a.h5", 2, 85);
    assert_int_equal(sep_options_set(options, set), SEP_OK);
    assert_int_equal(sep_options_set(options, "data.classes=3"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 1, &config), SEP_OK);
    assert_dataset_fails(&config, "a.h5: the values 0,85,170 are grey levels, not class indices: --values 0,85,170 "
                                  "(label_values in [data])");

    assert_int_equal(sep_options_set(options, "data.label_values=0,85,170"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 1, &config), SEP_OK);
    for (config.classes = 0; config.classes <= 3; config.classes += 3) { /* 0: as many as there are values */
        sep_dataset *dataset = load_dataset(&config);
        assert_int_equal(dataset->classes, 3);
        assert_memory_equal(dataset->scan[0].label.data, ((const uint8_t[]){0, 1, 2, 0, 1}), 5);
        sep_dataset_destroy(dataset);
    }
    config.classes = 2;
    assert_dataset_fails(&config, "label_values gives 3 values to 2 classes");
    assert_int_equal(sep_options_set(options, "data.label_values=0,170"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 1, &config), SEP_OK);
    assert_dataset_fails(&config, "a.h5: voxel (x 1, y 0, z 0) is 85, which is not among the values 0,170");

    assert_int_equal(sep_options_set(options, "data.mask_threshold=128"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 1, &config), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_options_set(options, "data.mask_threshold=0"), SEP_OK);
    assert_int_equal(sep_options_set(options, "data.label_values=0,x"), SEP_OK);
    assert_int_equal(sep_data_config_read(options, 1, &config), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "data.label_values: '0,x'"));
    sep_options_destroy(options);
    sep_free(set);
    sep_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_lines_count_once), cmocka_unit_test(numpy_names_are_cases),
        cmocka_unit_test(cases_lie_elsewhere),       cmocka_unit_test(names_of_cases_are_no_paths),
        cmocka_unit_test(repeated_files_count_once), cmocka_unit_test(class_names_are_read_alone),
        cmocka_unit_test(values_are_a_setting),
    };
    sep_log_set_sink(keep_warning, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
