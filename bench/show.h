/* Results in the form that the command line asks for. */
#ifndef SEPTUM_BENCH_SHOW_H
#define SEPTUM_BENCH_SHOW_H

#include "bench/registration.h"

typedef struct bench_form {
    bool json, csv;               /* neither: tables */
    const char *svg, *old_result; /* files to draw into, and to compare with; NULL: none */
} bench_form;

sep_status bench_show(const bench_form *form, const bench_result *result) SEP_MUST_CHECK;
sep_status bench_show_recovery(const bench_form *form, const bench_recovery_result *result) SEP_MUST_CHECK;

#endif
