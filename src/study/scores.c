/* The scores of a study's runs, read from what their evaluations left. */
#include "study/scores.h"

#include <math.h>
#include <string.h>

static size_t values_of_run(const sep_study_scores *scores)
{
    return (size_t)SEP_MEASURES * (size_t)(1 + scores->class_names.count) * (size_t)scores->scans;
}

const double *sep_study_scores_of(const sep_study_scores *scores, sep_kept kept, int run, sep_measure measure,
                                  int class_index)
{
    const double *values = scores->value[kept][run];
    const size_t table = (size_t)measure * (size_t)(1 + scores->class_names.count) + (size_t)class_index;

    return values != NULL ? values + table * (size_t)scores->scans : NULL;
}

/* ---- one evaluation ---------------------------------------------------------------------------------------------- */

typedef struct source {
    const json_t *root, *scans, *classes;
    const char *run; /* its folder, for errors */
} source;

static sep_status fail_damaged(const source *s)
{
    return sep_fail(SEP_ERR_FORMAT,
                    "%s: its evaluation is not what the study wrote: remove it, and the study "
                    "evaluates anew",
                    s->run);
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double score(const json_t *object, sep_measure measure, bool mm)
{
    const json_t *medpy = json_object_get(object, "medpy");

    switch (measure) {
    case SEP_MEASURE_DICE:
        return 100 * number(object, "dice");
    case SEP_MEASURE_HD95:
        return number(object, mm ? "hd95_mm" : "hd95");
    case SEP_MEASURE_DICE_MEDPY:
        return 100 * number(medpy, "dice");
    default:
        return number(medpy, "hd95");
    }
}

/* The cases in the order of their first scans. */
static sep_status number_cases(const source *s, sep_study_scores *scores)
{
    const json_t *groups = json_object_get(s->root, "case_of");

    scores->case_of = sep_calloc((size_t)scores->scans, sizeof *scores->case_of);
    if (scores->case_of == NULL)
        return SEP_ERR_MEMORY;
    if (json_array_size(groups) != (size_t)scores->scans)
        return fail_damaged(s);
    for (int i = 0; i < scores->scans; i++) {
        const json_int_t group = json_integer_value(json_array_get(groups, (size_t)i));
        int k = 0;
        while (k < i && json_integer_value(json_array_get(groups, (size_t)k)) != group)
            k++;
        scores->case_of[i] = k < i ? scores->case_of[k] : scores->cases++;
    }
    return SEP_OK;
}

static sep_status copy_names(const source *s, const json_t *from, sep_strings *names)
{
    const json_t *entry;
    size_t i;

    json_array_foreach(from, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        SEP_TRY(name != NULL ? sep_strings_add(names, name) : fail_damaged(s));
    }
    return names->count > 0 ? SEP_OK : fail_damaged(s);
}

/* The first evaluation says which scans and classes there are. */
static sep_status begin(const source *s, sep_study_scores *scores)
{
    const json_t *mean = json_object_get(json_object_get(s->root, "evaluation"), "mean");

    SEP_TRY(copy_names(s, s->classes, &scores->class_names));
    SEP_TRY(copy_names(s, s->scans, &scores->scan_names));
    scores->scans = scores->scan_names.count;
    scores->mm = json_object_get(mean, "hd95_mm") != NULL;
    return number_cases(s, scores);
}

static sep_status check_names(const source *s, const json_t *from, const sep_strings *names, const char *what)
{
    bool same = json_array_size(from) == (size_t)names->count;

    for (int i = 0; same && i < names->count; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(from, (size_t)i), "name"));
        same = name != NULL && strcmp(name, names->item[i]) == 0;
    }
    if (same)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "%s was evaluated on other %s than the runs before it, so that they can't be compared", s->run,
                    what);
}

static bool is_absent(const source *s, int class_index)
{
    return json_is_true(json_object_get(json_array_get(s->classes, (size_t)class_index), "absent"));
}

/* What a measure has of one scan: its mean, then each class. */
static const json_t *part_of(const json_t *scan, int class_index)
{
    return class_index == 0 ? json_object_get(scan, "mean")
                            : json_array_get(json_object_get(scan, "classes"), (size_t)class_index - 1);
}

static void copy_scores(const source *s, const sep_study_scores *scores, double *value)
{
    for (sep_measure measure = 0; measure < SEP_MEASURES; measure++)
        for (int k = 0; k <= scores->class_names.count; k++)
            for (int i = 0; i < scores->scans; i++) {
                const json_t *part = part_of(json_array_get(s->scans, (size_t)i), k);
                *value++ = k > 0 && is_absent(s, k - 1) ? NAN : score(part, measure, scores->mm);
            }
}

static sep_status take(const source *s, sep_study_scores *scores, double **value)
{
    if (scores->scans == 0)
        SEP_TRY(begin(s, scores));
    SEP_TRY(check_names(s, s->scans, &scores->scan_names, "scans"));
    SEP_TRY(check_names(s, s->classes, &scores->class_names, "classes"));
    *value = sep_calloc(values_of_run(scores), sizeof **value);
    if (*value == NULL)
        return SEP_ERR_MEMORY;
    copy_scores(s, scores, *value);
    return SEP_OK;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static sep_status read_run(const sep_study *study, int run, sep_kept kept, sep_study_scores *scores)
{
    json_t *root;

    SEP_TRY(sep_study_read_evaluation(&study->run[run], kept, scores->validates, &root));
    if (root == NULL)
        return SEP_OK;
    const json_t *evaluation = json_object_get(root, "evaluation");
    const source s = {root, json_object_get(evaluation, "cases"), json_object_get(evaluation, "classes"),
                      study->run[run].folder};
    sep_status status = take(&s, scores, &scores->value[kept][run]);
    scores->evaluated[kept] += status == SEP_OK;
    json_decref(root);
    return status;
}

static sep_status find_out_whether_validates(const sep_study *study, bool *validates)
{
    sep_study_setup setup;
    sep_status status = sep_study_set_up(study, &study->run[0], &setup);

    *validates = status == SEP_OK && setup.config.data.test_list == NULL;
    sep_study_setup_free(&setup);
    return status;
}

sep_status sep_study_scores_read(const sep_study *study, sep_study_scores *scores)
{
    *scores = (sep_study_scores){0};
    SEP_TRY(find_out_whether_validates(study, &scores->validates));
    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS; kept++) {
        scores->value[kept] = sep_calloc((size_t)study->runs, sizeof *scores->value[kept]);
        if (scores->value[kept] == NULL)
            return SEP_ERR_MEMORY;
        for (int i = 0; i < study->runs; i++)
            SEP_TRY(read_run(study, i, kept, scores));
    }
    return SEP_OK;
}

void sep_study_scores_free(const sep_study *study, sep_study_scores *scores)
{
    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS; kept++) {
        for (int i = 0; scores->value[kept] != NULL && i < study->runs; i++)
            sep_free(scores->value[kept][i]);
        sep_free(scores->value[kept]);
    }
    sep_strings_free(&scores->scan_names);
    sep_strings_free(&scores->class_names);
    sep_free(scores->case_of);
    *scores = (sep_study_scores){0};
}
