/* How many classes an evaluation has, and what they are called. */
#ifndef SEPTUM_CLI_EVALUATE_CLASSES_H
#define SEPTUM_CLI_EVALUATE_CLASSES_H

#include "cli/evaluate_pairs.h"
#include "septum/metrics.h"

/* What the user said; zero and NULL where nothing. */
typedef struct sep_class_options {
    int classes;               /* the background among them */
    const char *class_names;   /* "A,B", without the background */
    sep_label_reading reading; /* of references */
} sep_class_options;

/* An evaluation without cases. The classes are those that the user gave, or those of a dataset.json of nnU-Net in the
 * folder of the references or above it, or as many as the references use. What that file says is ignored,
 * given->reading ignores then, unless the user said something else. */
sep_status sep_create_evaluation(sep_class_options *given, const char *reference, const sep_case_pairs *p,
                                 sep_evaluation *evaluation) SEP_MUST_CHECK;

#endif
