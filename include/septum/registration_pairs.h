/* septum: registration of whole sets: every pair that is wanted, the file that keeps them, how consistent they are, the
 * best labelled volume for each other one, and label maps carried over by it.
 *
 * Pair (i, j) is volume i fixed and volume j moving; (j, i) is a registration of its own and not its inverse, so that
 * going there and back says how far both can be trusted. The file is described in docs/registration.md. */
#ifndef SEPTUM_REGISTRATION_PAIRS_H
#define SEPTUM_REGISTRATION_PAIRS_H

#include "septum/process.h"
#include "septum/registration.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_PAIRS_NAME 128 /* bytes of a volume's name, with the zero behind it */

typedef struct sep_pairs_volume {
    char name[SEP_PAIRS_NAME];
    uint64_t hash; /* of size, affine and voxels: sep_volume_hash */
    int size[3];   /* x, y, z */
    double affine[3][4];
    int of_case;        /* index of the first volume of its case; volumes of one case never label each other */
    bool labelled;      /* a candidate for the others */
    sep_volume *volume; /* with borrowed voxels; NULL where the file knows of it and the caller has not added it */
} sep_pairs_volume;

typedef enum sep_pair_state { SEP_PAIR_OPEN, SEP_PAIR_DONE, SEP_PAIR_FAILED } sep_pair_state;

/* What is known of a pair. Of one that is open or has failed the transform must not be used. Similarities and cycles
 * are over the fixed volume's voxels, each `stride`-th row and column so that there are 2^18 at most. */
typedef struct sep_pair {
    int fixed, moving;
    sep_pair_state state;
    sep_spatial_transform transform;
    sep_registration_report report;
    double mi_identity, mi_after; /* mutual information (32 x 32 bins, nats) of fixed and moving: as they lie, and
                                     through the transform */
    bool has_cycle;               /* whether the next three are known: pair and reverse pair are done */
    double cycle_error;           /* mean of |T_mf(T_fm(x)) - x| in mm (voxels without geometry) */
    double cycle_rmse, cycle_mi;  /* of v and v o T_mf o T_fm, v the fixed volume scaled to [0, 1] */
    double score;                 /* of selection: smaller is better; 0 without a rank */
    int rank;                     /* of the moving volume among the candidates of the fixed one from 0, -1: rejected */
} sep_pair;

typedef struct sep_pairs {
    sep_registration_options options; /* threads, simd, quiet and device don't count */
    sep_pairs_volume *volume;
    sep_pair *pair;
    int volumes, pairs;
    int volume_capacity, pair_capacity;
    int *place; /* [volume_capacity squared]: 1 + index of pair (fixed, moving), 0 for none */
} sep_pairs;

/* ---- a set and its file ------------------------------------------------------------------------------------------ */

/* An empty set, or what `path` holds if it is there; NULL keeps no file. Options that change a result must be those of
 * the file: else SEP_ERR_ARGUMENT says which differs. A file of another kind, or that does not fit itself, is
 * SEP_ERR_FORMAT. Options NULL: to read what the file has, which must be there. */
sep_status sep_pairs_open(const char *path, const sep_registration_options *options, sep_pairs **set) SEP_MUST_CHECK;
void sep_pairs_free(sep_pairs *set); /* NULL is fine */
/* Of the options that a file keeps: of all that change a result. */
uint64_t sep_registration_options_hash(const sep_registration_options *options);
/* The lock of a file of pairs, to be taken before it is read; NULL for no file. */
sep_status sep_pairs_lock(const char *path, sep_lock **lock) SEP_MUST_CHECK;
/* Replaces the file by one of the whole set, atomically. */
sep_status sep_pairs_write(const sep_pairs *set, const char *path) SEP_MUST_CHECK;

/* Adds a volume, whose voxels must outlive the set, or finds the one of that name, whose voxels must then be the same
 * (SEP_ERR_ARGUMENT). `same_case` is the index of another volume of its case, or -1. */
sep_status sep_pairs_add_volume(sep_pairs *set, const char *name, const sep_volume *volume, bool labelled,
                                int same_case, int *index) SEP_MUST_CHECK;
/* The index of the volume of that name, -1: there is none. */
int sep_pairs_find_volume(const sep_pairs *set, const char *name);
/* Asks for a pair of two different volumes; one that is there already is left alone. */
sep_status sep_pairs_want(sep_pairs *set, int fixed, int moving) SEP_MUST_CHECK;
/* NULL where the pair was never asked for. */
sep_pair *sep_pairs_find(const sep_pairs *set, int fixed, int moving);

/* How many pairs sep_pairs_run would register. */
int sep_pairs_to_do(const sep_pairs *set);
/* Registers the open pairs whose volumes were both added, each on one thread, `options.threads` at a time, and writes
 * the set to `path` (NULL: nowhere) every ten seconds, or more seldom where writing takes more than a twentieth of the
 * time, and at the end; then the cycles. What can't be tried (a slice against many) is a failed pair; a volume that
 * can't be registered at all stops before the first, a device that fails stops at once, with everything finished
 * written. With a device that searches, one pair at a time. The results don't depend on device and threads.
 * SEP_ERR_INTERRUPTED after sep_stop_request, with everything finished written. */
sep_status sep_pairs_run(sep_pairs *set, const char *path) SEP_MUST_CHECK;

/* ---- similarity and cycles --------------------------------------------------------------------------------------- */

/* pair->mi_identity and mi_after; and, with the reverse pair (moving fixed, fixed moving), what is known of the cycle.
 * Linear interpolation; what lies outside a volume counts as its smallest value. The cycle composes both transforms and
 * interpolates once, so that a perfect one is exactly the identity. */
sep_status sep_pair_similarity(const sep_volume *fixed, const sep_volume *moving, sep_pair *pair) SEP_MUST_CHECK;
sep_status sep_pair_cycle(const sep_volume *fixed, const sep_pair *reverse, sep_pair *pair) SEP_MUST_CHECK;

/* ---- best registration selection --------------------------------------------------------------------------------- */

typedef struct sep_selection {
    bool published;                /* the sum as the thesis prints it: rmse_weight RMSE + mi_weight MI */
    double rmse_weight, mi_weight; /* 0: 1 */
    int shortlist;                 /* 0: 2; how many of the directly most similar are compared by their cycles */
    bool random;                   /* best registration selection off: in an order that is drawn */
    uint64_t seed;                 /* of which the order and the volumes' names decide */
} sep_selection;

/* Ranks, for each volume that was added, the labelled volumes of other cases, added too, that are registered with it;
 * the ranks of the others stay as the file has them. Rejected first: failed pairs; those after which the volumes are no
 * more similar than as they lay (mi_after <= mi_identity) or than where the search began. An identity, which is always
 * consistent, falls here. The shortlist are those that the search left most similar (report.after). They are ordered by
 * z(RMSE) - z(MI) of their cycles, smallest first, z(x) = (x - mean) / standard deviation over all that were not
 * rejected (0 where all are equal); scores equal to nine decimals by mi_after, then by their place in the set. The
 * others follow by report.after; those whose reverse pair has failed have no cycle and come last, by mi_after.
 * `random`: all that were not rejected, by uniform numbers, which stand in the place of the scores. */
sep_status sep_pairs_select(sep_pairs *set, const sep_selection *selection) SEP_MUST_CHECK;
/* sep_pairs_run, sep_pairs_select, and the file with the ranks. */
sep_status sep_pairs_rank(sep_pairs *set, const sep_selection *selection, const char *path) SEP_MUST_CHECK;
/* The candidates of a fixed volume, best first: their number, `most` at most. Room for `most`, or for as many as there
 * are volumes. */
int sep_pairs_ranked(const sep_pairs *set, int fixed, const sep_pair **ranked, int most);

/* ---- label propagation ------------------------------------------------------------------------------------------- */

/* Adds up `count` label maps of one grid with their weights, voxel by voxel; of classes with the same sum the one of
 * the earliest map wins. `agreement` (NULL: not wanted) is of 8 bits: 255 times the share of the whole weight that the
 * winner has, rounded. */
sep_status sep_labels_vote(const sep_labels *map, const double *weight, int count, sep_labels *out,
                           sep_labels *agreement) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
