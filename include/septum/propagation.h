/* septum: label maps by registration alone: images are registered with the labelled scans of a dataset, the best of
 * these vote, and what they say of unlabelled training scans is kept for training. */
#ifndef SEPTUM_PROPAGATION_H
#define SEPTUM_PROPAGATION_H

#include "septum/data.h"
#include "septum/registration_pairs.h"
#include "septum/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- how --------------------------------------------------------------------------------------------------------- */

/* How much the vote of a labelled scan counts: as much as any; the direct mutual information; or that times
 * exp(-e / m), e its cycle error and m the mean of these over all who vote on the image. Two m where there is no way
 * back. */
typedef enum sep_vote_weights { SEP_VOTES_EQUAL, SEP_VOTES_BY_SIMILARITY, SEP_VOTES_BY_CONSISTENCY } sep_vote_weights;
#define SEP_VOTE_WEIGHTS "equal|similarity|consistency"

#define SEP_SELECTIONS "best|random"

typedef struct sep_propagation_options {
    /* With SEP_DEFORMABLE, affine maps rank the labelled scans, and only those that vote are deformed. Deformations
     * that fail, or leave the two less similar, are not used. */
    sep_registration_options registration;
    sep_selection selection;
    int voters; /* at most */
    sep_vote_weights weights;
} sep_propagation_options;

/* Section [registration]: how the registered labels of a training run are made. */
typedef struct sep_propagation_settings {
    int transform; /* 0: affine, 1: bspline */
    int vote, weights, tilt;
    int selection, selection_seed; /* 0: the best, 1: random */
} sep_propagation_settings;
extern const sep_setting sep_propagation_table[];
/* What they come to, with the defaults of `septum propagate` for all else. */
sep_propagation_options sep_propagation_options_of(const sep_propagation_settings *settings);

/* ---- any images -------------------------------------------------------------------------------------------------- */

typedef struct sep_propagation sep_propagation;

/* Scan i of a dataset as a volume of a set of pairs: index[i], -1 before. Scans of one case know each other. */
sep_status sep_pairs_add_scan(sep_pairs *set, const sep_dataset *dataset, int *index, int i) SEP_MUST_CHECK;

/* With the labelled scans of a dataset, which must outlive it. What files of registered pairs know (`registrations`;
 * NULL: none) is used, and they keep what is found; they are locked meanwhile. They are FILE and, where affine maps
 * only rank, a second for these: sep_ranking_file. */
sep_status sep_propagation_open(const sep_dataset *dataset, const sep_propagation_options *options,
                                const char *registrations, sep_propagation **propagation) SEP_MUST_CHECK;
void sep_propagation_close(sep_propagation *propagation); /* NULL is fine */
/* "FILE-affine.h5" of "FILE.h5"; freed with sep_free. */
char *sep_ranking_file(const char *registrations);

/* An image that is to get a label map: scan `scan` of the dataset, or another (-1). Targets are numbered from 0. Image
 * and name must outlive it. */
sep_status sep_propagation_add(sep_propagation *propagation, const char *name, const sep_volume *image,
                               int scan) SEP_MUST_CHECK;
/* Registers what is not known yet: every labelled scan with every target, both ways. SEP_ERR_INTERRUPTED after
 * sep_stop_request, with everything finished written. */
sep_status sep_propagation_run(sep_propagation *propagation) SEP_MUST_CHECK;

/* The label map of a target, on its own grid. Where no labelled scan could be registered `voters` is 0 and there are no
 * maps. */
typedef struct sep_propagated {
    sep_labels labels, agreement; /* as sep_labels_vote has them */
    char *sources;                /* names, a line each, the best first */
    int voters;
} sep_propagated;
sep_status sep_propagation_label(sep_propagation *propagation, int target, sep_propagated *result) SEP_MUST_CHECK;
void sep_propagated_free(sep_propagated *result);

/* ---- unlabelled training scans ----------------------------------------------------------------------------------- */

/* FOLDER/NAME.h5 for each unlabelled training scan of a dataset whose scans have hashes: label map, agreement and
 * derivation, as sep_dataset_take_registered reads them. A scan with which no labelled one could be registered gets a
 * map of which every voxel is ignored, and a warning. */
sep_status sep_registered_write_all(const sep_dataset *dataset, const sep_propagation_options *options,
                                    const char *registrations, const char *folder, int *scans) SEP_MUST_CHECK;

/* Gives a dataset its registered labels and, unless it has some, the registrations that they were made by: takes
 * FOLDER/registered/NAME.h5 where they are there and of the same images, label maps and options, and makes the others
 * first (FOLDER/registrations.h5 keeps the pairs, with B-splines registrations-affine.h5 the affine ones); the log says
 * what was done. Another process that does the same is waited for. May be stopped and goes on. */
sep_status sep_dataset_register(sep_dataset *dataset, const sep_propagation_options *options,
                                const char *folder) SEP_MUST_CHECK;
/* SEP_ERR_ARGUMENT where it would replace label maps that are there, since they are of other images, label maps or
 * options: what was trained with them can't go on with others. */
sep_status sep_dataset_register_check(sep_dataset *dataset, const sep_propagation_options *options,
                                      const char *folder) SEP_MUST_CHECK;
/* Of everything that these labels depend on. */
uint64_t sep_registered_hash(const sep_dataset *dataset, const sep_propagation_options *options);

#ifdef __cplusplus
}
#endif
#endif
