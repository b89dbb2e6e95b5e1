/* Prediction of whole volumes with networks of a store: what validation and trained models share. */
#ifndef SEPTUM_TRAIN_PREDICTOR_H
#define SEPTUM_TRAIN_PREDICTOR_H

#include "septum/model.h"

typedef struct sep_predictor sep_predictor;

/* One graph per student, compiled for `batch` slices at a time. The store's tensors of scope student_<i> are used. */
sep_status sep_predictor_create(sep_store *store, const sep_net_spec *spec, int students, int batch, sep_zoom zoom,
                                sep_predictor **predictor) SEP_MUST_CHECK;
void sep_predictor_destroy(sep_predictor *predictor);
/* As sep_model_segment, on a volume whose intensities are normalised already. */
sep_status sep_predictor_segment(sep_predictor *predictor, const sep_volume *volume, const sep_segment_options *options,
                                 sep_labels *labels, sep_volume *probabilities) SEP_MUST_CHECK;

#endif
