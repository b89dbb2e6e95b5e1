/* How data of HDF5 may be stored: not at all, in part, through filters; and what is stored wrongly. */
#include "support_hdf5.h"
#include "support_image.h"
#include "support_scratch.h"

#include <string.h>

#if SEP_HAVE_HDF5

static void assert_all(const char *path, float value)
{
    sep_volume image;

    if (sep_volume_read(path, &image) != SEP_OK)
        fail_msg("%s", sep_error_text());
    for (int i = 0; i < VOXELS; i++)
        assert_true(image.data[i] == value);
    sep_volume_free(&image);
}

/* ---- never written ----------------------------------------------------------------------------------------------- */

static hid_t filled_with(hid_t properties, uint16_t value)
{
    H5Pset_fill_value(properties, H5T_NATIVE_UINT16, &value);
    return properties;
}

static void what_was_never_written_is_the_fill_value(void **state)
{
    hid_t compressed = in_chunks(), undefined = H5Pcreate(H5P_DATASET_CREATE);

    (void)state;
    H5Pset_deflate(compressed, 4);
    H5Pset_fill_value(undefined, H5T_NATIVE_UINT16, NULL);
    assert_all(file_stored_by(H5Pcreate(H5P_DATASET_CREATE), false), 0.0f);
    assert_all(file_stored_by(undefined, false), 0.0f);
    assert_all(file_stored_by(filled_with(H5Pcreate(H5P_DATASET_CREATE), 7), false), 7.0f);
    assert_all(file_stored_by(filled_with(in_chunks(), 8), false), 8.0f);
    assert_all(file_stored_by(filled_with(compressed, 9), false), 9.0f);
}

/* A label map beside a written image, as a viewer leaves it that has labelled nothing yet. */
static void a_label_map_never_written_is_background(void **state)
{
    const char *path = scratch_path("labels.h5");
    hid_t file = new_file(path), image = new_dataset(file, "image", volume_size, in_chunks());
    sep_labels labels;

    (void)state;
    write_all(image);
    H5Dclose(image);
    H5Dclose(new_dataset(file, "label", volume_size, H5Pcreate(H5P_DATASET_CREATE)));
    H5Fclose(file);
    assert_written(path);
    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    for (int i = 0; i < VOXELS; i++)
        assert_int_equal(labels.data[i], 0);
    sep_labels_free(&labels);
}

/* The middle slice alone. */
static void check_partly_written(hid_t properties)
{
    const char *path = scratch_path("part.h5");
    const hsize_t start[3] = {1, 0, 0}, count[3] = {1, HEIGHT, WIDTH};
    hid_t file = new_file(path), dataset = new_dataset(file, "image", volume_size, filled_with(properties, 5));
    hid_t place = H5Dget_space(dataset), slice = H5Screate_simple(3, count, NULL);
    uint16_t values[HEIGHT * WIDTH];
    sep_volume image;

    for (int i = 0; i < HEIGHT * WIDTH; i++)
        values[i] = value_at(i);
    H5Sselect_hyperslab(place, H5S_SELECT_SET, start, NULL, count, NULL);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_UINT16, slice, place, H5P_DEFAULT, values) >= 0);
    H5Sclose(slice);
    H5Sclose(place);
    H5Dclose(dataset);
    H5Fclose(file);
    assert_int_equal(sep_volume_read(path, &image), SEP_OK);
    for (int i = 0; i < VOXELS; i++)
        assert_true(image.data[i] == (i / (HEIGHT * WIDTH) == 1 ? (float)value_at(i - HEIGHT * WIDTH) : 5.0f));
    sep_volume_free(&image);
}

static void the_rest_of_partly_written_data_is_the_fill_value(void **state)
{
    hid_t compressed = in_chunks();

    (void)state;
    H5Pset_deflate(compressed, 4);
    check_partly_written(compressed);
    check_partly_written(in_chunks());
}

/* 10^9 voxels in two kilobytes. */
static void claims_meet_the_limit_of_memory(void **state)
{
    const hsize_t huge[3] = {1000, 1000, 1000};
    const char *path = scratch_path("bomb.h5");
    hid_t file = new_file(path);

    (void)state;
    H5Dclose(new_dataset(file, "image", huge, H5Pcreate(H5P_DATASET_CREATE)));
    H5Fclose(file);
    sep_memory_set_limit((uint64_t)1 << 30);
    assert_volume_fails(path, SEP_ERR_MEMORY, "would take 3.7 GiB of memory; the limit is 1.0 GiB");
    sep_memory_set_limit(0);
}

/* One chunk is there, of as many as there are voxels: looking for the others would take minutes. */
static void claims_of_chunks_are_compared_with_the_file(void **state)
{
    const hsize_t huge[3] = {1000, 1000, 1000}, one[3] = {1, 1, 1};
    const char *path = scratch_path("grains.h5");
    hid_t file = new_file(path), properties = H5Pcreate(H5P_DATASET_CREATE);

    (void)state;
    H5Pset_chunk(properties, 3, one);
    H5Pset_deflate(properties, 1);
    hid_t dataset = new_dataset(file, "image", huge, properties);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 1, (const hsize_t[]){0, 0, 0}, 2, "ab") >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    assert_volume_fails(path, SEP_ERR_FORMAT, "chunks, more than");
}

/* ---- filters ----------------------------------------------------------------------------------------------------- */

static void filters_are_undone(void **state)
{
    (void)state;
    assert_written(file_stored_by(in_chunks(), true));
    for (int set = 1; set < 8; set++) {
        hid_t properties = in_chunks();

        if (set & 1)
            H5Pset_shuffle(properties);
        if (set & 2)
            H5Pset_deflate(properties, 6);
        if (set & 4)
            H5Pset_fletcher32(properties);
        assert_written(file_stored_by(properties, true));
    }
}

/* Those that are left to libhdf5. */
static void other_filters_of_libhdf5_are_undone(void **state)
{
    hid_t bits = in_chunks(), offset = in_chunks();

    (void)state;
    H5Pset_nbit(bits);
    H5Pset_scaleoffset(offset, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
    assert_written(file_stored_by(bits, true));
    assert_written(file_stored_by(offset, true));
}

static void chunks_at_the_edge_may_be_left_unfiltered(void **state)
{
    const char *path = scratch_path("edges.h5");
    hid_t properties = in_chunks(), newest = H5Pcreate(H5P_FILE_ACCESS);

    (void)state;
    H5Pset_libver_bounds(newest, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, 6);
    H5Pset_chunk_opts(properties, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, newest);
    hid_t dataset = new_dataset(file, "image", volume_size, properties);
    write_all(dataset);
    H5Dclose(dataset);
    H5Fclose(file);
    H5Pclose(newest);
    assert_written(path);
}

/* A file of one chunk that went through deflate, as it is stored; bits of `skipped` for filters that were left out. */
static const char *file_of_chunk(const void *bytes, size_t count, uint32_t skipped)
{
    const char *path = scratch_path("chunk.h5");
    hid_t file = new_file(path), properties = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(properties, 3, volume_size);
    H5Pset_deflate(properties, 6);
    hid_t dataset = new_dataset(file, "image", volume_size, properties);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, (const hsize_t[]){0, 0, 0}, count, bytes) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    return path;
}

static void chunks_of_a_wrong_size_are_refused(void **state)
{
    const unsigned char nothing[8] = {0x78, 0x9c, 0x03, 0, 0, 0, 0, 1}; /* zlib's stream of no bytes */
    unsigned char plain[VOXELS * 2 + 2000] = {0};

    (void)state;
    for (int i = 0; i < VOXELS; i++) {
        plain[2 * i] = (unsigned char)(value_at(i) & 255);
        plain[2 * i + 1] = (unsigned char)(value_at(i) >> 8);
    }
    assert_written(file_of_chunk(plain, VOXELS * 2, 1));
    assert_volume_fails(file_of_chunk(plain, VOXELS * 2 - 1, 1), SEP_ERR_FORMAT, "another size than it should have");
    assert_volume_fails(file_of_chunk(plain, VOXELS * 2 + 1, 1), SEP_ERR_FORMAT, "another size than it should have");
    assert_volume_fails(file_of_chunk(plain, sizeof plain, 1), SEP_ERR_FORMAT, "longer than it can be");
    assert_volume_fails(file_of_chunk(nothing, sizeof nothing, 0), SEP_ERR_FORMAT, "another size than it should have");
    assert_volume_fails(file_of_chunk(plain, VOXELS * 2, 0), SEP_ERR_FORMAT, "can't be unpacked");
}

static void a_wrong_check_sum_is_damage(void **state)
{
    const char *path;
    hid_t properties = in_chunks();
    unsigned char *bytes;
    void *read;
    size_t count, at = 0;

    (void)state;
    H5Pset_fletcher32(properties);
    path = file_stored_by(properties, true);
    assert_int_equal(sep_file_read(path, &read, &count), SEP_OK);
    bytes = read;
    while (at + 4 <= count && memcmp(bytes + at, (const uint16_t[]){value_at(0), value_at(1)}, 4) != 0)
        at++;
    assert_true(at + 4 <= count);
    bytes[at] ^= 1;
    assert_volume_fails(scratch_file("sum.h5", bytes, count), SEP_ERR_FORMAT, "the check sum of a chunk is wrong");
    sep_free(read);
}

/* A mantissa of 200 bits in a float of 32, which libhdf5 would fetch from beyond it. */
static void a_type_that_makes_no_sense_is_damage(void **state)
{
    const unsigned char layout[8] = {0, 0, 32, 0, 23, 8, 0, 23}; /* of the bits of an IEEE float, as headers have it */
    const char *path = scratch_path("type.h5");
    hid_t file = new_file(path), space = H5Screate_simple(3, volume_size, NULL);
    unsigned char *bytes;
    void *read;
    size_t count, at = 0;

    (void)state;
    H5Dclose(H5Dcreate2(file, "image", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Fclose(file);
    assert_int_equal(sep_file_read(path, &read, &count), SEP_OK);
    bytes = read;
    while (at + 8 <= count && memcmp(bytes + at, layout, 8) != 0)
        at++;
    assert_true(at + 8 <= count);
    bytes[at + 7] = 200;
    assert_volume_fails(scratch_file("type.h5", bytes, count), SEP_ERR_FORMAT, "'image'");
    sep_free(read);
}

static size_t pass_on(unsigned flags, size_t values, const unsigned value[], size_t count, size_t *room, void **bytes)
{
    (void)flags;
    (void)values;
    (void)value;
    (void)room;
    (void)bytes;
    return count;
}

static void check_missing_filter(H5Z_filter_t id, const char *text)
{
    const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, id, 1, 1, "a filter", NULL, NULL, pass_on};
    const char *path;
    hid_t properties = in_chunks();

    assert_true(H5Zregister(&filter) >= 0);
    H5Pset_filter(properties, id, 0, 0, NULL);
    path = file_stored_by(properties, true);
    H5Zunregister(id);
    assert_volume_fails(path, SEP_ERR_UNSUPPORTED, text);
}

static void a_missing_filter_is_named(void **state)
{
    (void)state;
    check_missing_filter(32000, "'image' is compressed by lzf (HDF5 filter 32000), which is not installed");
    check_missing_filter(32015, "by zstd (HDF5 filter 32015)");
    check_missing_filter(300, "by a filter without a common name (HDF5 filter 300)");
    check_missing_filter(32001, "compression='gzip'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_never_written_is_the_fill_value),
        cmocka_unit_test(a_label_map_never_written_is_background),
        cmocka_unit_test(the_rest_of_partly_written_data_is_the_fill_value),
        cmocka_unit_test(claims_meet_the_limit_of_memory),
        cmocka_unit_test(claims_of_chunks_are_compared_with_the_file),
        cmocka_unit_test(filters_are_undone),
        cmocka_unit_test(other_filters_of_libhdf5_are_undone),
        cmocka_unit_test(chunks_at_the_edge_may_be_left_unfiltered),
        cmocka_unit_test(chunks_of_a_wrong_size_are_refused),
        cmocka_unit_test(a_wrong_check_sum_is_damage),
        cmocka_unit_test(a_type_that_makes_no_sense_is_damage),
        cmocka_unit_test(a_missing_filter_is_named),
    };

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    print_message("skipped: this build has no HDF5\n");
    return 77;
}

#endif
