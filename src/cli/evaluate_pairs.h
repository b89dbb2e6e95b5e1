/* Which predictions and references belong together. */
#ifndef SEPTUM_CLI_EVALUATE_PAIRS_H
#define SEPTUM_CLI_EVALUATE_PAIRS_H

#include "septum/base.h"

/* Three lists of one length: the names of the cases, and the paths of their two label maps. */
typedef struct sep_case_pairs {
    sep_strings name, prediction, reference;
} sep_case_pairs;

/* `prediction` and `reference` are two files, or two folders, of which `list` (may be NULL) names the cases to take,
 * one a line; a case that it names twice counts once. The caller frees in any case. */
sep_status sep_find_case_pairs(const char *prediction, const char *reference, const char *list,
                               sep_case_pairs *p) SEP_MUST_CHECK;
void sep_free_case_pairs(sep_case_pairs *p);
/* The path of the one among the files of a folder that is called `name` up to its suffix. */
sep_status sep_find_case_file(const char *folder, const sep_strings *files, const char *name,
                              char **path) SEP_MUST_CHECK;

#endif
