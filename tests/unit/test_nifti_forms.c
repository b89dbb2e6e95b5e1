/* The two forms of a NIfTI header: where they place a volume (the values are SimpleITK 2.5's, in RAS+), and that they
 * go out as they came in. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "support_nifti.h"

#include <math.h>
#include <string.h>

static int warnings;
static char last_warning[1024];

static void count_warnings(void *context, sep_log_level level, const char *line)
{
    (void)context;
    warnings += level == SEP_LOG_WARNING;
    snprintf(last_warning, sizeof last_warning, "%s", line);
}

static void set_sform(nifti_1_header *header, const float rows[3][4])
{
    memcpy(header->srow_x, rows[0], sizeof header->srow_x);
    memcpy(header->srow_y, rows[1], sizeof header->srow_y);
    memcpy(header->srow_z, rows[2], sizeof header->srow_z);
}

static void check_place(const char *name, const file_image *file, const double wanted[3][4], const float spacing[3])
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(put_file(name, file), &volume), SEP_OK);
    assert_true(volume.has_geometry && volume.forms.known);
    for (int i = 0; i < 12; i++)
        if (fabs(volume.affine[i / 4][i % 4] - wanted[i / 4][i % 4]) > 1e-5)
            fail_msg("%s: affine %d is %g, wanted %g", name, i, volume.affine[i / 4][i % 4], wanted[i / 4][i % 4]);
    assert_memory_equal(volume.spacing, spacing, 3 * sizeof *spacing);
    sep_volume_free(&volume);
}

/* ---- which form -------------------------------------------------------------------------------------------------- */

/* A qform of half a turn about z at x = 7, a sform of a quarter turn. */
static file_image two_forms(short qform_code, short sform_code)
{
    static const float rows[3][4] = {{0, -3, 0, 1}, {2, 0, 0, 2}, {0, 0, 4, 3}};
    file_image file = plain_file(NIFTI_TYPE_UINT8, 8);

    file.header.pixdim[1] = 2.0f;
    file.header.pixdim[2] = 3.0f;
    file.header.pixdim[3] = 4.0f;
    file.header.quatern_d = 1.0f;
    file.header.qoffset_x = 7.0f;
    file.header.qform_code = qform_code;
    file.header.sform_code = sform_code;
    set_sform(&file.header, rows);
    for (int i = 0; i < 12; i++)
        file.voxels[i] = (uint8_t)i;
    return file;
}

static const float size_of_two[3] = {2, 3, 4};
static const double by_qform[3][4] = {{-2, 0, 0, 7}, {0, -3, 0, 0}, {0, 0, 4, 0}};
static const double by_sform[3][4] = {{0, -3, 0, 1}, {2, 0, 0, 2}, {0, 0, 4, 3}};
static const double by_pixdim[3][4] = {{-2, 0, 0, 0}, {0, -3, 0, 0}, {0, 0, 4, 0}};

/* As ITK chooses: a sform of code 1, or of any where there is no qform; else the qform. */
static void test_codes(void **state)
{
    static const struct {
        short q, s;
        const double (*affine)[4];
    } cases[] = {
        {0, 0, by_pixdim}, {1, 0, by_qform}, {2, 0, by_qform}, {0, 1, by_sform}, {0, 2, by_sform}, {0, 4, by_sform},
        {1, 1, by_sform},  {2, 1, by_sform}, {1, 2, by_qform}, {2, 2, by_qform}, {3, 4, by_qform}, {-1, 3, by_sform},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const file_image file = two_forms(cases[i].q, cases[i].s);

        check_place("codes.nii", &file, cases[i].affine, size_of_two);
    }
}

/* ITK takes no sform that is sheared while there is a qform. nibabel would; the form is kept for it. */
static void test_sheared_sform(void **state)
{
    static const float rows[3][4] = {{2, 1, 0, 1}, {0, 3, 0, 2}, {0, 0, 4, 3}};
    const double stretched = 3.0 / sqrt(10.0); /* pixdim says how long the sheared axis is */
    const double as_it_is[3][4] = {{2, stretched, 0, 1}, {0, 3 * stretched, 0, 2}, {0, 0, 4, 3}};
    file_image file = two_forms(1, 1);

    (void)state;
    set_sform(&file.header, rows);
    check_place("sheared.nii", &file, by_qform, size_of_two);
    file.header.qform_code = 0;
    check_place("sheared_alone.nii", &file, as_it_is, size_of_two);
}

static void test_unusable_forms(void **state)
{
    file_image file = two_forms(1, 1);

    (void)state;
    file.header.srow_z[2] = 0.0f; /* can't be inverted: the qform is next */
    check_place("flat.nii", &file, by_qform, size_of_two);
    file.header.quatern_b = NAN;
    check_place("nothing.nii", &file, by_pixdim, size_of_two);
}

static void test_left_handed_qform(void **state)
{
    static const double flipped[3][4] = {{-2, 0, 0, 7}, {0, -3, 0, 0}, {0, 0, -4, 0}};
    file_image file = two_forms(1, 0);

    (void)state;
    file.header.pixdim[0] = -1.0f;
    check_place("left.nii", &file, flipped, size_of_two);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static void test_no_geometry(void **state)
{
    const file_image file = plain_file(NIFTI_TYPE_UINT8, 8);
    sep_volume volume;

    (void)state;
    assert_int_equal(sep_volume_read(put_file("nowhere.nii", &file), &volume), SEP_OK);
    assert_false(volume.has_geometry || volume.forms.known);
    assert_true(volume.affine[0][0] == 1.0 && volume.spacing[0] == 1.0f);
    sep_volume_free(&volume);
}

/* A size below 0 is its magnitude; 0 and NaN state none. */
static void test_odd_sizes(void **state)
{
    static const double alone[3][4] = {{-2, 0, 0, 0}, {0, -3, 0, 0}, {0, 0, 1, 0}};
    static const float size_alone[3] = {2, 3, 1};
    file_image file = two_forms(0, 0);

    (void)state;
    file.header.pixdim[2] = -3.0f;
    file.header.pixdim[3] = NAN;
    check_place("odd.nii", &file, alone, size_alone);
    file.header.sform_code = 1;
    check_place("odd_sform.nii", &file, by_sform, size_of_two);
    file.header.sform_code = 0;
    file.header.qform_code = 1;
    file.header.pixdim[3] = -4.0f;
    check_place("odd_qform.nii", &file, by_qform, size_of_two);
}

static void test_units(void **state)
{
    static const double metres[3][4] = {{0, -3000, 0, 1000}, {2000, 0, 0, 2000}, {0, 0, 4000, 3000}};
    static const double microns[3][4] = {{0, -0.003, 0, 0.001}, {0.002, 0, 0, 0.002}, {0, 0, 0.004, 0.003}};
    static const float size_metres[3] = {2000, 3000, 4000}, size_microns[3] = {0.002f, 0.003f, 0.004f};
    file_image file = two_forms(0, 1);

    (void)state;
    file.header.xyzt_units = NIFTI_UNITS_METER;
    check_place("metres.nii", &file, metres, size_metres);
    file.header.xyzt_units = NIFTI_UNITS_MICRON;
    check_place("microns.nii", &file, microns, size_microns);
}

/* ACDC's files have a sform of unit scale beside the true pixdim and qform. */
static void test_sform_of_another_scale(void **state)
{
    static const float unit[3][4] = {{-1, 0, 0, 0}, {0, -1, 0, 0}, {0, 0, 1, 0}};
    static const double right[3][4] = {{-1.25, 0, 0, 0}, {0, -1.25, 0, 0}, {0, 0, 10, 0}};
    static const double rounded[3][4] = {{0, -3, 0, 1}, {2, 0, 0, 2}, {0, 0, 4.0001, 3}};
    static const float size[3] = {1.25f, 1.25f, 10}, size_rounded[3] = {2, 3, 4.0001f};
    file_image file = two_forms(1, 2);

    (void)state;
    memcpy(file.header.pixdim + 1, size, sizeof size);
    file.header.qoffset_x = 0.0f;
    set_sform(&file.header, unit);
    sep_log_set_sink(count_warnings, NULL);
    warnings = 0;
    check_place("acdc.nii", &file, right, size);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(last_warning, "acdc.nii: voxels are of 1.25 x 1.25 x 10 mm by pixdim, but of 1 x 1 x 1 mm"));
    check_place("acdc.nii", &file, right, size); /* one warning a file, however often it is read */
    assert_int_equal(warnings, 1);
    file.header.qform_code = 0;
    check_place("acdc_sform.nii", &file, right, size);
    assert_int_equal(warnings, 2);

    file = two_forms(0, 1);
    file.header.pixdim[3] = 4.0001f; /* no more than a rounding */
    check_place("rounded.nii", &file, rounded, size_rounded);
    assert_int_equal(warnings, 2);
    sep_log_set_sink(NULL, NULL);
}

/* ---- out as they came in ----------------------------------------------------------------------------------------- */

static nifti_1_header header_of(const char *path)
{
    nifti_1_header header;
    void *bytes;
    size_t count;

    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_true(count > sizeof header);
    memcpy(&header, bytes, sizeof header);
    sep_free(bytes);
    return header;
}

/* Both codes, the quaternion with its offset and all rows of the sform lie side by side. */
static void assert_same_forms(const nifti_1_header *a, const nifti_1_header *b)
{
    const size_t start = offsetof(nifti_1_header, qform_code), end = offsetof(nifti_1_header, intent_name);

    assert_memory_equal((const char *)a + start, (const char *)b + start, end - start);
    assert_memory_equal(a->pixdim, b->pixdim, 4 * sizeof *a->pixdim);
    assert_int_equal(XYZT_TO_SPACE(a->xyzt_units), XYZT_TO_SPACE(b->xyzt_units));
}

static void check_kept(const file_image *file)
{
    const char *in = put_file("in.nii", file), *image_out = scratch_path("image.nii"),
               *labels_out = scratch_path("labels.nii"), *drawn_out = scratch_path("drawn.nii");
    sep_volume volume;
    sep_labels labels, drawn;

    assert_int_equal(sep_volume_read(in, &volume), SEP_OK);
    assert_int_equal(sep_labels_read(in, &labels), SEP_OK);
    assert_int_equal(sep_labels_create(&drawn, 2, 2, 3), SEP_OK);
    sep_labels_take_geometry(&drawn, &volume);
    assert_int_equal(sep_volume_write(image_out, &volume), SEP_OK);
    assert_int_equal(sep_labels_write(labels_out, &labels), SEP_OK);
    assert_int_equal(sep_labels_write(drawn_out, &drawn), SEP_OK);

    const nifti_1_header image_header = header_of(image_out), labels_header = header_of(labels_out),
                         drawn_header = header_of(drawn_out);
    assert_same_forms(&image_header, &file->header);
    assert_same_forms(&labels_header, &file->header);
    assert_same_forms(&drawn_header, &file->header);
    sep_volume_free(&volume);
    sep_labels_free(&labels);
    sep_labels_free(&drawn);
}

static void test_forms_are_kept(void **state)
{
    static const float sheared[3][4] = {{2, 1, 0, 1}, {0, 3, 0, 2}, {0, 0, 4, 3}};

    (void)state;
    for (short q = 0; q < 4; q++)
        for (short s = 0; s < 5; s++) {
            file_image file = two_forms(q, s);
            check_kept(&file);
            file.header.xyzt_units = NIFTI_UNITS_MICRON;
            file.header.pixdim[0] = -1.0f;
            check_kept(&file);
            set_sform(&file.header, sheared);
            check_kept(&file);
        }
}

/* Through HDF5 and back. */
static void test_forms_survive_hdf5(void **state)
{
    const file_image file = two_forms(1, 2);
    const char *between = scratch_path("between.h5"), *out = scratch_path("out.nii");
    sep_volume volume, back;

    (void)state;
    if (!SEP_HAVE_HDF5)
        skip();
    assert_int_equal(sep_volume_read(put_file("in.nii", &file), &volume), SEP_OK);
    assert_int_equal(sep_volume_write(between, &volume), SEP_OK);
    assert_int_equal(sep_volume_read(between, &back), SEP_OK);
    assert_int_equal(sep_volume_write(out, &back), SEP_OK);
    const nifti_1_header header = header_of(out);
    assert_same_forms(&header, &file.header);
    sep_volume_free(&volume);
    sep_volume_free(&back);
}

/* Each form with its own directions. */
static void test_forms_take_another_spacing(void **state)
{
    static const float wanted[3] = {1, 6, 8};
    const file_image file = two_forms(1, 2);
    const char *out = scratch_path("out.nii");
    sep_volume volume;

    (void)state;
    assert_int_equal(sep_volume_read(put_file("in.nii", &file), &volume), SEP_OK);
    assert_int_equal(sep_volume_set_spacing(&volume, wanted), SEP_OK);
    assert_int_equal(sep_volume_write(out, &volume), SEP_OK);
    sep_volume_free(&volume);

    const nifti_1_header header = header_of(out);
    assert_true(header.qform_code == 1 && header.sform_code == 2 && header.quatern_d == 1.0f);
    assert_memory_equal(header.pixdim + 1, wanted, sizeof wanted);
    assert_true(header.srow_y[0] == 1.0f && header.srow_x[1] == -6.0f && header.srow_z[2] == 8.0f);
    assert_true(header.srow_x[3] == 1.0f && header.qoffset_x == 7.0f);
}

/* Whoever moves a volume need not know of its forms. */
static void test_forms_give_way_to_the_affine(void **state)
{
    const file_image file = two_forms(1, 2);
    const char *out = scratch_path("out.nii");
    sep_volume volume, back;

    (void)state;
    assert_int_equal(sep_volume_read(put_file("in.nii", &file), &volume), SEP_OK);
    volume.affine[0][3] += 50.0;
    assert_int_equal(sep_volume_write(out, &volume), SEP_OK);
    assert_int_equal(sep_volume_read(out, &back), SEP_OK);
    assert_same_volume(&volume, &back, 1e-5);
    assert_true(back.forms.qform_code == 1 && back.forms.sform_code == 1);
    sep_volume_free(&volume);
    sep_volume_free(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_sheared_sform),
        cmocka_unit_test(test_unusable_forms),
        cmocka_unit_test(test_left_handed_qform),
        cmocka_unit_test(test_no_geometry),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_sform_of_another_scale),
        cmocka_unit_test(test_forms_are_kept),
        cmocka_unit_test(test_forms_survive_hdf5),
        cmocka_unit_test(test_forms_take_another_spacing),
        cmocka_unit_test(test_forms_give_way_to_the_affine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
