/* Label maps that nobody drew: what a training loop reads of them. */
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/image.h"

#if SEP_HAVE_HDF5

#include <string.h>

static void derived_labels_say_what_they_were_made_of(void **state)
{
    const char *path = scratch_path("registered.h5");
    sep_labels drawn = labels_example(), read, agreement = labels_example();
    char *names = sep_strdup("patient001_frame01\npatient002_frame01");
    const sep_derivation from = {.sources = names, .inputs = UINT64_MAX - 1, .key = 7};
    const sep_label_reading of_agreement = {.dataset = "agreement"};
    sep_derivation back;

    (void)state;
    agreement.data[3] = 255;
    assert_int_equal(sep_hdf5_write_derived(path, &drawn, &agreement, &from), SEP_OK);
    assert_int_equal(sep_hdf5_read_derivation(path, &back), SEP_OK);
    assert_string_equal(back.sources, names);
    assert_true(back.inputs == UINT64_MAX - 1 && back.key == 7);
    sep_derivation_free(&back);
    assert_int_equal(sep_labels_read(path, &read), SEP_OK);
    assert_memory_equal(read.affine, drawn.affine, sizeof drawn.affine);
    assert_memory_equal(read.data, drawn.data, 60);
    sep_labels_free(&read);
    assert_int_equal(sep_labels_read_as(path, &of_agreement, &read), SEP_OK);
    assert_memory_equal(read.affine, drawn.affine, sizeof drawn.affine);
    assert_memory_equal(read.data, agreement.data, 60);
    sep_labels_free(&read);
    sep_labels_free(&drawn);
    sep_labels_free(&agreement);
    sep_free(names);
}

static void what_has_no_source_says_so(void **state)
{
    const char *path = scratch_path("drawn.h5"), *text = scratch_file("text.h5", "text", 4);
    sep_labels drawn = labels_example();
    char nothing[1] = "", *many = sep_calloc(70000, 1);
    sep_derivation from;

    (void)state;
    memset(many, 'a', 69999);
    assert_int_equal(sep_labels_write(path, &drawn), SEP_OK);
    assert_int_equal(sep_hdf5_read_derivation(path, &from), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "attribute 'source'"));
    assert_null(from.sources);
    assert_int_equal(sep_hdf5_read_derivation(text, &from), SEP_ERR_FORMAT);
    assert_int_equal(sep_hdf5_read_derivation(scratch_path("none.h5"), &from), SEP_ERR_FORMAT);
    from.sources = nothing;
    assert_int_equal(sep_hdf5_write_derived(path, &drawn, NULL, &from), SEP_ERR_ARGUMENT);
    from.sources = many;
    assert_int_equal(sep_hdf5_write_derived(path, &drawn, NULL, &from), SEP_ERR_ARGUMENT);
    from.sources = strcpy(many, "q");
    assert_int_equal(sep_hdf5_write_derived(scratch_path("no-folder/a.h5"), &drawn, NULL, &from), SEP_ERR_IO);
    sep_labels_free(&drawn);
    sep_free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_labels_say_what_they_were_made_of),
        cmocka_unit_test(what_has_no_source_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_build_without_hdf5_says_so(void **state)
{
    sep_derivation from;

    (void)state;
    assert_int_equal(sep_hdf5_read_derivation("a.h5", &from), SEP_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_build_without_hdf5_says_so)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
