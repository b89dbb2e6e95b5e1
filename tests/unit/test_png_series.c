/* Volumes as PNG files, a slice each: whole, or known not to be. */
#include "support_image.h"
#include "support_png.h"
#include "support_scratch.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

#if SEP_HAVE_STB && SEP_HAVE_ZLIB

/* A label map of `depth` slices of 4x5 pixels, each full of its number plus `first`, in a folder that no other test has
 * written to; returns the path to read. */
static const char *write_series(const char *path, int depth, int first)
{
    sep_labels labels;

    assert_int_equal(sep_labels_create(&labels, depth, 4, 5), SEP_OK);
    for (int i = 0; i < depth * 20; i++)
        labels.data[i] = (uint8_t)(i / 20 + first);
    assert_int_equal(sep_labels_write(path, &labels), SEP_OK);
    sep_labels_free(&labels);
    return path;
}

static const char *in_folder(const char *folder, const char *name)
{
    char *path = sep_format("%s/%s", folder, name);

    assert_int_equal(sep_make_folders(scratch_path(folder)), SEP_OK);
    const char *whole = scratch_path(path);
    sep_free(path);
    return whole;
}

static void assert_depth(const char *path, int depth)
{
    sep_labels labels;

    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_int_equal(labels.depth, depth);
    for (int i = 0; i < depth * 20; i++)
        assert_int_equal(labels.data[i], i / 20);
    sep_labels_free(&labels);
}

/* Of septum's own file: without its note, as another program would write it. */
static void rewrite_plain(const char *path, int value)
{
    support_png png;
    uint8_t pixels[20];

    memset(pixels, value, sizeof pixels);
    support_png_begin(&png, 5, 4, 8, PNG_GREY, 0);
    support_png_pixels(&png, pixels);
    assert_int_equal(sep_file_write_atomic(path, png.bytes, png.count), SEP_OK);
}

static void assert_refused(const char *path, const char *text)
{
    sep_labels labels;

    assert_int_not_equal(sep_labels_read(path, &labels), SEP_OK);
    if (!strstr(sep_error_text(), text))
        fail_msg("not said: %s; but: %s", text, sep_error_text());
}

static void assert_not_written(const char *path, int depth, const char *text)
{
    sep_labels labels;

    assert_int_equal(sep_labels_create(&labels, depth, 4, 5), SEP_OK);
    assert_int_equal(sep_labels_write(path, &labels), SEP_ERR_IO);
    assert_non_null(strstr(sep_error_text(), text));
    sep_labels_free(&labels);
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

static void test_whole(void **state)
{
    const char *path = write_series(in_folder("whole", "case.png"), 3, 0);
    sep_strings names = {0};

    (void)state;
    assert_depth(path, 3);
    assert_int_equal(sep_list_folder(scratch_path("whole"), "", &names), SEP_OK);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.item[2], "case_002.png");
    sep_strings_free(&names);
}

static void test_suffix_in_any_case(void **state)
{
    (void)state;
    assert_depth(write_series(in_folder("upper", "CASE.PNG"), 3, 0), 3);
    assert_true(sep_file_exists(scratch_path("upper/CASE_002.PNG")));
    assert_depth(scratch_path("upper/CASE.png"), 3);
    assert_refused(write_series(in_folder("upper", "CASE.png"), 3, 0), "are its slice 0; remove one");
}

/* ---- what is missing --------------------------------------------------------------------------------------------- */

static void test_lost_slices(void **state)
{
    const char *path = write_series(in_folder("lost", "c.png"), 4, 0);

    (void)state;
    assert_int_equal(remove(scratch_path("lost/c_003.png")), 0);
    assert_refused(path, "c_000.png: is one of 4 slices that were written together, but 3 are here");
    assert_int_equal(remove(scratch_path("lost/c_001.png")), 0);
    assert_refused(path, "c.png: its slice 1 (c_001.png) is missing, but c_002.png is there");
    assert_int_equal(remove(scratch_path("lost/c_000.png")), 0);
    assert_refused(path, "its slice 0 (c_000.png) is missing");
    assert_depth(write_series(path, 4, 0), 4);
    rewrite_plain(scratch_path("lost/c_004.png"), 4);
    assert_refused(path, "is one of 4 slices that were written together, but 5 are here");
}

/* As a kill leaves it where one series replaces another: slice 0 comes last. */
static void test_mixed_series(void **state)
{
    void *old;
    size_t count;
    const char *path = write_series(in_folder("mixed", "c.png"), 3, 7);

    (void)state;
    assert_int_equal(sep_file_read(scratch_path("mixed/c_000.png"), &old, &count), SEP_OK);
    write_series(path, 3, 0);
    assert_int_equal(sep_file_write_atomic(scratch_path("mixed/c_000.png"), old, count), SEP_OK);
    assert_refused(path, "c_001.png: was not written together with slice 0");
    rewrite_plain(scratch_path("mixed/c_000.png"), 0);
    assert_refused(path, "c_001.png: was not written together with slice 0");
    sep_free(old);
}

/* A slice that was drawn on in another program, which keeps no notes. */
static void test_replaced_slice(void **state)
{
    const char *path = write_series(in_folder("drawn", "c.png"), 3, 0);

    (void)state;
    rewrite_plain(scratch_path("drawn/c_001.png"), 1);
    assert_depth(path, 3);
}

static void test_series_of_others(void **state)
{
    const char *path = in_folder("others", "c.png");

    (void)state;
    for (int z = 0; z < 3; z++) {
        char *name = sep_format("others/c_%03d.png", z);
        rewrite_plain(scratch_path(name), z);
        sep_free(name);
    }
    rewrite_plain(scratch_path("others/c_1.png"), 9);
    rewrite_plain(scratch_path("others/c_0003.png"), 9);
    rewrite_plain(scratch_path("others/c_004_mask.png"), 9);
    assert_depth(path, 3);
    rewrite_plain(scratch_path("others/c_004.png"), 4);
    assert_refused(path, "its slice 3 (c_003.png) is missing, but c_004.png is there");
}

static void test_sizes_agree(void **state)
{
    const char *path = write_series(in_folder("sizes", "c.png"), 3, 0);
    sep_volume plane;

    (void)state;
    assert_int_equal(sep_volume_create(&plane, 1, 2, 2), SEP_OK);
    assert_int_equal(sep_volume_write(scratch_path("sizes/c_001.png"), &plane), SEP_OK);
    assert_refused(path, "c_001.png: is 2x2 pixels, slice 0 is 5x4");
    sep_volume_free(&plane);
}

/* ---- what is in the way ------------------------------------------------------------------------------------------ */

static void test_leftovers(void **state)
{
    const char *path = write_series(in_folder("left", "c.png"), 3, 0);

    (void)state;
    assert_not_written(path, 2, "c_002.png: is left from a longer series");
    assert_depth(path, 3);
    rewrite_plain(path, 0);
    assert_not_written(path, 3, "c.png: is a picture, which would be read instead of a series");
}

/* A folder where a slice should go: what was there stays, nothing temporary is left. */
static void test_failure_leaves_nothing(void **state)
{
    const char *path = in_folder("blocked", "c.png");
    sep_strings names = {0};

    (void)state;
    assert_int_equal(sep_make_folders(scratch_path("blocked/c_001.png")), SEP_OK);
    assert_not_written(path, 3, "c_001.png: is a folder");
    assert_int_equal(sep_list_folder(scratch_path("blocked"), "", &names), SEP_OK);
    assert_int_equal(names.count, 1);
    sep_strings_free(&names);
}

/* What a killed process had not put in place goes with the next series; a folder of someone else's stays. */
static void test_killed_writer(void **state)
{
    const char *path = in_folder("killed", "c.png");
    const char *stale = in_folder("killed/.c.png.septum-12-0123456789abcdef.tmp", "c_000.png");
    const char *other = in_folder("killed/.other.tmp", "mine");

    (void)state;
    rewrite_plain(stale, 1);
    assert_int_equal(sep_file_write_atomic(other, "mine", 4), SEP_OK);
    write_series(path, 2, 0);
    assert_false(sep_folder_exists(scratch_path("killed/.c.png.septum-12-0123456789abcdef.tmp")));
    assert_true(sep_file_exists(scratch_path("killed/.other.tmp/mine")));
    assert_depth(path, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_writer),      cmocka_unit_test(test_whole),
        cmocka_unit_test(test_suffix_in_any_case), cmocka_unit_test(test_lost_slices),
        cmocka_unit_test(test_mixed_series),       cmocka_unit_test(test_replaced_slice),
        cmocka_unit_test(test_series_of_others),   cmocka_unit_test(test_sizes_agree),
        cmocka_unit_test(test_leftovers),          cmocka_unit_test(test_failure_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_needs_stb(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_needs_stb)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
