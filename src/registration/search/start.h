/* Where the search for an affine map starts. */
#ifndef SEPTUM_REGISTRATION_START_H
#define SEPTUM_REGISTRATION_START_H

#include "registration/search/objective.h"

/* The start asked for; the best of them by the level's cost over draw 0. SEP_ERR_NUMERIC where it does not overlap
 * enough. Sets problem->centre to the fixed volume's centre. */
sep_status sep_find_start(sep_affine_problem *problem, sep_registration_start start,
                          double parameter[SEP_MAX_PARAMETERS]) SEP_MUST_CHECK;

#endif
