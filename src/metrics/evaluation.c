/* The scores of many cases, and their means. */
#include "septum/metrics.h"
#include "septum/process.h"

#include <math.h>
#include <string.h>

static sep_status add_class_name(sep_strings *names, const char *given, int label)
{
    if (given)
        return sep_strings_add(names, given);
    char *name = sep_format("class %d", label);
    if (!name)
        return SEP_ERR_MEMORY;
    sep_status status = sep_strings_add(names, name);
    sep_free(name);
    return status;
}

sep_status sep_evaluation_create(sep_evaluation *evaluation, int classes, const char *const *class_names)
{
    if (classes < 2 || classes > 256)
        return sep_fail(SEP_ERR_ARGUMENT, "%d classes: there must be 2 to 256, the background among them", classes);
    *evaluation = (sep_evaluation){.foreground = classes - 1, .has_mm = true};
    for (int label = 1; label < classes; label++) {
        const char *given = class_names ? class_names[label - 1] : NULL;
        sep_status status = add_class_name(&evaluation->class_names, given, label);
        if (status != SEP_OK) {
            sep_evaluation_free(evaluation);
            return status;
        }
    }
    evaluation->voxels = sep_calloc((size_t)evaluation->foreground, sizeof *evaluation->voxels);
    if (!evaluation->voxels) {
        sep_evaluation_free(evaluation);
        return SEP_ERR_MEMORY;
    }
    return SEP_OK;
}

void sep_evaluation_free(sep_evaluation *evaluation)
{
    sep_strings_free(&evaluation->class_names);
    sep_strings_free(&evaluation->case_names);
    sep_free(evaluation->score);
    sep_free(evaluation->voxels);
    *evaluation = (sep_evaluation){0};
}

/* Room for the scores of one more case. */
static sep_status reserve_case(sep_evaluation *evaluation)
{
    int cases = evaluation->case_names.count;
    if (cases < evaluation->score_capacity)
        return SEP_OK;
    int capacity = cases ? 2 * cases : 16;
    size_t per_case = (size_t)evaluation->foreground;
    sep_class_score *grown = sep_grown(evaluation->score, (size_t)cases, (size_t)capacity, per_case * sizeof(*grown));
    if (!grown)
        return SEP_ERR_MEMORY;
    evaluation->score = grown;
    evaluation->score_capacity = capacity;
    return SEP_OK;
}

static void count_voxels(sep_evaluation *evaluation, const sep_class_score *scores)
{
    for (int k = 0; k < evaluation->foreground; k++) {
        evaluation->voxels[k].prediction += scores[k].prediction_voxels;
        evaluation->voxels[k].reference += scores[k].reference_voxels;
    }
}

sep_status sep_evaluation_add(sep_evaluation *evaluation, const char *case_name, const sep_labels *prediction,
                              const sep_labels *reference)
{
    SEP_TRY(sep_stop_check());
    SEP_TRY(reserve_case(evaluation));
    sep_class_score *scores = evaluation->score + (size_t)evaluation->case_names.count * (size_t)evaluation->foreground;
    sep_status status = evaluation->overlaps_only
                            ? sep_score_overlaps(prediction, reference, evaluation->foreground + 1, scores)
                            : sep_score_case(prediction, reference, evaluation->foreground + 1, scores);
    if (status != SEP_OK)
        return sep_fail_within(status, "%s", case_name);
    SEP_TRY(sep_strings_add(&evaluation->case_names, case_name));
    count_voxels(evaluation, scores);
    evaluation->has_mm = evaluation->has_mm && reference->has_geometry;
    return SEP_OK;
}

const sep_class_score *sep_evaluation_score(const sep_evaluation *evaluation, int case_index, int class_index)
{
    return evaluation->score + (size_t)case_index * (size_t)evaluation->foreground + class_index;
}

/* A list of numbers to average: `at` gives the i-th of `count`. */
typedef struct numbers {
    const sep_evaluation *evaluation;
    int fixed; /* the case or class they share */
    sep_empty_policy policy;
    sep_metric metric;
    int count;
    double (*at)(const struct numbers *numbers, int i);
    bool of_classes; /* the i-th is that of class i: absent ones do not count */
} numbers;

static double score_of_case(const numbers *n, int i)
{
    return sep_evaluation_score(n->evaluation, i, n->fixed)->value[n->policy][n->metric];
}

static double score_of_class(const numbers *n, int i)
{
    return sep_evaluation_score(n->evaluation, n->fixed, i)->value[n->policy][n->metric];
}

static double mean_of_case(const numbers *n, int i)
{
    return sep_evaluation_case(n->evaluation, i, n->policy, n->metric).mean;
}

static double mean_of_class(const numbers *n, int i)
{
    return sep_evaluation_class(n->evaluation, i, n->policy, n->metric).mean;
}

static bool counts(const numbers *n, int i)
{
    return !n->of_classes || !sep_evaluation_is_absent(n->evaluation, i);
}

static sep_mean average(const numbers *n)
{
    double sum = 0, squares = 0;
    int used = 0;
    if (n->count == 0)
        return (sep_mean){0, 0};
    for (int i = 0; i < n->count; i++)
        if (counts(n, i)) {
            sum += n->at(n, i);
            used++;
        }
    if (used == 0)
        return (sep_mean){NAN, NAN};
    double mean = sum / used;
    for (int i = 0; i < n->count; i++)
        if (counts(n, i)) {
            double difference = n->at(n, i) - mean;
            squares += difference * difference;
        }
    return (sep_mean){mean, sqrt(squares / used)};
}

sep_mean sep_evaluation_class(const sep_evaluation *evaluation, int class_index, sep_empty_policy policy,
                              sep_metric metric)
{
    if (sep_evaluation_is_absent(evaluation, class_index))
        return (sep_mean){NAN, NAN};
    return average(
        &(numbers){evaluation, class_index, policy, metric, evaluation->case_names.count, score_of_case, false});
}

sep_mean sep_evaluation_case(const sep_evaluation *evaluation, int case_index, sep_empty_policy policy,
                             sep_metric metric)
{
    return average(&(numbers){evaluation, case_index, policy, metric, evaluation->foreground, score_of_class, true});
}

sep_mean sep_evaluation_overall(const sep_evaluation *evaluation, sep_empty_policy policy, sep_metric metric)
{
    numbers classes = {evaluation, 0, policy, metric, evaluation->foreground, mean_of_class, true};
    numbers cases = {evaluation, 0, policy, metric, evaluation->case_names.count, mean_of_case, false};
    return (sep_mean){average(&classes).mean, average(&cases).deviation};
}
