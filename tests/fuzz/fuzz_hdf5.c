/* HDF5 files: datasets of any rank, size, type and layout, written wholly, in part or never, chunks of any bytes, links
 * that lead elsewhere, attributes of any shape, files cut off anywhere.
 *
 * The input is a recipe. libhdf5 builds a valid file from it, and septum reads that: what is tried here is how septum
 * treats what a file may validly say. fuzz_hdf5_container damages libhdf5's own structures. */
#include "config.h"
#include "read_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SEP_HAVE_HDF5

#include <hdf5.h>
#include <string.h>

/* The bytes of the input one after the other; 0 when there are no more. */
typedef struct recipe {
    const uint8_t *at, *end;
} recipe;

static unsigned next(recipe *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

/* A type that septum reads or must refuse. The caller closes it. */
static hid_t next_type(recipe *r)
{
    const hid_t plain[] = {H5T_STD_U8LE,  H5T_STD_I8LE,   H5T_STD_U16BE,  H5T_STD_I32LE,  H5T_STD_I64BE,
                           H5T_STD_U64LE, H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_IEEE_F32BE, H5T_NATIVE_LDOUBLE,
                           H5T_STD_B16LE, H5T_C_S1,       H5T_STD_REF_OBJ};
    unsigned choice = next(r) % (sizeof plain / sizeof *plain + 3);
    hid_t type;

    switch (choice) {
    case 0:
        type = H5Tenum_create(H5T_STD_I8LE);
        H5Tenum_insert(type, "FALSE", &(int8_t){0});
        H5Tenum_insert(type, "TRUE", &(int8_t){1});
        return type;
    case 1:
        type = H5Tcreate(H5T_COMPOUND, 8);
        H5Tinsert(type, "x", 0, H5T_IEEE_F32LE);
        H5Tinsert(type, "y", 4, H5T_STD_I32LE);
        return type;
    case 2:
        return H5Tarray_create2(H5T_IEEE_F32LE, 1, (const hsize_t[]){3});
    default:
        return H5Tcopy(plain[choice - 3]);
    }
}

/* Rank 0 to 4, sizes 0 to 6, now and then a huge one. */
static hid_t next_space(recipe *r, int *rank, hsize_t dims[4])
{
    *rank = (int)(next(r) % 5);
    for (int axis = 0; axis < *rank; axis++) {
        unsigned size = next(r);
        dims[axis] = size >= 250 ? (hsize_t)1 << (size - 230) : size % 7;
    }
    return *rank == 0 ? H5Screate(next(r) % 2 ? H5S_SCALAR : H5S_NULL) : H5Screate_simple(*rank, dims, NULL);
}

static void add_attribute(recipe *r, hid_t object, const char *name)
{
    static const int counts[] = {3, 12, 16, 0, 1, 4, 40};
    uint8_t bytes[40 * 16] = {0};

    if (next(r) % 3 == 0)
        return;
    hid_t space = H5Screate_simple(1, (const hsize_t[]){(hsize_t)counts[next(r) % 7]}, NULL);
    hid_t type = next(r) % 2 ? H5Tcopy(H5T_IEEE_F32LE) : next_type(r);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)next(r);
    if (attribute >= 0 && H5Tget_class(type) != H5T_REFERENCE)
        H5Awrite(attribute, type, bytes);
    H5Aclose(attribute);
    H5Tclose(type);
    H5Sclose(space);
}

static hid_t next_layout(recipe *r, int rank, const hsize_t dims[4])
{
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[4];
    bool chunked = next(r) % 2 == 1 && rank > 0;

    for (int axis = 0; axis < rank; axis++) {
        chunked = chunked && dims[axis] > 0;
        chunk[axis] = dims[axis] < 4 ? dims[axis] : 4;
    }
    if (chunked) {
        const unsigned filters = next(r);

        H5Pset_chunk(properties, rank, chunk);
        if (filters & 2)
            H5Pset_shuffle(properties);
        if (filters & 1)
            H5Pset_deflate(properties, 1);
        if (filters & 4)
            H5Pset_fletcher32(properties);
        if (filters & 8)
            H5Pset_fill_value(properties, H5T_NATIVE_INT, &(int){3});
    }
    return properties;
}

/* A chunk as the file is to hold it, which need not be what its filters make. */
static void write_chunk(recipe *r, hid_t dataset, int rank)
{
    const hsize_t first[4] = {0};
    uint8_t bytes[300];
    const size_t count = next(r) + 1;
    const uint32_t skipped = next(r) % 8;

    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)next(r);
    if (rank > 0)
        H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, first, count, bytes);
}

static void fill_dataset(recipe *r, hid_t dataset, hid_t type, int rank, const hsize_t dims[4])
{
    size_t bytes = H5Tget_size(type);
    int huge = 0;

    for (int axis = 0; axis < rank; axis++) {
        bytes = dims[axis] > 6 ? 0 : bytes * dims[axis];
        huge += dims[axis] > 6;
    }
    uint8_t *values = bytes && H5Tget_class(type) != H5T_REFERENCE ? calloc(bytes, 1) : NULL;
    for (size_t i = 0; values && i < bytes; i++)
        values[i] = (uint8_t)next(r);
    if (values)
        H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
    if (next(r) % 4 == 3 && huge < 2) /* libhdf5 can't write into more chunks than 64 bits count */
        write_chunk(r, dataset, rank);
}

static void add_dataset(recipe *r, hid_t file, const char *name)
{
    hsize_t dims[4] = {0};
    int rank;

    switch (next(r) % 6) {
    case 0:
        return;
    case 1:
        H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        return;
    case 2:
        H5Lcreate_soft("/nowhere", file, name, H5P_DEFAULT, H5P_DEFAULT);
        return;
    case 5:
        H5Lcreate_external("/elsewhere.h5", "image", file, name, H5P_DEFAULT, H5P_DEFAULT);
        return;
    default:
        break;
    }
    hid_t space = next_space(r, &rank, dims), type = next_type(r), layout = next_layout(r, rank, dims);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    if (dataset >= 0) {
        add_attribute(r, dataset, "spacing");
        add_attribute(r, dataset, "affine");
        fill_dataset(r, dataset, type, rank, dims);
        H5Dclose(dataset);
    }
    H5Pclose(layout);
    H5Tclose(type);
    H5Sclose(space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    recipe r = {data, data + size};
    unsigned cut = next(&r) == 0 ? next(&r) : 256; /* 256ths of the file that are kept */
    const char *path = input_file("input.h5", NULL, 0);

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    sep_memory_set_limit((uint64_t)64 << 20);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    expect(file >= 0);
    add_dataset(&r, file, "image");
    add_dataset(&r, file, "label");
    H5Fclose(file);

    void *bytes;
    size_t count;
    expect(sep_file_read(path, &bytes, &count) == SEP_OK);
    read_image("input.h5", bytes, count * cut / 256);
    sep_free(bytes);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return read_image("input.h5", data, size);
}

#endif
