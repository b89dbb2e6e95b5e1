/* Where the search for an affine map starts. */
#ifndef SEPTUM_REGISTRATION_START_H
#define SEPTUM_REGISTRATION_START_H

#include "registration/objective.h"

/* The best, by the level's metric over draw 0, of: the identity (where both volumes have geometry); the fixed volume's
 * centre to the moving volume's; centre of mass to centre of mass, weighted by the value above the volume's smallest;
 * and, where the kind has scales, the same with the ratio of the masses' spreads along the world's axes (one for all of
 * a similarity), held to [2/3, 3/2]. SEP_ERR_NUMERIC where none of them overlaps enough. Sets problem->centre to the
 * fixed volume's centre. */
sep_status sep_find_start(sep_affine_problem *problem, double parameter[SEP_MAX_PARAMETERS]) SEP_MUST_CHECK;

#endif
