/* septum: how well a label map agrees with a reference, per class and case, and over cases. */
#ifndef SEPTUM_METRICS_H
#define SEPTUM_METRICS_H

#include "septum/base.h"
#include "septum/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of one class in one case. Distances are between surfaces: a mask's surface is the mask minus its erosion
 * with the cross of face neighbours, so voxels on the volume's border count as surface. Each surface voxel has a
 * distance (between voxel centres, exact) to the nearest surface voxel of the other mask:
 *     hd    the largest of them, in both directions (Hausdorff distance)
 *     hd95  the 95th percentile, linearly interpolated, of both directions' distances taken together
 *     assd  the mean of both directions' distances taken together (average symmetric surface distance)
 * in voxels, and again in millimetres. A single slice (one voxel along an axis) is a plane: its surface is its outline.
 * These are the definitions of medpy.metric.binary 0.5 (on planes, of its two-dimensional arrays); before 0.5 its assd
 * was the mean of the two directions' means, which weighs the smaller surface more. */
#define SEP_METRICS(X)                                                                                                 \
    X(DICE, "dice")                                                                                                    \
    X(HD, "hd")                                                                                                        \
    X(HD95, "hd95")                                                                                                    \
    X(ASSD, "assd")                                                                                                    \
    X(HD_MM, "hd_mm")                                                                                                  \
    X(HD95_MM, "hd95_mm")                                                                                              \
    X(ASSD_MM, "assd_mm")

#define SEP_METRIC_ENUM(name, text) SEP_METRIC_##name,
typedef enum sep_metric { SEP_METRICS(SEP_METRIC_ENUM) SEP_METRIC_COUNT } sep_metric;
#undef SEP_METRIC_ENUM

const char *sep_metric_name(sep_metric metric);
bool sep_metric_in_mm(sep_metric metric);

/* What an empty mask is worth, where no distance is defined. D is the volume's diagonal: the distance between the
 * centres of its opposite corner voxels, the largest that the grid allows.
 *                                       STRICT (default)        MEDPY (what published tables count)
 *     both empty                        Dice 1, distances 0     Dice 0, distances 0
 *     only the prediction is empty      Dice 0, distances D     Dice 0, distances 0
 *     only the reference is empty       Dice 0, distances D     Dice 1, distances 0
 * Where both masks have voxels the two policies agree. */
typedef enum sep_empty_policy { SEP_EMPTY_STRICT, SEP_EMPTY_MEDPY, SEP_EMPTY_COUNT } sep_empty_policy;

typedef struct sep_class_score {
    int64_t prediction_voxels, reference_voxels, common_voxels;
    double value[SEP_EMPTY_COUNT][SEP_METRIC_COUNT];
} sep_class_score;

/* Scores the voxels equal to `label`. The grids must have one size (else SEP_ERR_SHAPE). Millimetres come from the
 * reference's spacing, which is 1 where the file has none: see has_geometry. Parallel over lines of the volume; sums
 * run in memory order, so the result is the same for any number of threads. What the reference ignores belongs to
 * neither mask. */
sep_status sep_score_class(const sep_labels *prediction, const sep_labels *reference, int label,
                           sep_class_score *score) SEP_MUST_CHECK;

/* Scores classes 1 .. classes - 1 into scores[0 .. classes - 2]. A label of `classes` or more, in either map, is
 * SEP_ERR_FORMAT, as it means that the map belongs to another task. */
sep_status sep_score_case(const sep_labels *prediction, const sep_labels *reference, int classes,
                          sep_class_score *scores) SEP_MUST_CHECK;

/* Voxels and Dice alone, in far less time: the distances mean nothing. */
sep_status sep_score_overlaps(const sep_labels *prediction, const sep_labels *reference, int classes,
                              sep_class_score *scores) SEP_MUST_CHECK;

/* ---- many cases -------------------------------------------------------------------------------------------------- */

/* The voxels of a class in all cases together. */
typedef struct sep_class_voxels {
    int64_t prediction, reference;
} sep_class_voxels;

/* The scores of a set of cases: score[case * foreground + class]. Means run over cases in the order they were added. A
 * class that is in no reference of the set is absent: whatever a policy says of empty masks, nothing was asked of it,
 * so it has no mean of its own and is left out of all means over classes. */
typedef struct sep_evaluation {
    int foreground; /* classes without the background */
    sep_strings class_names;
    sep_strings case_names;
    bool has_mm;        /* every reference so far came with its spacing */
    bool overlaps_only; /* set by the caller: cases are scored by sep_score_overlaps */
    int score_capacity;
    sep_class_score *score;
    sep_class_voxels *voxels; /* [foreground] */
} sep_evaluation;

/* `class_names` holds the `classes - 1` names of the foreground, or is NULL: "class 1", "class 2", ... */
sep_status sep_evaluation_create(sep_evaluation *evaluation, int classes,
                                 const char *const *class_names) SEP_MUST_CHECK;
/* Scores one more case. A failure names the case and leaves the evaluation as it was. SEP_ERR_INTERRUPTED after
 * sep_stop_request. */
sep_status sep_evaluation_add(sep_evaluation *evaluation, const char *case_name, const sep_labels *prediction,
                              const sep_labels *reference) SEP_MUST_CHECK;
void sep_evaluation_free(sep_evaluation *evaluation);

const sep_class_score *sep_evaluation_score(const sep_evaluation *evaluation, int case_index, int class_index);

/* "2", or "2 (Myo)" where class 2 has a name that says more. Freed with sep_free. */
char *sep_class_title(int number, const char *name);
/* Whether no reference has a voxel of the class, though there are cases. */
bool sep_evaluation_is_absent(const sep_evaluation *evaluation, int class_index);
/* "classes 2, 3, 4 are in no reference: left out of the mean", and how many voxels of them predictions have all the
 * same; *text is NULL where every class is in a reference. Freed with sep_free. */
sep_status sep_evaluation_say_absent(const sep_evaluation *evaluation, char **text) SEP_MUST_CHECK;
/* The same as a warning of the log, behind "WHAT: "; nothing where every class is in a reference. */
sep_status sep_evaluation_warn_absent(const sep_evaluation *evaluation, const char *what) SEP_MUST_CHECK;

/* Mean and standard deviation (of the population: divided by the count); both NaN where all classes that a mean could
 * run over are absent. */
typedef struct sep_mean {
    double mean, deviation;
} sep_mean;

/* Over the cases, of one class (0: the first of the foreground). No cases: 0 and 0; an absent class: NaN. */
sep_mean sep_evaluation_class(const sep_evaluation *evaluation, int class_index, sep_empty_policy policy,
                              sep_metric metric);
/* Over the classes that any reference of the set has, of one case. */
sep_mean sep_evaluation_case(const sep_evaluation *evaluation, int case_index, sep_empty_policy policy,
                             sep_metric metric);
/* Over cases, then the classes that are not absent: the number that tables quote. The deviation is that of the cases'
 * own means. */
sep_mean sep_evaluation_overall(const sep_evaluation *evaluation, sep_empty_policy policy, sep_metric metric);

#ifdef __cplusplus
}
#endif
#endif
