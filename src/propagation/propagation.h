/* Private to src/propagation: a propagation in progress. */
#ifndef SEPTUM_PROPAGATION_PROPAGATION_H
#define SEPTUM_PROPAGATION_PROPAGATION_H

#include "septum/propagation.h"

typedef struct sep_propagation_target {
    const char *name;
    const sep_volume *image;
    int scan;         /* of the dataset, -1: none */
    bool ranked_only; /* gets no label map */
} sep_propagation_target;

/* Pairs of one kind. */
typedef struct sep_stage_pairs {
    char *path; /* NULL: they are not kept */
    sep_lock *lock;
    sep_pairs *set; /* NULL: there is no such stage */
    int *scan;      /* volume of a scan of the dataset, -1: not in the set */
    int *target;    /* volume of a target */
} sep_stage_pairs;

struct sep_propagation {
    const sep_dataset *dataset;
    sep_propagation_options options;
    sep_stage_pairs ranking, refined; /* all pairs, both ways; deformations of those that vote */
    sep_propagation_target *target;
    int targets, capacity;
    const sep_pair **ranked; /* room for the volumes of either set */
};

/* As sep_propagation_add, for an image of which only the pairs of the ranking are wanted. */
sep_status sep_propagation_add_ranked(sep_propagation *propagation, const char *name, const sep_volume *image,
                                      int scan) SEP_MUST_CHECK;
/* How many pairs of the ranking the files don't have, which sep_propagation_run would register. */
sep_status sep_propagation_missing(sep_propagation *propagation, int *pairs) SEP_MUST_CHECK;

/* The best candidates of a target, best first, into propagation->ranked: their number, the voters at most. They are
 * pairs of the ranking, or of the refined ones where no affine map is of any use. */
int sep_propagation_best(sep_propagation *propagation, int target, const sep_stage_pairs **stage);
/* The scan of the dataset that moves in a pair of a stage. */
int sep_propagation_scan(const sep_stage_pairs *stage, const sep_pair *pair);

/* A labelled scan that votes on a target. */
typedef struct sep_voter {
    int scan;
    const sep_spatial_transform *transform;
    double similarity, cycle_error; /* negative: there is no way back */
} sep_voter;

void sep_voters_weigh(sep_vote_weights weights, const sep_voter *voter, int count, double *weight);

#endif
