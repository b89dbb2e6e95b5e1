/* How good the label maps of septum predict may be: a row of quality.csv each, and what is said of them at the end. */
#ifndef SEPTUM_CLI_PREDICT_QUALITY_H
#define SEPTUM_CLI_PREDICT_QUALITY_H

#include "cli/predict_models.h"

#define SEP_QUALITY_FILE "quality.csv"
#define SEP_QUALITY_PAGE "quality.html"

/* Zero-initialise, but for `doubt`. */
typedef struct sep_quality_table {
    double doubt; /* estimates below it are doubtful */
    sep_strings cases;
    int capacity;                /* of the arrays, in cases */
    double *estimate, *of_class; /* [cases], [cases, foreground] */
} sep_quality_table;

void sep_quality_free(sep_quality_table *table);
/* One more case: by soft Dice, through the calibration of all models where each has one. */
sep_status sep_quality_add(sep_quality_table *table, const sep_asked_models *models, const char *case_name,
                           const sep_prediction *prediction) SEP_MUST_CHECK;
/* FOLDER/quality.csv and FOLDER/quality.html, and the summary: a warning where cases are doubtful. Nothing of no case.
 */
sep_status sep_quality_finish(sep_quality_table *table, const sep_asked_models *models,
                              const char *folder) SEP_MUST_CHECK;

#endif
