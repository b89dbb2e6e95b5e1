/* The predictor's insides, shared by predictor.c and predictor_volume.c. */
#ifndef SEPTUM_MODEL_PREDICTOR_PARTS_H
#define SEPTUM_MODEL_PREDICTOR_PARTS_H

#include "model/predictor.h"

struct sep_predictor {
    int students, networks, batch, classes, height, width, channels;
    sep_zoom zoom;
    sep_patch_view view;
    float spacing[2]; /* 0: the slice's own */
    sep_network_graph network[2 * SEP_MAX_STUDENTS];
    float *patch;   /* [batch, channels, height, width] */
    float *turned;  /* [batch, height, width, channels]: the same under a symmetry, as networks see it */
    float *logits;  /* [batch, height, width, classes] of one pass */
    float *sum;     /* of all passes */
    uint8_t *label; /* [height, width] */
};

/* What is made of a volume; NULL: not asked for. */
typedef struct sep_predictor_outputs {
    sep_labels *labels;
    sep_volume *probabilities, *confidence; /* one a class; one in all */
} sep_predictor_outputs;

/* All slices so: on the outputs, which are there, the volume's size; `passes` are summed by each run of a batch. */
sep_status sep_predictor_segment_smoothly(sep_predictor *p, const sep_volume *volume,
                                          const sep_segment_options *options, float passes,
                                          const sep_predictor_outputs *out) SEP_MUST_CHECK;

/* Fills p->sum, for the slices in p->patch, with the sum of the logits of all passes that the options ask for. */
sep_status sep_predictor_run_batch(sep_predictor *p, const sep_segment_options *options) SEP_MUST_CHECK;

#endif
