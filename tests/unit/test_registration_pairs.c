/* The file of registered pairs: what is done stays, what differs is refused, what failed is never used. */
#include "support.h"
#include "support_scratch.h"

#include "config.h"
#include "septum/data.h"
#include "septum/process.h"
#include "septum/registration_pairs.h"

#include <string.h>

#if SEP_HAVE_HDF5

enum { VOLUMES = 4, SLICE = VOLUMES };

static const char *const names[VOLUMES + 1] = {"a_frame01", "a_frame08", "b_frame01", "c_frame01", "slice"};
static sep_volume volume[VOLUMES + 1]; /* two of one case, two of others, and a single slice */

static sep_registration_options options_for(sep_transform_kind kind, int threads)
{
    return (sep_registration_options){
        .kind = kind, .levels = 2, .iterations = 20, .spline_iterations = 5, .samples = 512, .threads = threads};
}

static int make_volumes(void **state)
{
    const sep_phantom_config config = {.size = 48, .slices = 6, .seed = 3};

    for (int i = 0; i < VOLUMES; i++) {
        sep_labels labels;

        assert_int_equal(sep_phantom_cardiac(&config, i < 2 ? 0 : i, i == 1 ? SEP_END_SYSTOLE : SEP_END_DIASTOLE,
                                             &volume[i], &labels),
                         SEP_OK);
        sep_labels_free(&labels);
    }
    assert_int_equal(sep_volume_create(&volume[SLICE], 1, 20, 20), SEP_OK);
    volume[SLICE].data[7] = 1.0f;
    (void)state;
    return 0;
}

static int free_volumes(void **state)
{
    for (int i = 0; i <= VOLUMES; i++)
        sep_volume_free(&volume[i]);
    (void)state;
    return 0;
}

/* Volumes 0 .. count - 1; the first two are of one case and labelled. */
static sep_pairs *open_set(const char *path, const sep_registration_options *options, int count)
{
    sep_pairs *set;
    int index;

    assert_int_equal(sep_pairs_open(path, options, &set), SEP_OK);
    for (int i = 0; i < count; i++) {
        assert_int_equal(sep_pairs_add_volume(set, names[i], &volume[i], i < 2, i == 1 ? 0 : -1, &index), SEP_OK);
        assert_int_equal(index, i);
    }
    return set;
}

static void want_all(sep_pairs *set)
{
    for (int i = 0; i < set->volumes; i++)
        for (int j = 0; j < set->volumes; j++)
            if (i != j)
                assert_int_equal(sep_pairs_want(set, i, j), SEP_OK);
}

static void assert_same_transform(const sep_spatial_transform *a, const sep_spatial_transform *b)
{
    assert_memory_equal(a->matrix, b->matrix, sizeof a->matrix);
    assert_memory_equal(a->spline.size, b->spline.size, sizeof a->spline.size);
    const size_t nodes = (size_t)a->spline.size[0] * (size_t)a->spline.size[1] * (size_t)a->spline.size[2];
    for (int c = 0; c < 3 && nodes > 0; c++)
        assert_memory_equal(a->spline.coefficient[c], b->spline.coefficient[c], nodes * sizeof(double));
}

static void assert_same_sets(const sep_pairs *a, const sep_pairs *b)
{
    assert_int_equal(a->pairs, b->pairs);
    for (int i = 0; i < a->pairs; i++) {
        const sep_pair *p = &a->pair[i], *q = sep_pairs_find(b, p->fixed, p->moving);

        assert_non_null(q);
        assert_int_equal(p->state, q->state);
        assert_string_equal(p->report.reason, q->report.reason);
        assert_same_transform(&p->transform, &q->transform);
        assert_true(p->report.before == q->report.before && p->report.after == q->report.after);
        assert_true(p->mi_identity == q->mi_identity && p->mi_after == q->mi_after);
        assert_int_equal(p->has_cycle, q->has_cycle);
        assert_true(p->cycle_error == q->cycle_error && p->cycle_rmse == q->cycle_rmse && p->cycle_mi == q->cycle_mi);
        assert_true(p->rank == q->rank && p->score == q->score);
    }
}

/* ---- resuming ---------------------------------------------------------------------------------------------------- */

/* A few pairs, then the rest from the file with other threads: what one run without a file finds. */
static void check_resumed(sep_transform_kind kind, const char *name)
{
    const sep_registration_options one = options_for(kind, 1), three = options_for(kind, 3);
    const sep_selection selection = {0};
    const char *path = scratch_path(name);
    sep_pairs *whole = open_set(NULL, &one, VOLUMES), *part = open_set(path, &three, 3), *rest, *back;

    want_all(whole);
    assert_int_equal(sep_pairs_run(whole, NULL), SEP_OK);
    assert_int_equal(sep_pairs_select(whole, &selection), SEP_OK);

    want_all(part);
    assert_int_equal(sep_pairs_run(part, path), SEP_OK);
    part->pair[0].report.seconds = 1234.0; /* a mark that a second registration would wipe out */
    assert_int_equal(sep_pairs_write(part, path), SEP_OK);

    rest = open_set(path, &one, VOLUMES);
    want_all(rest);
    assert_int_equal(sep_pairs_run(rest, path), SEP_OK);
    assert_int_equal(sep_pairs_select(rest, &selection), SEP_OK);
    assert_int_equal(sep_pairs_write(rest, path), SEP_OK);
    assert_true(sep_pairs_find(rest, part->pair[0].fixed, part->pair[0].moving)->report.seconds == 1234.0);
    assert_same_sets(whole, rest);

    assert_int_equal(sep_pairs_open(path, &one, &back), SEP_OK);
    assert_same_sets(whole, back);
    for (int i = 0; i < VOLUMES; i++)
        assert_memory_equal(whole->volume[i].affine, back->volume[i].affine, sizeof whole->volume[i].affine);
    sep_pairs_free(whole);
    sep_pairs_free(part);
    sep_pairs_free(rest);
    sep_pairs_free(back);
}

static void pairs_in_the_file_are_not_repeated(void **state)
{
    (void)state;
    check_resumed(SEP_AFFINE, "affine.h5");
    check_resumed(SEP_DEFORMABLE, "spline.h5");
}

static void stopped_before_the_first_pair(void **state)
{
    const sep_registration_options options = options_for(SEP_RIGID, 2);
    const char *path = scratch_path("stopped.h5");
    sep_pairs *set = open_set(path, &options, VOLUMES);

    (void)state;
    want_all(set);
    sep_stop_request();
    assert_int_equal(sep_pairs_run(set, path), SEP_ERR_INTERRUPTED);
    assert_non_null(strstr(sep_error_text(), "0 of 12"));
    sep_stop_clear();
    assert_int_equal(sep_pairs_run(set, path), SEP_OK);
    for (int i = 0; i < set->pairs; i++)
        assert_int_not_equal(set->pair[i].state, SEP_PAIR_OPEN);
    sep_pairs_free(set);
}

/* A B-spline's affine part is free by auto as by yes. */
static void a_tilt_is_known_by_what_it_comes_to(void **state)
{
    sep_registration_options options = options_for(SEP_DEFORMABLE, 1);
    const char *path = scratch_path("tilt.h5");
    sep_pairs *set = open_set(path, &options, 2);

    (void)state;
    assert_int_equal(sep_pairs_write(set, path), SEP_OK);
    sep_pairs_free(set);
    options.tilt = SEP_TILT_YES;
    assert_int_equal(sep_pairs_open(path, &options, &set), SEP_OK);
    sep_pairs_free(set);
    options.tilt = SEP_TILT_NO;
    assert_int_equal(sep_pairs_open(path, &options, &set), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "tilt yes, not no"));
}

/* ---- refusing ---------------------------------------------------------------------------------------------------- */

static void other_options_and_other_volumes_are_refused(void **state)
{
    const sep_registration_options options = options_for(SEP_RIGID, 1);
    const char *path = scratch_path("refused.h5");
    sep_pairs *set = open_set(path, &options, 2);
    int index;

    (void)state;
    assert_int_equal(sep_pairs_write(set, path), SEP_OK);
    sep_pairs_free(set);

    sep_registration_options other = options;
    other.metric = SEP_MEAN_SQUARES;
    assert_int_equal(sep_pairs_open(path, &other, &set), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "metric ncc, not msq"));
    other = options;
    other.seed = 9;
    assert_int_equal(sep_pairs_open(path, &other, &set), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "seed 0, not 9"));

    assert_int_equal(sep_pairs_open(path, &options, &set), SEP_OK);
    assert_int_equal(sep_pairs_add_volume(set, names[0], &volume[2], true, -1, &index), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "a_frame01: is another volume now"));
    assert_int_equal(sep_pairs_want(set, 1, 1), SEP_ERR_ARGUMENT);
    sep_pairs_free(set);
}

static void other_files_are_refused(void **state)
{
    const sep_registration_options options = options_for(SEP_RIGID, 1);
    const char *path = scratch_path("image.h5"), *cut = scratch_path("cut.h5");
    sep_pairs *set = open_set(NULL, &options, 2);
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_pairs_write(set, cut), SEP_OK);
    sep_pairs_free(set);
    assert_int_equal(sep_hdf5_write(path, &volume[0], NULL), SEP_OK);
    assert_int_equal(sep_pairs_open(path, &options, &set), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "no file of septum register --all"));
    assert_null(set);

    assert_int_equal(sep_file_read(cut, &bytes, &count), SEP_OK);
    for (size_t length = 0; length < count; length += count / 37 + 1) {
        assert_int_equal(sep_file_write_atomic(cut, bytes, length), SEP_OK);
        assert_int_not_equal(sep_pairs_open(cut, &options, &set), SEP_OK);
    }
    sep_free(bytes);
}

/* ---- failing ----------------------------------------------------------------------------------------------------- */

static void a_failed_pair_is_marked_and_never_ranked(void **state)
{
    const sep_registration_options options = options_for(SEP_AFFINE, 2);
    const sep_selection selection = {0};
    const char *path = scratch_path("failed.h5");
    sep_pairs *set = open_set(path, &options, VOLUMES + 1), *back;
    const sep_pair *ranked[VOLUMES + 1];

    (void)state;
    want_all(set);
    assert_int_equal(sep_pairs_run(set, path), SEP_OK);
    assert_int_equal(sep_pairs_select(set, &selection), SEP_OK);
    assert_int_equal(sep_pairs_write(set, path), SEP_OK);
    assert_int_equal(sep_pairs_open(path, &options, &back), SEP_OK);
    for (int i = 0; i < VOLUMES; i++) {
        const sep_pair *pair = sep_pairs_find(back, SLICE, i);

        assert_int_equal(pair->state, SEP_PAIR_FAILED);
        assert_true(pair->report.failed);
        assert_non_null(strstr(pair->report.reason, "single slice"));
        assert_false(pair->has_cycle);
        assert_int_equal(pair->rank, -1);
    }
    assert_int_equal(sep_pairs_ranked(set, SLICE, ranked, VOLUMES), 0);
    sep_pairs_free(set);
    sep_pairs_free(back);
}

static void a_volume_that_cannot_be_registered_fails_with_its_pairs(void **state)
{
    const sep_registration_options options = options_for(SEP_AFFINE, 2);
    sep_pairs *set = open_set(NULL, &options, 2);
    sep_volume flat;
    int index;

    (void)state;
    assert_int_equal(sep_volume_create(&flat, 4, 20, 20), SEP_OK);
    assert_int_equal(sep_pairs_add_volume(set, "flat", &flat, false, -1, &index), SEP_OK);
    want_all(set);
    assert_int_equal(sep_pairs_run(set, NULL), SEP_OK);
    assert_int_equal(sep_pairs_find(set, 0, 1)->state, SEP_PAIR_DONE);
    assert_int_equal(sep_pairs_find(set, 0, index)->state, SEP_PAIR_FAILED);
    assert_int_equal(sep_pairs_find(set, index, 1)->state, SEP_PAIR_FAILED);
    assert_non_null(strstr(sep_pairs_find(set, index, 1)->report.reason, "flat is constant"));
    sep_pairs_free(set);
    sep_volume_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_in_the_file_are_not_repeated),
        cmocka_unit_test(stopped_before_the_first_pair),
        cmocka_unit_test(a_tilt_is_known_by_what_it_comes_to),
        cmocka_unit_test(other_options_and_other_volumes_are_refused),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(a_failed_pair_is_marked_and_never_ranked),
        cmocka_unit_test(a_volume_that_cannot_be_registered_fails_with_its_pairs),
    };

    return cmocka_run_group_tests(tests, make_volumes, free_volumes);
}

#else

int main(void)
{
    print_message("skipped: this build has no HDF5\n");
    return 77;
}

#endif
