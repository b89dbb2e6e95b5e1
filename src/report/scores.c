/* An evaluation as a table for spreadsheets (CSV) and as data for programs (JSON). */
#include "septum/report.h"

#include "report/text.h"

#include <math.h>

enum { DECIMALS = 6 };

static bool is_written(const sep_evaluation *evaluation, sep_metric metric)
{
    return evaluation->has_mm || !sep_metric_in_mm(metric);
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

static void csv_head(sep_text *text, const sep_evaluation *evaluation)
{
    static const char *const prefix[SEP_EMPTY_COUNT] = {"", "medpy_"};
    sep_text_add(text, "case,class,prediction_voxels,reference_voxels");
    for (int policy = 0; policy < SEP_EMPTY_COUNT; policy++)
        for (sep_metric metric = 0; metric < SEP_METRIC_COUNT; metric++)
            if (is_written(evaluation, metric))
                sep_text_format(text, ",%s%s", prefix[policy], sep_metric_name(metric));
    sep_text_add(text, ",absent\n");
}

static void csv_row(sep_text *text, const sep_evaluation *evaluation, int case_index, int class_index)
{
    const sep_class_score *score = sep_evaluation_score(evaluation, case_index, class_index);
    sep_text_csv(text, evaluation->case_names.item[case_index]);
    sep_text_add(text, ",");
    sep_text_csv(text, evaluation->class_names.item[class_index]);
    sep_text_format(text, ",%lld,%lld", (long long)score->prediction_voxels, (long long)score->reference_voxels);
    for (int policy = 0; policy < SEP_EMPTY_COUNT; policy++)
        for (sep_metric metric = 0; metric < SEP_METRIC_COUNT; metric++)
            if (is_written(evaluation, metric)) {
                sep_text_add(text, ",");
                sep_text_fixed(text, score->value[policy][metric], DECIMALS);
            }
    sep_text_add(text, sep_evaluation_is_absent(evaluation, class_index) ? ",1\n" : ",0\n");
}

char *sep_evaluation_csv(const sep_evaluation *evaluation)
{
    sep_text text = {0};
    csv_head(&text, evaluation);
    for (int i = 0; i < evaluation->case_names.count; i++)
        for (int k = 0; k < evaluation->foreground; k++)
            csv_row(&text, evaluation, i, k);
    return sep_text_take(&text);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* What a set of numbers is about: one case and class, or a mean over cases, classes or both (-1: over all). */
typedef struct subject {
    const sep_evaluation *evaluation;
    int case_index, class_index;
} subject;

static sep_mean value_of(const subject *s, sep_empty_policy policy, sep_metric metric)
{
    if (s->case_index >= 0 && s->class_index >= 0)
        return (sep_mean){sep_evaluation_score(s->evaluation, s->case_index, s->class_index)->value[policy][metric], 0};
    if (s->case_index >= 0)
        return sep_evaluation_case(s->evaluation, s->case_index, policy, metric);
    if (s->class_index >= 0)
        return sep_evaluation_class(s->evaluation, s->class_index, policy, metric);
    return sep_evaluation_overall(s->evaluation, policy, metric);
}

static void json_number(sep_text *text, double value)
{
    if (isfinite(value))
        sep_text_fixed(text, value, DECIMALS);
    else
        sep_text_add(text, "null");
}

/* "dice": 0.9, "hd": 3, ... with no braces around them. */
static void json_values(sep_text *text, const subject *s, sep_empty_policy policy, bool deviation)
{
    for (sep_metric metric = 0; metric < SEP_METRIC_COUNT; metric++) {
        if (!is_written(s->evaluation, metric))
            continue;
        sep_mean value = value_of(s, policy, metric);
        sep_text_format(text, "%s\"%s\": ", metric ? ", " : "", sep_metric_name(metric));
        json_number(text, deviation ? value.deviation : value.mean);
    }
}

/* The strict numbers, then, where they are means, their deviation, then medpy's. */
static void json_subject(sep_text *text, const subject *s)
{
    json_values(text, s, SEP_EMPTY_STRICT, false);
    if (s->case_index < 0) {
        sep_text_add(text, ",\n     \"deviation\": {");
        json_values(text, s, SEP_EMPTY_STRICT, true);
        sep_text_add(text, "}");
    }
    sep_text_add(text, ",\n     \"medpy\": {");
    json_values(text, s, SEP_EMPTY_MEDPY, false);
    sep_text_add(text, "}");
}

static void json_case_class(sep_text *text, const sep_evaluation *evaluation, int case_index, int class_index)
{
    const sep_class_score *score = sep_evaluation_score(evaluation, case_index, class_index);
    sep_text_add(text, class_index ? ",\n    {\"name\": " : "\n    {\"name\": ");
    sep_text_json(text, evaluation->class_names.item[class_index]);
    sep_text_format(text, ", \"prediction_voxels\": %lld, \"reference_voxels\": %lld, ",
                    (long long)score->prediction_voxels, (long long)score->reference_voxels);
    json_subject(text, &(subject){evaluation, case_index, class_index});
    sep_text_add(text, "}");
}

static void json_case(sep_text *text, const sep_evaluation *evaluation, int case_index)
{
    sep_text_add(text, case_index ? ",\n   {\"name\": " : "\n   {\"name\": ");
    sep_text_json(text, evaluation->case_names.item[case_index]);
    sep_text_add(text, ", \"mean\": {");
    json_subject(text, &(subject){evaluation, case_index, -1});
    sep_text_add(text, "}, \"classes\": [");
    for (int k = 0; k < evaluation->foreground; k++)
        json_case_class(text, evaluation, case_index, k);
    sep_text_add(text, "]}");
}

static void json_class(sep_text *text, const sep_evaluation *evaluation, int class_index)
{
    sep_text_add(text, class_index ? ",\n   {\"name\": " : "\n   {\"name\": ");
    sep_text_json(text, evaluation->class_names.item[class_index]);
    sep_text_add(text, ", ");
    if (sep_evaluation_is_absent(evaluation, class_index))
        sep_text_format(text, "\"absent\": true, \"prediction_voxels\": %lld, ",
                        (long long)evaluation->voxels[class_index].prediction);
    json_subject(text, &(subject){evaluation, -1, class_index});
    sep_text_add(text, "}");
}

/* The sentence that says which classes are left out of the mean; no key where none is. */
static void json_absent(sep_text *text, const sep_evaluation *evaluation)
{
    char *absent;
    text->failed = sep_evaluation_say_absent(evaluation, &absent) != SEP_OK || text->failed;
    if (!absent)
        return;
    sep_text_add(text, " \"absent\": ");
    sep_text_json(text, absent);
    sep_text_add(text, ",\n");
    sep_free(absent);
}

char *sep_evaluation_json(const sep_evaluation *evaluation)
{
    sep_text text = {0};
    sep_text_add(&text, "{\"policy\": \"strict\",\n");
    json_absent(&text, evaluation);
    sep_text_add(&text, " \"mean\": {");
    json_subject(&text, &(subject){evaluation, -1, -1});
    sep_text_add(&text, "},\n \"classes\": [");
    for (int k = 0; k < evaluation->foreground; k++)
        json_class(&text, evaluation, k);
    sep_text_add(&text, "],\n \"cases\": [");
    for (int i = 0; i < evaluation->case_names.count; i++)
        json_case(&text, evaluation, i);
    sep_text_add(&text, "]}\n");
    return sep_text_take(&text);
}
