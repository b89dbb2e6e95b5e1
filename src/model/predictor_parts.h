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
    float *logits;  /* [batch, height, width, classes] of one pass; between passes probabilities */
    float *sum;     /* of all passes */
    uint8_t *label; /* [height, width] */
};

/* ---- passes ------------------------------------------------------------------------------------------------------ */

/* p->sum is the sum of logits, for the slices in p->patch, over the passes that were added since it was cleared. */
void sep_predictor_clear(sep_predictor *p);
/* Those that `tta` has beyond the next smaller set of symmetries. In the order symmetries outside, networks inside, so
 * that the sums of NONE and FLIPS are met on the way to that of ALL. */
sep_status sep_predictor_add_passes(sep_predictor *p, sep_answer answer, sep_tta tta) SEP_MUST_CHECK;

/* ---- probabilities on the volume's grid -------------------------------------------------------------------------- */

typedef struct sep_smooth sep_smooth;

sep_status sep_smooth_create(sep_predictor *p, const sep_volume *volume, sep_smooth **smooth) SEP_MUST_CHECK;
void sep_smooth_destroy(sep_smooth *smooth);
/* In how many windows networks see each slice, and what they see of one: [channels, height, width] of the patch. */
int sep_smooth_windows(const sep_smooth *smooth);
sep_status sep_smooth_fill_patch(sep_smooth *smooth, int z, int window, float *patch) SEP_MUST_CHECK;
/* What p->sum, over so many passes, says of a sample of the batch: all windows of a slice one after the other, and with
 * the last one the slice goes into the outputs, which are there, of the volume's size. */
void sep_smooth_take_window(sep_smooth *smooth, int sample, int z, int window, float passes, const sep_way *way);

#endif
