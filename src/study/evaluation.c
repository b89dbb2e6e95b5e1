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

/* The evaluation of one checkpoint after the other. */
typedef struct evaluator {
    const sep_study_row *row;
    const sep_data_config *data;
    sep_device *device;
    sep_test_set set;
    sep_evaluation evaluation; /* the last one: */
    int64_t iteration;         /* of the checkpoint; -1: there was none yet */
    sep_answer answer;
} evaluator;

static sep_status score_scan(evaluator *e, sep_model *model, int index)
{
    const sep_decisions *decided = &sep_model_get_info(model)->decisions;
    const sep_segment_options how = {.answer = e->answer, .tta = decided->tta, .smooth = decided->smooth};
    sep_volume image;
    sep_labels reference, prediction;

    SEP_TRY(sep_test_set_load(e->data, &e->set, index, &image, &reference));
    sep_status status = sep_model_segment(model, &image, &how, &prediction, NULL);
    if (status == SEP_OK) {
        status = sep_labels_keep_largest(&prediction, decided->largest);
        if (status == SEP_OK)
            status = sep_evaluation_add(&e->evaluation, e->set.name.item[index], &prediction, &reference);
        sep_labels_free(&prediction);
    }
    sep_volume_free(&image);
    sep_labels_free(&reference);
    return status;
}

static sep_status score_scans(evaluator *e, sep_model *model, const char *title)
{
    const sep_strings *names = &e->set.name;
    sep_progress *progress = sep_progress_start(title, names->count, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < names->count && status == SEP_OK; i++) {
        status = score_scan(e, model, i);
        sep_progress_update(progress, i + 1, names->item[i]);
    }
    sep_progress_finish(progress);
    return status;
}

/* The last checkpoint and the best one may be of one iteration, and say the same. */
static sep_status score(evaluator *e, sep_model *model, sep_answer answer, sep_kept kept)
{
    const int64_t iteration = sep_model_get_info(model)->iteration;

    if (iteration == e->iteration && answer.student == e->answer.student && answer.average == e->answer.average)
        return SEP_OK;
    e->iteration = iteration;
    e->answer = answer;
    sep_evaluation_free(&e->evaluation);
    SEP_TRY(sep_evaluation_create(&e->evaluation, e->set.classes, (const char *const *)e->set.class_names.item + 1));
    return score_scans(e, model,
                       kept == SEP_KEPT_LAST ? "evaluating the last checkpoint" : "evaluating the best checkpoint");
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

static sep_status write_result(const evaluator *e, const char *path, const char *hash)
{
    const sep_answer *answer = &e->answer;
    sep_text text = {0};
    char *scores = sep_evaluation_json(&e->evaluation);

    sep_text_format(&text, "{\"checkpoint\": \"%s\", \"iteration\": %" PRId64 ", \"student\": ", hash, e->iteration);
    if (answer->student == SEP_ALL_STUDENTS)
        sep_text_add(&text, "\"all\"");
    else
        sep_text_format(&text, "%d", answer->student);
    sep_text_format(&text, ", \"average\": %s,\n \"case_of\": [", answer->average ? "true" : "false");
    for (int i = 0; i < e->set.name.count; i++)
        sep_text_format(&text, "%s%d", i ? ", " : "", e->set.group[i]);
    sep_text_add(&text, "],\n \"evaluation\": ");
    sep_text_add(&text, scores != NULL ? scores : "");
    sep_text_add(&text, "}\n");
    text.failed = text.failed || scores == NULL;
    sep_free(scores);

    return sep_text_write(&text, path);
}

static sep_status choose_answer(const sep_study_row *row, const sep_model_info *info, sep_answer *answer)
{
    *answer = row->answer_is_given ? row->answer : info->best;
    if (answer->student < info->students)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "row %s: its student is %d, but the run has students 0 to %d", row->name,
                    answer->student, info->students - 1);
}

static sep_status evaluate_once(evaluator *e, sep_kept kept, const char *from, const char *to)
{
    char hash[17];
    sep_model *model;
    sep_answer answer;

    if (!sep_file_exists(from) || sep_file_exists(to))
        return SEP_OK;
    SEP_TRY(hash_file(from, hash));
    SEP_TRY(sep_model_load(from, e->device, &model));
    sep_status status = choose_answer(e->row, sep_model_get_info(model), &answer);
    if (status == SEP_OK)
        status = score(e, model, answer, kept);
    if (status == SEP_OK)
        status = write_result(e, to, hash);
    sep_model_destroy(model);
    return status;
}

sep_status sep_study_evaluate(const sep_study *study, const sep_study_run *run, const sep_study_setup *setup,
                              sep_device *device)
{
    evaluator e = {.row = &study->row[run->row], .data = &setup->config.data, .device = device, .iteration = -1};
    sep_status status = sep_test_set_find(e.data, &e.set);

    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS && status == SEP_OK; kept++) {
        char *from = checkpoint_path(run, kept), *to = result_path(run, kept, e.data->test_list == NULL);
        status = from != NULL && to != NULL ? evaluate_once(&e, kept, from, to) : SEP_ERR_MEMORY;
        sep_free(from);
        sep_free(to);
    }
    sep_evaluation_free(&e.evaluation);
    sep_test_set_free(&e.set);
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

static bool is_of_answer(const json_t *root, sep_answer answer)
{
    const json_t *student = json_object_get(root, "student");
    const bool same = answer.student == SEP_ALL_STUDENTS
                          ? json_is_string(student)
                          : json_is_integer(student) && json_integer_value(student) == answer.student;

    return same && json_is_true(json_object_get(root, "average")) == answer.average;
}

static sep_status check_answer(const sep_study_row *row, const char *path, const char *checkpoint, const json_t *root)
{
    sep_model_info info;
    sep_answer answer;

    SEP_TRY(sep_model_describe(checkpoint, &info));
    sep_status status = choose_answer(row, &info, &answer);
    if (status == SEP_OK && !is_of_answer(root, answer))
        status =
            sep_fail(SEP_ERR_ARGUMENT,
                     "%s is the evaluation of another network than row %s asks: remove it, and the study evaluates "
                     "anew",
                     path, row->name);
    sep_model_info_free(&info);
    return status;
}

sep_status sep_study_check_evaluation(const sep_study *study, const sep_study_run *run, sep_kept kept, bool validates)
{
    char *checkpoint = checkpoint_path(run, kept), *path = result_path(run, kept, validates);
    json_t *root = NULL;

    sep_status status = checkpoint != NULL && path != NULL ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK && sep_file_exists(path))
        status = read_json(path, &root);
    if (status == SEP_OK && root != NULL)
        status = check_answer(&study->row[run->row], path, checkpoint, root);
    json_decref(root);
    sep_free(checkpoint);
    sep_free(path);
    return status;
}
