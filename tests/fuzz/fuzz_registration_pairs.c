/* Files of registered pairs whose tables say anything: indices, states, matrices, ranks, names without an end, splines,
 * coefficients.
 *
 * The input is a recipe: which table of a valid file, and which bytes of its rows are replaced. septum reads the file
 * that libhdf5 makes of that; the container itself stays whole (fuzz_hdf5_container damages it). */
#include "config.h"
#include "septum/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SEP_HAVE_HDF5

#include "hdf5_container.h"

/* Each four bytes of the input: a place in the rows, what is written there, how often. */
static void damage(void *rows, size_t bytes, const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 4; at += 4) {
        const size_t first = ((size_t)at[0] * 256 + at[1]) % bytes, count = (size_t)at[3] % 8 + 1;

        memset((char *)rows + first, at[2], first + count <= bytes ? count : bytes - first);
    }
}

static void damage_table(hid_t file, const char *name, const uint8_t *at, const uint8_t *end)
{
    hid_t table = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(table), space = H5Dget_space(table);
    const size_t bytes = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    void *rows = sep_calloc(bytes, 1);

    must(rows != NULL && H5Dread(table, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
    damage(rows, bytes, at, end);
    must(H5Dwrite(table, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
    sep_free(rows);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(table);
}

/* Opens a file that is bytes; what is changed in it stays in memory. */
static hid_t open_bytes(const container *whole)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    must(H5Pset_fapl_core(access, 1 << 16, false) >= 0 && H5Pset_file_image(access, whole->bytes, whole->count) >= 0);
    hid_t file = H5Fopen("in memory", H5F_ACC_RDWR, access);
    must(file >= 0);
    H5Pclose(access);
    return file;
}

static container take_bytes(hid_t file)
{
    must(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0);
    const ssize_t count = H5Fget_file_image(file, NULL, 0);
    container whole = {.bytes = count > 0 ? sep_calloc((size_t)count, 1) : NULL, .count = (size_t)count};

    must(whole.bytes != NULL && H5Fget_file_image(file, whole.bytes, whole.count) == count);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tables[] = {"pairs", "volumes", "options", "splines", "coefficients"};
    static container valid;
    static sep_volume volume;

    if (valid.bytes == NULL) {
        sep_memory_set_limit((uint64_t)64 << 20);
        volume = container_volume(1, 2, 2);
        write_pairs(input_file("input.h5", NULL, 0), &volume);
        valid = take_file(input_path[0]);
    }
    hid_t file = open_bytes(&valid);
    if (size > 0)
        damage_table(file, tables[data[0] % (sizeof tables / sizeof *tables)], data + 1, data + size);
    container damaged = take_bytes(file);
    H5Fclose(file);
    use_pairs(input_file("input.h5", damaged.bytes, damaged.count), &volume);
    sep_free(damaged.bytes);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}

#endif
