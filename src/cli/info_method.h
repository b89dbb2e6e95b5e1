/* `septum info method`: the ways of learning, and what each lets one set. */
#ifndef SEPTUM_CLI_INFO_METHOD_H
#define SEPTUM_CLI_INFO_METHOD_H

#include "septum/base.h"

/* A line a method. */
sep_status sep_print_methods(bool json) SEP_MUST_CHECK;
/* One method, and the settings of its section. */
sep_status sep_print_method(const char *name, bool json) SEP_MUST_CHECK;

#endif
