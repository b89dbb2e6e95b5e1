/* Voxels that nobody annotated: no class from the file to the batch, and in no score. */
#include "support_hdf5.h"
#include "support_image.h"
#include "support_scratch.h"

#include "septum/data.h"
#include "septum/metrics.h"
#include "septum/registration_pairs.h"

#include <string.h>

enum { SIDE = 8, SLICES = 3, PIXELS = SIDE * SIDE, MARK = 4 };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A row of voxels as a file. */
static const char *file_of(const char *name, const uint8_t *voxels, int count)
{
    const char *path = scratch_path(name);
    sep_labels labels;

    assert_int_equal(sep_labels_create(&labels, 1, 1, count), SEP_OK);
    memcpy(labels.data, voxels, (size_t)count);
    assert_int_equal(sep_labels_write(path, &labels), SEP_OK);
    sep_labels_free(&labels);
    return path;
}

static void assert_read(const char *path, const sep_label_reading *reading, const uint8_t *wanted, int count)
{
    sep_labels labels;

    assert_int_equal(sep_labels_read_as(path, reading, &labels), SEP_OK);
    assert_true(labels.ignores);
    assert_memory_equal(labels.data, wanted, (size_t)count);
    sep_labels_free(&labels);
}

static void a_value_marks_what_is_ignored(void **state)
{
    const char *path = file_of("mark.png", (const uint8_t[]){0, 1, 4, 2, 4}, 5);
    sep_label_reading reading = {.ignores = true, .ignored = MARK};

    (void)state;
    assert_read(path, &reading, (const uint8_t[]){0, 1, SEP_IGNORED, 2, SEP_IGNORED}, 5);
    reading.threshold = 2;
    assert_read(path, &reading, (const uint8_t[]){0, 0, SEP_IGNORED, 1, SEP_IGNORED}, 5);
    reading.threshold = 0;
    assert_int_equal(sep_label_values_parse("1,2,4", &reading.values), SEP_OK);
    reading.ignored = 0;
    assert_read(path, &reading, (const uint8_t[]){SEP_IGNORED, 0, 2, 1, 2}, 5);
}

static void the_mark_of_memory_is_no_class(void **state)
{
    const char *path = file_of("white.png", (const uint8_t[]){0, 1, 255}, 3);
    sep_label_reading reading = {.ignores = true, .ignored = MARK};
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_labels_read_as(path, &reading, &labels), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "is 255; a label map holds whole numbers 0 to 254"));
    reading.ignored = 255;
    assert_read(path, &reading, (const uint8_t[]){0, 1, SEP_IGNORED}, 3);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_false(labels.ignores);
    sep_labels_free(&labels);
    assert_int_equal(sep_label_values_parse("0-255", &reading.values), SEP_OK);
    assert_int_equal(sep_labels_read_as(path, &reading, &labels), SEP_ERR_UNSUPPORTED);
}

/* ---- data sets --------------------------------------------------------------------------------------------------- */

/* The first slice is annotated, of the second a line of class 1, of the others nothing. */
static uint8_t scribble_at(int voxel)
{
    if (voxel < PIXELS)
        return (uint8_t)(voxel % 3);
    return voxel < PIXELS + SIDE ? 1 : MARK;
}

#if SEP_HAVE_HDF5

static void write_scan(const char *folder, const char *name)
{
    const hsize_t size[3] = {SLICES, SIDE, SIDE};
    uint16_t scribble[SLICES * PIXELS];
    sep_volume image;
    sep_labels label;
    char *path = sep_format("%s/%s.h5", folder, name);

    assert_int_equal(sep_volume_create(&image, SLICES, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_labels_create(&label, SLICES, SIDE, SIDE), SEP_OK);
    for (int i = 0; i < SLICES * PIXELS; i++) {
        image.data[i] = (float)(i % 7);
        label.data[i] = (uint8_t)(i % 3);
        scribble[i] = scribble_at(i);
    }
    assert_int_equal(sep_hdf5_write(path, &image, &label), SEP_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(3, size, NULL);
    hid_t drawn = H5Dcreate2(file, "scribble", H5T_NATIVE_UINT16, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(drawn, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, scribble) >= 0);
    H5Dclose(drawn);
    H5Sclose(space);
    H5Fclose(file);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(path);
}

static char *write_scans(const char *name)
{
    char *folder = sep_strdup(scratch_path(name));

    assert_int_equal(sep_make_folders(folder), SEP_OK);
    write_scan(folder, "a");
    write_scan(folder, "b");
    return folder;
}

static sep_status load(const char *settings, const char *folder, sep_dataset **dataset)
{
    char *text = sep_format("[data]\nfolder = %s\nvalidation_count = 1\n%s", folder, settings);
    sep_options *options = sep_options_create();
    sep_data_config config;

    *dataset = NULL;
    sep_status status = sep_options_load_text(options, "settings", text);
    if (status == SEP_OK)
        status = sep_data_config_read(options, 1, &config);
    if (status == SEP_OK)
        status = sep_dataset_load(&config, dataset);
    sep_options_destroy(options);
    sep_free(text);
    return status;
}

static void scribbles_train_and_whole_maps_validate(void **state)
{
    char *folder = write_scans("scribbles");
    sep_dataset *dataset;

    (void)state;
    assert_int_equal(
        load("classes = 3\nignore = 4\nlabel_name = scribble\nvalidation_label_name = label\n", folder, &dataset),
        SEP_OK);
    for (int i = 0; i < SLICES * PIXELS; i++) {
        uint8_t drawn = scribble_at(i);
        assert_int_equal(dataset->scan[0].label.data[i], drawn == MARK ? SEP_IGNORED : drawn);
        assert_int_equal(dataset->scan[1].label.data[i], i % 3);
    }
    assert_int_equal(dataset->notes.count, 1);
    assert_string_equal(dataset->notes.item[0],
                        "37.5% of the voxels of 1 labelled scans are annotated, the rest is ignored");
    sep_dataset_destroy(dataset);
    /* without the mark, it is a class too many; without a name for validation, all have one */
    assert_int_equal(load("classes = 3\nlabel_name = scribble\n", folder, &dataset), SEP_ERR_FORMAT);
    assert_int_equal(load("classes = 3\nignore = 4\nlabel_name = scribble\n", folder, &dataset), SEP_OK);
    assert_int_equal(dataset->scan[1].label.data[SLICES * PIXELS - 1], SEP_IGNORED);
    sep_dataset_destroy(dataset);
    assert_int_equal(load("classes = 3\nlabel_name = drawing\n", folder, &dataset), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "none of the 2 files has a dataset 'drawing'"));
    assert_int_equal(load("classes = 256\nignore = 4\n", folder, &dataset), SEP_ERR_ARGUMENT);
    assert_int_equal(load("classes = 3\nformat = pairs\nlabel_name = scribble\n", folder, &dataset), SEP_ERR_ARGUMENT);
    sep_free(folder);
}

#else

static void scribbles_train_and_whole_maps_validate(void **state)
{
    (void)state;
    skip();
}

#endif

static void write_nnunet(const char *folder, const char *labels)
{
    char *path = sep_format("%s/dataset.json", folder);
    char *text = sep_format("{\"labels\": %s, \"channel_names\": {\"0\": \"MRI\"}, \"numTraining\": 1, "
                            "\"file_ending\": \".nii.gz\"}",
                            labels);

    assert_int_equal(sep_file_write_atomic(path, text, strlen(text)), SEP_OK);
    sep_free(text);
    sep_free(path);
}

/* A data set of one scan, whose labels are 0, 1, 2, 0, 1, 2, ... */
static char *write_nnunet_scan(const char *name)
{
    char *folder = sep_strdup(scratch_path(name)), *images = sep_format("%s/imagesTr", folder),
         *labels = sep_format("%s/labelsTr", folder), *image_path = sep_format("%s/a_0000.nii.gz", images),
         *label_path = sep_format("%s/a.nii.gz", labels);
    sep_volume image;
    sep_labels label;

    assert_int_equal(sep_make_folders(images), SEP_OK);
    assert_int_equal(sep_make_folders(labels), SEP_OK);
    assert_int_equal(sep_volume_create(&image, 1, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_labels_create(&label, 1, SIDE, SIDE), SEP_OK);
    for (int i = 0; i < PIXELS; i++)
        label.data[i] = (uint8_t)(i % 3);
    assert_int_equal(sep_volume_write(image_path, &image), SEP_OK);
    assert_int_equal(sep_labels_write(label_path, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
    sep_free(images);
    sep_free(labels);
    sep_free(image_path);
    sep_free(label_path);
    return folder;
}

static void nnunet_names_what_is_ignored(void **state)
{
    sep_data_config config = {.format = SEP_DATA_NNUNET};
    sep_dataset *dataset;

    (void)state;
    if (!SEP_HAVE_NIFTI)
        skip();
    char *folder = write_nnunet_scan("nnunet");
    config.folder = folder;
    write_nnunet(folder, "{\"background\": 0, \"heart\": 1, \"ignore\": 2}");
    assert_int_equal(sep_dataset_load(&config, &dataset), SEP_OK);
    assert_int_equal(dataset->classes, 2);
    assert_int_equal(dataset->scan[0].label.data[2], SEP_IGNORED);
    sep_dataset_destroy(dataset);
    config.labels = (sep_label_reading){.ignores = true, .ignored = 3};
    assert_int_equal(sep_dataset_load(&config, &dataset), SEP_ERR_ARGUMENT);
    config.labels = (sep_label_reading){0};
    write_nnunet(folder, "{\"background\": 0, \"ignore\": 1, \"heart\": 2}");
    assert_int_equal(sep_dataset_load(&config, &dataset), SEP_ERR_FORMAT); /* classes run from 0 up */
    sep_free(folder);
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

/* The image says what the label is, but 8 where nobody annotated. */
static sep_dataset *scribbled(void)
{
    sep_volume image;
    sep_labels label;
    sep_dataset *dataset;

    assert_int_equal(sep_volume_create(&image, SLICES, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_labels_create(&label, SLICES, SIDE, SIDE), SEP_OK);
    label.ignores = true;
    for (int i = 0; i < SLICES * PIXELS; i++) {
        bool ignored = scribble_at(i) == MARK;
        image.data[i] = ignored ? 8.0f : (float)scribble_at(i);
        label.data[i] = ignored ? SEP_IGNORED : scribble_at(i);
    }
    assert_int_equal(sep_dataset_from_memory(3, &image, &label, 1, 0, &dataset), SEP_OK);
    return dataset;
}

/* How many labels of some batches are -1; each agrees with its image. */
static int count_ignored(const sep_dataset *dataset, const sep_batch_config *config)
{
    const sep_batch *batch;
    sep_loader *loader;
    int ignored = 0;

    assert_int_equal(sep_loader_create(dataset, config, 0, &loader), SEP_OK);
    for (int k = 0; k < 20; k++) {
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        for (int i = 0; i < 3 * PIXELS; i++) {
            ignored += batch->label[i] == -1;
            assert_int_equal(batch->label[i], batch->image[i] == 8.0f ? -1 : (int)batch->image[i]);
        }
    }
    sep_loader_destroy(loader);
    return ignored;
}

static void batches_say_minus_one(void **state)
{
    sep_batch_config config = {.height = SIDE, .width = SIDE, .labelled_batch = 3, .seed = 3};
    sep_dataset *dataset = scribbled();

    (void)state;
    assert_int_equal(count_ignored(dataset, &config), 20 * (2 * PIXELS - SIDE));
    config.augmentation = SEP_AUGMENT_THESIS;
    assert_true(count_ignored(dataset, &config) > 0);
    config.augmentation = SEP_AUGMENT_STRONG; /* settings that leave the image as it is */
    assert_int_equal(count_ignored(dataset, &config), 20 * (2 * PIXELS - SIDE));
    sep_dataset_destroy(dataset);
}

static void oversampling_seeks_classes(void **state)
{
    const sep_strong_settings settings = {
        .scale_probability = 1.0f, .scale_low = 0.5f, .scale_high = 0.5f, .foreground = 1.0f};
    uint8_t labels[PIXELS];

    (void)state;
    memset(labels, SEP_IGNORED, sizeof labels);
    labels[3 * SIDE + 5] = 2;
    for (uint32_t i = 0; i < 20; i++) {
        sep_view_id view = {.seed = 1, .iteration = i};
        sep_geometry geometry = sep_geometry_draw(&settings, &view, SIDE, SIDE, SIDE, SIDE, labels);
        assert_true(geometry.centre[0] == 3.0f && geometry.centre[1] == 5.0f);
    }
}

/* ---- scores, votes, orders --------------------------------------------------------------------------------------- */

static sep_labels map_of(const char *rows, int height, int width)
{
    sep_labels labels;

    assert_int_equal(sep_labels_create(&labels, 1, height, width), SEP_OK);
    labels.ignores = true;
    for (int i = 0; i < height * width; i++)
        labels.data[i] = rows[i] == '?' ? SEP_IGNORED : (uint8_t)(rows[i] - '0');
    return labels;
}

static void scores_leave_ignored_voxels_out(void **state)
{
    sep_labels prediction = map_of("111100"
                                   "111100"
                                   "000011",
                                   3, 6),
               reference = map_of("0111??"
                                  "0111??"
                                  "0000??",
                                  3, 6);
    sep_class_score score;

    (void)state;
    assert_int_equal(sep_score_case(&prediction, &reference, 2, &score), SEP_OK);
    assert_int_equal(score.prediction_voxels, 8);
    assert_int_equal(score.reference_voxels, 6);
    assert_true(score.value[SEP_EMPTY_STRICT][SEP_METRIC_DICE] == 12.0 / 14.0);
    assert_true(score.value[SEP_EMPTY_STRICT][SEP_METRIC_HD] == 1.0); /* not the island at the right */
    reference.ignores = false;
    assert_int_equal(sep_score_case(&prediction, &reference, 2, &score), SEP_ERR_FORMAT);
    sep_labels_free(&prediction);
    sep_labels_free(&reference);
}

static void ignored_voxels_have_no_vote(void **state)
{
    sep_labels map[3] = {map_of("??1?", 1, 4), map_of("??2?", 1, 4), map_of("?2?1", 1, 4)}, out, agreement;

    (void)state;
    assert_int_equal(sep_labels_vote(map, (const double[]){3.0, 1.0, 1.0}, 3, &out, &agreement), SEP_OK);
    assert_memory_equal(out.data, ((const uint8_t[]){SEP_IGNORED, 2, 1, 1}), 4);
    assert_true(out.ignores);
    assert_memory_equal(agreement.data, ((const uint8_t[]){255, 51, 153, 51}),
                        4); /* of all, also of those who know nothing */
    assert_false(agreement.ignores);
    sep_labels_free(&agreement);
    sep_labels_free(&out);
    for (int i = 0; i < 3; i++)
        sep_labels_free(&map[i]);
}

static void another_order_ignores_the_same(void **state)
{
    sep_labels labels = map_of("0?1", 1, 3);
    const sep_order mirrored = {.axis = {0, 1, 2}, .flipped = {true, false, false}};

    (void)state;
    assert_int_equal(sep_labels_reorder(&labels, &mirrored), SEP_OK);
    assert_true(labels.ignores);
    assert_memory_equal(labels.data, ((const uint8_t[]){1, SEP_IGNORED, 0}), 3);
    assert_int_equal(sep_labels_fullest_slice(&labels), 0);
    sep_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_marks_what_is_ignored),
        cmocka_unit_test(the_mark_of_memory_is_no_class),
        cmocka_unit_test(scribbles_train_and_whole_maps_validate),
        cmocka_unit_test(nnunet_names_what_is_ignored),
        cmocka_unit_test(batches_say_minus_one),
        cmocka_unit_test(oversampling_seeks_classes),
        cmocka_unit_test(scores_leave_ignored_voxels_out),
        cmocka_unit_test(ignored_voxels_have_no_vote),
        cmocka_unit_test(another_order_ignores_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
