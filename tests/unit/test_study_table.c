/* The table of a study from evaluations written by hand, whose numbers are worked out in the comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "study/table.h"
#include "support_scratch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char base[] = "[data]\nfolder = nowhere\nclasses = 3\ntest_list = nothing.list\n[student_0]\nbase = 4\n";
static const char plan[] = "[study]\ntitle = By hand\nbase = table-base.ini\nrows = supervised, cps\n"
                           "labelled_cases = 2\nseeds = 1, 2\n"
                           "[row.cps]\ntitle = Two_nets\npublished_dice_2 = 70, 60\npublished_hd95_2 = 5\n";

static sep_study *read_plan(void)
{
    sep_study *study;

    (void)scratch_file("table-base.ini", base, sizeof base - 1);
    char *folder = sep_strdup(scratch_path("table-out"));
    assert_int_equal(sep_study_read(scratch_file("table.ini", plan, sizeof plan - 1), folder, NULL, &study), SEP_OK);
    sep_free(folder);
    return study;
}

static void write_file(const sep_study_run *run, const char *name, const char *text)
{
    char *path = sep_format("%s/%s", run->folder, name);

    assert_int_equal(sep_make_folders(run->folder), SEP_OK);
    assert_int_equal(sep_file_write_atomic(path, text, strlen(text)), SEP_OK);
    sep_free(path);
}

/* Three scans, the first two of one case; two classes, of which no reference has the second. `dice` is that of the
 * first class in each scan, HD95 ten times as much. */
static void write_evaluation(const sep_study_run *run, const char *checkpoint, const double dice[3])
{
    sep_text text = {0};

    write_file(run, "last.safetensors", checkpoint);
    sep_text_format(&text, "{\"checkpoint\": \"%016" PRIx64 "\", \"case_of\": [4, 4, 9], \"evaluation\": {",
                    sep_hash(SEP_HASH_START, checkpoint, strlen(checkpoint)));
    sep_text_add(&text, "\"mean\": {\"hd95_mm\": 1}, \"classes\": [{\"name\": \"heart\"}, "
                        "{\"name\": \"liver\", \"absent\": true}], \"cases\": [");
    for (int i = 0; i < 3; i++) {
        char values[160];
        snprintf(values, sizeof values, "\"dice\": %g, \"hd95_mm\": %g, \"medpy\": {\"dice\": %g, \"hd95\": %g}",
                 dice[i], 10 * dice[i], dice[i], 20 * dice[i]);
        sep_text_format(&text, "%s{\"name\": \"scan %d\", \"mean\": {%s}, \"classes\": [{\"name\": \"heart\", %s}, ",
                        i ? ", " : "", i, values, values);
        sep_text_add(&text, "{\"name\": \"liver\", \"dice\": 1, \"hd95_mm\": 0}]}");
    }
    sep_text_add(&text, "]}}");
    char *json = sep_text_take(&text);
    write_file(run, "test-last.json", json);
    sep_free(json);
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

/* Baseline: seed 1 has scans of 0.5, 0.5, 0.2 (mean 0.4), seed 2 of 0.7, 0.7, 0.4 (mean 0.6): 50 %, 40 to 60.
 * Row: seed 1 has 0.7, 0.6, 0.5 (mean 0.6), seed 2 0.7, 0.6, 0.5: 60 %. Scan by scan, over the seeds, 0.7, 0.6, 0.5 to
 * 0.6, 0.6, 0.3: differences of 10, 0, 20 %, mean 10. By case: sums 10 of two scans, and 20 of one. Draws: both of the
 * first 5, both of the second 20, one of each 10, of which a quarter, a quarter and a half of all are: 5 to 20. */
static void make_runs(const sep_study *study)
{
    write_evaluation(&study->run[0], "a", (double[]){0.5, 0.5, 0.2});
    write_evaluation(&study->run[2], "b", (double[]){0.7, 0.7, 0.4});
    write_evaluation(&study->run[1], "c", (double[]){0.7, 0.6, 0.5});
    write_evaluation(&study->run[3], "d", (double[]){0.7, 0.6, 0.5});
}

static void numbers_are_those_worked_out(void **state)
{
    sep_study *study = read_plan();
    sep_study_scores scores;
    sep_table table;

    (void)state;
    make_runs(study);
    assert_int_equal(sep_study_scores_read(study, &scores), SEP_OK);
    assert_int_equal(scores.scans, 3);
    assert_int_equal(scores.cases, 2);
    assert_int_equal(scores.evaluated[SEP_KEPT_LAST], 4);
    assert_int_equal(scores.evaluated[SEP_KEPT_BEST], 0);
    assert_int_equal(sep_table_make(study, &scores, &table), SEP_OK);

    const sep_table_cell *cell = sep_table_at(&table, SEP_KEPT_LAST, SEP_MEASURE_DICE, 0, 0, 0);
    assert_true(cell->seeds == 2 && near(cell->mean, 50) && near(cell->low, 40) && near(cell->high, 60));
    assert_true(isnan(cell->difference) && isnan(cell->published));
    cell = sep_table_at(&table, SEP_KEPT_LAST, SEP_MEASURE_DICE, 0, 1, 0);
    assert_true(near(cell->mean, 60) && near(cell->difference, 10) && cell->difference_seeds == 2);
    assert_true(near(cell->difference_low, 5) && near(cell->difference_high, 20));
    assert_true(cell->published == 70);
    cell = sep_table_at(&table, SEP_KEPT_LAST, SEP_MEASURE_HD95, 1, 1, 0);
    assert_true(near(cell->mean, 6) && near(cell->difference, 1) && isnan(cell->published));
    cell = sep_table_at(&table, SEP_KEPT_LAST, SEP_MEASURE_HD95_MEDPY, 0, 1, 0);
    assert_true(near(cell->mean, 12) && cell->published == 5);
    cell = sep_table_at(&table, SEP_KEPT_LAST, SEP_MEASURE_DICE, 2, 1, 0); /* absent */
    assert_true(isnan(cell->mean) && isnan(cell->difference_low));

    sep_text text = {0};
    assert_int_equal(sep_table_text(&table, sep_sheet_summary_count(&table), &text), SEP_OK);
    char *bytes = sep_text_take(&text);
    assert_non_null(strstr(bytes, "Two_nets    60.0 (60.0 to 60.0)  +10.0 [+5.0, +20.0]  70.0\n"));
    assert_non_null(strstr(bytes, "supervised  50.0 (40.0 to 60.0)\n"));
    assert_non_null(strstr(bytes, "liver is in no reference"));
    sep_free(bytes);
    assert_int_equal(sep_table_latex(&table, &text), SEP_OK);
    bytes = sep_text_take(&text);
    assert_non_null(strstr(bytes, "{}Two\\_nets & 60.0 (60.0 to 60.0) & +10.0 [+5.0, +20.0] & 70.0 \\\\\n"));
    sep_free(bytes);
    assert_int_equal(sep_table_csv(&table, &text), SEP_OK);
    bytes = sep_text_take(&text);
    assert_non_null(strstr(bytes, "last,hd95_mm,heart,cps,2,2,6.0000,6.0000,6.0000,1.0000,0.5000,2.0000,2,\n"));
    sep_free(bytes);
    sep_table_free(&table);
    sep_study_scores_free(study, &scores);
    sep_study_destroy(study);
}

/* Without the baseline's second seed: the means are 60 and 40, and the first seeds 0.7, 0.6, 0.5 and 0.5, 0.5, 0.2. */
static void a_difference_over_fewer_seeds_is_marked(void **state)
{
    sep_study *study = read_plan();
    sep_study_scores scores;
    sep_table table;
    sep_text text = {0};

    (void)state;
    make_runs(study);
    char *path = sep_format("%s/test-last.json", study->run[2].folder);
    assert_int_equal(remove(path), 0);
    sep_free(path);
    assert_int_equal(sep_study_scores_read(study, &scores), SEP_OK);
    assert_int_equal(sep_table_make(study, &scores, &table), SEP_OK);
    const sep_table_cell *cell = sep_table_at(&table, SEP_KEPT_LAST, SEP_MEASURE_DICE, 0, 1, 0);
    assert_true(cell->seeds == 2 && cell->difference_seeds == 1 && near(cell->difference, 20));
    assert_int_equal(sep_table_text(&table, sep_sheet_summary_count(&table), &text), SEP_OK);
    char *bytes = sep_text_take(&text);
    assert_non_null(strstr(bytes, "supervised  40.0*\n"));
    assert_non_null(strstr(bytes, "Two_nets    60.0 (60.0 to 60.0)  +20.0* [+15.0, +30.0]  70.0\n"));
    sep_free(bytes);
    sep_table_free(&table);
    sep_study_scores_free(study, &scores);
    sep_study_destroy(study);
}

static void other_scans_and_other_checkpoints_are_refused(void **state)
{
    sep_study *study = read_plan();
    sep_study_scores scores;

    (void)state;
    make_runs(study);
    write_file(&study->run[1], "last.safetensors", "another");
    assert_int_equal(sep_study_scores_read(study, &scores), SEP_ERR_ARGUMENT);
    assert_non_null(
        strstr(sep_error_text(), "cps/2-cases/seed-1/test-last.json is the evaluation of another checkpoint"));
    sep_study_scores_free(study, &scores);

    make_runs(study);
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, sep_hash(SEP_HASH_START, "c", 1));
    char *json = sep_format("{\"checkpoint\": \"%s\", \"evaluation\": {\"classes\": [], \"cases\": []}}", hash);
    write_file(&study->run[1], "test-last.json", json);
    sep_free(json);
    assert_int_equal(sep_study_scores_read(study, &scores), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "seed-1 was evaluated on other scans"));
    sep_study_scores_free(study, &scores);

    write_file(&study->run[1], "test-last.json", "{ this is no JSON");
    assert_int_equal(sep_study_scores_read(study, &scores), SEP_ERR_FORMAT);
    sep_study_scores_free(study, &scores);
    sep_study_destroy(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_worked_out),
        cmocka_unit_test(a_difference_over_fewer_seeds_is_marked),
        cmocka_unit_test(other_scans_and_other_checkpoints_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
