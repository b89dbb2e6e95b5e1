/* ITK's transform files: those that ITK wrote, there and back, and damaged ones. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/registration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "tests/golden/transforms/"

/* ---- files of ITK ------------------------------------------------------------------------------------------------ */

/* Between LPS and RAS, in place. */
static void turn(double p[3])
{
    p[0] = -p[0];
    p[1] = -p[1];
}

static void check_point(const sep_spatial_transform *transform, const char *name, double from[3], double wanted[3])
{
    double to[3];

    turn(from);
    sep_spatial_point(transform, from, to);
    turn(to);
    for (int i = 0; i < 3; i++)
        if (!(fabs(to[i] - wanted[i]) < 1e-6))
            fail_msg("%s: component %d is %.9g, in ITK %.9g", name, i, to[i], wanted[i]);
}

/* Reads the file, and again what was written from it. */
static void read_both(const char *name, sep_spatial_transform both[2])
{
    char path[128];
    const char *copy = scratch_path("copy.tfm");

    snprintf(path, sizeof path, FOLDER "%s.tfm", name);
    assert_int_equal(sep_spatial_read(path, &both[0]), SEP_OK);
    assert_int_equal(sep_spatial_write(copy, &both[0]), SEP_OK);
    assert_int_equal(sep_spatial_read(copy, &both[1]), SEP_OK);
}

static void points_go_where_itk_takes_them(void **state)
{
    sep_strings lines = {0};
    int checked = 0;

    (void)state;
    assert_int_equal(sep_read_lines(FOLDER "points.txt", &lines), SEP_OK);
    for (int i = 0; i < lines.count; i++) {
        sep_spatial_transform both[2];
        double from[2][3], to[3];
        char name[32];

        assert_int_equal(sscanf(lines.item[i], "%31s %lf %lf %lf %lf %lf %lf", name, &from[0][0], &from[0][1],
                                &from[0][2], &to[0], &to[1], &to[2]),
                         7);
        memcpy(from[1], from[0], sizeof from[0]);
        read_both(name, both);
        for (int k = 0; k < 2; k++) {
            check_point(&both[k], name, from[k], to);
            sep_spatial_free(&both[k]);
        }
        checked++;
    }
    assert_int_equal(checked, 9 * 9);
    sep_strings_free(&lines);
}

static void a_field_takes_points_where_itk_does(void **state)
{
    sep_spatial_transform field;
    sep_strings lines = {0};

    (void)state;
    if (!(SEP_HAVE_NIFTI && SEP_HAVE_ZLIB))
        skip();
    assert_int_equal(sep_spatial_read(FOLDER "field.nii.gz", &field), SEP_OK);
    assert_false(sep_spatial_is_affine(&field));
    assert_int_equal(sep_read_lines(FOLDER "field_points.txt", &lines), SEP_OK);
    assert_int_equal(lines.count, 5);
    for (int i = 0; i < lines.count; i++) {
        double from[3], to[3];

        assert_int_equal(
            sscanf(lines.item[i], "%lf %lf %lf %lf %lf %lf", &from[0], &from[1], &from[2], &to[0], &to[1], &to[2]), 6);
        check_point(&field, "field.nii.gz", from, to);
    }
    assert_int_equal(sep_spatial_write(scratch_path("field.tfm"), &field), SEP_ERR_UNSUPPORTED);
    sep_strings_free(&lines);
    sep_spatial_free(&field);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void check_refused(const char *text, const char *reason)
{
    const char *path = scratch_file("bad.tfm", text, strlen(text));
    sep_spatial_transform transform;

    assert_int_not_equal(sep_spatial_read(path, &transform), SEP_OK);
    if (strstr(sep_error_text(), reason) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), reason);
}

#define HEAD "#Insight Transform File V1.0\n"

static void damaged_files_are_refused(void **state)
{
    (void)state;
    check_refused("Transform: AffineTransform_double_3_3\n", "does not start with");
    check_refused(HEAD, "holds no transform");
    check_refused(HEAD "Transform: AffineTransform_double_3_3\nParameters: 1 2\nFixedParameters: 0 0 0\n",
                  "has 2 parameters");
    check_refused(HEAD "Transform: TranslationTransform_double_3_3\nParameters: 1 nan 2\nFixedParameters:\n",
                  "is not a number");
    check_refused(HEAD "Transform: AffineTransform_double_2_2\nParameters: 1\n", "three to three");
    check_refused(HEAD "Transform: ScaleTransform_double_3_3\nParameters: 1 1 1\n", "is not read");
    check_refused(HEAD "Transform: BSplineTransform_double_3_3\nParameters: 1\n"
                       "FixedParameters: 4 4 4 0 0 0 1 1 1 1 0 0 0 1 0 0 0 1\n",
                  "three a node");
    check_refused(HEAD "Transform: BSplineTransform_double_3_3\nParameters: 1\n"
                       "FixedParameters: 3 4 4 0 0 0 1 1 1 1 0 0 0 1 0 0 0 1\n",
                  "4 nodes or more");
    check_refused(HEAD "Parametres: 1\n", "is no line");
}

static void other_kinds_of_itk_are_refused_by_name(void **state)
{
    (void)state;
    check_refused(HEAD "Transform: BSplineTransform_double_3_3_2\nParameters: 1\nFixedParameters: 1\n",
                  "BSplineTransform_double_3_3_2: a B-spline of order 2");
    check_refused(HEAD "Transform: BSplineTransform_float_3_3_0\nParameters: 1\n", "a B-spline of order 0");
    check_refused(HEAD "Transform: BSplineTransform_double_2_2\nParameters: 1\n",
                  "BSplineTransform_double_2_2: only transforms from three");
    check_refused(HEAD "Transform: CompositeTransform_double_2_2\n", "three to three");
    check_refused(HEAD "Transform: AffineTransform_double_3_33\nParameters: 1\n", "is not read");
    check_refused(HEAD "Transform: BSplineDeformableTransform_double_3_3\nParameters: 1\n",
                  "BSplineDeformableTransform_double_3_3: this kind");
    check_refused(HEAD "Transform: DisplacementFieldTransform_double_3_3\nParameters: 1\n",
                  "DisplacementFieldTransform_double_3_3: this kind");
}

#define SHIFT(x)  "Transform: TranslationTransform_double_3_3\nParameters: " x " 0 0\nFixedParameters:\n"
#define COMPOSITE "Transform: CompositeTransform_double_3_3\n"

/* Which of them is meant is not known. */
static void several_transforms_need_a_composite(void **state)
{
    const char *path =
        scratch_file("both.tfm", HEAD COMPOSITE SHIFT("1") SHIFT("2"), strlen(HEAD COMPOSITE SHIFT("1") SHIFT("2")));
    sep_spatial_transform both;

    (void)state;
    check_refused(HEAD SHIFT("1") SHIFT("2"), "without a CompositeTransform");
    check_refused(HEAD SHIFT("1") COMPOSITE SHIFT("2"), "must be the first");
    check_refused(HEAD COMPOSITE SHIFT("1") COMPOSITE SHIFT("2"), "must be the first");
    assert_int_equal(sep_spatial_read(path, &both), SEP_OK);
    assert_true(both.matrix[0][3] == -3.0);
}

/* ---- other programs ---------------------------------------------------------------------------------------------- */

static void check_foreign(const char *bytes, size_t count, const char *program)
{
    const char *path = scratch_file("foreign.mat", bytes, count);
    sep_spatial_transform transform;

    assert_int_equal(sep_spatial_read(path, &transform), SEP_ERR_UNSUPPORTED);
    if (strstr(sep_error_text(), program) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), program);
}

static void files_of_other_programs_are_refused_by_name(void **state)
{
    static const char matlab[] = "\0\0\0\0\014\0\0\0\1\0\0\0\0\0\0\0\033\0\0\0AffineTransform_double_3_3";
    static const struct {
        const char *text, *program;
    } rows[] = {
        {"\x89HDF\r\n\x1a\n....", "as HDF5, as ITK and ANTs"},
        {"MNI Transform File\n%ITK-XFM writer\n", "MNI's tools"},
        {"(CenterOfRotationPoint 0 0 0)\n(Transform \"EulerTransform\")\n", "parameters of elastix"},
        {"(Transform \"AffineTransform\")\n", "parameters of elastix"},
        {"type      = 1\nnxforms   = 1\n", "FreeSurfer"},
        {"1 0 0 2.5\n0 1 0 -1e-3  \n0 0 1 0\n0 0 0 1\n", "FSL and NiftyReg"},
        {"1 0 0 2.5 0 1 0 -1 0 0 1 0\n", "AFNI"},
        {"NRRD0005\n", "NRRD"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_foreign(rows[i].text, strlen(rows[i].text), rows[i].program);
    check_foreign(matlab, sizeof matlab, "as MATLAB, as ITK and ANTs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(points_go_where_itk_takes_them),
                                       cmocka_unit_test(a_field_takes_points_where_itk_does),
                                       cmocka_unit_test(damaged_files_are_refused),
                                       cmocka_unit_test(other_kinds_of_itk_are_refused_by_name),
                                       cmocka_unit_test(several_transforms_need_a_composite),
                                       cmocka_unit_test(files_of_other_programs_are_refused_by_name)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
