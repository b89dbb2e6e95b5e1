/* The images that septum predict segments, and where their label maps go. */
#ifndef SEPTUM_CLI_PREDICT_JOBS_H
#define SEPTUM_CLI_PREDICT_JOBS_H

#include "septum/base.h"

/* Two lists of one length. */
typedef struct sep_jobs {
    sep_strings in, to;
} sep_jobs;

/* Of all images of a folder, into another; no two may have one label map. The caller frees in any case. */
sep_status sep_jobs_find(sep_jobs *j, const char *in, const char *folder, const char *format,
                         int channels) SEP_MUST_CHECK;
void sep_jobs_free(sep_jobs *j);
/* Of one image, beside it; NULL without memory. */
char *sep_default_output(const char *in);

#endif
