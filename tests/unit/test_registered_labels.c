/* Registered labels: what a training loop reads of them. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/registration.h"

#if SEP_HAVE_HDF5

#include <string.h>

/* Labels of one grid on another, one voxel along x away. */
static void labels_are_carried_with_their_source(void **state)
{
    const char *path = scratch_path("registered.h5");
    const sep_warp_options how = {0};
    sep_labels drawn = labels_example(), carried;
    sep_volume grid = image_example();
    sep_spatial_transform shift;
    char *source;

    (void)state;
    sep_spatial_identity(&shift);
    for (int i = 0; i < 3; i++)
        shift.matrix[i][3] = grid.affine[i][0];
    assert_int_equal(sep_registered_labels_write(path, &drawn, &shift, &grid, "patient001_frame01", &how), SEP_OK);
    assert_int_equal(sep_hdf5_read_source(path, &source), SEP_OK);
    assert_string_equal(source, "patient001_frame01");
    assert_int_equal(sep_labels_read(path, &carried), SEP_OK);
    assert_memory_equal(carried.affine, grid.affine, sizeof grid.affine);
    for (int row = 0; row < 4 * 3; row++)
        for (int x = 0; x < 5; x++)
            assert_int_equal(carried.data[5 * row + x], x + 1 < 5 ? drawn.data[5 * row + x + 1] : 0);
    sep_free(source);
    sep_labels_free(&drawn);
    sep_labels_free(&carried);
    sep_volume_free(&grid);
}

static void what_has_no_source_says_so(void **state)
{
    const char *path = scratch_path("drawn.h5"), *text = scratch_file("text.h5", "text", 4);
    const sep_warp_options how = {0};
    sep_labels drawn = labels_example();
    sep_volume grid = image_example();
    sep_spatial_transform identity;
    char *source;

    (void)state;
    sep_spatial_identity(&identity);
    assert_int_equal(sep_labels_write(path, &drawn), SEP_OK);
    assert_int_equal(sep_hdf5_read_source(path, &source), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "attribute 'source'"));
    assert_null(source);
    assert_int_equal(sep_hdf5_read_source(text, &source), SEP_ERR_FORMAT);
    assert_int_equal(sep_hdf5_read_source(scratch_path("none.h5"), &source), SEP_ERR_FORMAT);
    assert_int_equal(sep_registered_labels_write(path, &drawn, &identity, &grid, "", &how), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_registered_labels_write(scratch_path("no-folder/a.h5"), &drawn, &identity, &grid, "q", &how),
                     SEP_ERR_IO);
    sep_labels_free(&drawn);
    sep_volume_free(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_carried_with_their_source),
        cmocka_unit_test(what_has_no_source_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_build_without_hdf5_says_so(void **state)
{
    char *source;

    (void)state;
    assert_int_equal(sep_hdf5_read_source("a.h5", &source), SEP_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_build_without_hdf5_says_so)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
