/* What log.jsonl says of a run: one JSON object a line, "event" naming what it is.
 *     start       anything: version, machine, method, nets, seed, ...
 *     step        iteration, loss {name: value}, lr [..], images_per_second, seconds
 *     validation  iteration, students [{name, dice [per class], mean_dice, mean_hd95}]
 *     decision    iteration, what, without, with, used: of how septum predict works
 *     pseudo_labels  iteration, students [{name, mean_dice, foreground {certain, certain_accuracy}}], agreement
 *     finish      hash, seconds, ...
 * A run that was stopped and resumed repeats iterations: the later lines count. */
#ifndef SEPTUM_REPORT_RUN_LOG_H
#define SEPTUM_REPORT_RUN_LOG_H

#include "base/json.h"

/* Values over iterations, in rising order. A value that is no number is NaN. */
typedef struct sep_curve {
    char *name; /* of the loss term or the student */
    int part;   /* which learning rate, which class (0: the first of the foreground) */
    int count, capacity;
    double *iteration, *value;
} sep_curve;

typedef enum sep_curve_group {
    SEP_LOSS_CURVES,
    SEP_RATE_CURVES,
    SEP_SPEED_CURVES,
    SEP_MEAN_DICE_CURVES,
    SEP_MEAN_HD95_CURVES,
    SEP_CLASS_DICE_CURVES,
    SEP_LABEL_DICE_CURVES, /* of labels of unlabelled scans */
    SEP_CERTAIN_CURVES,    /* these and the next: of foreground pixels */
    SEP_CERTAIN_ACCURACY_CURVES,
    SEP_AGREEMENT_CURVES, /* of two networks' labels */
    SEP_CURVE_GROUPS
} sep_curve_group;

/* A group; a log that names more is not drawn further. All classes that there can be, of all answers of a run, are
 * fewer. */
enum { SEP_MOST_CURVES = 4096 };

typedef struct sep_curves {
    int count, capacity;
    sep_curve *curve;
} sep_curves;

typedef struct sep_run_log {
    int lines, unreadable_lines;
    json_t *start, *finish; /* the last of each; NULL where there was none */
    json_t *decisions;      /* the events, those of one iteration; NULL: none */
    double last_iteration;  /* of the last step; NaN where there was none */
    /* That it took: of the stretches before a run was resumed, and of the last one as far as it says; NaN: nothing. */
    double seconds_before, seconds;
    sep_curves group[SEP_CURVE_GROUPS];
} sep_run_log;

/* Reads all lines of `text`; those that are no JSON object are counted and passed over. Fails only without memory. */
sep_status sep_run_log_parse(const char *text, size_t count, sep_run_log *log) SEP_MUST_CHECK;
void sep_run_log_free(sep_run_log *log);

/* The curve of that name and part, or NULL. */
const sep_curve *sep_find_curve(const sep_curves *curves, const char *name, int part);

#endif
