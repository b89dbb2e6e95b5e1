/* septum: studies. One INI file names a base configuration, variants of it (the rows of a table), numbers of labelled
 * cases (its columns) and seeds; a study trains each of these runs once, evaluates it once, and writes the table.
 * Its folder holds ordinary run folders, ROW/COUNT-cases/seed-SEED, that `septum train --resume` and `septum report`
 * take too. */
#ifndef SEPTUM_STUDY_H
#define SEPTUM_STUDY_H

#include "septum/base.h"
#include "septum/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sep_study sep_study;

/* Reads the plan and checks the settings of every run; `settings` ("study.seeds=1", "base.data.folder=/data/acdc";
 * NULL: none) are put over the file's. Nothing is written. Errors: a base that is not there, rows, counts or seeds that
 * are there twice, a row that is no method and has no section, a section of no row, a setting that does not exist. */
sep_status sep_study_read(const char *path, const char *folder, const sep_strings *settings,
                          sep_study **study) SEP_MUST_CHECK;
void sep_study_destroy(sep_study *study);

/* Runs of a study. */
typedef struct sep_study_choice {
    const sep_strings *only; /* "ROW", "ROW/3-cases" or "ROW/3-cases/seed-1" each; NULL or empty: all runs */
    int part, parts;         /* of the chosen runs those numbered part - 1, part - 1 + parts, ...; 0, 0: all */
} sep_study_choice;

typedef enum sep_study_stage {
    SEP_STUDY_NEW = 0,
    SEP_STUDY_BEGUN,     /* there is a checkpoint before the last iteration */
    SEP_STUDY_TRAINED,   /* all iterations are done */
    SEP_STUDY_EVALUATED, /* and the checkpoints are evaluated */
} sep_study_stage;

typedef struct sep_study_state {
    const char *name; /* "mean-teacher/3-cases/seed-1"; the study's */
    sep_study_stage stage;
    int64_t iteration, iterations;
    double seconds_left; /* of training; NaN where nothing is known of the run's speed */
} sep_study_state;

/* The chosen runs, `*count` of them, in the order in which they are done: all rows of one seed before the next. Where
 * no run of a row, or of one that computes the same, has been measured and `device` is not NULL, some steps are timed.
 * SEP_ERR_ARGUMENT for a choice that names no run, and for a folder that holds a run with other settings. *states is
 * freed with sep_free. */
sep_status sep_study_list(sep_study *study, const sep_study_choice *choice, sep_device *device,
                          sep_study_state **states, int *count) SEP_MUST_CHECK;

/* Trains what is missing of the chosen runs, goes on with what was stopped, and evaluates last and best checkpoint of
 * each once on the scans of data.test_list (those that validate where there is no such list). A run whose loss is not
 * finite is left with a warning, and is the status at the end. SEP_ERR_INTERRUPTED after sep_stop_request: the next
 * call goes on. */
sep_status sep_study_train(sep_study *study, const sep_study_choice *choice, sep_device *device) SEP_MUST_CHECK;

/* Writes the tables of what is evaluated so far: table.txt, table.md, table.csv, table.tex, study.html. `*summary` is
 * the text of the first of them, for a terminal; freed with sep_free. */
sep_status sep_study_write(sep_study *study, char **summary) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
