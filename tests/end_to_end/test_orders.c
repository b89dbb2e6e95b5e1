/* The command on files that hold the same voxels in other orders, or lie elsewhere: what it prints, writes, refuses. */
#include "support_command.h"
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/model.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_HDF5

#include <stdio.h>
#include <string.h>

static const sep_order RPS = {.axis = {0, 1, 2}, .flipped = {true, false, false}};
static const sep_order SAR = {.axis = {2, 1, 0}, .flipped = {false, true, true}};

/* A phantom in an order, and shifted by some mm along A. */
static void write_phantom(const char *image_name, const char *label_name, const sep_order *order, double shift)
{
    const sep_phantom_config config = {.size = 32, .slices = 4, .seed = 3};
    sep_volume image;
    sep_labels label;

    assert_int_equal(sep_phantom_cardiac(&config, 0, SEP_END_DIASTOLE, &image, &label), SEP_OK);
    assert_int_equal(sep_volume_reorder(&image, order), SEP_OK);
    assert_int_equal(sep_labels_reorder(&label, order), SEP_OK);
    image.affine[1][3] += shift;
    label.affine[1][3] += shift;
    assert_int_equal(sep_volume_write(scratch_path(image_name), &image), SEP_OK);
    assert_int_equal(sep_labels_write(scratch_path(label_name), &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
}

static int make_files(void **state)
{
    (void)state;
    write_phantom("lps.nii.gz", "lps_seg.nii.gz", &sep_order_stored, 0.0);
    write_phantom("rps.nii.gz", "rps_seg.nii.gz", &RPS, 0.0);
    write_phantom("sar.nii.gz", "sar_seg.nii.gz", &SAR, 0.0);
    write_phantom("far.nii.gz", "far_seg.nii.gz", &sep_order_stored, 12.5);
    return 0;
}

/* ---- pairs of files ---------------------------------------------------------------------------------------------- */

static void evaluate_compares_in_space(void **state)
{
    (void)state;
    expect(0, "mean", "evaluate -p lps_seg.nii.gz -r lps_seg.nii.gz --csv same.csv");
    assert_silent_about("order");
    expect(0, "the prediction is stored as RPS, the reference as LPS",
           "evaluate -p rps_seg.nii.gz -r lps_seg.nii.gz --csv same.csv");
    assert_non_null(strstr(printed(), "mean     1.0000 +- 0.0000      0.00 +- 0.00"));
    expect(0, "the prediction is stored as SAR, the reference as RPS", "evaluate -p sar_seg.nii.gz -r rps_seg.nii.gz");
    assert_non_null(strstr(printed(), "mean     1.0000 +- 0.0000      0.00 +- 0.00"));
    expect(0, "the prediction lies elsewhere than the reference (origins 12.5 mm apart, axes up to 0.00 degrees",
           "evaluate -p far_seg.nii.gz -r lps_seg.nii.gz");
    assert_non_null(strstr(printed(), "mean     1.0000 +- 0.0000      0.00 +- 0.00"));
}

static void convert_puts_labels_into_their_image(void **state)
{
    sep_labels beside, known;

    (void)state;
    expect(0, "the label map is stored as SAR, its image as LPS",
           "convert lps.nii.gz both.h5 --with-labels sar_seg.nii.gz");
    assert_int_equal(sep_labels_read(scratch_path("both.h5"), &beside), SEP_OK);
    assert_int_equal(sep_labels_read(scratch_path("lps_seg.nii.gz"), &known), SEP_OK);
    assert_same_labels(&beside, &known, 1e-4);
    sep_labels_free(&beside);
    sep_labels_free(&known);
    expect(0, "the label map lies elsewhere than its image (origins 12.5 mm apart",
           "convert lps.nii.gz both.h5 --with-labels far_seg.nii.gz");
}

static void warp_warns_of_unknown_spacing(void **state)
{
    static const char identity[] = "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
                                   "Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";
    sep_volume bare;

    (void)state;
    (void)scratch_file("identity.tfm", identity, strlen(identity));
    assert_int_equal(sep_volume_create(&bare, 4, 32, 32), SEP_OK);
    assert_int_equal(sep_volume_write(scratch_path("bare.h5"), &bare), SEP_OK);
    sep_volume_free(&bare);
    expect(0, "warning: lps.nii.gz says how large its voxels are, bare.h5 does not",
           "warp bare.h5 -t identity.tfm -g lps.nii.gz -o warped.nii.gz");
}

/* ---- a data set -------------------------------------------------------------------------------------------------- */

/* A phantom data set, of which one training case is stored along other axes. */
static void make_dataset(const char *folder, int cases)
{
    char *arguments = sep_format("phantom cardiac %s --cases %d --size 32 --slices 4 --quiet", folder, cases);
    sep_strings images = {0};
    sep_volume image;

    expect(0, "", arguments);
    sep_free(arguments);
    char *in = sep_format("%s/imagesTr", scratch_path(folder));
    assert_int_equal(sep_list_folder(in, ".nii.gz", &images), SEP_OK);
    char *path = sep_format("%s/%s", in, images.item[0]);
    assert_int_equal(sep_volume_read(path, &image), SEP_OK);
    assert_int_equal(sep_volume_reorder(&image, &SAR), SEP_OK);
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    sep_volume_free(&image);
    sep_strings_free(&images);
    sep_free(path);
    sep_free(in);
}

static void write_settings(const char *name, const char *folder)
{
    char *text = sep_format("[data]\nformat = nnunet\nfolder = %s\nvalidation_count = 1\npatch_size = 32\n"
                            "[train]\nmethod = supervised\niterations = 6\nvalidate_every = 3\n"
                            "[student_0]\nnet = u-net\nbase = 4\n",
                            folder);

    (void)scratch_file(name, text, strlen(text));
    sep_free(text);
}

enum { VOXELS = 40 };

/* What the model makes of voxels of a scan. */
static float *features_of(sep_model *model, sep_feature_map map, const char *name, const sep_voxel voxel[VOXELS],
                          uint8_t predicted[VOXELS], size_t *bytes)
{
    sep_features *features;
    sep_volume volume;

    assert_int_equal(sep_volume_read(scratch_path(name), &volume), SEP_OK);
    assert_int_equal(sep_features_open(model, (sep_answer){0}, map, &features), SEP_OK);
    *bytes = (size_t)VOXELS * (size_t)sep_features_channels(features) * sizeof(float);
    float *feature = sep_calloc(*bytes, 1);
    assert_non_null(feature);
    assert_int_equal(sep_features_at(features, &volume, voxel, VOXELS, feature, predicted), SEP_OK);
    sep_features_close(features);
    sep_volume_free(&volume);
    return feature;
}

/* A voxel has the same features and class however its scan is stored, and the class is the label map's. */
static void check_features(const char *checkpoint, const sep_labels *labels)
{
    sep_voxel lps[VOXELS], sar[VOXELS];
    uint8_t predicted[2][VOXELS];
    size_t bytes;
    sep_device *device;
    sep_model *model;

    assert_int_equal(sep_device_open("cpu", 1, SEP_REPRODUCIBLE, &device), SEP_OK);
    assert_int_equal(sep_model_load(scratch_path(checkpoint), device, &model), SEP_OK);
    for (int i = 0; i < VOXELS; i++) {
        lps[i] = (sep_voxel){.z = i % labels->depth, .y = i * 7 % labels->height, .x = i * 5 % labels->width};
        sar[i] = (sep_voxel){.z = labels->width - 1 - lps[i].x, .y = labels->height - 1 - lps[i].y, .x = lps[i].z};
    }
    for (sep_feature_map map = SEP_FEATURES_FULL; map <= SEP_FEATURES_EIGHTH; map++) {
        float *first = features_of(model, map, "lps.nii.gz", lps, predicted[0], &bytes),
              *second = features_of(model, map, "sar.nii.gz", sar, predicted[1], &bytes);
        assert_memory_equal(first, second, bytes);
        for (int i = 0; i < VOXELS; i++) {
            const uint8_t label = sep_labels_slice(labels, lps[i].z)[lps[i].y * labels->width + lps[i].x];
            assert_int_equal(predicted[0][i], label);
            assert_int_equal(predicted[1][i], label);
        }
        sep_free(first);
        sep_free(second);
    }
    sep_model_destroy(model);
    sep_device_destroy(device);
}

static void mixed_data_train_and_predict_as_one_order(void **state)
{
    char one[17], mixed[17];
    sep_labels from_lps, from_sar;
    sep_space space;

    (void)state;
    expect(0, "", "phantom cardiac same --cases 3 --size 32 --slices 4 --quiet");
    make_dataset("mixed", 3);
    write_settings("same.ini", "same");
    write_settings("mixed.ini", "mixed");
    expect(0, "of 32 x 32 each", "info mixed.ini");
    assert_non_null(strstr(printed(), "4 slices of 32 x 32 each"));
    assert_non_null(strstr(printed(), "1 label map stored in another order than the image, and put into it"));
    assert_non_null(strstr(printed(), "(SAR: 32 slices of 32 x 4 became 4 of 32 x 32)"));
    expect(0, "\"notes\"", "info mixed.ini --json");

    expect(0, "6 iterations", "train same.ini --out runs/same");
    hash_of_run(one);
    expect(0, "put into it: first", "train mixed.ini --out runs/mixed");
    hash_of_run(mixed);
    assert_string_equal(one, mixed);

    expect(0, "trained on slices stored as LPS", "info runs/mixed/best.safetensors");
    expect(0, "", "predict lps.nii.gz -m runs/mixed/best.safetensors -o p_lps.nii.gz");
    assert_silent_about("stored as");
    expect(0, "sar.nii.gz: stored as SAR, predicted as LPS",
           "predict sar.nii.gz -m runs/mixed/best.safetensors -o p_sar.nii.gz --probabilities");
    assert_int_equal(sep_labels_read(scratch_path("p_lps.nii.gz"), &from_lps), SEP_OK);
    assert_int_equal(sep_labels_read(scratch_path("p_sar.nii.gz"), &from_sar), SEP_OK);
    assert_int_equal(from_sar.width, 4); /* on the scan's own grid */
    const sep_volume grid = sep_labels_grid(&from_lps);
    assert_int_equal(sep_labels_match(&grid, &from_sar, &space), SEP_OK);
    assert_int_equal(space.relation, SEP_SPACE_REORDERED);
    assert_same_labels(&from_lps, &from_sar, 1e-3);
    check_features("runs/mixed/best.safetensors", &from_lps);
    sep_labels_free(&from_lps);
    sep_labels_free(&from_sar);
}

/* What a plan of a data set says of its augmentation, which goes by which way up the pictures are. */
static char *planned_augmentation(const char *folder, char text[1 << 14])
{
    char *arguments =
             sep_format("plan %s --method supervised --hours 0.01 --threads 1 --out %s-plan.ini", folder, folder),
         *ini = sep_format("%s-plan.ini", folder);

    expect(0, "", arguments);
    FILE *file = fopen(scratch_path(ini), "r");
    assert_non_null(file);
    text[fread(text, 1, (1 << 14) - 1, file)] = '\0';
    fclose(file);
    sep_free(arguments);
    sep_free(ini);
    char *section = strstr(text, "[augmentation]"), *end = strstr(text, "[train]");
    assert_non_null(section);
    assert_non_null(end);
    *end = '\0';
    return section;
}

static void a_plan_compares_pictures_in_one_order(void **state)
{
    char one[1 << 14], mixed[1 << 14];

    (void)state;
    expect(0, "", "phantom cardiac same-of-6 --cases 6 --size 32 --slices 4 --quiet");
    make_dataset("mixed-of-6", 6);
    const char *first = planned_augmentation("same-of-6", one), *second = planned_augmentation("mixed-of-6", mixed);
    assert_non_null(strstr(printed(), "scan is stored along other axes than most"));
    assert_non_null(strstr(first, "As they are, "));
    assert_string_equal(first, second);
}

static void training_refuses_labels_elsewhere(void **state)
{
    sep_strings names = {0};
    sep_labels label;

    (void)state;
    expect(0, "", "phantom cardiac shifted --cases 2 --size 32 --slices 4 --quiet");
    assert_int_equal(sep_list_folder(scratch_path("shifted/labelsTr"), ".nii.gz", &names), SEP_OK);
    char *path = sep_format("%s/%s", scratch_path("shifted/labelsTr"), names.item[0]);
    assert_int_equal(sep_labels_read(path, &label), SEP_OK);
    label.affine[0][3] += 7.0;
    assert_int_equal(sep_labels_write(path, &label), SEP_OK);
    sep_labels_free(&label);
    write_settings("shifted.ini", "shifted");
    expect(1, "the label map lies elsewhere than its image", "train shifted.ini --out runs/shifted");
    assert_non_null(strstr(printed(), names.item[0]));
    assert_non_null(strstr(printed(), "origins 7 mm apart"));
    expect(0, "warning: 1 label map elsewhere than the image",
           "train shifted.ini --out runs/shifted --set data.geometry=warn");
    sep_strings_free(&names);
    sep_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluate_compares_in_space),
        cmocka_unit_test(convert_puts_labels_into_their_image),
        cmocka_unit_test(warp_warns_of_unknown_spacing),
        cmocka_unit_test(mixed_data_train_and_predict_as_one_order),
        cmocka_unit_test(a_plan_compares_pictures_in_one_order),
        cmocka_unit_test(training_refuses_labels_elsewhere),
    };

    return cmocka_run_group_tests(tests, make_files, NULL);
}

#else

static void nothing_to_read(void **state)
{
    (void)state;
    print_message("skipped: built without NIfTI or HDF5\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_to_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
