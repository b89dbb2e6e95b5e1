/* What a file of registered pairs may claim: rows that were never written, more of them than there can be, data
 * elsewhere. Nothing is allocated for such claims. */
#include "support.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/registration_pairs.h"

#include <string.h>

#if SEP_HAVE_HDF5

#include <hdf5.h>

enum { VOLUMES = 3 };

static const sep_registration_options options = {.kind = SEP_AFFINE, .levels = 1};

/* A valid file, to be spoilt: three volumes, three open pairs. */
static const char *make_file(const char *name)
{
    const char *path = scratch_path(name);
    sep_volume volume;
    sep_pairs *set;
    int index;

    assert_int_equal(sep_volume_create(&volume, 1, 2, 2), SEP_OK);
    assert_int_equal(sep_pairs_open(NULL, &options, &set), SEP_OK);
    for (int i = 0; i < VOLUMES; i++)
        assert_int_equal(sep_pairs_add_volume(set, (const char[]){(char)('a' + i), 0}, &volume, true, -1, &index),
                         SEP_OK);
    for (int i = 0; i < VOLUMES; i++)
        assert_int_equal(sep_pairs_want(set, i, (i + 1) % VOLUMES), SEP_OK);
    assert_int_equal(sep_pairs_write(set, path), SEP_OK);
    sep_pairs_free(set);
    sep_volume_free(&volume);
    return path;
}

/* Replaces a dataset by one of the same type with that many rows, none of them written; `properties` are closed. */
static void replace(const char *path, const char *name, hsize_t rows, hid_t properties)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), old = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t type = H5Dget_type(old), space = H5Screate_simple(1, &rows, NULL);

    H5Dclose(old);
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    hid_t new = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(new >= 0);
    H5Dclose(new);
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(properties);
    H5Fclose(file);
}

static void assert_refused(const char *path, sep_status status, const char *text)
{
    sep_pairs *set;

    assert_int_equal(sep_pairs_open(path, &options, &set), status);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' lacks '%s'", sep_error_text(), text);
    assert_null(set);
}

static void rows_are_counted_before_they_are_read(void **state)
{
    const struct {
        const char *name, *text;
        hsize_t rows;
    } claims[] = {
        {"volumes", "volumes: this is no file", 30000000}, /* more than may be */
        {"volumes", "it claims more rows than it stores", 30000},
        {"options", "options: this is no file", 2},
        {"options", "it claims more rows than it stores", 1},
        {"pairs", "pairs: this is no file", VOLUMES * VOLUMES + 1},
        {"pairs", "it claims more rows than it stores", VOLUMES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        const char *path = make_file("claims.h5");

        replace(path, claims[i].name, claims[i].rows, H5Pcreate(H5P_DATASET_CREATE));
        assert_refused(path, SEP_ERR_FORMAT, claims[i].text);
    }
}

/* As many volumes as may be, all but the first chunk zeros that deflate to nothing: the table of pairs would be 4 GiB.
 */
static void what_volumes_would_take_meets_the_limit_of_memory(void **state)
{
    const hsize_t rows = 1 << 15, chunk = 1 << 12;
    const char *path = make_file("many.h5");
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);

    (void)state;
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_deflate(properties, 9);
    replace(path, "volumes", rows, properties);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), volumes = H5Dopen2(file, "volumes", H5P_DEFAULT);
    hid_t type = H5Dget_type(volumes);
    void *zeros = sep_calloc(rows, H5Tget_size(type));
    assert_non_null(zeros);
    assert_true(H5Dwrite(volumes, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros) >= 0);
    sep_free(zeros);
    H5Tclose(type);
    H5Dclose(volumes);
    H5Fclose(file);
    sep_memory_set_limit((uint64_t)1 << 30);
    assert_refused(path, SEP_ERR_MEMORY, "32768 volumes: would take 4.0 GiB");
    sep_memory_set_limit(0);
}

static void data_elsewhere_are_refused(void **state)
{
    const char *path = make_file("external.h5");
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);

    (void)state;
    H5Pset_external(properties, "/etc/passwd", 0, H5F_UNLIMITED);
    replace(path, "pairs", 1, properties);
    assert_refused(path, SEP_ERR_UNSUPPORTED, "external storage");

    path = make_file("link.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "volumes", H5P_DEFAULT);
    H5Lcreate_external("other.h5", "volumes", file, "volumes", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_refused(path, SEP_ERR_UNSUPPORTED, "'volumes' is an external link, to the file 'other.h5'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_counted_before_they_are_read),
        cmocka_unit_test(what_volumes_would_take_meets_the_limit_of_memory),
        cmocka_unit_test(data_elsewhere_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    print_message("skipped: this build has no HDF5\n");
    return 77;
}

#endif
