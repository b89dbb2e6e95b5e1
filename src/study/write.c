/* What a study leaves in its folder. */
#include "study/state.h"
#include "study/table.h"

#include <string.h>

static sep_status write_file(const sep_study *study, const char *name, sep_text *text)
{
    char *path = sep_format("%s/%s", study->folder, name);
    sep_status status = sep_text_write(text, path);

    sep_free(path);
    return status;
}

static sep_status write_text(const sep_table *table, sep_text *text)
{
    return sep_table_text(table, sep_sheet_count(table), text);
}

static sep_status write_files(const sep_table *table)
{
    static const struct {
        const char *name;
        sep_status (*write)(const sep_table *table, sep_text *text);
    } files[] = {{"table.txt", write_text},
                 {"table.md", sep_table_markdown},
                 {"table.csv", sep_table_csv},
                 {"table.tex", sep_table_latex},
                 {"study.html", sep_table_page}};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sep_text text = {0};
        sep_status status = files[i].write(table, &text);
        text.failed = text.failed || status != SEP_OK;
        SEP_TRY(write_file(table->study, files[i].name, &text));
    }
    return SEP_OK;
}

static sep_status summarise(const sep_table *table, char **summary)
{
    sep_text text = {0};
    sep_status status = sep_table_text(table, sep_sheet_summary_count(table), &text);

    *summary = sep_text_take(&text);
    return status == SEP_OK && *summary == NULL ? SEP_ERR_MEMORY : status;
}

static sep_status write_tables(sep_study *study, const sep_study_scores *scores, char **summary)
{
    sep_table table;

    sep_status status = sep_table_make(study, scores, &table);
    if (status == SEP_OK)
        status = write_files(&table);
    if (status == SEP_OK)
        status = summarise(&table, summary);
    sep_table_free(&table);
    return status;
}

static bool are_same(const sep_strings *a, const sep_strings *b)
{
    for (int i = 0; i < a->count && a->count == b->count; i++)
        if (strcmp(a->item[i], b->item[i]) != 0)
            return false;
    return a->count == b->count;
}

/* A list may have changed since. Where the data are no longer at hand, nothing can be compared. */
static sep_status check_scans(const sep_study *study, const sep_study_scores *scores)
{
    sep_study_setup setup;
    sep_test_set set = {0};
    bool same = true;

    sep_status status = sep_study_set_up(study, &study->run[0], &setup);
    if (status == SEP_OK && scores->scans > 0 && sep_test_set_find(&setup.config.data, &set) == SEP_OK)
        same = are_same(&set.name, &scores->scan_names);
    sep_test_set_free(&set);
    sep_study_setup_free(&setup);
    if (status != SEP_OK || same)
        return status;
    return sep_fail(
        SEP_ERR_ARGUMENT,
        "%s: its runs were evaluated on other scans than the configuration names now: set it back, or remove "
        "their %s-last.json and %s-best.json, and the study evaluates anew",
        study->folder, scores->validates ? "validation" : "test", scores->validates ? "validation" : "test");
}

/* Whether what was evaluated are the runs of this study, the networks that it asks and the scans that it names. */
static sep_status check_runs(const sep_study *study, const sep_study_scores *scores)
{
    sep_run_progress progress;

    for (int i = 0; i < study->runs; i++) {
        SEP_TRY(sep_study_look(study, &study->run[i], &progress));
        for (sep_kept kept = 0; kept < SEP_KEPT_KINDS; kept++)
            SEP_TRY(sep_study_check_evaluation(study, &study->run[i], kept, scores->validates));
    }
    return check_scans(study, scores);
}

sep_status sep_study_write(sep_study *study, char **summary)
{
    sep_study_scores scores;

    *summary = NULL;
    SEP_TRY(sep_study_settle(study, NULL, false)); /* what processes of their own have settled meanwhile */
    sep_status status = sep_study_scores_read(study, &scores);
    if (status == SEP_OK && scores.scans == 0)
        status = sep_fail(SEP_ERR_ARGUMENT, "%s: no run of the study is evaluated yet", study->folder);
    if (status == SEP_OK)
        status = check_runs(study, &scores);
    if (status == SEP_OK)
        status = write_tables(study, &scores, summary);
    sep_study_scores_free(study, &scores);
    return status;
}
