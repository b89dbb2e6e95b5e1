/* NIfTI in and out: voxel types, scaling, byte order, damage. Geometry is in test_nifti_forms.c, what else the format
 * comes as in test_nifti_kinds.c. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "support_nifti.h"

#include <math.h>
#include <string.h>

/* ---- round trips ------------------------------------------------------------------------------------------------- */

static void check_round_trip(const char *name)
{
    const char *path = scratch_path(name);
    sep_volume image = image_example(), image_back;
    sep_labels labels = labels_example(), labels_back;

    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    assert_int_equal(sep_volume_read(path, &image_back), SEP_OK);
    assert_same_volume(&image, &image_back, 0.0); /* the example's affine is made of floats */
    assert_int_equal(sep_labels_write(path, &labels), SEP_OK);
    assert_int_equal(sep_labels_read(path, &labels_back), SEP_OK);
    assert_same_labels(&labels, &labels_back, 0.0);
    sep_volume_free(&image);
    sep_volume_free(&image_back);
    sep_labels_free(&labels);
    sep_labels_free(&labels_back);
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip("plain.nii");
    check_round_trip("packed.nii.gz");
    check_round_trip("LOUD.NII.GZ");
}

static void test_without_geometry(void **state)
{
    const char *path = scratch_path("nowhere.nii.gz");
    sep_volume volume, back;

    (void)state;
    assert_int_equal(sep_volume_create(&volume, 1, 2, 3), SEP_OK);
    assert_int_equal(sep_volume_write(path, &volume), SEP_OK);
    assert_int_equal(sep_volume_read(path, &back), SEP_OK);
    assert_same_volume(&volume, &back, 0.0);
    sep_volume_free(&volume);
    sep_volume_free(&back);
}

/* The header as another program sees it. */
static void test_header(void **state)
{
    const char *path = scratch_path("header.nii");
    sep_labels labels = labels_example();
    nifti_1_header header;
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_labels_write(path, &labels), SEP_OK);
    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_int_equal(count, VOXELS_AT + 60);
    memcpy(&header, bytes, sizeof header);
    assert_int_equal(header.datatype, NIFTI_TYPE_UINT8);
    assert_int_equal(header.intent_code, NIFTI_INTENT_LABEL);
    assert_int_equal(header.xyzt_units, NIFTI_UNITS_MM);
    assert_true(header.sform_code == 1 && header.qform_code == 1 && header.pixdim[0] == -1.0f);
    assert_true(header.pixdim[1] == 0.7f && header.pixdim[2] == 1.25f && header.pixdim[3] == 5.0f);

    /* The qform says what the sform says. */
    mat44 q = nifti_quatern_to_mat44(header.quatern_b, header.quatern_c, header.quatern_d, header.qoffset_x,
                                     header.qoffset_y, header.qoffset_z, header.pixdim[1], header.pixdim[2],
                                     header.pixdim[3], header.pixdim[0]);
    for (int i = 0; i < 12; i++)
        assert_true(fabs((double)q.m[i / 4][i % 4] - labels.affine[i / 4][i % 4]) < 1e-5);
    sep_free(bytes);
    sep_labels_free(&labels);
}

/* The same volume makes the same file. */
static void test_files_repeat(void **state)
{
    sep_volume volume = image_example();
    void *first, *second;
    size_t first_count, second_count;

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("a.nii.gz"), &volume), SEP_OK);
    assert_int_equal(sep_volume_write(scratch_path("b.nii.gz"), &volume), SEP_OK);
    assert_int_equal(sep_file_read(scratch_path("a.nii.gz"), &first, &first_count), SEP_OK);
    assert_int_equal(sep_file_read(scratch_path("b.nii.gz"), &second, &second_count), SEP_OK);
    assert_int_equal(first_count, second_count);
    assert_memory_equal(first, second, first_count);
    sep_free(first);
    sep_free(second);
    sep_volume_free(&volume);
}

/* ---- voxel types ------------------------------------------------------------------------------------------------- */

/* Twelve voxels of a type, the other byte order too, without and with scaling. */
#define CHECK_TYPE(code, type, low)                                                                                    \
    do {                                                                                                               \
        file_image file_ = plain_file(code, (short)(8 * sizeof(type)));                                                \
        type values_[12];                                                                                              \
        for (int i_ = 0; i_ < 12; i_++)                                                                                \
            values_[i_] = (type)(i_ * 9.0 + (double)(low));                                                            \
        memcpy(file_.voxels, values_, sizeof values_);                                                                 \
        check_values(&file_, 1.0, (double)(low));                                                                      \
    } while (0)

static void check_read(const file_image *file, double slope, double inter, double low)
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(put_file("type.nii", file), &volume), SEP_OK);
    for (int i = 0; i < 12; i++)
        assert_true(volume.data[i] == (float)((i * 9 + low) * slope + inter));
    sep_volume_free(&volume);
}

static void check_values(file_image *file, double slope, double low)
{
    int bytes = file->header.bitpix / 8;

    check_read(file, slope, 0.0, low);
    file->header.scl_slope = 0.1f;
    file->header.scl_inter = -1000.0f;
    check_read(file, (double)0.1f, -1000.0, low);
    file->header.scl_slope = NAN;
    check_read(file, 1.0, 0.0, low);

    file_image swapped = *file;
    swap_nifti_header(&swapped.header, 1);
    if (bytes > 1)
        nifti_swap_Nbytes(12, bytes, swapped.voxels);
    sep_volume volume;
    assert_int_equal(sep_volume_read(scratch_file("swapped.nii", &swapped, file_bytes(file)), &volume), SEP_OK);
    for (int i = 0; i < 12; i++)
        assert_true(volume.data[i] == (float)(i * 9 + low));
    sep_volume_free(&volume);
}

static void test_types(void **state)
{
    (void)state;
    CHECK_TYPE(NIFTI_TYPE_UINT8, uint8_t, 3);
    CHECK_TYPE(NIFTI_TYPE_INT8, int8_t, -50);
    CHECK_TYPE(NIFTI_TYPE_UINT16, uint16_t, 65000);
    CHECK_TYPE(NIFTI_TYPE_INT16, int16_t, -32000);
    CHECK_TYPE(NIFTI_TYPE_UINT32, uint32_t, 2000000000);
    CHECK_TYPE(NIFTI_TYPE_INT32, int32_t, -2000000000);
    CHECK_TYPE(NIFTI_TYPE_UINT64, uint64_t, 4000000000);
    CHECK_TYPE(NIFTI_TYPE_INT64, int64_t, -4000000000);
    CHECK_TYPE(NIFTI_TYPE_FLOAT32, float, 0.25f);
    CHECK_TYPE(NIFTI_TYPE_FLOAT64, double, -0.5);
}

/* ---- what must fail ---------------------------------------------------------------------------------------------- */

static void test_bad_headers(void **state)
{
    const file_image good = plain_file(NIFTI_TYPE_UINT8, 8);
    file_image file = good;

    (void)state;
    assert_volume_fails(scratch_file("short.nii", &good, 300), SEP_ERR_FORMAT, "ends within the header");
    file.header.magic[0] = 'x';
    assert_volume_fails(put_file("magic.nii", &file), SEP_ERR_FORMAT, "no magic 'n+1' or 'ni1'");
    memcpy(file.header.magic, "ni1", 4);
    assert_volume_fails(put_file("pair.nii", &file), SEP_ERR_UNSUPPORTED, ".hdr and .img pair");
    file = good;
    file.header.sizeof_hdr = 540;
    assert_volume_fails(put_file("two.nii", &file), SEP_ERR_FORMAT, "ends within the header");
    file = good;
    file.header.dim[0] = 9;
    assert_volume_fails(put_file("axes.nii", &file), SEP_ERR_FORMAT, "claims 9 axes");
    file = good;
    file.header.dim[2] = -2;
    assert_volume_fails(put_file("negative.nii", &file), SEP_ERR_FORMAT, "claims 3x-2x2 voxels");
    file = good;
    file.header.dim[1] = file.header.dim[2] = file.header.dim[3] = 32767;
    assert_volume_fails(put_file("huge.nii", &file), SEP_ERR_FORMAT, "claims 32767x32767x32767 voxels");
    file.header.dim[3] = 1;
    assert_volume_fails(put_file("large.nii", &file), SEP_ERR_FORMAT, "more than 364 bytes can hold");
    file = good;
    file.header.dim[0] = 5;
    file.header.dim[5] = 3;
    assert_volume_fails(put_file("vectors.nii", &file), SEP_ERR_UNSUPPORTED, "3 entries along axis 5");
    file = good;
    file.header.datatype = NIFTI_TYPE_RGB24;
    assert_volume_fails(put_file("colour.nii", &file), SEP_ERR_UNSUPPORTED, "RGB24");
    file = good;
    file.header.vox_offset = -1.0f;
    assert_volume_fails(put_file("offset.nii", &file), SEP_ERR_FORMAT, "start at byte -1");
}

static void test_one_time_point(void **state)
{
    file_image file = plain_file(NIFTI_TYPE_UINT8, 8);
    sep_volume volume;

    (void)state;
    file.header.dim[0] = 4;
    file.header.vox_offset = 0.0f; /* some writers leave it out */
    assert_int_equal(sep_volume_read(put_file("one.nii", &file), &volume), SEP_OK);
    assert_int_equal(volume.depth, 2);
    sep_volume_free(&volume);
    file.header.dim[0] = 2;
    assert_int_equal(sep_volume_read(put_file("plane.nii", &file), &volume), SEP_OK);
    assert_int_equal(volume.depth, 1);
    sep_volume_free(&volume);
}

static void test_bad_voxels(void **state)
{
    file_image file = plain_file(NIFTI_TYPE_FLOAT32, 32);
    float value = NAN;

    (void)state;
    memcpy(file.voxels + 4 * sizeof value, &value, sizeof value);
    assert_volume_fails(put_file("nan.nii", &file), SEP_ERR_NUMERIC, "voxel (x 1, y 1, z 0) is not a number");
    value = -INFINITY;
    memcpy(file.voxels + 4 * sizeof value, &value, sizeof value);
    assert_volume_fails(put_file("inf.nii", &file), SEP_ERR_NUMERIC, "infinite");
    value = 2.5f;
    memcpy(file.voxels + 4 * sizeof value, &value, sizeof value);
    assert_labels_fail(put_file("half.nii", &file), SEP_ERR_FORMAT, "voxel (x 1, y 1, z 0) is 2.5; a label map holds");
    value = 256.0f;
    memcpy(file.voxels + 4 * sizeof value, &value, sizeof value);
    assert_labels_fail(put_file("big.nii", &file), SEP_ERR_FORMAT, "is 256;");
    value = -1.0f;
    memcpy(file.voxels + 4 * sizeof value, &value, sizeof value);
    assert_labels_fail(put_file("minus.nii", &file), SEP_ERR_FORMAT, "is -1;");
}

static void test_damaged_gzip(void **state)
{
    sep_volume volume = image_example(), cut;
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("whole.nii.gz"), &volume), SEP_OK);
    sep_volume_free(&volume);
    assert_int_equal(sep_file_read(scratch_path("whole.nii.gz"), &bytes, &count), SEP_OK);
    for (size_t kept = 1; kept < count; kept++)
        assert_int_not_equal(sep_volume_read(scratch_file("cut.nii.gz", bytes, kept), &cut), SEP_OK);
    assert_volume_fails(scratch_file("cut.nii.gz", bytes, count - 20), SEP_ERR_FORMAT, "truncated");
    ((uint8_t *)bytes)[count - 5] ^= 1; /* the check sum */
    assert_volume_fails(scratch_file("flipped.nii.gz", bytes, count), SEP_ERR_FORMAT, "damaged");
    sep_free(bytes);
}

static void test_can_not_write(void **state)
{
    sep_volume volume = image_example(), wide;

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("no-folder/a.nii.gz"), &volume), SEP_ERR_IO);
    assert_int_equal(sep_volume_create(&wide, 1, 1, 40000), SEP_OK);
    assert_int_equal(sep_volume_write(scratch_path("wide.nii"), &wide), SEP_ERR_UNSUPPORTED);
    assert_false(sep_file_exists(scratch_path("wide.nii")));
    sep_volume_free(&volume);
    sep_volume_free(&wide);
}

/* ---- real data --------------------------------------------------------------------------------------------------- */

static void test_hippocampus(void **state)
{
    const char *folder = "../shared/data/hippocampus";
    sep_volume image;
    sep_labels labels;

    (void)state;
    if (!sep_folder_exists(folder)) {
        print_message("%s is not here\n", folder);
        skip();
    }
    char *image_path = sep_format("%s/imagesTr/hippocampus_001_0000.nii.gz", folder);
    char *labels_path = sep_format("%s/labelsTr/hippocampus_001.nii.gz", folder);
    assert_int_equal(sep_volume_read(image_path, &image), SEP_OK);
    assert_int_equal(sep_labels_read(labels_path, &labels), SEP_OK);
    assert_int_equal(sep_check_same_size(image_path, &image, labels_path, &labels), SEP_OK);
    assert_true(image.has_geometry && image.spacing[0] == 1.0f && image.spacing[2] == 1.0f);
    for (int i = 0; i < labels.depth * labels.height * labels.width; i++)
        assert_true(labels.data[i] <= 2);
    sep_volume_free(&image);
    sep_labels_free(&labels);
    sep_free(image_path);
    sep_free(labels_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_without_geometry),
        cmocka_unit_test(test_header),         cmocka_unit_test(test_files_repeat),
        cmocka_unit_test(test_types),          cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_one_time_point), cmocka_unit_test(test_bad_voxels),
        cmocka_unit_test(test_damaged_gzip),   cmocka_unit_test(test_can_not_write),
        cmocka_unit_test(test_hippocampus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include <string.h>

static void test_says_what_is_missing(void **state)
{
    sep_volume volume = image_example();

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("a.nii"), &volume), SEP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sep_error_text(), "nifticlib"));
    sep_volume_free(&volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_says_what_is_missing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
