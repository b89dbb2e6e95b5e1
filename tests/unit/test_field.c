/* Displacement fields: a file of ITK's, there and back, and what is none. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include <math.h>
#include <string.h>

static void a_field_of_itk_is_read(void **state)
{
    sep_field field;

    (void)state;
    assert_int_equal(sep_field_read("tests/golden/transforms/field.nii.gz", &field), SEP_OK);
    assert_int_equal(field.grid.width, 5);
    assert_int_equal(field.grid.height, 4);
    assert_int_equal(field.grid.depth, 3);
    /* The grid is turned by 90 degrees about z: voxel x runs along LPS y, in RAS downwards. */
    assert_float_equal(field.grid.affine[1][0], -1.5, 1e-6);
    assert_float_equal(field.grid.affine[0][3], 3.0, 1e-6);
    for (int i = 0; i < 60; i++)
        for (int c = 0; c < 3; c++) {
            const float lps = roundf(1000.0f * sinf((float)(3 * i + c))) / 1000.0f;

            assert_float_equal(sep_field_component(&field, c)[i], c < 2 ? -lps : lps, 1e-3);
        }
    sep_field_free(&field);
}

static void a_field_returns_from_its_file(void **state)
{
    const char *path = scratch_path("field.nii.gz");
    sep_volume grid = image_example();
    sep_field field, back;

    (void)state;
    assert_int_equal(sep_field_create(&field, &grid), SEP_OK);
    for (int i = 0; i < 3 * 60; i++)
        field.grid.data[i] = 0.25f * (float)(i - 90);
    assert_int_equal(sep_field_write(path, &field), SEP_OK);
    assert_int_equal(sep_field_read(path, &back), SEP_OK);
    for (int i = 0; i < 3 * 60; i++)
        assert_true(field.grid.data[i] == back.grid.data[i]);
    assert_memory_equal(field.grid.affine, back.grid.affine, sizeof field.grid.affine);
    sep_field_free(&field);
    sep_field_free(&back);
    sep_volume_free(&grid);
}

static void other_files_are_refused(void **state)
{
    const char *path = scratch_path("scalar.nii.gz");
    sep_volume grid = image_example();
    sep_field field;

    (void)state;
    assert_int_equal(sep_volume_write(path, &grid), SEP_OK);
    assert_int_equal(sep_field_read(path, &field), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "no displacement field"));
    assert_int_equal(sep_field_create(&field, &grid), SEP_OK);
    assert_int_equal(sep_field_write(scratch_path("field.png"), &field), SEP_ERR_ARGUMENT);
    field.grid.data[7] = INFINITY;
    assert_int_equal(sep_field_write(path, &field), SEP_OK);
    sep_field_free(&field);
    assert_int_equal(sep_field_read(path, &field), SEP_ERR_NUMERIC);
    sep_volume_free(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_field_of_itk_is_read),
                                       cmocka_unit_test(a_field_returns_from_its_file),
                                       cmocka_unit_test(other_files_are_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void needs_nifticlib(void **state)
{
    (void)state;
    print_message("skipped: this build has no nifticlib\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(needs_nifticlib)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
