/* Validation: every answer on every validation scan. */
#include "train/validation.h"

#include "septum/report.h"

#include <string.h>

static const sep_scan *validation_scan(const sep_dataset *dataset, int index)
{
    return &dataset->scan[dataset->training + index];
}

static sep_status score_scan(sep_predictor *predictor, const sep_scan *scan, sep_answer answer,
                             sep_evaluation *evaluation)
{
    sep_segment_options options = {.answer = answer};
    sep_labels prediction;

    SEP_TRY(sep_predictor_segment(predictor, &scan->image, &options, &prediction, NULL));
    sep_status status = sep_evaluation_add(evaluation, scan->name, &prediction, &scan->label);
    sep_labels_free(&prediction);
    return status;
}

static bool has_foreground(const sep_labels *labels)
{
    size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;

    for (size_t i = 0; i < voxels; i++)
        if (labels->data[i] != 0 && !sep_labels_ignore(labels, i))
            return true;
    return false;
}

sep_status sep_validation_check(const sep_dataset *dataset)
{
    for (int i = 0; i < dataset->validation; i++)
        if (has_foreground(&validation_scan(dataset, i)->label))
            return SEP_OK;
    if (dataset->validation == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "no validation scan has a voxel of any class but the background, so that there is nothing to "
                    "choose the best network by: validate on other cases than %s",
                    validation_scan(dataset, 0)->name);
}

sep_status sep_validate(sep_predictor *predictor, const sep_dataset *dataset, const sep_answers *answers,
                        sep_evaluation *evaluation)
{
    const char *const *foreground = (const char *const *)dataset->class_name + 1;

    for (int i = 0; i < answers->count; i++)
        SEP_TRY(sep_evaluation_create(&evaluation[i], dataset->classes, foreground));
    for (int i = 0; i < answers->count; i++)
        for (int k = 0; k < dataset->validation; k++)
            SEP_TRY(score_scan(predictor, validation_scan(dataset, k), answers->answer[i], &evaluation[i]));
    return SEP_OK;
}

/* ---- what is left for the report --------------------------------------------------------------------------------- */

static sep_status write_json(const sep_evaluation *evaluation, const char *folder)
{
    char *json = sep_evaluation_json(evaluation), *path = sep_format("%s/evaluation.json", folder);
    sep_status status = json != NULL && path != NULL ? sep_file_write_atomic(path, json, strlen(json)) : SEP_ERR_MEMORY;

    sep_free(json);
    sep_free(path);
    return status;
}

static sep_status write_overlays(sep_predictor *predictor, const sep_dataset *dataset, sep_answer answer,
                                 const int chosen[3], const double *dice, const char *folder)
{
    static const char *const rank[3] = {"best", "median", "worst"};
    sep_segment_options options = {.answer = answer};
    sep_labels prediction[3] = {0};
    sep_volume shown[3];
    sep_overlay overlay[3];
    sep_status status = SEP_OK;

    for (int i = 0; i < 3 && status == SEP_OK; i++) {
        const sep_scan *scan = validation_scan(dataset, chosen[i]);
        status = sep_predictor_segment(predictor, &scan->image, &options, &prediction[i], NULL);
        shown[i] = sep_volume_channel(&scan->image, dataset->shown_channel);
        overlay[i] = (sep_overlay){.rank = rank[i],
                                   .case_name = scan->name,
                                   .mean_dice = dice[chosen[i]],
                                   .volume = &shown[i],
                                   .reference = &scan->label,
                                   .prediction = &prediction[i]};
    }
    if (status == SEP_OK)
        status = sep_report_overlays(folder, overlay, 3);
    for (int i = 0; i < 3; i++)
        sep_labels_free(&prediction[i]);
    return status;
}

sep_status sep_validation_write(sep_predictor *predictor, const sep_dataset *dataset, sep_answer answer,
                                const sep_evaluation *evaluation, const char *folder)
{
    double *dice = sep_calloc((size_t)dataset->validation + 1, sizeof *dice);
    int chosen[3];

    if (dice == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->validation; i++)
        dice[i] = sep_evaluation_case(evaluation, i, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
    sep_report_pick(dice, dataset->validation, &chosen[0], &chosen[1], &chosen[2]);
    sep_status status = write_json(evaluation, folder);
    if (status == SEP_OK)
        status = write_overlays(predictor, dataset, answer, chosen, dice, folder);
    sep_free(dice);
    return status;
}
