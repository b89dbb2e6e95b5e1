#include "support_hdf5.h"

#if SEP_HAVE_HDF5

#include "support_image.h"
#include "support_scratch.h"

const hsize_t volume_size[3] = {DEPTH, HEIGHT, WIDTH};

uint16_t value_at(int voxel)
{
    return (uint16_t)(1000 + 37 * voxel);
}

hid_t new_file(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(file >= 0);
    return file;
}

hid_t new_dataset(hid_t file, const char *name, const hsize_t dims[3], hid_t properties)
{
    hid_t space = H5Screate_simple(3, dims, NULL);
    hid_t dataset = H5Dcreate2(file, name, H5T_STD_U16LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);

    assert_true(dataset >= 0);
    H5Sclose(space);
    H5Pclose(properties);
    return dataset;
}

void write_all(hid_t dataset)
{
    uint16_t values[VOXELS];

    for (int i = 0; i < VOXELS; i++)
        values[i] = value_at(i);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
}

hid_t in_chunks(void)
{
    const hsize_t chunk[3] = {1, 3, 4};
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(properties, 3, chunk);
    return properties;
}

const char *file_stored_by(hid_t properties, bool written)
{
    const char *path = scratch_path("stored.h5");
    hid_t file = new_file(path), dataset = new_dataset(file, "image", volume_size, properties);

    if (written)
        write_all(dataset);
    H5Dclose(dataset);
    H5Fclose(file);
    return path;
}

void assert_written(const char *path)
{
    sep_volume image;

    if (sep_volume_read(path, &image) != SEP_OK)
        fail_msg("%s", sep_error_text());
    assert_true(image.depth == DEPTH && image.height == HEIGHT && image.width == WIDTH);
    for (int i = 0; i < VOXELS; i++)
        assert_true(image.data[i] == (float)value_at(i));
    sep_volume_free(&image);
}

#endif
