/* HDF5 whose data lie in other files, links of all kinds, and failures of libhdf5 itself. */
#include "support_hdf5.h"
#include "support_image.h"
#include "support_scratch.h"

#include <string.h>

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

/* ---- data elsewhere
 * --------------------------------------------------------------------------------------------------- */

static void data_outside_the_file_are_refused(void **state)
{
    hid_t external = H5Pcreate(H5P_DATASET_CREATE), virtual = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(3, volume_size, NULL);
    const char *path = scratch_path("virtual.h5");

    (void)state;
    H5Pset_external(external, scratch_file("secret", "root:x:0:0", 10), 0, VOXELS * 2);
    assert_volume_fails(file_stored_by(external, false), SEP_ERR_UNSUPPORTED, "external storage");

    H5Pset_virtual(virtual, space, scratch_path("other.h5"), "image", space);
    hid_t file = new_file(path);
    H5Dclose(new_dataset(file, "image", volume_size, virtual));
    H5Fclose(file);
    H5Sclose(space);
    assert_volume_fails(path, SEP_ERR_UNSUPPORTED, "'image' is virtual");
}

static void external_links_are_refused(void **state)
{
    const char *path = scratch_path("links.h5"), *other = scratch_path("other.h5");
    hid_t file = new_file(other);
    sep_derivation from;

    (void)state;
    hid_t group = H5Gcreate2(file, "inner", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = new_dataset(group, "image", volume_size, H5Pcreate(H5P_DATASET_CREATE));
    write_all(dataset);
    H5Dclose(dataset);
    H5Gclose(group);
    H5Fclose(file);

    file = new_file(path);
    H5Lcreate_external(other, "/inner/image", file, "image", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(other, "/inner", file, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/elsewhere/image", file, "label", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_volume_fails(path, SEP_ERR_UNSUPPORTED, "'image' is an external link, to the file '");
    assert_labels_fail(path, SEP_ERR_UNSUPPORTED, "'label' is an external link, to the file '");
    assert_int_equal(sep_hdf5_read_derivation(path, &from), SEP_ERR_UNSUPPORTED);
}

static hid_t lead_nowhere(const char *name, hid_t group, const void *data, size_t bytes, hid_t access, hid_t transfer)
{
    (void)name;
    (void)group;
    (void)data;
    (void)bytes;
    (void)access;
    (void)transfer;
    return -1;
}

static void links_within_the_file_are_followed(void **state)
{
    const H5L_class_t own = {.version = H5L_LINK_CLASS_T_VERS, .id = (H5L_type_t)100, .trav_func = lead_nowhere};
    const char *path = scratch_path("soft.h5");
    hid_t file = new_file(path), group = H5Gcreate2(file, "inner", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = new_dataset(group, "data", volume_size, H5Pcreate(H5P_DATASET_CREATE));

    (void)state;
    write_all(dataset);
    H5Dclose(dataset);
    H5Gclose(group);
    H5Lcreate_soft("/inner", file, "way", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("way/data", file, "image", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lregister(&own) >= 0);
    assert_true(H5Lcreate_ud(file, "label", own.id, "", 0, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Lunregister(own.id);
    H5Fclose(file);
    assert_written(path);
    assert_labels_fail(path, SEP_ERR_UNSUPPORTED, "'label' is a user-defined link");
}

/* ---- failures of libhdf5 itself ---------------------------------------------------------------------------------- */

/* As libhdf5 does when a call fails for the lack of memory, or for another reason. */
static void let_a_call_fail(hid_t minor, const char *reason)
{
    H5E_auto2_t handler;
    void *context;

    H5Eget_auto2(H5E_DEFAULT, &handler, &context);
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_RESOURCE, minor, "%s", reason);
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_DATASET, H5E_READERROR, "can't read");
    handler(H5E_DEFAULT, context);
}

static void memory_that_runs_out_is_no_damage(void **state)
{
    sep_hdf5_session session;

    (void)state;
    sep_hdf5_enter(&session);
    let_a_call_fail(H5E_CANTRELEASE, "no key");
    assert_int_equal(sep_hdf5_fail(SEP_ERR_FORMAT, "a.h5"), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "a.h5 (no key)");
    assert_int_equal(sep_hdf5_leave(&session, "a.h5", SEP_ERR_FORMAT), SEP_ERR_FORMAT);

    sep_hdf5_enter(&session);
    let_a_call_fail(H5E_NOSPACE, "no block");
    assert_int_equal(sep_hdf5_leave(&session, "a.h5", SEP_OK), SEP_ERR_MEMORY);
    assert_non_null(strstr(sep_error_text(), "a.h5: out of memory in libhdf5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_outside_the_file_are_refused),
        cmocka_unit_test(external_links_are_refused),
        cmocka_unit_test(links_within_the_file_are_followed),
        cmocka_unit_test(memory_that_runs_out_is_no_damage),
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
