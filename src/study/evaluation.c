/* The evaluation of a run's checkpoints. */
#include "study/evaluation.h"

#include "report/text.h"
#include "septum/metrics.h"
#include "septum/model.h"
#include "septum/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *sep_kept_name(sep_kept kept)
{
    static const char *const names[SEP_KEPT_KINDS] = {"last", "best"};

    return names[kept];
}

static char *checkpoint_path(const sep_study_run *run, sep_kept kept)
{
    return sep_format("%s/%s.safetensors", run->folder, sep_kept_name(kept));
}

static char *result_path(const sep_study_run *run, sep_kept kept, bool validates)
{
    return sep_format("%s/%s-%s.json", run->folder, validates ? "validation" : "test", sep_kept_name(kept));
}

sep_status sep_study_is_evaluated(const sep_study_run *run, const sep_study_setup *setup, bool *evaluated)
{
    const bool validates = setup->config.data.test_list == NULL;

    *evaluated = true;
    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS; kept++) {
        char *checkpoint = checkpoint_path(run, kept), *result = result_path(run, kept, validates);
        const bool failed = checkpoint == NULL || result == NULL;
        *evaluated = *evaluated && !failed && (!sep_file_exists(checkpoint) || sep_file_exists(result));
        sep_free(checkpoint);
        sep_free(result);
        if (failed)
            return SEP_ERR_MEMORY;
    }
    return SEP_OK;
}

/* ---- scoring ----------------------------------------------------------------------------------------------------- */

static sep_status score_scan(sep_model *model, const sep_answer *answer, const sep_data_config *data,
                             const sep_test_set *set, int index, sep_evaluation *evaluation)
{
    const sep_segment_options how = {.answer = *answer};
    sep_volume image;
    sep_labels reference, prediction;

    SEP_TRY(sep_test_set_load(data, set, index, &image, &reference));
    sep_status status = sep_model_segment(model, &image, &how, &prediction, NULL);
    if (status == SEP_OK) {
        status = sep_evaluation_add(evaluation, set->name.item[index], &prediction, &reference);
        sep_labels_free(&prediction);
    }
    sep_volume_free(&image);
    sep_labels_free(&reference);
    return status;
}

static sep_status score_scans(sep_model *model, const sep_answer *answer, const sep_data_config *data,
                              const sep_test_set *set, const char *title, sep_evaluation *evaluation)
{
    sep_progress *progress = sep_progress_start(title, set->name.count, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < set->name.count && status == SEP_OK; i++) {
        status = score_scan(model, answer, data, set, i, evaluation);
        sep_progress_update(progress, i + 1, set->name.item[i]);
    }
    sep_progress_finish(progress);
    return status;
}

/* ---- what is kept ------------------------------------------------------------------------------------------------ */

static sep_status hash_file(const char *path, char hash[17])
{
    void *bytes;
    size_t count;

    SEP_TRY(sep_file_read(path, &bytes, &count));
    snprintf(hash, 17, "%016" PRIx64, sep_hash(SEP_HASH_START, bytes, count));
    sep_free(bytes);
    return SEP_OK;
}

static sep_status write_result(const char *path, const char *hash, const sep_model_info *info, const sep_answer *answer,
                               const sep_test_set *set, const sep_evaluation *evaluation)
{
    sep_text text = {0};
    char *scores = sep_evaluation_json(evaluation);

    sep_text_format(&text, "{\"checkpoint\": \"%s\", \"iteration\": %" PRId64 ", \"student\": ", hash, info->iteration);
    if (answer->student == SEP_ALL_STUDENTS)
        sep_text_add(&text, "\"all\"");
    else
        sep_text_format(&text, "%d", answer->student);
    sep_text_format(&text, ", \"average\": %s,\n \"case_of\": [", answer->average ? "true" : "false");
    for (int i = 0; i < set->name.count; i++)
        sep_text_format(&text, "%s%d", i ? ", " : "", set->group[i]);
    sep_text_add(&text, "],\n \"evaluation\": ");
    sep_text_add(&text, scores != NULL ? scores : "");
    sep_text_add(&text, "}\n");
    text.failed = text.failed || scores == NULL;
    sep_free(scores);

    char *whole = sep_text_take(&text);
    sep_status status = whole != NULL ? sep_file_write_atomic(path, whole, strlen(whole)) : SEP_ERR_MEMORY;
    sep_free(whole);
    return status;
}

static sep_status choose_answer(const sep_study_row *row, const sep_model_info *info, sep_answer *answer)
{
    *answer = row->answer_is_given ? row->answer : info->best;
    if (answer->student < info->students)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "row %s: its student is %d, but the run has students 0 to %d", row->name,
                    answer->student, info->students - 1);
}

static sep_status evaluate_model(const sep_study *study, const sep_study_run *run, const sep_study_setup *setup,
                                 sep_model *model, const char *hash, sep_kept kept, const char *to)
{
    const sep_model_info *info = sep_model_get_info(model);
    sep_test_set set;
    sep_evaluation evaluation = {0};
    sep_answer answer;

    SEP_TRY(choose_answer(&study->row[run->row], info, &answer));
    sep_status status = sep_test_set_find(&setup->config.data, &set);
    if (status == SEP_OK)
        status = sep_evaluation_create(&evaluation, set.classes, (const char *const *)set.class_names.item + 1);
    if (status == SEP_OK)
        status = score_scans(
            model, &answer, &setup->config.data, &set,
            kept == SEP_KEPT_LAST ? "evaluating the last checkpoint" : "evaluating the best checkpoint", &evaluation);
    if (status == SEP_OK)
        status = write_result(to, hash, info, &answer, &set, &evaluation);
    sep_evaluation_free(&evaluation);
    sep_test_set_free(&set);
    return status;
}

static sep_status evaluate_once(const sep_study *study, const sep_study_run *run, const sep_study_setup *setup,
                                sep_device *device, sep_kept kept, const char *from, const char *to)
{
    char hash[17];
    sep_model *model;

    if (!sep_file_exists(from) || sep_file_exists(to))
        return SEP_OK;
    SEP_TRY(hash_file(from, hash));
    SEP_TRY(sep_model_load(from, device, &model));
    sep_status status = evaluate_model(study, run, setup, model, hash, kept, to);
    sep_model_destroy(model);
    return status;
}

sep_status sep_study_evaluate(const sep_study *study, const sep_study_run *run, const sep_study_setup *setup,
                              sep_device *device)
{
    sep_status status = SEP_OK;

    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS && status == SEP_OK; kept++) {
        char *from = checkpoint_path(run, kept);
        char *to = result_path(run, kept, setup->config.data.test_list == NULL);
        status = from != NULL && to != NULL ? evaluate_once(study, run, setup, device, kept, from, to) : SEP_ERR_MEMORY;
        sep_free(from);
        sep_free(to);
    }
    return status;
}

/* ---- reading it again -------------------------------------------------------------------------------------------- */

static sep_status read_json(const char *path, json_t **root)
{
    void *text;
    size_t count;

    SEP_TRY(sep_file_read(path, &text, &count));
    sep_status status = sep_json_load(text, count, 0, NULL, root);
    sep_free(text);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}

static sep_status check_hash(const char *path, const char *checkpoint, const json_t *root)
{
    const char *evaluated = json_string_value(json_object_get(root, "checkpoint"));
    char hash[17];

    SEP_TRY(hash_file(checkpoint, hash));
    if (evaluated != NULL && strcmp(evaluated, hash) == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "%s is the evaluation of another checkpoint than %s: remove it, and the study evaluates anew", path,
                    checkpoint);
}

sep_status sep_study_read_evaluation(const sep_study_run *run, sep_kept kept, bool validates, json_t **root)
{
    char *checkpoint = checkpoint_path(run, kept), *path = result_path(run, kept, validates);
    sep_status status = checkpoint != NULL && path != NULL ? SEP_OK : SEP_ERR_MEMORY;

    *root = NULL;
    if (status == SEP_OK && sep_file_exists(path)) {
        status = read_json(path, root);
        if (status == SEP_OK)
            status = check_hash(path, checkpoint, *root);
    }
    if (status != SEP_OK) {
        json_decref(*root);
        *root = NULL;
    }
    sep_free(checkpoint);
    sep_free(path);
    return status;
}
