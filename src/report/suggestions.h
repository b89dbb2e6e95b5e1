/* The page of the scans that septum suggest found most worth labelling. */
#ifndef SEPTUM_REPORT_SUGGESTIONS_H
#define SEPTUM_REPORT_SUGGESTIONS_H

#include "report/text.h"
#include "septum/image.h"

/* A suggested scan, and its slices to show. */
typedef struct sep_suggested {
    int rank; /* from 1 */
    const char *scan, *case_name;
    double score, uncertainty, distance;
    const sep_volume *image, *map; /* of uncertainty, 0 to 1 */
    const sep_labels *labels;
    sep_slice_axis axis; /* that the slices are counted along */
    const int *slice;
    int slices;
} sep_suggested;

typedef struct sep_suggestions_page {
    const char *run;
    const sep_strings *class_names;
    int candidates, labelled; /* scans */
    double weight;
    sep_text suggestions; /* what sep_suggestions_page_add wrote */
} sep_suggestions_page;

sep_status sep_suggestions_page_add(sep_suggestions_page *page, const sep_suggested *suggested) SEP_MUST_CHECK;
/* One self-contained HTML page, no script. */
sep_status sep_suggestions_page_write(sep_suggestions_page *page, const char *out) SEP_MUST_CHECK;
void sep_suggestions_page_free(sep_suggestions_page *page);

#endif
