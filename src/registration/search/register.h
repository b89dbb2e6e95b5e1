/* The stages of a registration, and what they share. */
#ifndef SEPTUM_REGISTRATION_REGISTER_H
#define SEPTUM_REGISTRATION_REGISTER_H

#include "registration/search/objective.h"

#define SEP_MAX_LEVELS    8
#define SEP_SPLINE_LEVELS 3

#define SEP_DEFAULT_LEVELS 5

#define SEP_DRAWS_A_LEVEL (1u << 20) /* draws of a level start at a multiple of it */

struct sep_prepared_volume {
    int levels;
    sep_volume level[SEP_MAX_LEVELS]; /* [i] is shrunk by 2^i at most; [0] is the caller's */
    float low[SEP_MAX_LEVELS], high[SEP_MAX_LEVELS];
};

typedef struct sep_registration {
    sep_registration_options options; /* with the defaults filled in */
    const sep_simd *simd;
    const sep_prepared_volume *fixed, *moving;
    int levels;    /* of the affine search */
    sep_map start; /* the affine map that the search began with */
    sep_spatial_transform *transform;
    sep_registration_report *report;
    sep_progress *progress;
} sep_registration;

/* Both levels of factor 2^i with so many samples; level `i` of the pyramid. */
sep_status sep_registration_level(const sep_registration *r, int i, int samples, sep_level *level) SEP_MUST_CHECK;
void sep_level_free(sep_level *level);

/* The best linear map of the kind, and the deformation on top of it. They leave the transform as it was on failure:
 * SEP_ERR_NUMERIC is the search's, after three restarts with half the step each. */
sep_status sep_register_affine(sep_registration *r, sep_transform_kind kind) SEP_MUST_CHECK;
sep_status sep_register_spline(sep_registration *r) SEP_MUST_CHECK;

/* One level's descent with restarts. */
sep_status sep_descend(sep_registration *r, const sep_objective *objective, int iterations, uint32_t draw,
                       double *parameter) SEP_MUST_CHECK;

/* The levels asked for, or the default. */
int sep_levels_wanted(const sep_registration_options *options);

/* Fills in what zero stands for, refuses what makes no sense. */
sep_status sep_registration_settle(const sep_volume *fixed, const sep_volume *moving,
                                   sep_registration_options *options) SEP_MUST_CHECK;

#endif
