/* Datasets whose label maps lie beside their images, NAME_gt beside NAME, as ACDC comes: a folder a patient, with the
 * series that the frames were taken from. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "septum/data.h"
#include "support_nifti.h"

#include <string.h>

static void put_volume(const char *name, uint8_t value)
{
    file_image file = plain_file(NIFTI_TYPE_UINT8, 8);

    memset(file.voxels, value, 12);
    file.voxels[0] = 0;
    put_file(name, &file);
}

/* Frame k holds 10 + k. */
static void put_series(const char *name, int frames)
{
    uint8_t bytes[VOXELS_AT + 12 * 8];
    file_image file = plain_file(NIFTI_TYPE_UINT8, 8);

    file.header.dim[0] = 4;
    file.header.dim[4] = (short)frames;
    memcpy(bytes, &file, VOXELS_AT);
    for (int i = 0; i < 12 * frames; i++)
        bytes[VOXELS_AT + i] = (uint8_t)(11 + i / 12);
    scratch_file(name, bytes, (size_t)(VOXELS_AT + 12 * frames));
}

/* patient001 has two frames and a series of 4, patient002 one of each, and what septum predict wrote beside one. */
static const char *make_folder(void)
{
    assert_int_equal(sep_make_folders(scratch_path("training/patient001")), SEP_OK);
    assert_int_equal(sep_make_folders(scratch_path("training/patient002")), SEP_OK);
    scratch_file("training/patient001/Info.cfg", "ED: 1\n", 6);
    put_volume("training/patient001/patient001_frame01.nii", 50);
    put_volume("training/patient001/patient001_frame01_gt.nii", 1);
    put_volume("training/patient001/patient001_frame03.nii", 51);
    put_volume("training/patient001/patient001_frame03_gt.nii", 2);
    put_series("training/patient001/patient001_4d.nii", 4);
    put_volume("training/patient002/patient002_frame01.nii", 52);
    put_volume("training/patient002/patient002_frame01_gt.nii", 3);
    put_volume("training/patient002/patient002_frame01_seg.nii", 3);
    put_volume("training/patient002/patient002_frame01_seg_uncertainty.nii", 7);
    put_series("training/patient002/patient002_4d.nii", 2);
    return scratch_path("training");
}

static sep_dataset *load(bool series)
{
    const sep_data_config config = {
        .format = SEP_DATA_PAIRS, .folder = make_folder(), .classes = 4, .series = series, .validation_count = 1};
    sep_dataset *dataset = NULL;

    if (sep_dataset_load(&config, &dataset) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return dataset;
}

static void test_series_left_out(void **state)
{
    static const char *const names[] = {"patient001_frame01", "patient001_frame03", "patient002_frame01"};
    sep_dataset *dataset = load(false);

    (void)state;
    assert_int_equal(dataset->scans, 3);
    assert_int_equal(dataset->training_cases, 1);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(dataset->scan[i].name, names[i]);
        assert_int_equal(dataset->scan[i].label.data[11], i + 1);
    }
    sep_dataset_destroy(dataset);
}

/* Frames that have no file of their own are scans of their case, without labels; where it validates they are not used.
 */
static void test_series_as_scans(void **state)
{
    static const char *const names[] = {"patient001_frame01", "patient001_frame02", "patient001_frame03",
                                        "patient001_frame04", "patient002_frame01"};
    sep_dataset *dataset = load(true);

    (void)state;
    assert_int_equal(dataset->training_cases, 1);
    assert_int_equal(dataset->training, 4);
    assert_int_equal(dataset->labelled_slices, 4);
    assert_int_equal(dataset->unlabelled_slices, 4);
    assert_int_equal(dataset->scans, 5);
    for (int i = 0; i < dataset->scans; i++)
        assert_string_equal(dataset->scan[i].name, names[i]);
    assert_true(sep_has_suffix(dataset->scan[1].image_path, "patient001_4d.nii#2"));
    assert_null(dataset->scan[1].label_path);
    sep_dataset_destroy(dataset);
}

static void assert_refused(const char *folder, bool series, const char *text)
{
    const sep_data_config config = {.format = SEP_DATA_PAIRS, .folder = folder, .classes = 4, .series = series};
    sep_dataset *dataset = NULL;

    assert_int_not_equal(sep_dataset_load(&config, &dataset), SEP_OK);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("%s", sep_error_text());
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(sep_make_folders(scratch_path("empty")), SEP_OK);
    assert_refused(scratch_path("empty"), false, "holds neither a folder 'images'");
    assert_int_equal(sep_make_folders(scratch_path("both")), SEP_OK);
    put_series("both/a_sa.nii", 3);
    put_series("both/a_sa_gt.nii", 3);
    assert_refused(scratch_path("both"), true, "a_sa.nii: is a series of 3 volumes with label maps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series_left_out),
        cmocka_unit_test(test_series_as_scans),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
