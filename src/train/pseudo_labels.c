/* How good the labels are that networks give to unlabelled training scans. */
#include "train/pseudo_labels.h"

#include <math.h>

struct sep_pseudo_labels {
    const sep_train_config *config;
    const sep_dataset *dataset; /* for the names of its classes */
    sep_withheld withheld;
    sep_answers answers;
};

static sep_status set_up(sep_pseudo_labels *p, const sep_train_config *config, const sep_dataset *dataset,
                         const sep_step *step)
{
    sep_train_config each = *config;

    if (each.validated == SEP_VALIDATE_MEAN)
        each.validated = SEP_VALIDATE_ALL;
    p->config = config;
    p->dataset = dataset;
    sep_answers_list(&each, step, &p->answers);
    sep_status status = sep_withheld_load(&config->data, dataset, config->pseudo_label_cases, &p->withheld);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "train.pseudo_labels");
}

sep_status sep_pseudo_labels_create(const sep_train_config *config, const sep_dataset *dataset, const sep_step *step,
                                    sep_pseudo_labels **labels)
{
    *labels = NULL;
    if (config->pseudo_labels == 0)
        return SEP_OK;
    if (dataset->unlabelled_slices == 0) {
        sep_log(SEP_LOG_INFO, "train.pseudo_labels: there is nothing to measure, all training scans are labelled");
        return SEP_OK;
    }
    *labels = sep_calloc(1, sizeof **labels);
    if (*labels == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = set_up(*labels, config, dataset, step);
    if (status != SEP_OK) {
        sep_pseudo_labels_destroy(*labels);
        *labels = NULL;
    }
    return status;
}

void sep_pseudo_labels_destroy(sep_pseudo_labels *labels)
{
    if (labels == NULL)
        return;
    sep_withheld_free(&labels->withheld);
    sep_free(labels);
}

bool sep_pseudo_labels_due(const sep_pseudo_labels *labels, int64_t iteration)
{
    return labels != NULL &&
           (iteration == labels->config->iterations || iteration % labels->config->pseudo_labels == 0);
}

/* ---- measuring --------------------------------------------------------------------------------------------------- */

static void count_pixel(sep_pixel_counts *counts, bool right, bool certain)
{
    counts->pixels++;
    counts->right += right;
    counts->certain += certain;
    counts->certain_right += right && certain;
}

static void count_pixels(const sep_labels *labels, const sep_volume *confidence, const sep_labels *truth, double least,
                         sep_label_quality *quality)
{
    const size_t pixels = (size_t)truth->depth * (size_t)truth->height * (size_t)truth->width;

    for (size_t i = 0; i < pixels; i++) {
        if (sep_labels_ignore(truth, i))
            continue;
        const bool right = labels->data[i] == truth->data[i], certain = (double)confidence->data[i] > least;
        count_pixel(&quality->all, right, certain);
        if (labels->data[i] != 0 || truth->data[i] != 0)
            count_pixel(&quality->foreground, right, certain);
    }
}

static sep_status measure_answer(const sep_pseudo_labels *p, sep_predictor *predictor, const sep_scan *scan,
                                 sep_answer answer, sep_label_quality *quality, sep_labels *labels)
{
    const sep_segment_options options = {.answer = answer};
    sep_volume confidence;

    SEP_TRY(sep_predictor_segment_surely(predictor, &scan->image, &options, labels, &confidence));
    count_pixels(labels, &confidence, &scan->label, p->config->pseudo_label_confidence, quality);
    sep_volume_free(&confidence);
    return sep_evaluation_add(&quality->evaluation, scan->name, labels, &scan->label);
}

/* `agreement` NULL: there are not two networks. */
static sep_status measure_scan(const sep_pseudo_labels *p, sep_predictor *predictor, const sep_scan *scan,
                               sep_pseudo_label_quality *quality, sep_evaluation *agreement)
{
    sep_labels labels[SEP_MAX_ANSWERS] = {0};
    sep_status status = SEP_OK;

    for (int i = 0; i < p->answers.count && status == SEP_OK; i++)
        status = measure_answer(p, predictor, scan, p->answers.answer[i], &quality->of[i], &labels[i]);
    if (status == SEP_OK && agreement != NULL)
        status = sep_evaluation_add(agreement, scan->name, &labels[0], &labels[1]);
    for (int i = 0; i < p->answers.count; i++)
        sep_labels_free(&labels[i]);
    return status;
}

static double mean_of_class(const sep_evaluation *evaluation, int class_index)
{
    const int scans = evaluation->case_names.count;
    double sum = 0.0;

    for (int i = 0; i < scans; i++)
        sum += sep_evaluation_score(evaluation, i, class_index)->value[SEP_EMPTY_STRICT][SEP_METRIC_DICE];
    return sum / scans;
}

/* Neither of two networks is the reference: a class counts that one of them has. */
static double mean_agreement(const sep_evaluation *evaluation)
{
    double sum = 0.0;
    int classes = 0;

    for (int c = 0; c < evaluation->foreground; c++) {
        if (evaluation->voxels[c].prediction + evaluation->voxels[c].reference == 0)
            continue;
        sum += mean_of_class(evaluation, c);
        classes++;
    }
    return classes > 0 ? sum / classes : NAN;
}

static sep_status begin_evaluation(const sep_pseudo_labels *p, sep_evaluation *evaluation)
{
    const char *const *foreground = (const char *const *)p->dataset->class_name + 1;

    SEP_TRY(sep_evaluation_create(evaluation, p->dataset->classes, foreground));
    evaluation->overlaps_only = true;
    return SEP_OK;
}

static sep_status measure_scans(const sep_pseudo_labels *p, sep_predictor *predictor, sep_pseudo_label_quality *quality,
                                sep_evaluation *agreement)
{
    const bool two = p->config->students == 2;

    SEP_TRY(begin_evaluation(p, agreement));
    for (int i = 0; i < p->answers.count; i++)
        SEP_TRY(begin_evaluation(p, &quality->of[i].evaluation));
    for (int i = 0; i < p->withheld.scans; i++)
        SEP_TRY(measure_scan(p, predictor, &p->withheld.scan[i], quality, two ? agreement : NULL));
    quality->agreement = mean_agreement(agreement);
    return SEP_OK;
}

sep_status sep_pseudo_labels_measure(const sep_pseudo_labels *labels, sep_predictor *predictor,
                                     sep_pseudo_label_quality *quality)
{
    sep_evaluation agreement = {0};

    *quality = (sep_pseudo_label_quality){.answers = &labels->answers,
                                          .cases = labels->withheld.cases,
                                          .scans = labels->withheld.scans,
                                          .confidence = labels->config->pseudo_label_confidence};
    sep_status status = measure_scans(labels, predictor, quality, &agreement);
    sep_evaluation_free(&agreement);
    return status;
}

void sep_pseudo_label_quality_free(sep_pseudo_label_quality *quality)
{
    for (int i = 0; i < SEP_MAX_ANSWERS; i++)
        sep_evaluation_free(&quality->of[i].evaluation);
}
