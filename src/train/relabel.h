/* What a run's own networks say of its unlabelled scans, volume by volume, as labels for the rest of the run. */
#ifndef SEPTUM_TRAIN_RELABEL_H
#define SEPTUM_TRAIN_RELABEL_H

#include "septum/train.h"

#include "model/predictor.h"

/* The scans of a dataset, of which the unlabelled ones have label maps of their own here: until they are made the
 * registered labels that the dataset has, or ones that ignore every voxel. They count as registered labels: batches
 * bring them by sep_registered_labels and sep_registered_agreement. */
typedef struct sep_relabelled sep_relabelled;

/* The dataset must outlive it. *relabelled is NULL where the method does not relabel, or no scan is unlabelled. */
sep_status sep_relabelled_create(const sep_method *method, const sep_dataset *dataset,
                                 sep_relabelled **relabelled) SEP_MUST_CHECK;
void sep_relabelled_destroy(sep_relabelled *relabelled);
/* `dataset` where there is none. */
const sep_dataset *sep_relabelled_dataset(const sep_relabelled *relabelled, const sep_dataset *dataset);

/* How a run's networks label scans: all of them, their averages where there are any, and as the method has it by the
 * mean over symmetries. */
sep_segment_options sep_relabelled_way(const sep_train_config *config);

typedef struct sep_labelling {
    sep_predictor *predictor;
    sep_segment_options how;
    const char *folder;     /* where labels are kept as well, FOLDER/NAME.h5, as registered ones are; NULL: nowhere */
    sep_progress *progress; /* says how many scans are done, and stays at `iteration`; or NULL */
    int64_t iteration;
} sep_labelling;

/* Labels all of them anew: of each class the largest component, its agreement the probability of the label that the
 * networks gave, also where a smaller component became background. SEP_ERR_INTERRUPTED after sep_stop_request. */
sep_status sep_relabelled_make(sep_relabelled *relabelled, const sep_labelling *labelling) SEP_MUST_CHECK;
/* The same from the files. */
sep_status sep_relabelled_read(sep_relabelled *relabelled, const char *folder) SEP_MUST_CHECK;

#endif
