/* Size and geometry of images without their voxels, and fingerprints of what they are read from. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>
#include <unistd.h>

/* The grid is that of the whole image, and the fingerprint changes with the image and with nothing else. */
static void check(const char *path, void (*change)(void))
{
    uint64_t first, again, changed;
    sep_volume grid, whole;

    assert_int_equal(sep_volume_read_grid(path, &grid), SEP_OK);
    assert_int_equal(sep_volume_read(path, &whole), SEP_OK);
    assert_null(grid.data);
    assert_false(grid.borrowed);
    assert_int_equal(grid.depth, whole.depth);
    assert_int_equal(grid.height, whole.height);
    assert_int_equal(grid.width, whole.width);
    assert_int_equal(grid.has_geometry, whole.has_geometry);
    assert_memory_equal(grid.spacing, whole.spacing, sizeof grid.spacing);
    assert_memory_equal(grid.affine, whole.affine, sizeof grid.affine);
    assert_memory_equal(&grid.forms, &whole.forms, sizeof grid.forms);
    sep_volume_free(&whole);

    assert_int_equal(sep_image_fingerprint(path, 1, &first), SEP_OK);
    assert_int_equal(sep_image_fingerprint(path, 1, &again), SEP_OK);
    change();
    assert_int_equal(sep_image_fingerprint(path, 1, &changed), SEP_OK);
    assert_true(first == again && changed != first);
}

static void write_changed(const char *path)
{
    sep_volume volume = image_example();

    volume.data[7] += 1.0f;
    assert_int_equal(sep_volume_write(path, &volume), SEP_OK);
    sep_volume_free(&volume);
}

static void write_first(const char *path)
{
    sep_volume volume = image_example();

    assert_int_equal(sep_volume_write(path, &volume), SEP_OK);
    sep_volume_free(&volume);
}

#if SEP_HAVE_NIFTI

static void change_nifti(void)
{
    write_changed(scratch_path("a.nii"));
}

static void change_packed(void)
{
    write_changed(scratch_path("a.nii.gz"));
}

static void test_nifti(void **state)
{
    (void)state;
    write_first(scratch_path("a.nii"));
    check(scratch_path("a.nii"), change_nifti);
    write_first(scratch_path("a.nii.gz"));
    check(scratch_path("a.nii.gz"), change_packed);
}

#endif

#if SEP_HAVE_HDF5

static void change_hdf5(void)
{
    write_changed(scratch_path("a.h5"));
}

/* A label map in the same file is none of the image's affair. */
static void test_hdf5(void **state)
{
    const char *path = scratch_path("a.h5");
    sep_volume volume = image_example();
    sep_labels labels = labels_example();
    uint64_t with, without;

    (void)state;
    write_first(path);
    assert_int_equal(sep_image_fingerprint(path, 1, &without), SEP_OK);
    assert_int_equal(sep_hdf5_write(path, &volume, &labels), SEP_OK);
    assert_int_equal(sep_image_fingerprint(path, 1, &with), SEP_OK);
    assert_true(with == without);
    check(path, change_hdf5);
    sep_volume_free(&volume);
    sep_labels_free(&labels);
}

#endif

#if SEP_HAVE_STB

static void change_slice(void)
{
    assert_int_equal(truncate(scratch_path("a_002.png"), 40), 0);
}

static void test_series(void **state)
{
    (void)state;
    write_first(scratch_path("a.png"));
    check(scratch_path("a.png"), change_slice);
}

static void change_picture(void)
{
    assert_int_equal(truncate(scratch_path("b_000.png"), 40), 0);
}

static void test_picture(void **state)
{
    (void)state;
    write_first(scratch_path("b.png"));
    check(scratch_path("b_000.png"), change_picture);
}

#endif

static void test_what_is_not_there(void **state)
{
    uint64_t fingerprint;
    sep_volume grid;

    (void)state;
    static const char *const names[] = {"none.nii", "none.h5", "none.png", "none.nii.gz#3", "none.hdr", "none"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_not_equal(sep_volume_read_grid(scratch_path(names[i]), &grid), SEP_OK);
        assert_int_not_equal(sep_image_fingerprint(scratch_path(names[i]), 1, &fingerprint), SEP_OK);
    }
}

/* Voxels of others are not freed, and turned in a copy; without voxels the grid is turned alone. */
static void test_borrowed_voxels(void **state)
{
    const sep_order order = {.axis = {2, 1, 0}, .flipped = {false, true, true}};
    sep_volume owner = image_example(), borrower = owner, grid = owner, turned = image_example();

    (void)state;
    borrower.borrowed = true;
    grid.data = NULL;
    assert_int_equal(sep_volume_reorder(&borrower, &order), SEP_OK);
    assert_int_equal(sep_volume_reorder(&grid, &order), SEP_OK);
    assert_int_equal(sep_volume_reorder(&turned, &order), SEP_OK);
    assert_ptr_not_equal(borrower.data, owner.data);
    assert_same_volume(&borrower, &turned, 0.0);
    assert_null(grid.data);
    assert_int_equal(grid.depth, turned.depth);
    assert_memory_equal(grid.affine, turned.affine, sizeof grid.affine);
    sep_volume_free(&borrower);

    borrower = owner;
    borrower.borrowed = true;
    sep_volume_free(&borrower);
    assert_null(borrower.data);
    sep_volume_free(&owner);
    sep_volume_free(&turned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if SEP_HAVE_NIFTI
        cmocka_unit_test(test_nifti),
#endif
#if SEP_HAVE_HDF5
        cmocka_unit_test(test_hdf5),
#endif
#if SEP_HAVE_STB
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_picture),
#endif
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_borrowed_voxels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
