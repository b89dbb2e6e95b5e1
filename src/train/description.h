/* What a checkpoint says of itself, as JSON: its note "septum". */
#ifndef SEPTUM_TRAIN_DESCRIPTION_H
#define SEPTUM_TRAIN_DESCRIPTION_H

#include "septum/model.h"

/* *text is freed with sep_free. */
sep_status sep_description_write(const sep_model_info *info, char **text) SEP_MUST_CHECK;
/* Fills all but the settings and the scans, which are notes of their own; freed with sep_model_info_free in any case.
 * SEP_ERR_FORMAT, naming `path`, where it can't be a description. Sizes are within what networks can have; whether the
 * file holds such networks is another question. */
sep_status sep_description_read(const char *path, const char *text, sep_model_info *info) SEP_MUST_CHECK;

#endif
