/* A run folder in memory: everything that the page shows. */
#ifndef SEPTUM_REPORT_RUN_H
#define SEPTUM_REPORT_RUN_H

#include "report/run_log.h"

typedef struct sep_picture_file {
    char *rank, *case_name;
    double mean_dice;
    int width, height; /* of the picture, in pixels */
    void *png;
    size_t png_count;
} sep_picture_file;

enum { SEP_MOST_PICTURES = 12 };

typedef struct sep_run {
    char *name; /* the folder's own name */
    bool has_log;
    sep_run_log log;
    sep_strings settings; /* "section.key" and value, in turns, as the file has them */
    json_t *evaluation;   /* evaluation.json; NULL without it */
    int pictures;
    sep_picture_file picture[SEP_MOST_PICTURES];
    sep_strings notes; /* what is missing or broken, one sentence each */
} sep_run;

/* Fails when the folder has nothing to show. */
sep_status sep_run_read(const char *folder, sep_run *run) SEP_MUST_CHECK;
void sep_run_free(sep_run *run);

#endif
