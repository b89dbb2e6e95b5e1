/* septum: trained models. A model is a checkpoint that training wrote: the networks, and how their input was made. */
#ifndef SEPTUM_MODEL_H
#define SEPTUM_MODEL_H

#include "septum/data.h"
#include "septum/methods.h"
#include "septum/quality.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sep_model sep_model;

/* Which networks of a model answer: one, or the mean of all networks' logits; the students, or their moving averages.
 */
#define SEP_ALL_STUDENTS (-1)
typedef struct sep_answer {
    int student; /* from 0 on, or SEP_ALL_STUDENTS */
    bool average;
} sep_answer;

/* The symmetries of a slice under which the networks look at it; their logits are averaged. Quarter turns are for
 * square patches only. */
typedef enum sep_tta { SEP_TTA_NONE = 0, SEP_TTA_FLIPS, SEP_TTA_ALL } sep_tta;
int sep_tta_passes(sep_tta tta); /* 1, 4 (flips of rows and columns), 8 (with quarter turns) */
/* "none", "flips", "all" */
const char *sep_tta_name(sep_tta tta);

/* What validation decided at the end of training (train.decide), for all who predict. */
typedef struct sep_decisions {
    bool known;
    sep_tta tta;
    bool smooth;                    /* probabilities go back to the image's grid */
    bool largest[SEP_MOST_CLASSES]; /* of these classes only the largest component stays: sep_labels_keep_largest */
    sep_calibration calibration;
} sep_decisions;

/* Which scans a run was given: how many, and FNV-1a over their names and sizes, and over what registered labels come
 * from, in order. Names may be those of patients, and a checkpoint is passed on: it does not hold them. */
typedef struct sep_scan_set {
    int scans;
    uint64_t hash;
    uint64_t labels; /* FNV-1a over the label maps of labelled scans; 0: not known, or none */
} sep_scan_set;

/* The checkpoint, or the weights of elsewhere, that a run's networks started from (train.init). */
typedef struct sep_run_origin {
    bool known;    /* false: they started as the seed says */
    uint64_t hash; /* FNV-1a over names and bytes of its tensors in the order of the file */
    int64_t iteration;
    bool averages; /* from its moving averages, not its students */
    bool imported; /* weights of elsewhere, without iterations */
} sep_run_origin;

/* What a checkpoint says of itself. Owned by the model, or freed with sep_model_info_free. */
typedef struct sep_model_info {
    int students;
    sep_net_spec spec[SEP_MAX_STUDENTS];
    bool averages; /* whether each student's moving average (train.ema) is there, too */
    sep_intensities intensity;
    sep_strings channel_names; /* of images of several channels, as the dataset calls them; may be empty */
    sep_zoom image_zoom;
    sep_patch_view view;         /* what a patch shows of a slice */
    float spacing[2];            /* mm along x and y that slices were resampled to; 0: pixels as stored */
    sep_orientation orientation; /* of the slices that were trained on; not known: as they were stored, ... */
    sep_slice_axis slice_axis;   /* ... without geometry, and cut along that axis */
    sep_strings class_names;     /* background first */
    char *method;
    int64_t iteration;
    sep_answer best; /* by validation Dice when the checkpoint was written */
    int64_t best_iteration;
    double best_dice;  /* -1: never validated */
    int64_t validated; /* the iteration of the last whole validation; -1: there was none */
    int stage;         /* the method's stage that it is of, from 0 on */
    char *settings;    /* INI text of the run */
    /* First parts of the names of tensors that only training has ("teacher_0"): found when a checkpoint is written. */
    sep_strings training_scopes;
    bool knows_run; /* whether the next four are known: checkpoints of earlier versions lack them */
    uint64_t seed;
    sep_scan_set labelled, unlabelled, validation;
    sep_run_origin origin;
    sep_decisions decisions;
} sep_model_info;
void sep_model_info_free(sep_model_info *info);
/* The networks that answer, "u-net, cs-unet"; the caller frees. NULL without memory. */
char *sep_answer_nets(const sep_model_info *info, sep_answer answer);
/* Reads the description, and checks that it is one of the tensors beside it. */
sep_status sep_model_describe(const char *path, sep_model_info *info) SEP_MUST_CHECK;

/* SEP_ERR_FORMAT where the file is damaged or does not fit itself, SEP_ERR_MEMORY where its networks would take more
 * than sep_memory_limit; nothing is allocated for them before. */
sep_status sep_model_load(const char *path, sep_device *device, sep_model **model) SEP_MUST_CHECK;
void sep_model_destroy(sep_model *model);
const sep_model_info *sep_model_get_info(const sep_model *model);
/* The axis of a volume's own grid that the slices which the networks see of it follow each other along. */
sep_slice_axis sep_model_slice_axis(const sep_model *model, const sep_volume *volume);

typedef struct sep_segment_options {
    sep_answer answer;
    sep_tta tta;
    bool smooth; /* bring probabilities back to the volume's grid, not labels: see below */
} sep_segment_options;

/* Segments a volume as it was read. The networks see a copy with its intensities normalised, in the orientation that
 * they were trained in (sep_orientation_order; as it is where that finds none), its slices resampled to the spacing of
 * training, if that had one: SEP_ERR_FORMAT where the volume does not know its own.
 *
 * A model of whole slices, without a spacing, has the class of the largest logit in each pixel of its patch, and the
 * volume's voxels take the nearest pixel's. Else, and with `smooth`, the patch's probabilities are brought to the
 * volume's voxels bilinearly, and each voxel takes the class of the largest. A model of windows looks at slices that
 * are larger than its patch in several that overlap: half a patch apart, the last flush with the border; their logits
 * are averaged with Gaussian weights about the middle of each (deviation: an eighth of the patch). Smaller slices lie
 * in the middle of one, with 0 around them.
 *
 * `labels` is created on the volume's own grid, in its own order. `probabilities`, if not NULL, is an array of one
 * volume per class, created too. SEP_ERR_INTERRUPTED after sep_stop_request. */
sep_status sep_model_segment(sep_model *model, const sep_volume *volume, const sep_segment_options *options,
                             sep_labels *labels, sep_volume *probabilities) SEP_MUST_CHECK;

/* ---- several models ---------------------------------------------------------------------------------------------- */

/* What one or several models say of a volume, on its own grid. */
typedef struct sep_prediction {
    int classes;
    sep_labels labels;
    sep_volume probability[SEP_MOST_CLASSES]; /* the mean of the models' */
    sep_volume disagreement;                  /* without data where it was not asked for */
} sep_prediction;
void sep_prediction_free(sep_prediction *prediction);

/* SEP_ERR_ARGUMENT unless all models tell the same classes apart. `path` says in errors where they lie. */
sep_status sep_models_check(sep_model *const *model, const char *const *path, int count) SEP_MUST_CHECK;
/* Each model segments the volume by itself, with options of its own, as sep_model_segment does; their probabilities are
 * averaged. The label map is the one model's own, or of several the class of the largest mean (of equals the first).
 * `disagrees`: with how far the models disagree in each voxel, which is the entropy of the mean less the mean of their
 * entropies (the mutual information of class and model), divided by log(classes): 0 to 1. */
sep_status sep_models_segment(sep_model *const *model, const sep_segment_options *options, int count,
                              const sep_volume *volume, bool disagrees, sep_prediction *prediction) SEP_MUST_CHECK;
/* How uncertain each voxel is: the entropy of its probabilities, divided by log(classes): 0 to 1. Created here. */
sep_status sep_prediction_uncertainty(const sep_prediction *prediction, sep_volume *uncertainty) SEP_MUST_CHECK;

/* ---- features ---------------------------------------------------------------------------------------------------- */

/* The last map of features before the head, or the decoder's at 1/4 or 1/8 of the size. */
typedef enum sep_feature_map { SEP_FEATURES_FULL = 0, SEP_FEATURES_QUARTER, SEP_FEATURES_EIGHTH } sep_feature_map;

/* A voxel of a volume by its place in memory. */
typedef struct sep_voxel {
    int z, y, x;
} sep_voxel;

/* One of a model's networks (the answer is a single student) of which such a map is kept. The model must outlive it. */
typedef struct sep_features sep_features;
sep_status sep_features_open(sep_model *model, sep_answer answer, sep_feature_map map,
                             sep_features **features) SEP_MUST_CHECK;
void sep_features_close(sep_features *features);
int sep_features_channels(const sep_features *features);
/* What the network makes of `count` voxels of a volume as it was read, which it is shown as sep_model_segment does:
 * `feature` [count, channels], of the map's cell in which each voxel lies, and the class that it predicts for each, as
 * in the label map (of a model that sees windows, as the one whose middle is nearest has it; of one that sees slices
 * resampled, in the nearest pixel). Slices that none of the voxels lies in are not looked at. SEP_ERR_INTERRUPTED after
 * sep_stop_request. */
sep_status sep_features_at(sep_features *features, const sep_volume *volume, const sep_voxel *voxel, int count,
                           float *feature, uint8_t *predicted) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
