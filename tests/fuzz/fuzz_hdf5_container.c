/* Damaged HDF5 containers: bytes of valid files replaced anywhere, in libhdf5's own structures too. Files of septum,
 * whose headers have check sums, and volumes in the older form that h5py writes, without attributes: libhdf5 1.10 reads
 * beyond damaged attributes, enumerations and structs of that form while it opens them, which nothing outside it can
 * mend.
 *
 * The input says which file (a volume or a file of registered pairs, stored in one of several ways), and what is
 * written where: three bytes of a place, one of a value, each. */
#include "config.h"
#include "septum/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SEP_HAVE_HDF5

#include "hdf5_container.h"
#include "read_image.h"

/* LeakSanitizer's name for it: libhdf5 forgets what it allocated for a header when the rest turns out to be damaged. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

enum { KINDS = 6, PAIRS = 0 };

/* As other programs store volumes: in one piece, in chunks, through filters, in the newest form of the container. */
static void write_volume(const char *path, int kind)
{
    const hsize_t dims[3] = {3, 9, 11}, chunk[3] = {1, 8, 8};
    hid_t newest = H5Pcreate(H5P_FILE_ACCESS), properties = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(3, dims, NULL);
    uint16_t values[3 * 9 * 11];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = (uint16_t)(i % 3);
    if (kind >= 3)
        H5Pset_chunk(properties, 3, chunk);
    if (kind >= 4) {
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, 4);
        H5Pset_fletcher32(properties);
    }
    if (kind == 5)
        H5Pset_libver_bounds(newest, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, newest);
    for (int i = 0; i < 2; i++) {
        hid_t dataset =
            H5Dcreate2(file, i == 0 ? "image" : "label", H5T_STD_U16LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);

        must(H5Dwrite(dataset, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        H5Dclose(dataset);
    }
    must(H5Fclose(file) >= 0);
    H5Sclose(space);
    H5Pclose(properties);
    H5Pclose(newest);
}

static container make_kind(int kind, sep_volume *volume)
{
    const char *path = input_file("input.h5", NULL, 0);

    if (kind == PAIRS)
        write_pairs(path, volume);
    else if (kind == 1)
        must(sep_hdf5_write(path, volume, NULL) == SEP_OK);
    else
        write_volume(path, kind);
    return take_file(path);
}

static void damage(container *c, const uint8_t *at, const uint8_t *end)
{
    uint8_t *bytes = c->bytes;

    for (; end - at >= 4; at += 4)
        bytes[((size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2]) % c->count] = at[3];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static container kinds[KINDS];
    static sep_volume volume;
    const int kind = size > 0 ? data[0] % KINDS : 0;

    if (volume.data == NULL) {
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
        sep_memory_set_limit((uint64_t)64 << 20);
        volume = container_volume(3, 9, 11);
        for (int i = 0; i < KINDS; i++)
            kinds[i] = make_kind(i, &volume);
    }
    container damaged = {.bytes = sep_calloc(kinds[kind].count, 1), .count = kinds[kind].count};
    must(damaged.bytes != NULL);
    memcpy(damaged.bytes, kinds[kind].bytes, damaged.count);
    if (size > 1)
        damage(&damaged, data + 1, data + size);
    if (kind == PAIRS)
        use_pairs(input_file("input.h5", damaged.bytes, damaged.count), &volume);
    else
        read_image("input.h5", damaged.bytes, damaged.count);
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
