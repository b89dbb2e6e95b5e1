/* septum: the operations as one calls them when building a graph. Shapes are NHWC; a token map (B, L, C) is any tensor
 * whose last axis is C. Each function infers its result's shape and reports what does not fit through the graph. The
 * arithmetic of each operation is in septum/operation.h. */
#ifndef SEPTUM_OPS_H
#define SEPTUM_OPS_H

#include "septum/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- layers: they create their parameters as <scope>.<name>.weight, .bias, ... ----------------------------------- */

/* PyTorch's default initialisation unless `weight_std` > 0: then truncated normal with that standard deviation. A
 * linear layer's bias is then zero; a convolution's keeps the default U(+-1/sqrt(fan_in)), as in the reference code. */
typedef struct sep_conv {
    int channels, kernel, stride /* 0: 1 */, padding;
    bool bias;
    float weight_std;
    /* Above 0: weight standardisation (Qiao et al. 2019): the layer computes with (w - mean) / sqrt(variance +
     * standardise), mean and biased variance of each output channel's weights. Of sep_conv2d alone. */
    float standardise;
} sep_conv;
sep_node *sep_conv2d(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv);
sep_node *sep_conv_transpose2d(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv); /* kernel = stride */
/* Depthwise, stride 1, padding kernel / 2; conv->channels = copies * input channels (Q, K, V side by side). */
sep_node *sep_depthwise_conv2d(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv);
sep_node *sep_linear(sep_graph *g, const char *name, sep_node *x, int channels, bool bias, float weight_std);
/* Batch statistics while training (and the running ones are updated), running statistics otherwise. */
sep_node *sep_batch_norm(sep_graph *g, const char *name, sep_node *x);
/* Each sample's `groups` runs of neighbouring channels by themselves (Wu and He 2018). */
sep_node *sep_group_norm(sep_graph *g, const char *name, sep_node *x, int groups, float epsilon);
/* `groups` affine rows used in turn (1: the usual layer norm). */
sep_node *sep_layer_norm(sep_graph *g, const char *name, sep_node *x, int groups, float epsilon);
/* x times a learned factor per channel, which starts at `start`. */
sep_node *sep_layer_scale(sep_graph *g, const char *name, sep_node *x, float start);

/* ---- without parameters ------------------------------------------------------------------------------------------ */

sep_node *sep_relu(sep_graph *g, sep_node *x);
sep_node *sep_leaky_relu(sep_graph *g, sep_node *x, float slope);
sep_node *sep_gelu(sep_graph *g, sep_node *x);
sep_node *sep_dropout(sep_graph *g, sep_node *x, float probability);   /* identity outside training */
sep_node *sep_drop_path(sep_graph *g, sep_node *x, float probability); /* per sample of the first axis */
sep_node *sep_add(sep_graph *g, sep_node *a, sep_node *b);             /* b: a's shape, [C], or [1] */
sep_node *sep_mul(sep_graph *g, sep_node *a, sep_node *b);             /* likewise */
sep_node *sep_scale(sep_graph *g, sep_node *x, float factor);
sep_node *sep_constant(sep_graph *g, sep_shape shape, float value); /* no gradient */

/* Element by element. b: a's shape, a's last axes alone ([C], [1]), or a's shape with 1 for its last axes ([N, H, W,
 * 1], [N, 1, 1, 1]); so for sep_add and sep_mul too. */
sep_node *sep_subtract(sep_graph *g, sep_node *a, sep_node *b);
sep_node *sep_divide(sep_graph *g, sep_node *a, sep_node *b);
sep_node *sep_minimum(sep_graph *g, sep_node *a, sep_node *b);
sep_node *sep_maximum(sep_graph *g, sep_node *a, sep_node *b);
sep_node *sep_less(sep_graph *g, sep_node *a, sep_node *b); /* a < b ? 1 : 0, no gradient */
sep_node *sep_exp(sep_graph *g, sep_node *x);
sep_node *sep_ln(sep_graph *g, sep_node *x);
sep_node *sep_sqrt(sep_graph *g, sep_node *x);
sep_node *sep_square(sep_graph *g, sep_node *x);
sep_node *sep_abs(sep_graph *g, sep_node *x);
sep_node *sep_sigmoid(sep_graph *g, sep_node *x);
sep_node *sep_power(sep_graph *g, sep_node *x, float exponent); /* of x >= 0 */

sep_node *sep_sum_all(sep_graph *g, sep_node *x);      /* [1] */
sep_node *sep_mean_all(sep_graph *g, sep_node *x);     /* [1] */
sep_node *sep_sum_rows(sep_graph *g, sep_node *x);     /* [C] */
sep_node *sep_sum_channels(sep_graph *g, sep_node *x); /* [..., 1] */
sep_node *sep_max_channels(sep_graph *g, sep_node *x); /* [..., 1]; the gradient goes to the first of equals */
/* -sum over channels of p log(p + epsilon): [..., 1]. */
sep_node *sep_entropy(sep_graph *g, sep_node *p, float epsilon);

/* Samples of a, then of b; of labels too, as sep_concat. */
sep_node *sep_concat_batch(sep_graph *g, sep_node *a, sep_node *b);
/* Square maps by so many quarters against the clock, as torch.rot90 does; `quarters` [1] holds 0 to 3. */
sep_node *sep_turn(sep_graph *g, sep_node *x, sep_node *quarters);
sep_node *sep_turn_back(sep_graph *g, sep_node *x, sep_node *quarters);

sep_node *sep_max_pool(sep_graph *g, sep_node *x); /* 2x2 */
/* Of kernel x kernel pixels, `stride` apart; padding < kernel, and what lies outside never is the largest. */
sep_node *sep_max_pool2d(sep_graph *g, sep_node *x, int kernel, int stride, int padding);
/* Zeros below and to the right. */
sep_node *sep_pad(sep_graph *g, sep_node *x, int rows, int columns);
sep_node *sep_upsample_bilinear(sep_graph *g, sep_node *x);                /* corners on corners */
sep_node *sep_upsample_bilinear_by(sep_graph *g, sep_node *x, int factor); /* likewise, factor >= 2 */
sep_node *sep_upsample_nearest(sep_graph *g, sep_node *x);
/* x [N, H, W, C] where `move` [N, H, W, 2] points, in pixels down and to the right: pixel (r, c) is x, interpolated
 * linearly, at (r + move[0], c + move[1]); outside the outermost pixels' centres it goes on as it is there. */
sep_node *sep_warp(sep_graph *g, sep_node *x, sep_node *move);

sep_node *sep_concat(sep_graph *g, sep_node *a, sep_node *b);
sep_node *sep_slice_channels(sep_graph *g, sep_node *x, int begin, int count);
sep_node *sep_window_partition(sep_graph *g, sep_node *x, int window, int shift);
/* Back to [N, height, width, C]. */
sep_node *sep_window_reverse(sep_graph *g, sep_node *windows, int window, int shift, int height, int width);
sep_node *sep_space_to_depth(sep_graph *g, sep_node *x, int block, bool column_major);
sep_node *sep_depth_to_space(sep_graph *g, sep_node *x, int block);
/* Rows become columns: [N, A, B, C] -> [N, B, A, C]; matrices [N, A, B] -> [N, B, A]. */
sep_node *sep_transpose(sep_graph *g, sep_node *x);

typedef struct sep_attention {
    int heads, window, shift;
    int grid_height, grid_width; /* of the map that the windows were cut from (decides the mask) */
    float scale;
} sep_attention;
/* qkv [windows, w*w, 3*C] -> [windows, w*w, C]; `table` [(2w-1)^2, heads] may be NULL. */
sep_node *sep_window_attention(sep_graph *g, sep_node *qkv, sep_node *table, const sep_attention *attention);

/* Attention over all tokens: q [B, L, C] of one map, k and v [B, M, C] of the same or of another -> [B, L, C]. Scores
 * are scaled by 1 / sqrt(C / heads); there is never a matrix of all of them. */
sep_node *sep_token_attention(sep_graph *g, sep_node *q, sep_node *k, sep_node *v, int heads);

sep_node *sep_softmax(sep_graph *g, sep_node *x);
sep_node *sep_log_softmax(sep_graph *g, sep_node *x);
sep_node *sep_argmax(sep_graph *g, sep_node *x); /* I32, no gradient */

/* Losses: scalars. Labels are I32 of the logits' shape without the last axis. */
sep_node *sep_cross_entropy(sep_graph *g, sep_node *logits, sep_node *labels);
/* Soft Dice over all pixels of the batch, background included, on probabilities; smooth = 1e-5. */
sep_node *sep_dice_loss(sep_graph *g, sep_node *probabilities, sep_node *labels);
sep_node *sep_mse(sep_graph *g, sep_node *a, sep_node *b);
/* [..., classes]: 1 at the label, 0 elsewhere and where there is none; no gradient. */
sep_node *sep_one_hot(sep_graph *g, sep_node *labels, int classes);

/* ---- rows: what contrastive methods take of maps ----------------------------------------------------------------- */

/* All axes of x but the last are S rows; index I32 of any shape -> index's shape + [C]: row index[i] of x, zeros where
 * that is -1. There are no other indices but 0 to S - 1. The gradient is SCATTER's sum. */
sep_node *sep_gather(sep_graph *g, sep_node *x, sep_node *index);
/* Labels I32 of any shape, element by element, -1 where the index is -1; no gradient. */
sep_node *sep_gather_labels(sep_graph *g, sep_node *labels, sep_node *index);
/* x [G, S, C], index [G, R] -> [G, R, C]: each group within its own rows. */
sep_node *sep_gather_groups(sep_graph *g, sep_node *x, sep_node *index);
/* x [G, R, C], index [G, R] -> [G, rows, C]: row s of a group is the sum of those of its rows whose index is s; a row
 * with -1 goes nowhere. With classes as indices: sums of features by class. */
sep_node *sep_scatter_groups(sep_graph *g, sep_node *x, sep_node *index, int rows);
/* How many channels of the row come before this one in falling order, of equals those before it: [..., C] floats from 0
 * on; no gradient. */
sep_node *sep_rank_channels(sep_graph *g, sep_node *x);
/* Maps [N, H, W, C], or labels I32 [N, H, W], to height x width by the nearest pixel, corners on corners, as
 * scipy.ndimage.zoom of order 0 does; no gradient. */
sep_node *sep_resize_nearest(sep_graph *g, sep_node *x, int height, int width);
/* Labels I32 [N, H, W], of which each class's largest connected component is kept in each sample (corners touch), and
 * the rest of the class becomes background, 0; no gradient. What is no class stays: 0, and values that are ignored. */
sep_node *sep_largest_component(sep_graph *g, sep_node *labels, int classes);

/* ---- contrast: the denominators of contrastive losses ------------------------------------------------------------ */

typedef struct sep_contrast_sums {
    float temperature; /* at least 0.0125: exp(1 / temperature) is finite, and so is the sum of thousands */
    bool balanced;  /* each key counts 1 / (keys of its class in its group; of the anchor's own class without itself) */
    bool own_class; /* keys of the anchor's own class count too */
    bool skip_self; /* anchors and keys are the same rows: key i doesn't count for anchor i */
    int classes;    /* rows of a class outside [0, classes) don't take part */
} sep_contrast_sums;
/* anchor [G, R, D] and key [G, K, D], rows of length 1 (or 0), with their classes I32 [G, R] and [G, K] -> [G, R, 1]:
 * the sum over the keys of the same group of exp(anchor . key / temperature), weighted as above. An anchor that takes
 * no part has 0 and no gradient. Where `anchor` and `key` are one node its gradient is that of both. */
sep_node *sep_contrast_sum(sep_graph *g, sep_node *anchor, sep_node *key, sep_node *anchor_class, sep_node *key_class,
                           const sep_contrast_sums *contrast);

/* ---- memories: tensors that a method writes, after all that read them in the same step --------------------------- */

/* rows [N, ...] into memory [S, ...] (sep_memory_tensor) at slots I32 [N]; -1: nowhere. Of two for one slot the later
 * stays. */
void sep_put(sep_graph *g, sep_node *memory, sep_node *slots, sep_node *rows);
/* All of a memory: `value` has its shape and its type of elements. */
void sep_overwrite(sep_graph *g, sep_node *memory, sep_node *value);

/* ---- choosing rows, without gradient ----------------------------------------------------------------------------- */

/* What is chosen are numbers of rows (I32), by `uniform` numbers in [0, 1), which come from the host (sep_host_uniform
 * of septum/methods.h).
 *
 * mask [..., C] says by numbers above 0 which of its rows, all axes but the last, class c may choose among. uniform
 * [C, N] -> [C, N]: N of them, any as often as it comes; -1 where there is none. */
sep_node *sep_draw(sep_graph *g, sep_node *mask, sep_node *uniform);
/* None twice, in rising order: all where there are at most N, then -1; else one from each of N equal parts of them. */
sep_node *sep_draw_once(sep_graph *g, sep_node *mask, sep_node *uniform);

/* Groups of patches of pixels, shuffled for each map by itself. `across` x `across` = P patches of patch x patch pixels
 * are cut from the top left corner of each of M maps of height x width pixels; group g has of each map the patch with
 * the g-th smallest number. uniform [M, P] -> [groups, M * patch * patch]: numbers of pixels, counted over all maps. */
typedef struct sep_patches {
    int height, width, patch, groups;
    bool by_row; /* a group's pixels are sorted by row within the patch, map, column; else by map, row, column */
} sep_patches;
sep_node *sep_patch_rows(sep_graph *g, sep_node *uniform, const sep_patches *patches);

/* The value below which lies the share, [1] in [0, 1], of x's elements, [1]: between two of them by their distance, as
 * numpy's and PyTorch's `quantile` have it. */
sep_node *sep_quantile(sep_graph *g, sep_node *x, sep_node *share);

/* A memory of `capacity` slots for each of C classes, filled in turn: slot s of class c is c * capacity + s. state I32
 * [C], zero at first, knows how many are filled and which is next.
 *
 * uniform [C, M] -> [C, M]: filled slots; -1 where there is none. */
sep_node *sep_ring_draw(sep_graph *g, sep_node *state, sep_node *uniform, int capacity);
/* drawn I32 [C, n], n <= capacity -> [C, n]: the slot into which each goes; -1 for -1. For sep_put. */
sep_node *sep_ring_slots(sep_graph *g, sep_node *state, sep_node *drawn, int capacity);
/* The state when all of `drawn` are in. For sep_overwrite. */
sep_node *sep_ring_next(sep_graph *g, sep_node *state, sep_node *drawn, int capacity);

/* ---- windows of maps, chosen by a score -------------------------------------------------------------------------- */

typedef struct sep_window_choice {
    int window;    /* side, in pixels of the score */
    int stride;    /* the map that is cut is so many times as large as the score */
    int most;      /* windows of a sample */
    float overlap; /* where two of them share more than this part of what they cover, only the better one stays */
} sep_window_choice;
/* score [N, H, W, 1] -> I32 [N, most]: the first pixels, in a map of stride * H x stride * W pixels, of the windows
 * with the largest sums of scores, best first; -1 where there are no more. */
sep_node *sep_choose_windows(sep_graph *g, sep_node *score, const sep_window_choice *choice);
/* x [N, H, W, C], at I32 [N, K] -> [N * K, window, window, C]; zeros where `at` is -1. */
sep_node *sep_gather_windows(sep_graph *g, sep_node *x, sep_node *at, int window);
/* Back to [N, height, width, C]: the sums of the windows over each pixel. */
sep_node *sep_scatter_windows(sep_graph *g, sep_node *windows, sep_node *at, int height, int width);

/* ---- optimiser --------------------------------------------------------------------------------------------------- */

typedef enum sep_optimiser_kind { SEP_SGD = 0, SEP_ADAM, SEP_ADAMW } sep_optimiser_kind;
typedef struct sep_optimiser {
    sep_optimiser_kind kind;
    float momentum;     /* SGD */
    float beta1, beta2; /* Adam */
    float epsilon, decay;
    float clip; /* largest global norm of the gradients; 0: no clipping */
} sep_optimiser;
/* The values METHODS states: momentum 0.9, betas 0.9 and 0.999, epsilon 1e-8. */
sep_optimiser sep_optimiser_default(sep_optimiser_kind kind);
/* Appends the update of every parameter whose name starts with `prefix`, after sep_graph_differentiate. `hyper` is an
 * input [4] filled by sep_optimiser_hyper before each run. */
sep_status sep_optimise(sep_graph *g, const char *prefix, const sep_optimiser *optimiser,
                        sep_node *hyper) SEP_MUST_CHECK;
/* The same for the names that start with one of `prefixes` (NULL at the end): clipping goes by the norm over all. */
sep_status sep_optimise_all(sep_graph *g, const char *const *prefixes, const sep_optimiser *optimiser,
                            sep_node *hyper) SEP_MUST_CHECK;
/* Whether there is such a parameter with a gradient. */
bool sep_has_gradients(const sep_graph *g, const char *const *prefixes);
/* After the last sep_optimise: SEP_ERR_ARGUMENT, naming it, where a parameter has a gradient and no update. */
sep_status sep_check_all_updated(sep_graph *g) SEP_MUST_CHECK;
/* `iteration` counts from 0. */
void sep_optimiser_hyper(const sep_optimiser *optimiser, double learning_rate, int64_t iteration, float hyper[4]);
/* average <- alpha * average + (1 - alpha) * parameter for each parameter of `prefix`; the averages are named by
 * replacing `prefix` with `average_prefix` (mean teachers), and start as the parameters do. alpha = hyper[0]. */
sep_status sep_average_parameters(sep_graph *g, const char *prefix, const char *average_prefix,
                                  sep_node *hyper) SEP_MUST_CHECK;
/* The same for batch norm's running statistics, as the step leaves them. */
sep_status sep_average_statistics(sep_graph *g, const char *prefix, const char *average_prefix,
                                  sep_node *hyper) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
