/* HDF5 in and out: pairs, geometry attributes, the types and shapes that other programs write, damage. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>

#if SEP_HAVE_HDF5

#include <hdf5.h>
#include <math.h>

/* ---- round trips ------------------------------------------------------------------------------------------------- */

static void test_pair(void **state)
{
    const char *path = scratch_path("pair.h5");
    sep_volume image = image_example(), image_back;
    sep_labels labels = labels_example(), labels_back;
    bool has;

    (void)state;
    assert_int_equal(sep_hdf5_write(path, &image, &labels), SEP_OK);
    assert_int_equal(sep_volume_read(path, &image_back), SEP_OK);
    assert_int_equal(sep_labels_read(path, &labels_back), SEP_OK);
    assert_same_volume(&image, &image_back, 0.0);
    assert_same_labels(&labels, &labels_back, 0.0);
    assert_int_equal(sep_hdf5_has(path, "label", &has), SEP_OK);
    assert_true(has);
    assert_int_equal(sep_hdf5_has(path, "scribble", &has), SEP_OK);
    assert_false(has);
    sep_volume_free(&image_back);
    sep_labels_free(&labels_back);

    labels.depth = 2;
    assert_int_equal(sep_hdf5_write(path, &image, &labels), SEP_ERR_SHAPE);
    labels.depth = 3;
    assert_int_equal(sep_hdf5_write(path, NULL, NULL), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_hdf5_write(scratch_path("no-folder/a.h5"), &image, NULL), SEP_ERR_IO);
    sep_volume_free(&image);
    sep_labels_free(&labels);
}

static void test_halves(void **state)
{
    const char *path = scratch_path("half.hdf5");
    sep_volume image = image_example();
    sep_labels labels = labels_example(), back;

    (void)state;
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    assert_labels_fail(path, SEP_ERR_FORMAT, "has no dataset 'label'; it has: image");
    assert_int_equal(sep_labels_write(path, &labels), SEP_OK);
    assert_volume_fails(path, SEP_ERR_FORMAT, "has no dataset 'image'; it has: label");
    assert_int_equal(sep_labels_read(path, &back), SEP_OK);
    assert_same_labels(&labels, &back, 0.0);
    sep_volume_free(&image);
    sep_labels_free(&labels);
    sep_labels_free(&back);
}

static void test_files_repeat(void **state)
{
    sep_volume image = image_example();
    void *first, *second;
    size_t first_count, second_count;

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("a.h5"), &image), SEP_OK);
    assert_int_equal(sep_volume_write(scratch_path("b.h5"), &image), SEP_OK);
    assert_int_equal(sep_file_read(scratch_path("a.h5"), &first, &first_count), SEP_OK);
    assert_int_equal(sep_file_read(scratch_path("b.h5"), &second, &second_count), SEP_OK);
    assert_int_equal(first_count, second_count);
    assert_memory_equal(first, second, first_count);
    sep_free(first);
    sep_free(second);
    sep_volume_free(&image);
}

/* ---- files of other programs ------------------------------------------------------------------------------------- */

/* A new file with one dataset of a type, its values given as doubles; NULL: none written. The caller closes `file`. */
static hid_t add_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims, const double *values)
{
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(dataset >= 0);
    if (values)
        assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    return dataset;
}

static hid_t new_file(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(file >= 0);
    return file;
}

static const char *file_with(const char *name, const char *dataset, hid_t type, int rank, const hsize_t *dims,
                             const double *values)
{
    const char *path = scratch_path(name);
    hid_t file = new_file(path);

    H5Dclose(add_dataset(file, dataset, type, rank, dims, values));
    H5Fclose(file);
    return path;
}

static const hsize_t six[3] = {1, 2, 3};
static const double whole[6] = {0, 1, 2, 3, 4, 250};

static void check_type(hid_t type)
{
    sep_volume image;
    sep_labels labels;

    assert_int_equal(sep_volume_read(file_with("type.h5", "image", type, 3, six, whole), &image), SEP_OK);
    assert_int_equal(sep_labels_read(file_with("type.h5", "label", type, 3, six, whole), &labels), SEP_OK);
    for (int i = 0; i < 6; i++) {
        assert_true(image.data[i] == (float)whole[i]);
        assert_int_equal(labels.data[i], (int)whole[i]);
    }
    sep_volume_free(&image);
    sep_labels_free(&labels);
}

static void test_types(void **state)
{
    const hid_t types[] = {H5T_STD_U8LE,  H5T_STD_I16BE, H5T_STD_U16LE,  H5T_STD_I32LE, H5T_STD_U32BE,
                           H5T_STD_I64LE, H5T_STD_U64LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        check_type(types[i]);
}

/* What h5py makes of numpy's bool. */
static void test_enumeration(void **state)
{
    const char *path = scratch_path("bool.h5");
    const int8_t values[6] = {0, 1, 1, 0, 0, 1};
    hid_t file = new_file(path), type = H5Tenum_create(H5T_STD_I8LE), space = H5Screate_simple(3, six, NULL);
    sep_labels labels;

    (void)state;
    H5Tenum_insert(type, "FALSE", &(int8_t){0});
    H5Tenum_insert(type, "TRUE", &(int8_t){1});
    hid_t dataset = H5Dcreate2(file, "label", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_memory_equal(labels.data, values, sizeof values);
    sep_labels_free(&labels);
}

static void test_plane(void **state)
{
    sep_volume image;

    (void)state;
    assert_int_equal(sep_volume_read(file_with("plane.h5", "image", H5T_IEEE_F32LE, 2, six + 1, whole), &image),
                     SEP_OK);
    assert_true(image.depth == 1 && image.height == 2 && image.width == 3 && !image.has_geometry);
    sep_volume_free(&image);
}

/* ---- channels ---------------------------------------------------------------------------------------------------- */

enum { CHANNELS = 3, ROWS = 2, COLUMNS = 20, PIXELS = 2 * ROWS * COLUMNS };

/* An image whose voxel i of channel c is 100 c + i, with the channels first or last, of `slices` (0: no such axis);
 * beside it a label map, or none. */
static const char *file_of_channels(bool last, int slices, bool labelled)
{
    const char *path = scratch_path("channels.h5");
    const hsize_t dims[4] = {CHANNELS, (hsize_t)slices, ROWS, COLUMNS};
    const hsize_t behind[4] = {(hsize_t)slices, ROWS, COLUMNS, CHANNELS};
    const hsize_t plane_first[3] = {CHANNELS, ROWS, COLUMNS}, plane_last[3] = {ROWS, COLUMNS, CHANNELS};
    const int voxels = ROWS * COLUMNS * (slices > 0 ? slices : 1), rank = slices > 0 ? 4 : 3;
    const hsize_t *volume = last ? behind : dims, *plane = last ? plane_last : plane_first;
    double values[CHANNELS * PIXELS], zeros[PIXELS] = {0};
    hid_t file = new_file(path);

    for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < voxels; i++)
            values[last ? i * CHANNELS + c : c * voxels + i] = 100 * c + i;
    H5Dclose(add_dataset(file, "image", H5T_IEEE_F32LE, rank, slices > 0 ? volume : plane, values));
    if (labelled)
        H5Dclose(add_dataset(file, "label", H5T_STD_U8LE, rank - 1, dims + (slices > 0 ? 1 : 2), zeros));
    H5Fclose(file);
    return path;
}

static void assert_file_of_channels(const char *path, int slices, bool labelled)
{
    const int voxels = ROWS * COLUMNS * (slices > 0 ? slices : 1);
    sep_volume image, grid, one;
    sep_labels labels;
    int found;

    assert_int_equal(sep_image_read(path, CHANNELS, &image), SEP_OK);
    assert_int_equal(sep_image_read_grid(path, CHANNELS, &grid), SEP_OK);
    assert_true(image.channels == CHANNELS && image.width == COLUMNS && image.height == ROWS);
    assert_true(image.depth == (slices > 0 ? slices : 1) && grid.depth == image.depth && grid.channels == CHANNELS);
    for (int i = 0; i < CHANNELS * voxels; i++)
        assert_true(image.data[i] == (float)(100 * (i / voxels) + i % voxels));
    assert_int_equal(sep_image_read_channel(path, 2, CHANNELS, &one), SEP_OK);
    assert_memory_equal(one.data, sep_volume_channel(&image, 2).data, (size_t)voxels * sizeof(float));
    sep_volume_free(&one);
    sep_volume_free(&image);
    assert_int_equal(sep_image_find_channels(path, &found), SEP_OK);
    assert_int_equal(found, slices == 0 && !labelled ? 1 : CHANNELS); /* may be three slices as well */
    if (!labelled)
        return;
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    sep_labels_free(&labels);
}

static void test_channels_first_and_last(void **state)
{
    (void)state;
    for (int last = 0; last < 2; last++)
        for (int slices = 0; slices <= 2; slices++)
            for (int labelled = 0; labelled < 2; labelled++)
                assert_file_of_channels(file_of_channels(last, slices, labelled), slices, labelled);
}

static void test_channels_that_are_not_there(void **state)
{
    const char *path = file_of_channels(false, 2, true);
    sep_volume image;

    (void)state;
    assert_int_equal(sep_volume_read(path, &image), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "dataset 'image' has 4 axes; 3 (slice, row, column) or 2 are read"));
    assert_int_equal(sep_image_read(path, 4, &image), SEP_ERR_SHAPE);
    assert_non_null(
        strstr(sep_error_text(), "dataset 'image' is 3x2x2x20: neither its first nor its last axis is of 4"));
    assert_null(image.data);
    path = file_with("plane.h5", "image", H5T_IEEE_F32LE, 2, six + 1, whole);
    assert_int_equal(sep_image_read(path, 2, &image), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "has 2 axes"));
}

/* What septum writes of several channels it reads again; a channel that differs is another image to a fingerprint. */
static void test_channels_there_and_back(void **state)
{
    const char *path = scratch_path("back.h5");
    sep_volume image, back;
    uint64_t first, second;

    (void)state;
    assert_int_equal(sep_image_read(file_of_channels(true, 2, false), CHANNELS, &image), SEP_OK);
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    assert_int_equal(sep_image_read(path, CHANNELS, &back), SEP_OK);
    assert_memory_equal(back.data, image.data, sizeof(float) * CHANNELS * PIXELS);
    sep_volume_free(&back);
    assert_int_equal(sep_image_fingerprint(path, CHANNELS, &first), SEP_OK);
    image.data[CHANNELS * PIXELS - 1]++;
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    assert_int_equal(sep_image_fingerprint(path, CHANNELS, &second), SEP_OK);
    assert_true(first != second);
    image.data[PIXELS + 1] = INFINITY;
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    assert_int_equal(sep_image_read(path, CHANNELS, &back), SEP_ERR_NUMERIC);
    assert_non_null(strstr(sep_error_text(), "voxel (x 1, y 0, z 0) is infinite"));
    sep_volume_free(&image);
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

static const char *file_with_attribute(const char *name, hsize_t count, const double *values)
{
    const char *path = scratch_path("attribute.h5");
    hid_t file = new_file(path), dataset = add_dataset(file, "image", H5T_IEEE_F32LE, 3, six, whole);
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate2(dataset, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);

    H5Awrite(attribute, H5T_NATIVE_DOUBLE, values);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
    return path;
}

static void test_attributes(void **state)
{
    const double sizes[4] = {1.5, 2.0, 8.0, 1.0}, wrong[3] = {1.5, -2.0, 8.0}, flat[12] = {1, 0, 0, 0, 0, 1};
    const double matrix[16] = {0, 2, 0, 10, -3, 0, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1};
    sep_volume image;

    (void)state;
    assert_int_equal(sep_volume_read(file_with_attribute("spacing", 3, sizes), &image), SEP_OK);
    assert_true(image.has_geometry && image.spacing[0] == 1.5f && image.affine[2][2] == 8.0);
    sep_volume_free(&image);
    assert_int_equal(sep_volume_read(file_with_attribute("affine", 16, matrix), &image), SEP_OK);
    assert_true(image.spacing[0] == 3.0f && image.spacing[1] == 2.0f && image.affine[1][3] == 20.0);
    sep_volume_free(&image);
    assert_volume_fails(file_with_attribute("spacing", 4, sizes), SEP_ERR_FORMAT,
                        "'spacing' of 'image' is not 3 numbers");
    assert_volume_fails(file_with_attribute("spacing", 3, wrong), SEP_ERR_FORMAT, "a spacing of -2 mm makes no sense");
    assert_volume_fails(file_with_attribute("affine", 12, flat), SEP_ERR_FORMAT, "can't be inverted");
}

/* ---- what must fail ---------------------------------------------------------------------------------------------- */

static void test_wrong_contents(void **state)
{
    const hsize_t four[4] = {2, 1, 1, 3}, wide[3] = {1, 2, 4}, none[3] = {0, 2, 3}, huge[3] = {4096, 65536, 65536};
    const double bad[9] = {0, 1, NAN, 3, 2.5, 5, 6, 7, 8};
    hid_t text = H5Tcopy(H5T_C_S1), file;
    const char *path = scratch_path("shapes.h5");

    (void)state;
    assert_volume_fails(file_with("axes.h5", "image", H5T_IEEE_F32LE, 4, four, whole), SEP_ERR_FORMAT, "has 4 axes");
    assert_volume_fails(file_with("line.h5", "image", H5T_IEEE_F32LE, 1, six + 2, whole), SEP_ERR_FORMAT, "has 1 axes");
    assert_volume_fails(file_with("none.h5", "image", H5T_IEEE_F32LE, 3, none, NULL), SEP_ERR_FORMAT,
                        "claims 3x2x0 voxels");
    assert_volume_fails(file_with("huge.h5", "image", H5T_STD_U8LE, 3, huge, NULL), SEP_ERR_FORMAT, "claims");
    assert_volume_fails(file_with("text.h5", "image", text, 3, six, NULL), SEP_ERR_FORMAT, "holds text");
    assert_volume_fails(file_with("nan.h5", "image", H5T_IEEE_F64LE, 3, six, bad), SEP_ERR_NUMERIC,
                        "voxel (x 2, y 0, z 0) is not a number");
    assert_labels_fail(file_with("half.h5", "label", H5T_IEEE_F64LE, 2, six + 1, bad + 3), SEP_ERR_FORMAT,
                       "voxel (x 1, y 0, z 0) is 2.5");
    H5Tclose(text);

    file = new_file(path);
    H5Dclose(add_dataset(file, "image", H5T_IEEE_F32LE, 3, six, whole));
    H5Dclose(add_dataset(file, "label", H5T_STD_U8LE, 3, wide, NULL));
    H5Fclose(file);
    assert_labels_fail(path, SEP_ERR_SHAPE, "dataset 'label' is 1x2x4, 'image' is 1x2x3");

    file = new_file(path);
    H5Gclose(H5Gcreate2(file, "image", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(file);
    assert_volume_fails(path, SEP_ERR_FORMAT, "'image' can't be opened as a dataset");
}

static void test_truncated(void **state)
{
    sep_volume image = image_example(), cut;
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("whole.h5"), &image), SEP_OK);
    sep_volume_free(&image);
    assert_int_equal(sep_file_read(scratch_path("whole.h5"), &bytes, &count), SEP_OK);
    for (size_t kept = 1; kept < count; kept += 41)
        assert_int_not_equal(sep_volume_read(scratch_file("cut.h5", bytes, kept), &cut), SEP_OK);
    assert_volume_fails(scratch_file("cut.h5", bytes, count / 2), SEP_ERR_FORMAT, "can't be opened as HDF5 (truncated");
    sep_free(bytes);
}

/* The application's own error handler comes back. */
static herr_t own_handler(hid_t stack, void *context)
{
    (void)stack;
    (void)context;
    return 0;
}

static void test_error_handler_is_kept(void **state)
{
    H5E_auto2_t handler;
    void *context;
    int mine;

    (void)state;
    H5Eset_auto2(H5E_DEFAULT, own_handler, &mine);
    assert_volume_fails(scratch_file("no.h5", "nothing", 7), SEP_ERR_FORMAT, "can't be opened as HDF5");
    H5Eget_auto2(H5E_DEFAULT, &handler, &context);
    assert_true(handler == own_handler && context == &mine);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* Loader threads read at once; libhdf5 can't, so the library must. */
static void test_threads(void **state)
{
    const char *path = scratch_path("threads.h5");
    sep_volume image = image_example();
    int failures = 0;

    (void)state;
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
#pragma omp parallel for num_threads(4) reduction(+ : failures)
    for (int i = 0; i < 64; i++) {
        sep_volume back;
        failures += sep_volume_read(path, &back) != SEP_OK || memcmp(back.data, image.data, 60 * sizeof(float)) != 0;
        sep_volume_free(&back);
    }
    assert_int_equal(failures, 0);
    sep_volume_free(&image);
}

/* ---- real data --------------------------------------------------------------------------------------------------- */

static void test_acdc(void **state)
{
    const char *path = "../shared/data/acdc/volumes/patient002_frame01.h5";
    sep_volume image;
    sep_labels labels;
    float low, high;

    (void)state;
    if (!sep_file_exists(path)) {
        print_message("%s is not here\n", path);
        skip();
    }
    assert_int_equal(sep_volume_read(path, &image), SEP_OK);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_true(image.depth == 10 && image.height == 256 && image.width == 232 && !image.has_geometry);
    sep_volume_range(&image, &low, &high);
    assert_true(low == 0.0f && high == 1.0f);
    for (int i = 0; i < 10 * 256 * 232; i++)
        assert_true(labels.data[i] <= 3);
    sep_volume_free(&image);
    sep_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pair),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_files_repeat),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_enumeration),
        cmocka_unit_test(test_plane),
        cmocka_unit_test(test_channels_first_and_last),
        cmocka_unit_test(test_channels_that_are_not_there),
        cmocka_unit_test(test_channels_there_and_back),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_wrong_contents),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_error_handler_is_kept),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_acdc),
    };

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_says_what_is_missing(void **state)
{
    sep_volume volume = image_example();

    (void)state;
    assert_int_equal(sep_volume_write(scratch_path("a.h5"), &volume), SEP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sep_error_text(), "HDF5"));
    sep_volume_free(&volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_says_what_is_missing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
