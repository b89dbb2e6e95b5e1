/* What septum predict writes beside a label map: probabilities, uncertainty, disagreement. */
#ifndef SEPTUM_CLI_PREDICT_MAPS_H
#define SEPTUM_CLI_PREDICT_MAPS_H

#include "cli/outputs.h"
#include "cli/predict_models.h"

typedef struct sep_maps_wanted {
    bool probabilities;
    bool uncertainty; /* and, of several models, disagreement */
} sep_maps_wanted;

/* Says what will be written beside the label map `to`. */
void sep_maps_declare(const sep_maps_wanted *wanted, sep_outputs *o, const sep_asked_models *models, const char *to);
sep_status sep_maps_write(const sep_maps_wanted *wanted, const char *labels_path,
                          const sep_prediction *prediction) SEP_MUST_CHECK;

#endif
