/* Libraries that few runs need: opened when they do, since loading them takes milliseconds of every other start. */
#ifndef SEPTUM_BASE_LATE_LIBRARY_H
#define SEPTUM_BASE_LATE_LIBRARY_H

#include "septum/base.h"

typedef void sep_late_function(void); /* to be called as what it is */

/* A function of a shared library, which stays open. SEP_ERR_UNSUPPORTED where one or the other is not there. */
sep_status sep_late_find(const char *file, const char *name, sep_late_function **function) SEP_MUST_CHECK;

#endif
