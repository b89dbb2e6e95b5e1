/* The command on scans whose slices lie along another axis than z: what they come to is what slices along z come to. */
#include "support.h"
#include "support_command.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/data.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_HDF5

#include <stdio.h>
#include <string.h>

/* Slices three times as far apart. */
static void make_thick(sep_volume *image, sep_labels *label)
{
    for (int row = 0; row < 3; row++)
        image->affine[row][2] *= 3;
    image->spacing[2] *= 3;
    sep_labels_take_geometry(label, image);
}

/* Phantoms stored as `order` says: of `geometry` pairs of NIfTI, else HDF5 files that say nothing of how they lie. */
static void make_stored(const char *name, const sep_order *order, bool geometry)
{
    static const char *const scan[] = {"a", "b", "c", "d"};
    const sep_phantom_config config = {.size = 112, .slices = 6, .seed = 9};
    const char *folder = scratch_path(name);

    assert_int_equal(sep_make_folders(folder), SEP_OK);
    for (int i = 0; i < 4; i++) {
        sep_volume image;
        sep_labels label;
        char *path = sep_format("%s/%s.%s", folder, scan[i], geometry ? "nii.gz" : "h5"),
             *label_path = sep_format("%s/%s_gt.nii.gz", folder, scan[i]);

        assert_int_equal(sep_phantom_cardiac(&config, i, SEP_END_DIASTOLE, &image, &label), SEP_OK);
        make_thick(&image, &label);
        image.has_geometry = label.has_geometry = geometry;
        assert_int_equal(sep_volume_reorder(&image, order), SEP_OK);
        assert_int_equal(sep_labels_reorder(&label, order), SEP_OK);
        if (geometry) {
            assert_int_equal(sep_volume_write(path, &image), SEP_OK);
            assert_int_equal(sep_labels_write(label_path, &label), SEP_OK);
        } else
            assert_int_equal(sep_hdf5_write(path, &image, &label), SEP_OK);
        sep_volume_free(&image);
        sep_labels_free(&label);
        sep_free(path);
        sep_free(label_path);
    }
}

static void write_axis_settings(const char *folder, bool geometry, sep_slice_axis axis)
{
    char *name = sep_format("%s.ini", folder);
    char *text = sep_format("[data]\nformat = %s\nfolder = %s\nclasses = 4\nvalidation_count = 1\npatch_size = 32\n"
                            "labelled_cases = 1\nregistered = auto\nslice_axis = %s\n"
                            "[train]\nmethod = mean-teacher\niterations = 4\nvalidate_every = 2\nregistered = yes\n"
                            "pseudo_labels = 2\n[student_0]\nnet = u-net\nbase = 4\n",
                            geometry ? "pairs" : "hdf5", folder, sep_slice_axis_names[axis]);

    (void)scratch_file(name, text, strlen(text));
    sep_free(text);
    sep_free(name);
}

/* expect(0, ...), with `folder` for each '@'. */
static void expect_of(const char *folder, const char *text, const char *arguments)
{
    char command[512] = "";

    for (const char *at = arguments; *at != '\0'; at++) {
        const size_t length = strlen(command);
        snprintf(command + length, sizeof command - length, *at == '@' ? "%s" : "%.1s", *at == '@' ? folder : at);
    }
    expect(0, text, command);
}

/* The label map of d, which validates, as one command left it for `folder`: that for `stored`, in the order. */
static void assert_reordered(const char *made, const char *folder, const char *stored, const sep_order *order)
{
    char *first = sep_format("%s-%s/d.nii.gz", stored, made), *second = sep_format("%s-%s/d.nii.gz", folder, made);
    sep_labels one, other;

    assert_int_equal(sep_labels_read(scratch_path(first), &one), SEP_OK);
    assert_int_equal(sep_labels_read(scratch_path(second), &other), SEP_OK);
    assert_int_equal(sep_labels_reorder(&one, order), SEP_OK);
    assert_int_equal(one.depth, other.depth);
    assert_int_equal(one.height, other.height);
    assert_memory_equal(one.data, other.data, (size_t)one.depth * (size_t)one.height * (size_t)one.width);
    sep_labels_free(&one);
    sep_labels_free(&other);
    sep_free(first);
    sep_free(second);
}

/* The first suggestion of a run: its scan, and the slices along the axis of the file. */
static void read_suggestion(const char *folder, sep_slice_axis axis, char scan[32], char slices[32])
{
    char *path = sep_format("runs/%s/suggest/suggest.csv", folder), named[4] = "";

    FILE *file = fopen(scratch_path(path), "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*[^\n] 1,%31[^,],%*[^,],%*[^,],%*[^,],%*[^,],%3[^,],%31[^\n]", scan, named, slices),
                     3);
    fclose(file);
    assert_string_equal(named, sep_slice_axis_names[axis]);
    sep_free(path);
}

static void assert_same_suggestion(const char *folder, sep_slice_axis axis, const char *stored)
{
    char scan[2][32], slices[2][32];

    read_suggestion(stored, SEP_SLICE_AXIS_Z, scan[0], slices[0]);
    read_suggestion(folder, axis, scan[1], slices[1]);
    assert_string_equal(scan[0], scan[1]);
    assert_string_equal(slices[0], slices[1]);
}

/* A plan sees which axis it is, and then what it sees of scans whose slices lie along z. */
static void check_plan(const char *folder, sep_slice_axis axis)
{
    char *line = sep_format("slice_axis = %s\n", sep_slice_axis_names[axis]), *plan = sep_format("%s-plan.ini", folder);
    char text[1 << 14] = "";

    expect_of(folder, "1 labelled cases (6 slices), 2 unlabelled (12), 1 that validate (6)",
              "plan @ --labelled 1 --method supervised --hours 0.01 --threads 1 --out @-plan.ini");
    assert_silent_about("looks wrong");
    FILE *file = fopen(scratch_path(plan), "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(text, "near the median slice, 112 x 112 pixels"));
    assert_int_equal(strstr(text, line) != NULL, axis != SEP_SLICE_AXIS_Z);
    sep_free(line);
    sep_free(plan);
}

/* Trains with registered labels and with labels that are held back, from memory and from a cache; predicts,
 * propagates, suggests. */
static void use_stored(const char *folder, bool geometry, sep_slice_axis axis, char hash[17])
{
    const sep_order order = sep_slice_axis_order(axis);
    char cached[17], *cache = sep_format("runs/%s-cached/scans.cache", folder);

    make_stored(folder, &order, geometry);
    write_axis_settings(folder, geometry, axis);
    expect_of(folder, "4 iterations", "train @.ini --out runs/@ -t 1");
    hash_of_run(hash);
    expect_of(folder, "4 iterations", "train @.ini --out runs/@-cached -t 1 --set data.memory=1");
    hash_of_run(cached);
    assert_string_equal(hash, cached);
    assert_true(sep_file_exists(scratch_path(cache)));
    sep_free(cache);
    expect_of(folder, "", "predict @ --model runs/@/last.safetensors --out @-predicted --format nii.gz -t 1");
    expect_of(folder, "mean Dice", "propagate @.ini --out @-propagated --threads 1");
    expect_of(folder, "suggest/index.html", "suggest runs/@ --count 1 --threads 1");
    check_plan(folder, axis);
}

/* What a data set comes to that is stored with its slices first, one that is stored along another axis comes to. */
static void check_axis(const char *stored, const char *first, const char *folder, bool geometry, sep_slice_axis axis)
{
    const sep_order order = sep_slice_axis_order(axis);
    char hash[17];

    use_stored(folder, geometry, axis, hash);
    assert_string_equal(first, hash);
    assert_reordered("predicted", folder, stored, &order);
    assert_same_suggestion(folder, axis, stored);
    if (!geometry) /* else scans are registered as they are stored, in steps of their own */
        assert_reordered("propagated", folder, stored, &order);
}

static void slices_of_files_without_geometry_lie_along_any_axis(void **state)
{
    char hash[17];

    (void)state;
    use_stored("bare-z", false, SEP_SLICE_AXIS_Z, hash);
    check_axis("bare-z", hash, "bare-y", false, SEP_SLICE_AXIS_Y);
    check_axis("bare-z", hash, "bare-x", false, SEP_SLICE_AXIS_X);
    expect(0, "slices along the axis x of files without geometry", "info runs/bare-x/last.safetensors");
    expect(1, "leave one of them out", "info bare-x.ini --set data.orientation=stored");
}

static void slices_of_scans_lie_along_any_axis(void **state)
{
    char hash[17];

    (void)state;
    use_stored("pairs-z", true, SEP_SLICE_AXIS_Z, hash);
    check_axis("pairs-z", hash, "pairs-y", true, SEP_SLICE_AXIS_Y);
    check_axis("pairs-z", hash, "pairs-x", true, SEP_SLICE_AXIS_X);
}

/* One HDF5 scan of that depth, of another order than the rest perhaps. */
static void add_scan(const char *name, int depth, const sep_order *order, bool geometry)
{
    const sep_phantom_config config = {.size = 32, .slices = depth, .seed = 5};
    sep_volume image;
    sep_labels label;

    assert_int_equal(sep_phantom_cardiac(&config, 0, SEP_END_DIASTOLE, &image, &label), SEP_OK);
    image.has_geometry = label.has_geometry = geometry;
    assert_int_equal(sep_volume_reorder(&image, order), SEP_OK);
    assert_int_equal(sep_labels_reorder(&label, order), SEP_OK);
    assert_int_equal(sep_hdf5_write(scratch_path(name), &image, &label), SEP_OK);
    sep_volume_free(&image);
    sep_labels_free(&label);
}

static void an_axis_that_scans_lack_is_refused(void **state)
{
    const sep_order order = sep_slice_axis_order(SEP_SLICE_AXIS_X);

    (void)state;
    make_stored("some", &order, false);
    write_axis_settings("some", false, SEP_SLICE_AXIS_X);
    add_scan("some/e.h5", 6, &sep_order_stored, false);
    expect(0, "scan is stored along other axes than most, or from another end: e (6x32x32)",
           "plan some --labelled 1 --method supervised --hours 0.01 --threads 1 --out some-plan.ini");
    add_scan("some/e.h5", 1, &sep_order_stored, false);
    expect(1, "e.h5: is a single slice, and has none along data.slice_axis = x", "info some.ini");
    add_scan("some/e.h5", 6, &sep_order_stored, true);
    expect(1, "4 of 5 scans have no geometry, so that nothing says how they lie to the others: first a",
           "info some.ini");
}

/* Volumes about as deep as wide stay as they are stored, with a word. */
static void only_stacks_are_cut_otherwise_by_a_plan(void **state)
{
    static const char *const name[] = {"deep/a.h5", "deep/b.h5", "deep/c.h5"};
    const sep_order order = sep_slice_axis_order(SEP_SLICE_AXIS_X);

    (void)state;
    assert_int_equal(sep_make_folders(scratch_path("deep")), SEP_OK);
    for (int i = 0; i < 3; i++)
        add_scan(name[i], 24, &order, false);
    expect(0, "3 scans have fewer columns than slices: they may be stored with their slices last, and data.slice_axis",
           "plan deep --method supervised --hours 0.01 --threads 1 --out deep-plan.ini");
    assert_non_null(strstr(printed(), "3 labelled cases (96 slices)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_of_files_without_geometry_lie_along_any_axis),
        cmocka_unit_test(slices_of_scans_lie_along_any_axis),
        cmocka_unit_test(an_axis_that_scans_lack_is_refused),
        cmocka_unit_test(only_stacks_are_cut_otherwise_by_a_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void nothing_to_read(void **state)
{
    (void)state;
    print_message("skipped: built without NIfTI or HDF5\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_to_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
