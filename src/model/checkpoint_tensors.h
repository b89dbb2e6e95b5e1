/* Whether a checkpoint's tensors are those of the networks that it describes. */
#ifndef SEPTUM_MODEL_CHECKPOINT_TENSORS_H
#define SEPTUM_MODEL_CHECKPOINT_TENSORS_H

#include "septum/model.h"
#include "septum/safetensors.h"

/* Names and shapes only, in both directions: nothing is allocated for the networks, so that a small file that claims a
 * large one costs nothing. */
sep_status sep_checkpoint_check_tensors(const sep_safetensors *file, const sep_model_info *info) SEP_MUST_CHECK;

/* Adds the scopes of a store that only training has, in the store's order: all but the students and their averages. */
sep_status sep_checkpoint_training_scopes(const sep_store *store, sep_strings *scopes) SEP_MUST_CHECK;

#endif
