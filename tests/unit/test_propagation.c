/* Registered labels of a dataset in memory: what votes count, what is kept, what is made anew, what is refused. */
#include "support_scratch.h"

#include "config.h"
#include "propagation/propagation.h"
#include "septum/matcher.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- weights ----------------------------------------------------------------------------------------------------- */

static void votes_are_weighed(void **state)
{
    const sep_voter voter[3] = {{.similarity = 0.5, .cycle_error = 2.0},
                                {.similarity = 0.25, .cycle_error = 6.0},
                                {.similarity = 1.0, .cycle_error = -1.0}};
    const sep_voter perfect[1] = {{.similarity = 0.5}};
    double weight[3];

    (void)state;
    sep_voters_weigh(SEP_VOTES_EQUAL, voter, 3, weight);
    assert_true(weight[0] == 1.0 && weight[1] == 1.0 && weight[2] == 1.0);
    sep_voters_weigh(SEP_VOTES_BY_SIMILARITY, voter, 3, weight);
    assert_true(weight[0] == 0.5 && weight[1] == 0.25 && weight[2] == 1.0);
    sep_voters_weigh(SEP_VOTES_BY_CONSISTENCY, voter, 3, weight); /* the mean error is 4 */
    assert_true(fabs(weight[0] - 0.5 * exp(-0.5)) < 1e-6);
    assert_true(fabs(weight[1] - 0.25 * exp(-1.5)) < 1e-6);
    assert_true(fabs(weight[2] - exp(-2.0)) < 1e-6);
    sep_voters_weigh(SEP_VOTES_BY_CONSISTENCY, perfect, 1, weight);
    assert_true(weight[0] == 0.5);
}

/* ---- a dataset --------------------------------------------------------------------------------------------------- */

#if SEP_HAVE_HDF5

enum { SCANS = 4, LABELLED = 2 };

/* Hearts, two of them with labels; what no file says, memory does. */
static sep_dataset *make_dataset(void)
{
    sep_volume image[SCANS];
    sep_labels label[SCANS];
    sep_dataset *dataset;

    for (int i = 0; i < SCANS; i++) {
        const sep_phantom_config config = {.size = 32, .slices = 4, .seed = 5};

        assert_int_equal(sep_phantom_cardiac(&config, i, SEP_END_DIASTOLE, &image[i], &label[i]), SEP_OK);
        if (i >= LABELLED)
            sep_labels_free(&label[i]);
    }
    assert_int_equal(sep_dataset_from_memory(SEP_PHANTOM_CARDIAC_CLASSES, image, label, SCANS, 0, &dataset), SEP_OK);
    for (int i = 0; i < SCANS; i++)
        dataset->scan[i].image_hash = sep_volume_hash(&dataset->scan[i].image);
    for (int i = 0; i < LABELLED; i++)
        dataset->scan[i].label_hash = sep_labels_hash(&dataset->scan[i].label);
    return dataset;
}

static sep_propagation_options options(void)
{
    return sep_propagation_options_of(&(sep_propagation_settings){.vote = 2, .weights = SEP_VOTES_BY_SIMILARITY});
}

static void say(void *context, sep_log_level level, const char *line)
{
    (void)level;
    snprintf(context, 256, "%s", line);
}

/* Registers, and checks that the last line of the log has the text. */
static sep_dataset *registered(sep_dataset *dataset, const char *folder, const char *text)
{
    const sep_propagation_options how = options();
    char line[256] = "";

    sep_log_set_sink(say, line);
    if (sep_dataset_register(dataset, &how, folder) != SEP_OK)
        fail_msg("%s", sep_error_text());
    sep_log_set_sink(NULL, NULL);
    if (strstr(line, text) == NULL)
        fail_msg("'%s' does not say '%s'", line, text);
    return dataset;
}

static void what_is_registered_is_kept(void **state)
{
    char *folder = sep_strdup(scratch_path("cache"));
    sep_dataset *first = registered(make_dataset(), folder, "2 of 2 are to be made"),
                *second = registered(make_dataset(), folder, "all 2 are in");
    const sep_scan *a = &first->scan[LABELLED], *b = &second->scan[LABELLED];
    const size_t voxels = (size_t)a->image.depth * (size_t)a->image.height * (size_t)a->image.width;
    size_t seen[256] = {0};

    (void)state;
    assert_false(a->labelled);
    assert_non_null(strchr(a->label_source, '\n'));
    assert_string_equal(a->label_source, b->label_source);
    assert_memory_equal(a->label.data, b->label.data, voxels);
    assert_memory_equal(a->agreement.data, b->agreement.data, voxels);
    for (size_t i = 0; i < voxels; i++)
        seen[a->agreement.data[i]]++;
    assert_true(seen[255] > voxels / 2 && seen[255] < voxels); /* the hearts' borders are where two differ */
    for (int i = 0; i < 127; i++)
        assert_int_equal(seen[i], 0); /* the winner of two has half of the weight at least */
    sep_dataset_destroy(first);
    sep_dataset_destroy(second);
    sep_free(folder);
}

static void what_is_stale_is_made_anew(void **state)
{
    char *folder = sep_strdup(scratch_path("stale"));
    sep_dataset *dataset = registered(make_dataset(), folder, "2 of 2 are to be made");

    (void)state;
    sep_dataset_destroy(dataset);
    dataset = make_dataset();
    dataset->scan[0].label.data[0] = 1;
    dataset->scan[0].label_hash = sep_labels_hash(&dataset->scan[0].label);
    sep_dataset_destroy(registered(dataset, folder, "2 of 2 are to be made"));
    dataset = make_dataset(); /* another image: the pairs are of no use either, and the last word is theirs */
    dataset->scan[LABELLED].image.data[0] += 1.0f;
    dataset->scan[LABELLED].image_hash = sep_volume_hash(&dataset->scan[LABELLED].image);
    sep_dataset_destroy(registered(dataset, folder, "all pairs are registered anew"));
    sep_free(folder);
}

static void check_maps(const sep_dataset *dataset)
{
    const sep_matcher *m = &dataset->matcher;
    const double voxel[3] = {16.0, 16.0, 2.0};
    double place[3];

    for (int i = LABELLED; i < SCANS; i++)
        for (int j = 0; j < LABELLED; j++) {
            assert_true(m->find(m->registrations, i, j, voxel, place));
            assert_true(m->find(m->registrations, j, i, voxel, place));
        }
}

static void write_damage(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("damage", file);
    fclose(file);
}

static void check_registered(const char *folder, const char *text)
{
    sep_dataset *dataset = registered(make_dataset(), folder, text);

    check_maps(dataset);
    sep_dataset_destroy(dataset);
}

/* Whatever became of the files, training finds the maps of all scans. */
static void maps_that_are_lost_are_made_anew(void **state)
{
    char *folder = sep_strdup(scratch_path("lost")), *pairs = sep_format("%s/registrations.h5", folder),
         *label = sep_format("%s/registered/scan 2.h5", folder);

    (void)state;
    check_registered(folder, "2 of 2 are to be made");
    remove(pairs);
    remove(label);
    check_registered(folder, "1 of 2 are to be made");
    remove(pairs);
    check_registered(folder, "registrations.h5: 8 pairs of scans are missing, and are registered anew");
    write_damage(pairs);
    check_registered(folder, "all pairs are registered anew");
    write_damage(pairs);
    remove(label);
    check_registered(folder, "all pairs are registered anew");
    check_registered(folder, "all 2 are in");
    sep_free(label);
    sep_free(pairs);
    sep_free(folder);
}

static uint64_t hash_with(const sep_dataset *dataset, const char *selection)
{
    sep_options *given = sep_options_create();
    sep_propagation_settings settings;

    assert_int_equal(sep_options_load_text(given, "test", selection), SEP_OK);
    assert_int_equal(sep_settings_read(given, "registration", sep_propagation_table, &settings), SEP_OK);
    sep_options_destroy(given);
    const sep_propagation_options how = sep_propagation_options_of(&settings);
    return sep_registered_hash(dataset, &how);
}

/* Labels of random sources are others, with another seed too; of the best no seed matters. */
static void a_random_selection_is_told_apart(void **state)
{
    sep_dataset *dataset = make_dataset();
    const uint64_t best = hash_with(dataset, "[registration]\n"),
                   random = hash_with(dataset, "[registration]\nselection = random\n");

    (void)state;
    assert_true(hash_with(dataset, "[registration]\nselection_seed = 1\n") == best);
    assert_true(random != best);
    assert_true(hash_with(dataset, "[registration]\nselection = random\n") == random);
    assert_true(hash_with(dataset, "[registration]\nselection = random\nselection_seed = 1\n") != random);
    sep_dataset_destroy(dataset);
}

static void a_folder_that_is_given_is_checked(void **state)
{
    char *folder = sep_strdup(scratch_path("given")), *maps = sep_format("%s/registered", folder);
    sep_dataset *dataset = registered(make_dataset(), folder, "2 of 2 are to be made");

    (void)state;
    sep_dataset_destroy(dataset);
    dataset = make_dataset();
    assert_int_equal(sep_dataset_take_registered(dataset, maps), SEP_OK);
    sep_dataset_destroy(dataset);
    dataset = make_dataset();
    dataset->scan[1].label_hash++;
    assert_int_equal(sep_dataset_take_registered(dataset, maps), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "was made of another image of scan 2, or of other label maps"));
    sep_dataset_destroy(dataset);
    sep_free(maps);
    sep_free(folder);
}

/* The hash of a scan is that of its file's voxels; what was registered is what the dataset has made of them. */
static void a_turned_scan_is_known_again(void **state)
{
    char *folder = sep_strdup(scratch_path("turned")), *pairs = sep_format("%s/registrations.h5", folder);
    sep_dataset *dataset = make_dataset();

    (void)state;
    dataset->scan[LABELLED].image_hash++;
    registered(dataset, folder, "2 of 2 are to be made");
    assert_int_equal(sep_dataset_take_registrations(dataset, pairs), SEP_OK);
    sep_dataset_destroy(dataset);
    dataset = make_dataset();
    dataset->scan[LABELLED].image.data[0] += 1.0f;
    dataset->scan[LABELLED].image_hash = sep_volume_hash(&dataset->scan[LABELLED].image);
    assert_int_equal(sep_dataset_take_registrations(dataset, pairs), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "scan 2 is another scan now"));
    sep_dataset_destroy(dataset);
    sep_free(pairs);
    sep_free(folder);
}

static void hashes_are_needed(void **state)
{
    const sep_propagation_options how = options();
    sep_dataset *dataset = make_dataset();

    (void)state;
    dataset->scan[3].image_hash = 0;
    assert_int_equal(sep_dataset_register(dataset, &how, scratch_path("without")), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "scan 3: registered labels need the hashes"));
    sep_dataset_destroy(dataset);
}

/* Scans of its own case never label it, and there are no others. */
static void what_has_no_source_is_ignored(void **state)
{
    char *folder = sep_strdup(scratch_path("alone"));
    sep_dataset *dataset = make_dataset();
    const sep_scan *scan = &dataset->scan[3];

    (void)state;
    dataset->scan[1].group = dataset->scan[3].group = dataset->scan[0].group;
    registered(dataset, folder, "scan 3: no labelled scan could be registered with it");
    assert_string_equal(scan->label_source, SEP_NO_SOURCE);
    assert_true(scan->label.ignores);
    assert_int_equal(scan->label.data[0], SEP_IGNORED);
    assert_int_equal(scan->agreement.data[0], 0);
    assert_string_not_equal(dataset->scan[2].label_source, SEP_NO_SOURCE);
    sep_dataset_destroy(dataset);
    sep_free(folder);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(votes_are_weighed),
#if SEP_HAVE_HDF5
        cmocka_unit_test(what_is_registered_is_kept),
        cmocka_unit_test(what_is_stale_is_made_anew),
        cmocka_unit_test(maps_that_are_lost_are_made_anew),
        cmocka_unit_test(a_random_selection_is_told_apart),
        cmocka_unit_test(a_folder_that_is_given_is_checked),
        cmocka_unit_test(a_turned_scan_is_known_again),
        cmocka_unit_test(hashes_are_needed),
        cmocka_unit_test(what_has_no_source_is_ignored),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
