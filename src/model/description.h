/* The description that a checkpoint holds: sep_model_info as JSON. */
#ifndef SEPTUM_MODEL_DESCRIPTION_H
#define SEPTUM_MODEL_DESCRIPTION_H

#include "septum/model.h"

/* All but the settings, which are a note of their own. *text is freed with sep_free. */
sep_status sep_description_write(const sep_model_info *info, char **text) SEP_MUST_CHECK;
/* Fills a zeroed info, which the caller frees, also after a failure. What is read is within the limits that networks
 * have, and fits itself: one size and one set of classes for all networks, which are completed. */
sep_status sep_description_read(const char *text, sep_model_info *info) SEP_MUST_CHECK;

#endif
