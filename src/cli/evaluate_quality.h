/* How good the estimates of quality.csv were, beside the Dice that was measured. */
#ifndef SEPTUM_CLI_EVALUATE_QUALITY_H
#define SEPTUM_CLI_EVALUATE_QUALITY_H

#include "septum/metrics.h"

/* Columns "case" and "estimate" of a CSV, whatever stands beside them, for the cases of an evaluation. */
typedef struct sep_estimates {
    int count;               /* cases that both have */
    int *index;              /* of each in the evaluation */
    double *estimate, *dice; /* the mean of the foreground */
    double *of_class;        /* [count, foreground]: columns that are called as the classes; NaN: not estimated */
} sep_estimates;

/* The caller frees in any case. SEP_ERR_FORMAT where the file is no such table, SEP_ERR_ARGUMENT where it has none of
 * the cases. */
sep_status sep_estimates_read(const char *path, const sep_evaluation *evaluation, sep_estimates *e) SEP_MUST_CHECK;
void sep_estimates_free(sep_estimates *e);
/* Correlations, the mean error, and AUROC of finding cases below 0.8, as lines of text. Freed with sep_free. */
sep_status sep_estimates_describe(const sep_estimates *e, char **text) SEP_MUST_CHECK;
/* The page of estimates beside what was measured; `remark` is said on it. */
sep_status sep_estimates_page(const sep_estimates *e, const sep_evaluation *evaluation, const char *title,
                              const char *remark, const char *out) SEP_MUST_CHECK;

#endif
