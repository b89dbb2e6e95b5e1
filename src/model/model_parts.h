/* A trained model's insides, shared by model.c and features.c. */
#ifndef SEPTUM_MODEL_MODEL_PARTS_H
#define SEPTUM_MODEL_MODEL_PARTS_H

#include "model/predictor.h"

struct sep_model {
    sep_model_info info;
    sep_store *store;
    sep_predictor *predictor;
};

/* A volume as the networks see it, in `seen`: its intensities normalised, in the order of training, which `order` made
 * of its own. */
sep_status sep_model_see(const sep_model *model, const sep_volume *volume, sep_order *order,
                         sep_volume *seen) SEP_MUST_CHECK;

#endif
