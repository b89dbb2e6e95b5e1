/* The models that septum predict asks, and how each is asked. */
#ifndef SEPTUM_CLI_PREDICT_MODELS_H
#define SEPTUM_CLI_PREDICT_MODELS_H

#include "septum/model.h"

enum { SEP_MOST_MODELS = 32 };

typedef struct sep_asked_models {
    int count;
    sep_model *model[SEP_MOST_MODELS];
    const char *path[SEP_MOST_MODELS];
    sep_segment_options how[SEP_MOST_MODELS];
    bool largest[SEP_MOST_CLASSES]; /* of these classes the largest component stays */
} sep_asked_models;

/* What the command line says of them: --tta auto|none|flips|all, --smooth and --components auto|yes|no. With auto each
 * model is asked as its own validation decided, and a component is removed where all models say so. */
typedef struct sep_asking {
    const char *tta, *smooth, *components;
} sep_asking;

/* Loads and checks them. The caller closes in any case. */
sep_status sep_models_open(const sep_strings *path, const sep_asking *asking, sep_device *device,
                           sep_asked_models *models) SEP_MUST_CHECK;
int sep_models_classes(const sep_asked_models *models);
/* Of the images that they look at. */
int sep_models_channels(const sep_asked_models *models);
void sep_models_close(sep_asked_models *models);
/* One volume: probabilities averaged, components as said. */
sep_status sep_models_predict(const sep_asked_models *models, const sep_volume *volume, bool disagrees,
                              sep_prediction *prediction) SEP_MUST_CHECK;
/* The label map alone, of one model: no probability is kept. */
sep_status sep_models_label(const sep_asked_models *models, const sep_volume *volume,
                            sep_labels *labels) SEP_MUST_CHECK;

#endif
