/* Images larger than memory: the file that they lie in, and what becomes of it. */
#include "support_datasets.h"
#include "support_image.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/data.h"
#include "septum/process.h"

#if SEP_HAVE_NIFTI

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Four scans of 1.2 MiB: they take 4.6, in a file whose first record begins at PAGE, its voxels a page behind. */
enum { SCANS = 4, DEPTH = 20, SIDE = 123, VOXELS = DEPTH * SIDE * SIDE, PAGE = 4096 };

static const sep_order RAS = {.axis = {0, 1, 2}}, SPL = {.axis = {2, 1, 0}, .flipped = {false, true, true}};

/* ---- data sets --------------------------------------------------------------------------------------------------- */

/* Scan c is stored along other axes. `change` tells two contents from each other. */
static void write_image(const char *folder, int number, int change)
{
    static const float spacing[3] = {1.0f, 1.25f, 6.0f};
    char *path = sep_format("%s/imagesTr/%c_0000.nii", folder, 'a' + number);
    sep_volume image;

    assert_int_equal(sep_volume_create(&image, DEPTH, SIDE, SIDE), SEP_OK);
    for (int k = 0; k < VOXELS; k++)
        image.data[k] = (float)((k * 37 + number * 11 + change) % 101);
    assert_int_equal(sep_volume_set_spacing(&image, spacing), SEP_OK);
    assert_int_equal(sep_volume_reorder(&image, number == 2 ? &SPL : &RAS), SEP_OK);
    assert_int_equal(sep_volume_write(path, &image), SEP_OK);
    sep_volume_free(&image);
    sep_free(path);
}

static void write_label(const char *folder, int number)
{
    char *image_path = sep_format("%s/imagesTr/%c_0000.nii", folder, 'a' + number);
    char *path = sep_format("%s/labelsTr/%c.nii", folder, 'a' + number);
    sep_volume grid;
    sep_labels label;

    assert_int_equal(sep_volume_read_grid(image_path, &grid), SEP_OK);
    assert_int_equal(sep_labels_create(&label, grid.depth, grid.height, grid.width), SEP_OK);
    for (int k = 0; k < VOXELS; k++)
        label.data[k] = (uint8_t)(k * 7 % 11 % 2);
    sep_labels_take_geometry(&label, &grid);
    assert_int_equal(sep_labels_write(path, &label), SEP_OK);
    sep_labels_free(&label);
    sep_free(image_path);
    sep_free(path);
}

static void write_data(const char *folder)
{
    static const char description[] = "{\"channel_names\": {\"0\": \"MRI\"}, \"labels\": {\"background\": 0, \"it\": "
                                      "1}, \"numTraining\": 4, \"file_ending\": \".nii\"}";
    static const char *const inner[] = {"imagesTr", "labelsTr"};
    char *path;

    for (int i = 0; i < 2; i++) {
        path = sep_format("%s/%s", folder, inner[i]);
        assert_int_equal(sep_make_folders(path), SEP_OK);
        sep_free(path);
    }
    path = sep_format("%s/dataset.json", folder);
    assert_int_equal(sep_file_write_atomic(path, description, sizeof description - 1), SEP_OK);
    sep_free(path);
    for (int i = 0; i < SCANS; i++) {
        write_image(folder, i, 0);
        write_label(folder, i);
    }
}

/* Each test has its data and its cache to itself. */
typedef struct fixture {
    char *folder, *cache;
    sep_data_config config;
} fixture;

static int set_up(void **state)
{
    static int number;
    fixture *f = sep_calloc(1, sizeof *f);
    char name[32];

    snprintf(name, sizeof name, "data%d", number++);
    f->folder = sep_strdup(scratch_path(name));
    f->cache = sep_format("%s/run/scans.cache", f->folder);
    write_data(f->folder);
    f->config = (sep_data_config){.format = SEP_DATA_NNUNET,
                                  .folder = f->folder,
                                  .validation_count = 1,
                                  .labelled_cases = 1,
                                  .hashes = true,
                                  .memory = 1,
                                  .cache = f->cache};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    sep_free(f->folder);
    sep_free(f->cache);
    sep_free(f);
    return 0;
}

static sep_dataset *load_into_memory(const fixture *f)
{
    sep_data_config config = f->config;

    config.memory = 0;
    sep_dataset *dataset = load_dataset(&config);
    assert_null(dataset->cache);
    return dataset;
}

static void assert_same_scan(const sep_scan *a, const sep_scan *b)
{
    assert_same_volume(&a->image, &b->image, 0.0);
    assert_true(a->image_hash == b->image_hash && a->image_hash != 0);
    assert_true(a->label_hash == b->label_hash);
    assert_int_equal(a->label.data == NULL, b->label.data == NULL);
    if (a->label.data != NULL)
        assert_same_labels(&a->label, &b->label, 0.0);
}

/* What a cache gives is what memory would hold. */
static void assert_loads_well(const fixture *f)
{
    sep_dataset *cached = load_dataset(&f->config), *plain = load_into_memory(f);

    assert_non_null(cached->cache);
    for (int i = 0; i < SCANS; i++)
        assert_same_scan(&cached->scan[i], &plain->scan[i]);
    assert_int_equal(cached->notes.count, plain->notes.count);
    assert_string_equal(cached->notes.item[0], plain->notes.item[0]);
    sep_dataset_destroy(cached);
    sep_dataset_destroy(plain);
}

static long record_at(int number)
{
    const long voxels = (VOXELS * 4 + PAGE - 1) / PAGE * PAGE;

    return PAGE + number * (PAGE + voxels);
}

static void poke(const char *path, long offset, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "r+b");

    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static const float mark = 7.5f;

/* Marks a record's first voxel, which tells whether it is taken as it is. */
static void mark_record(const fixture *f, int number)
{
    poke(f->cache, record_at(number) + PAGE, &mark, sizeof mark);
}

static bool is_marked(const sep_dataset *dataset, int scan)
{
    return dataset->scan[scan].image.data[0] == mark;
}

/* Loads, and checks which of the scans still have their marks ("1101"). */
static void assert_marked(const sep_data_config *config, const char *wanted)
{
    sep_dataset *dataset = load_dataset(config);
    char marked[SCANS + 1] = "";

    for (int i = 0; i < SCANS; i++)
        marked[i] = is_marked(dataset, i) ? '1' : '0';
    assert_string_equal(marked, wanted);
    sep_dataset_destroy(dataset);
}

static void build_and_mark(const fixture *f)
{
    sep_dataset_destroy(load_dataset(&f->config));
    for (int i = 0; i < SCANS; i++)
        mark_record(f, i);
}

/* ---- what is loaded ---------------------------------------------------------------------------------------------- */

static void holds_what_memory_would(void **state)
{
    const fixture *f = *state;
    struct stat info;

    assert_loads_well(f);
    assert_loads_well(f); /* from what is there */
    sep_dataset *dataset = load_dataset(&f->config);
    assert_int_equal(stat(f->cache, &info), 0);
    assert_true((uint64_t)info.st_size == sep_dataset_cache_bytes(dataset));
    assert_true(sep_dataset_image_bytes(dataset) == (uint64_t)SCANS * VOXELS * sizeof(float));
    assert_true(sep_dataset_wants_cache(&f->config, dataset));
    for (int i = 0; i < SCANS; i++)
        assert_int_equal((uintptr_t)dataset->scan[i].image.data % SEP_ALIGNMENT, 0);
    sep_dataset_destroy(dataset);
}

static void small_data_stay_in_memory(void **state)
{
    fixture *f = *state;
    sep_dataset *plain = load_into_memory(f);

    f->config.memory = 5;
    sep_dataset *dataset = load_dataset(&f->config);
    assert_null(dataset->cache);
    assert_false(sep_dataset_wants_cache(&f->config, dataset));
    for (int i = 0; i < SCANS; i++)
        assert_same_scan(&dataset->scan[i], &plain->scan[i]);
    assert_false(sep_file_exists(f->cache));
    sep_dataset_destroy(dataset);
    sep_dataset_destroy(plain);
}

static void sizes_need_no_voxels(void **state)
{
    fixture *f = *state;
    sep_dataset *plain = load_into_memory(f);

    f->config.grids = true;
    sep_dataset *dataset = load_dataset(&f->config);
    assert_true(sep_dataset_cache_bytes(dataset) == sep_dataset_cache_bytes(plain));
    assert_int_equal(dataset->slices, plain->slices);
    for (int i = 0; i < SCANS; i++) {
        assert_null(dataset->scan[i].image.data);
        assert_memory_equal(dataset->scan[i].image.affine, plain->scan[i].image.affine, sizeof(double[12]));
    }
    assert_false(sep_file_exists(f->cache));
    sep_dataset_destroy(dataset);
    sep_dataset_destroy(plain);
}

/* Scans that train lie there with the pixels that they are trained with; whose labels will be registered, as stored. */
static void holds_resampled_images(void **state)
{
    fixture *f = *state;
    const float coarse[2] = {2.0f, 2.0f};

    sep_dataset_destroy(load_dataset(&f->config));
    f->config.spacing[0] = f->config.spacing[1] = 1.5f;
    assert_loads_well(f);
    assert_loads_well(f);
    sep_dataset *dataset = load_dataset(&f->config);
    assert_int_equal(dataset->scan[0].image.width, (int)(SIDE / 1.5 + 0.5));
    assert_int_equal(dataset->scan[SCANS - 1].image.width, SIDE);
    sep_dataset_destroy(dataset);

    f->config.registers = true;
    assert_loads_well(f);
    dataset = load_dataset(&f->config);
    assert_int_equal(dataset->scan[0].image.width, SIDE);
    assert_int_equal(sep_dataset_resample(dataset, coarse), SEP_OK);
    assert_int_equal(dataset->scan[0].image.width, (int)(SIDE / 2.0 + 0.5));
    assert_false(dataset->scan[0].image.borrowed);
    assert_true(dataset->scan[SCANS - 1].image.borrowed);
    sep_dataset_destroy(dataset);
}

static void folder_has_a_file_for_each_preparation(void **state)
{
    fixture *f = *state;
    char *folder = sep_format("%s/images/", f->folder);
    sep_strings names = {0};

    f->config.cache = folder;
    sep_dataset_destroy(load_dataset(&f->config));
    f->config.labelled_cases = 2; /* the same scans */
    sep_dataset_destroy(load_dataset(&f->config));
    assert_int_equal(sep_list_folder(folder, ".cache", &names), SEP_OK);
    assert_int_equal(names.count, 1);
    sep_strings_free(&names);
    f->config.intensity.rule[0] = (sep_intensity){SEP_INTENSITY_WINDOW, 10.0f, 60.0f};
    sep_dataset_destroy(load_dataset(&f->config));
    assert_int_equal(sep_list_folder(folder, ".cache", &names), SEP_OK);
    assert_int_equal(names.count, 2);
    sep_strings_free(&names);
    sep_free(folder);
}

/* ---- what is made anew ------------------------------------------------------------------------------------------- */

static void only_what_changed_is_made_anew(void **state)
{
    fixture *f = *state;

    build_and_mark(f);
    assert_marked(&f->config, "1111");
    f->config.labelled_cases = 2;
    assert_marked(&f->config, "1111");
    write_image(f->folder, 1, 5);
    assert_marked(&f->config, "1011");
    write_image(f->folder, 1, 0);
    write_image(f->folder, 3, 0); /* the same again: content counts, not time */
    assert_marked(&f->config, "1011");
    f->config.intensity.rule[0] = (sep_intensity){SEP_INTENSITY_WINDOW, 10.0f, 60.0f};
    assert_marked(&f->config, "0000");
    assert_loads_well(f);
}

static void a_case_more_is_added(void **state)
{
    fixture *f = *state;
    const char *list = scratch_file("three", "a\nb\nd\n", 6);

    f->config.train_list = list;
    sep_dataset_destroy(load_dataset(&f->config));
    for (int i = 0; i < 3; i++)
        mark_record(f, i);
    f->config.train_list = NULL;
    assert_marked(&f->config, "1101");
}

static void lost_records_are_made_anew(void **state)
{
    const fixture *f = *state;
    const char junk[64] = "junk";

    build_and_mark(f);
    assert_int_equal(truncate(f->cache, record_at(3) + PAGE + 1000), 0);
    assert_marked(&f->config, "1110");
    assert_int_equal(truncate(f->cache, record_at(2) + 100), 0);
    assert_marked(&f->config, "1100");
    poke(f->cache, record_at(1) + 16, junk, sizeof junk); /* no head any more, and nothing behind it counts */
    assert_marked(&f->config, "1000");
    assert_int_equal(truncate(f->cache, 10), 0); /* "septum sca" */
    assert_int_equal(truncate(f->cache, 20), 0);
    poke(f->cache, 0, "septum scans", 13);
    assert_loads_well(f);
}

static void other_versions_are_made_anew(void **state)
{
    const fixture *f = *state;
    const uint32_t version = 77;
    const unsigned char swapped[4] = {1, 2, 3, 4}, straight[4] = {4, 3, 2, 1};
    const uint32_t order = 0x01020304;

    build_and_mark(f);
    poke(f->cache, 16, &version, sizeof version);
    assert_loads_well(f);
    poke(f->cache, 20, memcmp(&order, swapped, 4) == 0 ? straight : swapped, 4);
    assert_loads_well(f);
}

static void a_file_of_another_kind_stays(void **state)
{
    const fixture *f = *state;
    char *run = sep_format("%s/run", f->folder);
    sep_dataset *dataset;
    void *bytes;
    size_t count;

    assert_int_equal(sep_make_folders(run), SEP_OK);
    assert_int_equal(sep_file_write_atomic(f->cache, "my notes", 8), SEP_OK);
    assert_int_equal(sep_dataset_load(&f->config, &dataset), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "scans.cache: the cache of the scans must have this name"));
    assert_null(dataset);
    assert_int_equal(sep_file_read(f->cache, &bytes, &count), SEP_OK);
    assert_int_equal(count, 8);
    assert_memory_equal(bytes, "my notes", 8);
    sep_free(bytes);
    sep_free(run);
}

static void most_waste_starts_a_new_file(void **state)
{
    fixture *f = *state;
    struct stat before, after;

    sep_dataset_destroy(load_dataset(&f->config));
    assert_int_equal(stat(f->cache, &before), 0);
    f->config.train_list = scratch_file("two", "a\nb\n", 4);
    write_image(f->folder, 0, 5);
    sep_dataset_destroy(load_dataset(&f->config)); /* half of it is of use */
    assert_int_equal(stat(f->cache, &after), 0);
    assert_true(after.st_size == before.st_size);
    f->config.train_list = scratch_file("one", "a\n", 2);
    f->config.validation_count = 0;
    write_image(f->folder, 0, 6);
    sep_dataset_destroy(load_dataset(&f->config));
    assert_int_equal(stat(f->cache, &after), 0);
    assert_true(after.st_size < before.st_size);
}

/* ---- faults and others ------------------------------------------------------------------------------------------- */

static void a_stopped_build_goes_on(void **state)
{
    const fixture *f = *state;
    sep_dataset *dataset;

    sep_stop_request();
    assert_int_equal(sep_dataset_load(&f->config, &dataset), SEP_ERR_INTERRUPTED);
    sep_stop_clear();
    assert_null(dataset);
    assert_loads_well(f);
}

static void a_damaged_image_stops_the_build(void **state)
{
    const fixture *f = *state;
    char *path = sep_format("%s/imagesTr/b_0000.nii", f->folder);
    sep_dataset *dataset;

    assert_int_equal(truncate(path, 2000), 0);
    assert_int_not_equal(sep_dataset_load(&f->config, &dataset), SEP_OK);
    assert_non_null(strstr(sep_error_text(), "b_0000.nii: "));
    write_image(f->folder, 1, 0);
    assert_loads_well(f);
    sep_free(path);
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_named(void **state)
{
    const fixture *f = *state;
    struct rlimit before, small;
    sep_dataset *dataset;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1 << 20;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const sep_status status = sep_dataset_load(&f->config, &dataset);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);

    assert_int_equal(status, SEP_ERR_IO);
    assert_non_null(strstr(sep_error_text(), f->cache));
    assert_non_null(strstr(sep_error_text(), "takes 4.6 MiB in all: make room there"));
    assert_loads_well(f);
}

/* Who reads a cache keeps what he reads, whatever others need. */
static void readers_are_left_in_peace(void **state)
{
    const fixture *f = *state;
    sep_dataset *reader = load_dataset(&f->config), *plain = load_into_memory(f);

    sep_dataset *second = load_dataset(&f->config); /* of the same: both read */
    sep_dataset_destroy(second);
    write_image(f->folder, 1, 5);
    assert_loads_well(f);
    for (int i = 0; i < SCANS; i++)
        assert_same_scan(&reader->scan[i], &plain->scan[i]);
    sep_dataset_destroy(reader);
    sep_dataset_destroy(plain);
    assert_loads_well(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(holds_what_memory_would),
        TEST(small_data_stay_in_memory),
        TEST(sizes_need_no_voxels),
        TEST(holds_resampled_images),
        TEST(folder_has_a_file_for_each_preparation),
        TEST(only_what_changed_is_made_anew),
        TEST(a_case_more_is_added),
        TEST(lost_records_are_made_anew),
        TEST(other_versions_are_made_anew),
        TEST(a_file_of_another_kind_stays),
        TEST(most_waste_starts_a_new_file),
        TEST(a_stopped_build_goes_on),
        TEST(a_damaged_image_stops_the_build),
        TEST(a_full_disk_is_named),
        TEST(readers_are_left_in_peace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void nothing_to_read(void **state)
{
    (void)state;
    print_message("skipped: built without NIfTI\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_to_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
