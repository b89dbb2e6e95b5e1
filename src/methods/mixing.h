/* What methods share that make one image of two: boxes, mixed images, and targets that are mixed along with them. A
 * target is the labels of images as numbers [N, H, W, C], each pixel times what it counts (sep_weighed_loss in
 * septum/losses.h): nothing where nobody knows. */
#ifndef SEPTUM_METHODS_MIXING_H
#define SEPTUM_METHODS_MIXING_H

#include "septum/methods.h"

/* One box a sample, upright and anywhere within the patch. */
typedef struct sep_box_settings {
    float probability; /* of a sample to have one */
    float low, high;   /* share of the patch's area, drawn uniformly */
    float aspect;      /* its width divided by its height is drawn, by its logarithm, from 1 / aspect to aspect */
} sep_box_settings;

/* The rows of a method's table of settings that draw the boxes of its options' member `box`. */
#define SEP_BOX_SETTINGS(type, least, largest, widest)                                                                 \
    SEP_SETTING_NAMED("box_low", type, box.low, SEP_SETTING_IS_FLOAT, least, 0.001, 1, NULL,                           \
                      "least share of the area that a box has", least),                                                \
        SEP_SETTING_NAMED("box_high", type, box.high, SEP_SETTING_IS_FLOAT, largest, 0.001, 1, NULL, "largest share",  \
                          largest),                                                                                    \
        SEP_SETTING_NAMED("box_aspect", type, box.aspect, SEP_SETTING_IS_FLOAT, widest, 1, 100, NULL,                  \
                          "a box is at most that many times as wide as high, or as high as wide", widest)
/* SEP_ERR_ARGUMENT where the least share is above the largest. */
sep_status sep_boxes_check(const char *method, const sep_box_settings *settings) SEP_MUST_CHECK;

/* [N, H, W, 1] of the patch's size, N = count / (H W): 1 within the sample's box, 0 elsewhere. `name`: of the random
 * numbers. `common`: all samples have the first one's. */
void sep_draw_boxes(const sep_moment *now, const char *name, const sep_box_settings *settings, bool common,
                    float *values, int64_t count);

/* What `draw` makes by that, of so many samples. */
sep_node *sep_boxes(sep_step *step, int samples, sep_host_value *draw);

/* a where the mask is 1, b where it is 0: images or targets [N, H, W, C], the mask [N, H, W, 1] or [N, 1, 1, 1]. */
sep_node *sep_mixed(sep_graph *g, sep_node *mask, sep_node *a, sep_node *b);

/* `count` samples of x, from number `first` on; after the last one comes number 0. */
sep_node *sep_rolled(sep_graph *g, sep_node *x, int first, int count);

/* The labelled samples' own labels, `count` of them as above. */
sep_node *sep_labelled_target(sep_step *step, int count);
/* What probabilities [N, H, W, C] say: the largest. `components`: only the largest component of each foreground class
 * in each image, the rest is background. */
sep_node *sep_pseudo_labels(sep_graph *g, sep_node *probabilities, bool components);
/* 1 where the largest of the probabilities is at least `threshold` ([1] or [N, H, W, 1]), 0 elsewhere: [N, H, W, 1]. */
sep_node *sep_certain(sep_graph *g, sep_node *probabilities, sep_node *threshold);

#endif
