/* What options say of the voxels of label maps. */
#ifndef SEPTUM_CLI_LABEL_READING_H
#define SEPTUM_CLI_LABEL_READING_H

#include "septum/image.h"

/* Of --<prefix>threshold, --<prefix>values and --<prefix>colours at most one is given (0, NULL, NULL: not). */
sep_status sep_parse_label_reading(const char *prefix, int64_t threshold, const char *values, const char *colours,
                                   sep_label_reading *reading) SEP_MUST_CHECK;

#endif
