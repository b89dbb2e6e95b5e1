/* The page of a batch: what the networks get in one iteration. */
#ifndef SEPTUM_REPORT_SAMPLES_H
#define SEPTUM_REPORT_SAMPLES_H

#include "septum/data.h"

typedef struct sep_samples_page {
    const char *configuration, *method; /* names */
    const sep_dataset *dataset;
    const sep_batch_config *config; /* with the streams that the method asked for */
    const sep_batch *batch;
} sep_samples_page;

/* One self-contained HTML page, no script: for each sample its image, its labels as outlines, its views, and how it
 * lies in its slice. */
sep_status sep_samples_page_write(const sep_samples_page *page, const char *out) SEP_MUST_CHECK;

#endif
