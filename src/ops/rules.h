/* The gradient rules and costs that the operation families hand to the table in rules.c. */
#ifndef SEPTUM_OPS_RULES_H
#define SEPTUM_OPS_RULES_H

#include "graph/internal.h"

typedef void sep_gradient_rule(sep_graph *graph, sep_node *node, sep_node *dy);
typedef int64_t sep_cost_rule(const sep_node *node);

sep_gradient_rule sep_gradient_conv2d, sep_gradient_conv_transpose2d, sep_gradient_depthwise, sep_gradient_linear;
sep_gradient_rule sep_gradient_batch_apply, sep_gradient_group_apply, sep_gradient_layer_norm;
sep_gradient_rule sep_gradient_add, sep_gradient_mul, sep_gradient_scale, sep_gradient_activate, sep_gradient_dropout;
sep_gradient_rule sep_gradient_unary, sep_gradient_binary, sep_gradient_sum, sep_gradient_channel_max;
sep_gradient_rule sep_gradient_concat_batch, sep_gradient_turn, sep_gradient_gather, sep_gradient_scatter;
sep_gradient_rule sep_gradient_max_pool, sep_gradient_upsample_bilinear, sep_gradient_upsample_nearest;
sep_gradient_rule sep_gradient_max_pool2d, sep_gradient_warp_map;
sep_gradient_rule sep_gradient_concat, sep_gradient_slice, sep_gradient_window_partition, sep_gradient_window_reverse;
sep_gradient_rule sep_gradient_space_to_depth, sep_gradient_depth_to_space, sep_gradient_transpose_map;
sep_gradient_rule sep_gradient_window_attention, sep_gradient_softmax, sep_gradient_log_softmax;
sep_gradient_rule sep_gradient_cross_entropy, sep_gradient_dice, sep_gradient_dice_sums, sep_gradient_mse;

sep_cost_rule sep_cost_conv2d, sep_cost_conv_transpose2d, sep_cost_depthwise, sep_cost_linear,
    sep_cost_window_attention;
sep_gradient_rule sep_gradient_contrast;
sep_cost_rule sep_cost_contrast;
sep_gradient_rule sep_gradient_token_attention;
sep_cost_rule sep_cost_token_attention;
sep_gradient_rule sep_gradient_gather_windows, sep_gradient_scatter_windows;

/* A function of two, element by element, with all that BINARY takes as b. */
sep_node *sep_apply_binary(sep_graph *g, sep_function function, sep_node *a, sep_node *b);

#endif
