/* What a run leaves for people: scores as CSV and JSON, overlays, the log's curves and the HTML page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/run_log.h"
#include "report/text.h"
#include "septum/report.h"
#include "support_markup.h"
#include "support_scratch.h"

#include <math.h>
#include <string.h>

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void assert_text(sep_text *text, const char *expected)
{
    char *bytes = sep_text_take(text);
    assert_string_equal(bytes, expected);
    sep_free(bytes);
}

static void text_is_written_safely(void **state)
{
    (void)state;
    sep_text text = {0};
    sep_text_escape(&text, "<a href=\"x\" b='&'>\x01\xff\xc0\xaf\xed\xa0\x80ü");
    assert_text(&text, "&lt;a href=&quot;x&quot; b=&#39;&amp;&#39;&gt; "
                       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdü");
    sep_text_json(&text, "a\"b\\c\n\xff");
    assert_text(&text, "\"a\\\"b\\\\c\\n\xef\xbf\xbd\"");
    sep_text_csv(&text, "plain");
    sep_text_csv(&text, "a,\"b\"");
    sep_text_csv(&text, "#8"); /* a comment to who reads lines */
    sep_text_csv(&text, "b ");
    assert_text(&text, "plain\"a,\"\"b\"\"\"\"#8\"\"b \"");
    sep_text_base64(&text, "Mann", 4);
    sep_text_base64(&text, "Man", 3);
    sep_text_base64(&text, "Ma", 2);
    assert_text(&text, "TWFubg==TWFuTWE=");
}

static void numbers_are_written_without_locale(void **state)
{
    (void)state;
    sep_text text = {0};
    const double values[] = {0.5, -0.0004, -1.25, 1234567, NAN, INFINITY, 1e300};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        sep_text_fixed(&text, values[i], 3);
        sep_text_add(&text, " ");
        sep_text_number(&text, values[i], 3);
        sep_text_add(&text, " ");
    }
    assert_text(&text, "0.500 0.5 0.000 0 -1.250 -1.25 1234567.000 1234567 - - - - - - ");
}

/* ---- scores ------------------------------------------------------------------------------------------------------ */

enum { DEPTH = 4, SIDE = 20 };

static void fill_box(sep_labels *labels, int low, int high, uint8_t label)
{
    for (int z = 1; z < 3; z++)
        for (int y = low; y < high; y++)
            for (int x = low; x < high; x++)
                labels->data[(z * SIDE + y) * SIDE + x] = label;
}

/* A volume of noise and two label maps that differ a little; class 2 only in the reference. */
static void make_case(sep_volume *volume, sep_labels *reference, sep_labels *prediction)
{
    sep_random random = {.seed = 1};
    assert_int_equal(sep_volume_create(volume, DEPTH, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_labels_create(reference, DEPTH, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_labels_create(prediction, DEPTH, SIDE, SIDE), SEP_OK);
    for (int i = 0; i < DEPTH * SIDE * SIDE; i++)
        volume->data[i] = sep_random_uniform(&random, (uint64_t)i);
    fill_box(reference, 5, 12, 1);
    fill_box(reference, 14, 17, 2);
    fill_box(prediction, 6, 13, 1);
}

static void free_case(sep_volume *volume, sep_labels *reference, sep_labels *prediction)
{
    sep_volume_free(volume);
    sep_labels_free(reference);
    sep_labels_free(prediction);
}

/* Two cases of two classes; `has_geometry`: spacing 2 x 2 x 8 mm. */
static void make_evaluation(sep_evaluation *evaluation, bool has_geometry)
{
    const char *const names[] = {"left <ventricle>", "a, \"b\""};
    sep_volume volume;
    sep_labels reference, prediction;
    make_case(&volume, &reference, &prediction);
    reference.has_geometry = has_geometry;
    reference.spacing[0] = reference.spacing[1] = 2;
    reference.spacing[2] = 8;
    assert_int_equal(sep_evaluation_create(evaluation, 3, names), SEP_OK);
    assert_int_equal(sep_evaluation_add(evaluation, "case & one", &prediction, &reference), SEP_OK);
    assert_int_equal(sep_evaluation_add(evaluation, "case two", &reference, &reference), SEP_OK);
    free_case(&volume, &reference, &prediction);
}

static double number_at(const json_t *object, const char *first, const char *second)
{
    const json_t *value = json_object_get(object, first);
    if (second)
        value = json_object_get(value, second);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-6))
        fail_msg("%.9g is not %.9g", value, expected);
}

static void json_has_the_scores(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    make_evaluation(&evaluation, true);
    char *text = sep_evaluation_json(&evaluation);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    const json_t *class = json_array_get(json_object_get(root, "classes"), 1);
    const json_t *one = json_array_get(json_object_get(root, "cases"), 0);
    const json_t *in_case = json_array_get(json_object_get(one, "classes"), 1);
    double diagonal = sqrt(3 * 3 + 2 * 19 * 19);

    assert_string_equal(json_string_value(json_object_get(class, "name")), "a, \"b\"");
    assert_near(number_at(class, "dice", NULL), 0.5);
    assert_near(number_at(class, "deviation", "dice"), 0.5);
    assert_near(number_at(class, "hd95", NULL), diagonal / 2);
    assert_near(number_at(class, "medpy", "hd95"), 0);
    assert_near(number_at(class, "hd95_mm", NULL), sqrt(24 * 24 + 2 * 38 * 38) / 2);
    assert_near(number_at(in_case, "reference_voxels", NULL), 18);
    assert_near(number_at(in_case, "assd", NULL), diagonal);
    assert_near(number_at(one, "mean", "dice"), 0.5 * 2 * 36 / 98);
    assert_near(number_at(root, "mean", "dice"), 0.5 * (0.5 * (1 + 2.0 * 36 / 98) + 0.5));
    json_decref(root);
    sep_free(text);
    sep_evaluation_free(&evaluation);
}

static void millimetres_need_spacing(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    make_evaluation(&evaluation, false);
    char *json = sep_evaluation_json(&evaluation), *csv = sep_evaluation_csv(&evaluation);
    assert_null(strstr(json, "_mm"));
    assert_null(strstr(csv, "_mm"));
    sep_free(json);
    sep_free(csv);
    sep_evaluation_free(&evaluation);
}

static void csv_has_a_row_a_case_and_class(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    make_evaluation(&evaluation, true);
    char *csv = sep_evaluation_csv(&evaluation);
    assert_int_equal(support_occurrences(csv, "\n"), 1 + 2 * 2);
    assert_non_null(strstr(csv, "case,class,prediction_voxels,reference_voxels,dice,hd,hd95,assd,hd_mm,"));
    assert_non_null(strstr(csv, "\ncase & one,\"a, \"\"b\"\"\",0,18,0.000000,"));
    sep_free(csv);
    sep_evaluation_free(&evaluation);
}

/* The case of make_case without class 2 in its reference, and two voxels of it in the prediction. */
static void make_absent(sep_evaluation *evaluation)
{
    const char *const names[] = {"left <ventricle>", "right"};
    sep_volume volume;
    sep_labels reference, prediction;
    make_case(&volume, &reference, &prediction);
    fill_box(&reference, 14, 17, 0);
    fill_box(&prediction, 14, 15, 2);
    assert_int_equal(sep_evaluation_create(evaluation, 3, names), SEP_OK);
    assert_int_equal(sep_evaluation_add(evaluation, "one", &prediction, &reference), SEP_OK);
    free_case(&volume, &reference, &prediction);
}

static const char absent_text[] =
    "class 2 (right) is in no reference: left out of the mean; but predictions have 2 voxels of 2 (right)";

static void absent_classes_are_marked(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    make_absent(&evaluation);
    char *text = sep_evaluation_json(&evaluation), *csv = sep_evaluation_csv(&evaluation);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    const json_t *there = json_array_get(json_object_get(root, "classes"), 0);
    const json_t *absent = json_array_get(json_object_get(root, "classes"), 1);

    assert_string_equal(json_string_value(json_object_get(root, "absent")), absent_text);
    assert_near(number_at(root, "mean", "dice"), 2.0 * 72 / 196);
    assert_null(json_object_get(there, "absent"));
    assert_true(json_is_true(json_object_get(absent, "absent")));
    assert_true(json_is_null(json_object_get(absent, "dice")));
    assert_near(number_at(absent, "prediction_voxels", NULL), 2);
    assert_non_null(strstr(csv, ",absent\none,left <ventricle>,98,98,"));
    assert_non_null(strstr(csv, ",0\none,right,2,0,"));
    assert_string_equal(csv + strlen(csv) - 3, ",1\n");
    json_decref(root);
    sep_free(text);
    sep_free(csv);
    sep_evaluation_free(&evaluation);
}

/* ---- overlays ---------------------------------------------------------------------------------------------------- */

static void best_median_and_worst_are_picked(void **state)
{
    (void)state;
    const double dice[] = {0.5, 0.9, 0.1, 0.9, 0.7, 0.1};
    int best, median, worst;
    sep_report_pick(dice, 6, &best, &median, &worst);
    assert_int_equal(best, 1);
    assert_int_equal(median, 0);
    assert_int_equal(worst, 2);
    sep_report_pick(dice, 1, &best, &median, &worst);
    assert_int_equal(best + median + worst, 0);
}

static const char *write_overlays(const char *run)
{
    sep_volume volume;
    sep_labels reference, prediction;
    const char *folder = scratch_path(run);
    make_case(&volume, &reference, &prediction);
    const sep_overlay overlays[] = {
        {"best", "case \"two\"", 1, &volume, &reference, &reference},
        {"worst", "case & one", 0.25, &volume, &reference, &prediction},
    };
    assert_int_equal(sep_report_overlays(folder, overlays, 2), SEP_OK);
    free_case(&volume, &reference, &prediction);
    return folder;
}

/* Width and height of a PNG stand at bytes 16 and 20, the most significant first. A build without stb reads no more. */
static void assert_large_picture(const char *path)
{
    void *bytes;
    size_t count;
    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_true(count > 24);
    for (int at = 16; at < 24; at += 4) {
        const uint8_t *size = (const uint8_t *)bytes + at;
        assert_true(size[0] == 0 && size[1] == 0 && size[2] * 256 + size[3] > 400);
    }
    sep_free(bytes);
}

static void overlays_show_reference_above_prediction(void **state)
{
    (void)state;
    write_overlays("pictures");
    json_t *index = json_load_file(scratch_path("pictures/overlays/index.json"), 0, NULL);
    assert_int_equal(json_array_size(index), 2);
    const json_t *worst = json_array_get(index, 1);
    assert_string_equal(json_string_value(json_object_get(worst, "case")), "case & one");
    assert_int_equal(json_array_size(json_object_get(worst, "slices")), 2); /* those with foreground */
    assert_large_picture(scratch_path("pictures/overlays/worst.png"));
    json_decref(index);
}

static void overlays_of_nothing_show_the_whole(void **state)
{
    (void)state;
    sep_volume volume;
    sep_labels reference, prediction;
    make_case(&volume, &reference, &prediction);
    memset(reference.data, 0, DEPTH * SIDE * SIDE);
    sep_overlay overlay = {"best", "empty", 1, &volume, &reference, &reference};
    assert_int_equal(sep_report_overlays(scratch_path("empty"), &overlay, 1), SEP_OK);
    prediction.depth--;
    overlay.prediction = &prediction;
    assert_int_equal(sep_report_overlays(scratch_path("empty"), &overlay, 1), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "empty"));
    free_case(&volume, &reference, &prediction);
}

/* ---- the log ----------------------------------------------------------------------------------------------------- */

static const char log_text[] =
    "{\"event\":\"start\",\"iteration\":0,\"method\":\"cross <teaching>\",\"nets\":[\"u-net\",\"swin\"],\"seed\":7,"
    "\"machine\":{\"device\":\"cpu & more\"},\"class_names\":[\"background\",\"RV\",\"Myo\"]}\n"
    "{\"event\":\"step\",\"iteration\":1,\"loss\":{\"u-net supervised\":1.5,\"swin\":2},\"lr\":[0.1,0.1],"
    "\"images_per_second\":8,\"seconds\":1}\n"
    "{\"event\":\"step\",\"iteration\":2,\"loss\":{\"u-net supervised\":1.0},\"lr\":[0.1,0.1],\"seconds\":2}\n"
    "{\"event\":\"step\",\"iteration\":3,\"loss\":{\"u-net supervised\":9.0},\"lr\":[0.1,0.1],\"seconds\":3}\n"
    "{\"event\":\"start\",\"iteration\":1,\"method\":\"cross <teaching>\"}\n"
    "not json at all\n"
    "{\"event\":\"step\",\"iteration\":2,\"loss\":{\"u-net supervised\":null},\"lr\":[0.1,0.1],\"seconds\":4}\n"
    "{\"event\":\"validation\",\"iteration\":2,\"students\":[{\"name\":\"u-net\",\"dice\":[0.5,0.7],\"mean_dice\":0.6,"
    "\"mean_hd95\":3.5},{\"name\":\"swin\",\"dice\":[0.4,0.6],\"mean_dice\":0.5,\"mean_hd95\":4.5}]}\n"
    "{\"event\":\"finish\",\"hash\":\"00ff\",\"seconds\":4.5}\n"
    "{\"event\":\"st";

static void a_resumed_log_counts_once(void **state)
{
    (void)state;
    sep_run_log log;
    assert_int_equal(sep_run_log_parse(log_text, strlen(log_text), &log), SEP_OK);
    const sep_curve *loss = sep_find_curve(&log.group[SEP_LOSS_CURVES], "u-net supervised", 0);
    assert_int_equal(log.lines, 10);
    assert_int_equal(log.unreadable_lines, 2);
    assert_int_equal(loss->count, 2);
    assert_true(loss->iteration[1] == 2 && isnan(loss->value[1]));
    assert_int_equal(log.group[SEP_CLASS_DICE_CURVES].count, 4);
    assert_true(sep_find_curve(&log.group[SEP_CLASS_DICE_CURVES], "swin", 1)->value[0] == 0.6);
    assert_null(sep_find_curve(&log.group[SEP_LOSS_CURVES], "other", 0));
    assert_string_equal(json_string_value(json_object_get(log.finish, "hash")), "00ff");
    assert_true(log.seconds == 3 + 4.5); /* before the second start, and until the end */
    sep_run_log_free(&log);
}

static void a_log_with_too_many_names_is_cut(void **state)
{
    (void)state;
    sep_text text = {0};
    for (int i = 0; i < 3 * SEP_MOST_CURVES; i++)
        sep_text_format(&text, "{\"event\":\"step\",\"iteration\":%d,\"loss\":{\"term %d\":1}}\n", i, i);
    sep_run_log log;
    assert_int_equal(sep_run_log_parse(text.bytes, text.count, &log), SEP_OK);
    assert_int_equal(log.group[SEP_LOSS_CURVES].count, SEP_MOST_CURVES);
    sep_run_log_free(&log);
    sep_free(text.bytes);
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static void write_file(const char *run, const char *name, const char *text)
{
    char *path = sep_format("%s/%s", scratch_path(run), name);
    assert_int_equal(sep_make_folders(scratch_path(run)), SEP_OK);
    assert_int_equal(sep_file_write_atomic(path, text, strlen(text)), SEP_OK);
    sep_free(path);
}

static const char *write_run(const char *run)
{
    sep_evaluation evaluation;
    make_evaluation(&evaluation, true);
    char *json = sep_evaluation_json(&evaluation);
    write_overlays(run);
    write_file(run, "log.jsonl", log_text);
    write_file(run, "config.ini", "[train]\nmethod = <b>bold</b>\nseed = 7\n[data]\nfolder = a \"b\" & c\n");
    write_file(run, "evaluation.json", json);
    sep_free(json);
    sep_evaluation_free(&evaluation);
    return scratch_path(run);
}

/* The page about these runs, checked for what every page must be. */
static char *page_about(const char *const *runs, int count)
{
    const char *out = scratch_path("page.html");
    void *html;
    size_t bytes;
    assert_int_equal(sep_report_write(runs, count, out), SEP_OK);
    assert_int_equal(sep_file_read(out, &html, &bytes), SEP_OK);
    assert_int_equal(bytes, strlen(html));
    support_assert_well_formed(html);
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<link"));
    assert_null(strstr(html, "url("));
    assert_null(strstr(html, "href="));
    assert_int_equal(support_occurrences(html, "src="), support_occurrences(html, "src=\"data:image/png;base64,"));
    return html;
}

static void a_run_gets_a_whole_page(void **state)
{
    (void)state;
    const char *run = write_run("whole");
    char *html = page_about(&run, 1);
    assert_non_null(strstr(html, "<h1>whole</h1>"));
    assert_non_null(strstr(html, "cross &lt;teaching&gt;"));
    assert_non_null(strstr(html, "&lt;b&gt;bold&lt;/b&gt;"));
    assert_non_null(strstr(html, "a &quot;b&quot; &amp; c"));
    assert_non_null(strstr(html, "left &lt;ventricle&gt;"));
    assert_non_null(strstr(html, "HD95, mm"));
    assert_non_null(strstr(html, "00ff"));
    assert_non_null(strstr(html, "2 of 10 lines can&#39;t be read"));
    assert_int_equal(support_occurrences(html, "<img"), 2);
    assert_int_equal(support_occurrences(html, "<svg xmlns"), 6); /* Dice, HD95, losses, rate, two classes */
    sep_free(html);
}

static const char labels_text[] =
    "{\"event\":\"step\",\"iteration\":1,\"loss\":{\"total\":1},\"lr\":[0.1]}\n"
    "{\"event\":\"pseudo_labels\",\"iteration\":2,\"students\":[{\"name\":\"u-net\",\"mean_dice\":0.4,\"foreground\":"
    "{\"certain\":0.1,\"certain_accuracy\":0.8}},{\"name\":\"swin\",\"mean_dice\":0.3,\"foreground\":"
    "{\"certain\":0.0,\"certain_accuracy\":null}}],\"agreement\":0.9}\n";

static void labels_of_unlabelled_scans_have_curves(void **state)
{
    (void)state;
    sep_run_log log;
    assert_int_equal(sep_run_log_parse(labels_text, strlen(labels_text), &log), SEP_OK);
    assert_true(sep_find_curve(&log.group[SEP_LABEL_DICE_CURVES], "swin", 0)->value[0] == 0.3);
    assert_true(sep_find_curve(&log.group[SEP_CERTAIN_CURVES], "u-net", 0)->value[0] == 0.1);
    assert_true(isnan(sep_find_curve(&log.group[SEP_CERTAIN_ACCURACY_CURVES], "swin", 0)->value[0]));
    assert_int_equal(log.group[SEP_AGREEMENT_CURVES].count, 1);
    sep_run_log_free(&log);

    write_file("labels", "log.jsonl", labels_text);
    const char *run = scratch_path("labels");
    char *html = page_about(&run, 1);
    assert_non_null(strstr(html, "Dice of pseudo-labels"));
    assert_non_null(strstr(html, "Accuracy of certain pixels"));
    assert_non_null(strstr(html, "one with the other"));
    assert_int_equal(support_occurrences(html, "<svg xmlns"), 5); /* loss, rate, and these three */
    sep_free(html);
    write_run("without");
    run = scratch_path("without");
    html = page_about(&run, 1);
    assert_null(strstr(html, "pseudo-labels"));
    sep_free(html);
}

static void runs_are_compared(void **state)
{
    (void)state;
    write_run("here/run");
    write_file("there/run", "log.jsonl", "{\"event\":\"step\",\"iteration\":1,\"loss\":{\"total\":1},\"lr\":[0.1]}\n");
    write_file("there/run", "config.ini", "[train]\nseed = 8\n");
    const char *const runs[] = {scratch_path("here/run"), scratch_path("there/run")};
    char *html = page_about(runs, 2);
    assert_non_null(strstr(html, "<h1>2 runs</h1>"));
    assert_non_null(strstr(html, "/there/run"));
    assert_non_null(strstr(html, "<tr class=\"differs\"><th>train.seed</th><td>7</td><td>8</td></tr>"));
    assert_non_null(strstr(html, "Loss: total"));
    sep_free(html);
}

static void absent_classes_are_said_on_the_page(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    make_absent(&evaluation);
    char *json = sep_evaluation_json(&evaluation), *run = sep_strdup(scratch_path("absent"));
    const char *const runs[] = {run};
    write_file("absent", "evaluation.json", json);
    char *html = page_about(runs, 1);
    assert_non_null(strstr(html, absent_text));
    assert_non_null(strstr(html, "<th rowspan=\"1\">right</th><td class=\"n\">-</td>"));
    sep_free(html);
    sep_free(run);
    sep_free(json);
    sep_evaluation_free(&evaluation);
}

/* As it was before classes could be absent: they had numbers, and nothing marked them. */
static void evaluations_of_earlier_versions_are_shown(void **state)
{
    (void)state;
    char *run = sep_strdup(scratch_path("earlier"));
    const char *const runs[] = {run};
    write_file("earlier", "evaluation.json",
               "{\"policy\": \"strict\", \"mean\": {\"dice\": 0.875, \"hd95\": 1}, \"classes\": [{\"name\": \"RV\", "
               "\"dice\": 0.75, \"hd95\": 2}, {\"name\": \"LV\", \"dice\": 1, \"hd95\": 0}], \"cases\": [{\"name\": "
               "\"a\", \"mean\": {\"dice\": 0.875}, \"classes\": [{\"name\": \"RV\", \"dice\": 0.75}]}]}");
    char *html = page_about(runs, 1);
    assert_non_null(strstr(html, "<th rowspan=\"1\">LV</th><td class=\"n\">1.000</td>"));
    assert_non_null(strstr(html, "0.875"));
    assert_null(strstr(html, "in no reference"));
    sep_free(html);
    sep_free(run);
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    char *run = sep_strdup(scratch_path("half"));
    const char *const runs[] = {run};
    write_file("half", "config.ini", "[train]\nseed = 7\n");
    char *html = page_about(runs, 1);
    assert_non_null(strstr(html, "log.jsonl: not there"));
    assert_non_null(strstr(html, "evaluation.json: not there"));
    assert_non_null(strstr(html, "overlays/index.json: not there"));
    sep_free(html);

    write_file("half", "evaluation.json", "[1, 2]");
    write_file("half", "log.jsonl", "");
    write_file("half/overlays", "index.json",
               "[{\"file\": \"../config.ini\"}, {\"file\": \"x.png\", \"rank\": \"best\"}]");
    write_file("half/overlays", "x.png", "no picture");
    html = page_about(runs, 1);
    assert_non_null(strstr(html, "evaluation.json: is not what septum evaluate writes"));
    assert_non_null(strstr(html, "overlays/x.png: is not a PNG picture"));
    assert_non_null(strstr(html, "log.jsonl: has no end"));
    sep_free(html);
    sep_free(run);
}

static void a_folder_with_nothing_is_refused(void **state)
{
    (void)state;
    const char *run = scratch_path("nothing");
    assert_int_equal(sep_make_folders(run), SEP_OK);
    assert_int_equal(sep_report_write(&run, 1, scratch_path("none.html")), SEP_ERR_IO);
    assert_non_null(strstr(sep_error_text(), "nothing to report"));
    assert_false(sep_file_exists(scratch_path("none.html")));
    assert_int_equal(sep_report_write(&run, 0, scratch_path("none.html")), SEP_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_written_safely),
        cmocka_unit_test(numbers_are_written_without_locale),
        cmocka_unit_test(json_has_the_scores),
        cmocka_unit_test(millimetres_need_spacing),
        cmocka_unit_test(csv_has_a_row_a_case_and_class),
        cmocka_unit_test(absent_classes_are_marked),
        cmocka_unit_test(absent_classes_are_said_on_the_page),
        cmocka_unit_test(evaluations_of_earlier_versions_are_shown),
        cmocka_unit_test(best_median_and_worst_are_picked),
        cmocka_unit_test(overlays_show_reference_above_prediction),
        cmocka_unit_test(overlays_of_nothing_show_the_whole),
        cmocka_unit_test(a_resumed_log_counts_once),
        cmocka_unit_test(a_log_with_too_many_names_is_cut),
        cmocka_unit_test(a_run_gets_a_whole_page),
        cmocka_unit_test(labels_of_unlabelled_scans_have_curves),
        cmocka_unit_test(runs_are_compared),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(a_folder_with_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
