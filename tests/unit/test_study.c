/* The plan of a study, how fast its rows are, and the bootstrap of its table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "study/bootstrap.h"
#include "study/speeds.h"
#include "study/state.h"
#include "support_scratch.h"

#include <math.h>
#include <string.h>

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

static const char base[] = "[data]\nfolder = nowhere\nclasses = 4\n[train]\niterations = 50\n[student_0]\nbase = 4\n";

static const char plan[] = "[study]\n"
                           "base = study-base.ini\n"
                           "rows = supervised, mean-teacher ,two\n"
                           "labelled_cases = 7, all\n"
                           "seeds = 1337, 2, 3\n"
                           "baseline = mean-teacher\n"
                           "[base.data]\npatch_size = 64\n"
                           "[row.two]\ntitle = Two networks\nstudent = all\n"
                           "published_dice_7 = 80.5, 70, -, 90\npublished_hd95_all = 3\npublished_dice_28 = 9\n"
                           "[row.two.train]\nmethod = cps\niterations = 70\n"
                           "[row.two.student_1]\nbase = 8\n";

static const char *study_path(const char *text)
{
    (void)scratch_file("study-base.ini", base, sizeof base - 1);
    return scratch_file("study.ini", text, strlen(text));
}

static void runs_are_rows_counts_and_seeds(void **state)
{
    sep_study *study;

    (void)state;
    assert_int_equal(sep_study_read(study_path(plan), "out", NULL, &study), SEP_OK);
    assert_int_equal(study->rows, 3);
    assert_int_equal(study->counts, 2);
    assert_int_equal(study->seeds, 3);
    assert_int_equal(study->baseline, 1);
    assert_int_equal(study->runs, 18);
    assert_string_equal(study->run[0].name, "supervised/7-cases/seed-1337");
    assert_string_equal(study->run[1].name, "mean-teacher/7-cases/seed-1337");
    assert_string_equal(study->run[5].name, "two/all-cases/seed-1337");
    assert_string_equal(study->run[17].folder, "out/two/all-cases/seed-3");
    assert_string_equal(study->row[0].title, "supervised");
    assert_string_equal(study->row[2].title, "Two networks");
    assert_true(study->row[2].answer_is_given && study->row[2].answer.student == SEP_ALL_STUDENTS);
    const double *dice = study->row[2].published[SEP_PUBLISHED_DICE][0];
    assert_true(dice[0] == 80.5 && dice[1] == 70 && isnan(dice[2]) && dice[3] == 90 && isnan(dice[4]));
    assert_true(study->row[2].published[SEP_PUBLISHED_HD95][1][0] == 3);
    assert_true(isnan(study->row[0].published[SEP_PUBLISHED_DICE][0][0]));
    sep_study_destroy(study);
}

static void settings_of_a_row_go_over_those_of_the_base(void **state)
{
    sep_study *study;
    sep_study_setup setup;

    (void)state;
    assert_int_equal(sep_study_read(study_path(plan), "out", NULL, &study), SEP_OK);
    assert_int_equal(sep_study_set_up(study, &study->run[4], &setup), SEP_OK);
    assert_string_equal(setup.config.method->name, "mean-teacher");
    assert_int_equal(setup.config.iterations, 50);
    assert_int_equal(setup.config.data.labelled_cases, 0);
    sep_study_setup_free(&setup);
    assert_int_equal(sep_study_set_up(study, &study->run[8], &setup), SEP_OK);
    assert_string_equal(setup.config.method->name, "cps");
    assert_int_equal(setup.config.iterations, 70);
    assert_int_equal(setup.config.data.labelled_cases, 7);
    assert_int_equal(setup.config.seed, 2);
    assert_non_null(strstr(setup.text, "[student_0]\nbase = 4"));
    assert_non_null(strstr(setup.text, "[student_1]\nbase = 8"));
    assert_int_equal(setup.config.batch.height, 64);
    assert_non_null(strstr(setup.text, "labelled_cases = 7"));
    sep_study_setup_free(&setup);
    sep_study_destroy(study);
}

static void what_the_plan_sets_counts_for_all(void **state)
{
    char *given[] = {"study.iterations=9", "base.data.folder=elsewhere"};
    const sep_strings settings = {given, 2, 2};
    sep_study *study;
    sep_study_setup setup;

    (void)state;
    assert_int_equal(sep_study_read(study_path(plan), "out", &settings, &study), SEP_OK);
    assert_int_equal(sep_study_set_up(study, &study->run[2], &setup), SEP_OK);
    assert_int_equal(setup.config.iterations, 9);
    assert_string_equal(setup.config.data.folder, "elsewhere");
    sep_study_setup_free(&setup);
    sep_study_destroy(study);
}

static void assert_refused(const char *setting, const char *text)
{
    char *given[] = {(char *)(uintptr_t)setting};
    const sep_strings settings = {given, 1, 1};
    sep_study *study;

    assert_int_not_equal(sep_study_read(study_path(plan), "out", &settings, &study), SEP_OK);
    assert_null(study);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' lacks '%s'", sep_error_text(), text);
}

static void what_makes_no_study_is_refused(void **state)
{
    (void)state;
    assert_refused("study.base=none.ini", "neither beside this file nor here");
    assert_refused("study.rows=mean-teacher,two,three", "unknown row 'three'");
    assert_refused("study.rows=mean-teacher", "no such row");
    assert_refused("study.rows=two/two", "letters, digits");
    assert_refused("study.seeds=4,5,4", "names 4 twice");
    assert_refused("study.seeds=x", "'x' is no seed");
    assert_refused("study.labelled_cases=0", "'0' is neither");
    assert_refused("study.baseline=cps", "not among study.rows");
    assert_refused("study.wors=1", "unknown option 'study.wors'");
    assert_refused("row.two.published_dice_x=1", "unknown option 'row.two.published_dice_x'");
    assert_refused("row.two.published_dice_7=a", "'a' is no number");
    assert_refused("row.two.train.ramps=linear", "row two: ");
    assert_refused("row.title=x", "no such row");
}

static void parts_share_the_runs(void **state)
{
    sep_study *study;
    int seen[18] = {0};

    (void)state;
    assert_int_equal(sep_study_read(study_path(plan), "out", NULL, &study), SEP_OK);
    for (int part = 1; part <= 5; part++) {
        int *chosen, count;
        assert_int_equal(sep_study_choose(study, &(sep_study_choice){.part = part, .parts = 5}, &chosen, &count),
                         SEP_OK);
        for (int i = 0; i < count; i++)
            seen[chosen[i]]++;
        sep_free(chosen);
    }
    for (int i = 0; i < 18; i++)
        assert_int_equal(seen[i], 1);

    char *names[] = {"two/7-cases", "supervised/all-cases/seed-2"};
    const sep_strings only = {names, 2, 2};
    int *chosen, count;
    assert_int_equal(sep_study_choose(study, &(sep_study_choice){.only = &only}, &chosen, &count), SEP_OK);
    assert_int_equal(count, 4);
    assert_string_equal(study->run[chosen[0]].name, "two/7-cases/seed-1337");
    assert_string_equal(study->run[chosen[2]].name, "supervised/all-cases/seed-2");
    sep_free(chosen);
    assert_int_equal(sep_study_choose(study, &(sep_study_choice){.part = 6, .parts = 5}, &chosen, &count),
                     SEP_ERR_ARGUMENT);
    sep_study_destroy(study);
}

/* ---- the bootstrap ----------------------------------------------------------------------------------------------- */

/* numpy.percentile([1, 2, 4, 8], q, method="linear"): 1.0, 1.75, 3.0, 5.0, 7.4 (q = 0, 25, 50, 75, 95), 8.0 */
static void percentiles_are_numpys(void **state)
{
    const double sorted[] = {1, 2, 4, 8};
    const double share[] = {0, 0.25, 0.5, 0.75, 0.95, 1}, expected[] = {1, 1.75, 3, 5, 7.4, 8};

    (void)state;
    for (int i = 0; i < 6; i++)
        assert_true(fabs(sep_percentile(sorted, 4, share[i]) - expected[i]) < 1e-12);
    assert_true(sep_percentile(sorted, 1, 0.975) == 1);
}

/* Three units of one value each: 0, 3, 9. Four draws, whose places follow from the seed, make four means. */
static void an_interval_is_that_of_the_drawn_means(void **state)
{
    const double sum[] = {0, 3, 9};
    const int count[] = {1, 1, 1};
    sep_random random = {.stream = sep_stream("bootstrap")};
    double mean[4], low, high;
    sep_bootstrap *bootstrap;

    (void)state;
    for (int d = 0; d < 4; d++) {
        random.iteration = (uint32_t)d;
        mean[d] = 0;
        for (uint64_t i = 0; i < 3; i++)
            mean[d] += sum[sep_random_below(&random, i, 3)] / 3;
    }
    for (int i = 0; i < 4; i++)
        for (int k = i + 1; k < 4; k++)
            if (mean[k] < mean[i]) {
                const double other = mean[i];
                mean[i] = mean[k];
                mean[k] = other;
            }
    assert_int_equal(sep_bootstrap_create(3, 4, &bootstrap), SEP_OK);
    sep_bootstrap_interval(bootstrap, sum, count, 0.5, &low, &high);
    assert_true(fabs(low - (mean[0] + 0.75 * (mean[1] - mean[0]))) < 1e-12);
    assert_true(fabs(high - (mean[2] + 0.25 * (mean[3] - mean[2]))) < 1e-12);
    sep_bootstrap_destroy(bootstrap);
}

/* Two units, 0 and 1: a draw's mean is 0, 1/2 or 1 with odds of 1 : 2 : 1. */
static void draws_have_the_odds_of_drawing_with_replacement(void **state)
{
    const double sum[] = {0, 1};
    const int count[] = {1, 1};
    double low, high;
    sep_bootstrap *bootstrap;

    (void)state;
    assert_int_equal(sep_bootstrap_create(2, 10000, &bootstrap), SEP_OK);
    sep_bootstrap_interval(bootstrap, sum, count, 0.54, &low, &high); /* 23 % and 77 % */
    assert_true(low == 0 && high == 1);
    sep_bootstrap_interval(bootstrap, sum, count, 0.46, &low, &high); /* 27 % and 73 % */
    assert_true(low == 0.5 && high == 0.5);
    sep_bootstrap_destroy(bootstrap);
}

/* Units of several values weigh as much as they have of them. */
static void values_of_a_unit_go_together(void **state)
{
    const double sum[] = {3, 3};
    const int count[] = {1, 3};
    double low, high;
    sep_bootstrap *bootstrap;

    (void)state;
    assert_int_equal(sep_bootstrap_create(2, 1000, &bootstrap), SEP_OK);
    sep_bootstrap_interval(bootstrap, sum, count, 0.95, &low, &high);
    assert_true(low == 1 && high == 3);
    sep_bootstrap_interval(bootstrap, sum, count, 0.4, &low, &high); /* the half that draws both: 6 / 4 */
    assert_true(low == 1.5 && high == 1.5);
    sep_bootstrap_destroy(bootstrap);
}

static void what_can_not_be_drawn_has_no_interval(void **state)
{
    double low = 0, high = 0;
    sep_bootstrap *bootstrap;

    (void)state;
    assert_int_equal(sep_bootstrap_create(1, 10, &bootstrap), SEP_OK);
    sep_bootstrap_interval(bootstrap, &(double){1}, &(int){1}, 0.95, &low, &high);
    assert_true(isnan(low) && isnan(high));
    sep_bootstrap_destroy(bootstrap);
    assert_int_equal(sep_bootstrap_create(2, 10, &bootstrap), SEP_OK);
    sep_bootstrap_interval(bootstrap, (double[]){1, NAN}, (int[]){1, 1}, 0.95, &low, &high);
    assert_true(isnan(low) && isnan(high));
    sep_bootstrap_destroy(bootstrap);
}

/* ---- speeds ------------------------------------------------------------------------------------------------------ */

static double speed(const sep_study *study, int row, sep_row_speeds *known)
{
    double seconds = 0;

    assert_int_equal(sep_row_speed(study, row, NULL, known, &seconds), SEP_OK);
    return seconds;
}

/* One run of the second row was measured, by its log: the first row computes the same, the third does not. */
static void a_row_goes_as_fast_as_what_computes_the_same(void **state)
{
    static const char rows[] = "[study]\nbase = study-base.ini\nrows = light, heavy, larger\nlabelled_cases = 7\n"
                               "seeds = 1, 2\n[base.train]\nmethod = mean-teacher\n"
                               "[row.light.train]\nconsistency_weight = 0.1\n[row.heavy.train]\n"
                               "consistency_weight = 2\n[row.larger.student_0]\nbase = 8\n";
    static const char log[] = "{\"event\": \"start\", \"iteration\": 0}\n"
                              "{\"event\": \"step\", \"iteration\": 4, \"seconds\": 2.0}\n";
    sep_row_speeds known = {0};
    sep_study *study;

    (void)state;
    assert_int_equal(sep_study_read(study_path(rows), scratch_path("speeds"), NULL, &study), SEP_OK);
    assert_true(isnan(speed(study, 0, &known)));
    assert_int_equal(sep_make_folders(scratch_path("speeds/heavy/7-cases/seed-2")), SEP_OK);
    (void)scratch_file("speeds/heavy/7-cases/seed-2/log.jsonl", log, sizeof log - 1);
    known = (sep_row_speeds){0};
    assert_true(speed(study, 0, &known) == 0.5);
    assert_true(speed(study, 1, &known) == 0.5);
    assert_true(isnan(speed(study, 2, &known)));
    sep_row_speed_add(&known, 2, 6.0, 2);
    assert_true(speed(study, 2, &known) == 3.0);
    sep_study_destroy(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_rows_counts_and_seeds),
        cmocka_unit_test(settings_of_a_row_go_over_those_of_the_base),
        cmocka_unit_test(what_the_plan_sets_counts_for_all),
        cmocka_unit_test(what_makes_no_study_is_refused),
        cmocka_unit_test(parts_share_the_runs),
        cmocka_unit_test(a_row_goes_as_fast_as_what_computes_the_same),
        cmocka_unit_test(percentiles_are_numpys),
        cmocka_unit_test(an_interval_is_that_of_the_drawn_means),
        cmocka_unit_test(draws_have_the_odds_of_drawing_with_replacement),
        cmocka_unit_test(values_of_a_unit_go_together),
        cmocka_unit_test(what_can_not_be_drawn_has_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
