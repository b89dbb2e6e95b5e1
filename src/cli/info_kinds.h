/* `septum info method|loss|contrast`: what there is to choose from, and what each lets one set. */
#ifndef SEPTUM_CLI_INFO_KINDS_H
#define SEPTUM_CLI_INFO_KINDS_H

#include "septum/base.h"

/* "method", "loss", "contrast"; of these alone the others below. */
bool sep_is_kind(const char *name);
/* A line each. */
sep_status sep_print_kind(const char *kind, bool json) SEP_MUST_CHECK;
/* One of them, and the settings of its section. */
sep_status sep_print_one_of_kind(const char *kind, const char *name, bool json) SEP_MUST_CHECK;

#endif
