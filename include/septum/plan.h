/* septum: a plan. It looks at a data set and says how to train on it: an INI that a person can read and change, with
 * the reason of each choice, and a page that shows the data. */
#ifndef SEPTUM_PLAN_H
#define SEPTUM_PLAN_H

#include "septum/base.h"
#include "septum/device.h"
#include "septum/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* NULL and 0: not given. Strings are borrowed for the time of the calls. */
typedef struct sep_plan_request {
    const char *folder;
    /* Lists as section [data] knows them; NULL takes train.list, val.list and test.list of the folder, where they are
     * there. */
    const char *train_list, *validation_list, *test_list;
    sep_label_reading labels; /* how label maps are read; zero: by what they hold */
    int labelled;             /* cases that count as labelled, the first of the training order; 0: all that are */
    const char *method;       /* NULL: by what is labelled and what is not */
    /* A list that the plan may write, with the scans that it has chosen to validate: later label maps do not change who
     * that is. NULL: the configuration says how many cases validate. */
    const char *own_validation_list;
    double hours; /* that the run may take on this machine */
    int threads;  /* of the device, for the text */
    uint64_t seed;
} sep_plan_request;

typedef struct sep_plan sep_plan;

/* Reads every scan once, label maps of labelled and validating cases too, those of unlabelled ones never; chooses;
 * times some steps of the choice on `device`. Errors: a folder that holds no data set, slices and volumes side by side,
 * no label map, label maps without images, a file that can't be read. */
sep_status sep_plan_make(const sep_plan_request *request, sep_device *device, sep_plan **plan) SEP_MUST_CHECK;
void sep_plan_destroy(sep_plan *plan);

/* The files that it was made from, and lines for a terminal: what was found, what was chosen, what looks wrong. */
const sep_strings *sep_plan_files(const sep_plan *plan);
const sep_strings *sep_plan_lines(const sep_plan *plan);
const sep_strings *sep_plan_findings(const sep_plan *plan);

/* Whether there is such a list to write. */
bool sep_plan_lists_validation(const sep_plan *plan);
/* Writes them, the list too, or, where one can't be written, none. Of data that septum train would refuse (label maps
 * of another size or place than their images, values beyond the classes) only the page is written, and the error says
 * what is wrong. */
sep_status sep_plan_write(const sep_plan *plan, const char *ini, const char *page) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
