/* Volumes in memory: sizes, geometry, intensities; which format a file is; overlays and colours. */
#include "support_image.h"
#include "support_scratch.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void test_create(void **state)
{
    sep_volume volume;
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_volume_create(&volume, 2, 3, 4), SEP_OK);
    assert_false(volume.has_geometry);
    assert_true(volume.spacing[0] == 1.0f && volume.affine[2][2] == 1.0 && volume.affine[0][3] == 0.0);
    for (int i = 0; i < 24; i++)
        assert_true(volume.data[i] == 0.0f);
    assert_ptr_equal(sep_volume_slice(&volume, 1), volume.data + 12);
    sep_volume_free(&volume);
    assert_null(volume.data);
    assert_int_equal(volume.depth, 0);

    assert_int_equal(sep_volume_create(&volume, 0, 3, 4), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_volume_create(&volume, 2, -3, 4), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_volume_create(&volume, INT_MAX, 2, 1), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_labels_create(&labels, 65536, 65536, 65536), SEP_ERR_ARGUMENT);
    assert_null(labels.data);
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

static void test_set_spacing_keeps_directions(void **state)
{
    sep_volume volume = image_example(), before = image_example();
    const float wanted[3] = {1.4f, 2.5f, 2.5f}, wrong[3] = {1.0f, 0.0f, 1.0f}, endless[3] = {1.0f, 1.0f, INFINITY};

    (void)state;
    assert_int_equal(sep_volume_set_spacing(&volume, wanted), SEP_OK);
    for (int row = 0; row < 3; row++) {
        assert_true(fabs(volume.affine[row][0] - 2.0 * before.affine[row][0]) < 1e-6);
        assert_true(fabs(volume.affine[row][1] - 2.0 * before.affine[row][1]) < 1e-6);
        assert_true(fabs(volume.affine[row][2] - 0.5 * before.affine[row][2]) < 1e-6);
        assert_true(volume.affine[row][3] == before.affine[row][3]);
    }
    assert_memory_equal(volume.spacing, wanted, sizeof wanted);
    assert_int_equal(sep_volume_set_spacing(&volume, wrong), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_volume_set_spacing(&volume, endless), SEP_ERR_ARGUMENT);
    assert_memory_equal(volume.spacing, wanted, sizeof wanted);
    sep_volume_free(&volume);
    sep_volume_free(&before);
}

/* As a NIfTI file that states sizes but no form. */
static void test_set_spacing_of_unplaced(void **state)
{
    const float wanted[3] = {1.5f, 2.0f, 8.0f};
    sep_volume volume;

    (void)state;
    assert_int_equal(sep_volume_create(&volume, 2, 3, 4), SEP_OK);
    assert_int_equal(sep_volume_set_spacing(&volume, wanted), SEP_OK);
    assert_true(volume.has_geometry);
    assert_true(volume.affine[0][0] == -1.5 && volume.affine[1][1] == -2.0 && volume.affine[2][2] == 8.0);
    sep_volume_free(&volume);
}

static void test_same_size(void **state)
{
    sep_volume image = image_example();
    sep_labels labels = labels_example();

    (void)state;
    assert_int_equal(sep_check_same_size("i.nii", &image, "l.nii", &labels), SEP_OK);
    labels.width = 4;
    assert_int_equal(sep_check_same_size("i.nii", &image, "l.nii", &labels), SEP_ERR_SHAPE);
    assert_string_equal(sep_error_text(), "l.nii: the label map is 4x4x3 voxels, its image i.nii is 5x4x3");
    sep_volume_free(&image);
    sep_labels_free(&labels);
}

/* ---- contents ---------------------------------------------------------------------------------------------------- */

static void test_fullest_slice(void **state)
{
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_labels_create(&labels, 3, 2, 2), SEP_OK);
    assert_int_equal(sep_labels_fullest_slice(&labels), 0);
    labels.data[5] = 3;
    labels.data[8] = labels.data[9] = 1;
    assert_int_equal(sep_labels_fullest_slice(&labels), 2);
    labels.data[4] = 1;
    assert_int_equal(sep_labels_fullest_slice(&labels), 1);
    sep_labels_free(&labels);
}

static void test_intensities(void **state)
{
    const float values[4] = {-3.0e38f, 0.0f, 1.5e38f, 3.0e38f};
    sep_volume volume;
    float low, high;

    (void)state;
    assert_int_equal(sep_volume_create(&volume, 1, 2, 2), SEP_OK);
    sep_volume_normalise(&volume);
    assert_true(volume.data[0] == 0.0f && volume.data[3] == 0.0f);

    memcpy(volume.data, values, sizeof values);
    sep_volume_range(&volume, &low, &high);
    assert_true(low == values[0] && high == values[3]);
    sep_volume_normalise(&volume);
    assert_true(volume.data[0] == 0.0f && volume.data[1] == 0.5f && volume.data[2] == 0.75f && volume.data[3] == 1.0f);

    sep_volume_window(&volume, 0.25f, 0.75f);
    assert_true(volume.data[0] == 0.0f && volume.data[1] == 0.5f && volume.data[2] == 1.0f && volume.data[3] == 1.0f);
    sep_volume_free(&volume);
}

/* Signs, zeros, subnormal numbers and equal ones, in any order. */
static void test_percentiles(void **state)
{
    enum { COUNT = 4001 };
    static float sorted[COUNT];
    sep_volume volume;

    (void)state;
    assert_int_equal(sep_volume_create(&volume, 1, 1, COUNT), SEP_OK);
    for (int i = 0; i < COUNT; i++) {
        const int k = (int)(1237L * i % COUNT) - COUNT / 2;
        volume.data[i] = k % 7 == 0 ? 0.0f : k % 5 == 0 ? 3.0f : (float)k * (k % 3 == 0 ? 1e-42f : 1e35f);
    }
    memcpy(sorted, volume.data, sizeof sorted);
    sep_sort_floats(sorted, COUNT);
    for (size_t place = 0; place < COUNT; place++)
        assert_true(sep_sorted_float(volume.data, COUNT, place) == sorted[place]);
    assert_true(sep_volume_percentile(&volume, 0) == sorted[0] && sep_volume_percentile(&volume, 1) == sorted[4000]);
    assert_true(sep_volume_percentile(&volume, 0.005) == sorted[20]);
    sep_volume_free(&volume);
}

/* ---- formats ----------------------------------------------------------------------------------------------------- */

static void test_suffix(void **state)
{
    (void)state;
    assert_string_equal(sep_image_suffix("a/case.01.nii.gz"), ".nii.gz");
    assert_string_equal(sep_image_suffix("CASE.PNG"), ".PNG");
    assert_string_equal(sep_image_suffix("x.hdf5"), ".hdf5");
    assert_null(sep_image_suffix("x.gz"));
    assert_null(sep_image_suffix(".png"));
    assert_null(sep_image_suffix(""));
}

static void assert_stem(const char *path, const char *stem)
{
    char *got = sep_image_stem(path);

    assert_string_equal(got, stem);
    sep_free(got);
}

static void test_stem(void **state)
{
    (void)state;
    assert_stem("a.h5/case.01.nii.gz", "case.01");
    assert_stem("CASE.PNG", "CASE");
    assert_stem("a/.png", ".png");
    assert_stem("a/b.txt", "b.txt");
    assert_stem("a/", "");
}

/* Opening a pipe that nobody writes to would wait for ever. */
static void test_pipe(void **state)
{
    const char *path = scratch_path("pipe.nii");

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_volume_fails(path, SEP_ERR_IO, "is not a regular file");
}

static void test_unknown_files(void **state)
{
    static const char text[] = "patient001\npatient002\n", png[] = "\x89PNG\r\n\x1a\n....";
    sep_volume volume = image_example();

    (void)state;
    assert_volume_fails(scratch_path("absent.nii"), SEP_ERR_IO, "can't be opened: ");
    assert_volume_fails(scratch_path("absent.png"), SEP_ERR_IO, "can't be opened: ");
    assert_volume_fails(scratch_file("empty.h5", "", 0), SEP_ERR_FORMAT, "the file is empty");
    assert_volume_fails(scratch_file("cases.list", text, sizeof text), SEP_ERR_FORMAT,
                        "is no NIfTI, HDF5, PNG or JPEG file");
    assert_volume_fails(scratch_file("scan.nii.gz", png, sizeof png), SEP_ERR_FORMAT,
                        "its name says NIfTI, its content is PNG");
    assert_int_equal(sep_volume_write("a.jpg", &volume), SEP_ERR_UNSUPPORTED);
    assert_int_equal(sep_volume_write("a.mha", &volume), SEP_ERR_ARGUMENT);
    sep_volume_free(&volume);
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static const uint8_t *pixel(const sep_picture *picture, int y, int x)
{
    return picture->rgb + 3 * (y * picture->width + x);
}

static void test_overlay(void **state)
{
    const float slice[6] = {0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 9.0f};
    const uint8_t labels[6] = {0, 2, 2, 0, 0, 2};
    const uint8_t *colour = sep_class_colour(2);
    sep_picture picture;

    (void)state;
    assert_int_equal(sep_picture_overlay(slice, labels, 2, 3, 0.0f, 4.0f, 0.5f, 4, &picture), SEP_OK);
    assert_int_equal(picture.height, 8);
    assert_int_equal(picture.width, 12);
    assert_memory_equal(pixel(&picture, 0, 0), "\0\0\0", 3);
    assert_memory_equal(pixel(&picture, 7, 3), "\277\277\277", 3); /* 3/4 of 255 */
    assert_memory_equal(pixel(&picture, 1, 4), colour, 3);         /* towards class 0 on the left */
    assert_memory_equal(pixel(&picture, 3, 5), colour, 3);         /* towards class 0 below */
    assert_int_equal(pixel(&picture, 1, 6)[0], (int)(64.0f + 0.5f * ((float)colour[0] - 64.0f) + 0.5f));
    assert_memory_not_equal(pixel(&picture, 1, 7), colour, 3); /* the same class goes on */
    assert_memory_not_equal(pixel(&picture, 0, 6), colour, 3); /* the border of the slice */
    sep_picture_free(&picture);
    assert_null(picture.rgb);

    assert_int_equal(sep_picture_overlay(slice, NULL, 2, 3, 4.0f, 4.0f, 0.5f, 1, &picture), SEP_OK);
    assert_memory_equal(pixel(&picture, 0, 2), "\0\0\0", 3);
    sep_picture_free(&picture);
    assert_int_equal(sep_picture_overlay(slice, labels, 2, 3, 0.0f, 1.0f, 0.5f, 0, &picture), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_picture_overlay(slice, labels, 2, 3, 0.0f, 1.0f, NAN, 1, &picture), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_picture_overlay(slice, labels, 40000, 40000, 0.0f, 1.0f, 0.5f, 1, &picture), SEP_ERR_ARGUMENT);
    assert_null(picture.rgb);
}

static void test_class_colours(void **state)
{
    (void)state;
    assert_null(sep_class_colour(0));
    assert_ptr_equal(sep_class_colour(17), sep_class_colour(1));
    for (int a = 1; a <= 16; a++)
        for (int b = 1; b < a; b++)
            assert_memory_not_equal(sep_class_colour(a), sep_class_colour(b), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_set_spacing_keeps_directions),
        cmocka_unit_test(test_set_spacing_of_unplaced),
        cmocka_unit_test(test_same_size),
        cmocka_unit_test(test_fullest_slice),
        cmocka_unit_test(test_suffix),
        cmocka_unit_test(test_stem),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_intensities),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_unknown_files),
        cmocka_unit_test(test_class_colours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
