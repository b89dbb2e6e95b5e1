/* Section [registration]. */
#include "septum/propagation.h"

enum { AFFINE, BSPLINE };
enum { BEST, RANDOM };

const sep_setting sep_propagation_table[] = {
    SEP_SETTING_CHOICE(sep_propagation_settings, transform, "affine|bspline", BSPLINE,
                       "of the registered labels; bspline deforms those that vote"),
    SEP_SETTING_INT(sep_propagation_settings, vote, 3, 1, 1000, "how many labelled scans vote on a voxel, the best"),
    SEP_SETTING_CHOICE(sep_propagation_settings, weights, SEP_VOTE_WEIGHTS, SEP_VOTES_BY_CONSISTENCY,
                       "of the votes: equal, similarity, or that and how consistent there and back is"),
    SEP_SETTING_CHOICE(
        sep_propagation_settings, tilt, SEP_TILTS, SEP_TILT_BY_DEPTH,
        "whether affine maps may tilt slices; auto: where both volumes have 32 or more, or a B-spline follows"),
    SEP_SETTING_CHOICE(sep_propagation_settings, selection, SEP_SELECTIONS, BEST,
                       "which scans vote; random: any that registration left more similar"),
    SEP_SETTING_INT(sep_propagation_settings, selection_seed, 0, 0, INT32_MAX, "of the random ones"),
    {0},
};

sep_propagation_options sep_propagation_options_of(const sep_propagation_settings *settings)
{
    sep_propagation_options options = {.registration = sep_registration_defaults(),
                                       .selection = {.shortlist = 2,
                                                     .random = settings->selection == RANDOM,
                                                     .seed = (uint64_t)settings->selection_seed},
                                       .voters = settings->vote,
                                       .weights = (sep_vote_weights)settings->weights};

    options.registration.kind = settings->transform == BSPLINE ? SEP_DEFORMABLE : SEP_AFFINE;
    options.registration.tilt = (sep_tilt)settings->tilt;
    return options;
}
