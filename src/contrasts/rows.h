/* Rows of maps, as contrasts take them: drawn, projected, compared. */
#ifndef SEPTUM_CONTRASTS_ROWS_H
#define SEPTUM_CONTRASTS_ROWS_H

#include "septum/methods.h"
#include "septum/ops.h"

/* The options of the contrast that the step has. */
const void *sep_contrast_options(const sep_step *step);
const sep_contrast_common *sep_contrast_common_of(const sep_step *step);

/* Rows with their labels: [..., D] and I32 [...], -1 where there is none. */
typedef struct sep_sampled {
    sep_node *feature, *label;
} sep_sampled;

/* The pixels of a view at `index` (I32 of any shape; -1: none), projected to [features] numbers of length 1. Detached:
 * neither the network nor the projector learns from them, and what stands where there is no pixel means nothing. */
sep_sampled sep_take_rows(sep_step *step, const sep_contrasted *at, int view, sep_node *index, bool detached);
/* Rows of a view's map, as they are before the projection: [..., channels] -> [..., features]. Detached as above. */
sep_node *sep_project_rows(sep_step *step, const sep_contrasted *at, int view, sep_node *rows, bool detached);
/* Rows divided by their length; zeros stay. */
sep_node *sep_unit_rows(sep_graph *g, sep_node *x);
/* a's rows, then b's, along the second axis: [G, R, D], [G, S, D] -> [G, R + S, D]. */
sep_sampled sep_join_rows(sep_graph *g, const sep_sampled *a, const sep_sampled *b);
/* All groups as one: [1, G * R, D]. */
sep_sampled sep_as_one_group(sep_graph *g, const sep_sampled *rows);

/* a > b, element by element: 1 or 0; b as in sep_less. */
sep_node *sep_greater(sep_graph *g, sep_node *a, sep_node *b);
sep_node *sep_greater_than(sep_graph *g, sep_node *a, float threshold);
/* Where a view's probabilities exceed the contrast's setting `confidence`, which must leave room for one that does. */
sep_node *sep_confident(sep_step *step, const sep_contrasted *at, int view, float confidence);

/* Of each class as many rows as there are draws, from the views in equal shares: features [C, count, D] and labels I32
 * [C, count], -1 where the class has no row. mask[view] [samples, height, width, C] says which rows may be drawn. */
sep_sampled sep_sample_rows(sep_step *step, const sep_contrasted *at, sep_node *const *mask, const char *what,
                            int count, bool detached);

/* The mean of the features of each class, of length 1 (zeros where there are none): [C, D]. No gradient. */
sep_node *sep_class_centres(sep_graph *g, const sep_sampled *rows, int classes);

/* With s = <row, its positive> / temperature and `rest` what all others sum up to: -s + ln(e^s + rest), the mean over
 * the rows that were drawn and have a rest. `positive` as the rows' features. */
sep_node *sep_positive_contrast(sep_step *step, const sep_contrasted *at, const sep_sampled *rows, sep_node *positive,
                                sep_node *rest);
/* The same where the positive is the centre of the row's class. */
sep_node *sep_centre_contrast(sep_step *step, const sep_contrasted *at, const sep_sampled *rows, sep_node *centres,
                              sep_node *rest);

/* Numbers in [0, 1) for one purpose at one scale and view; another purpose has others. */
sep_node *sep_contrast_draws(sep_step *step, const sep_contrasted *at, int view, const char *what, sep_shape shape);

#endif
