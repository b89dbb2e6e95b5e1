/* Every operation that PyTorch has too, forward and gradient, against goldens computed in float64
 * (tests/reference/make_operation_goldens.py), on every table of the CPU.
 *
 * A golden's inputs are exact in float32 and its outputs true to float32, so a difference is our rounding. Each row
 * says how many roundings lie on the way to an element (`roundings`: the terms of its sum; functions add their own).
 * Their errors are random in sign and grow like the square root of their number, so the difference may be at most 4 +
 * sqrt(roundings) half-units in the last place of the golden's largest element. 0 means that nothing is rounded more
 * than once: the bits must be equal. */
#include "support_golden.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define THREADS 2

/* ---- what is computed ------------------------------------------------------------------------------------------- */

typedef struct row {
    const char *golden; /* the case */
    sep_op op;
    const char *inputs, *output; /* names of tensors of the case, in the order of the operation's operands */
    int roundings;
    sep_attributes attributes;
    bool in_place; /* the result is the first operand */
} row;

/* A layer with weights: forward, then the gradients of x, w and (bias is " b") b. The lengths of their sums follow. */
#define LAYER(golden, OP, bias, y, dx, dw, ...)                                                                        \
    {golden, SEP_OP_##OP, "x w" bias, "y", y, {__VA_ARGS__}, false},                                                   \
        {golden, SEP_OP_##OP##_DX, "dy w", "dx", dx, {__VA_ARGS__}, false},                                            \
    {                                                                                                                  \
        golden, SEP_OP_##OP##_DW, "x dy", "dw", dw, {__VA_ARGS__}, false                                               \
    }
#define BIAS_GRADIENT(golden, rows)                                                                                    \
    {                                                                                                                  \
        golden, SEP_OP_ROW_SUM, "dy", "db", rows, {0}, false                                                           \
    }

static const row layers[] = {
    LAYER("conv1x1", CONV2D, " b", 20, 11, 70, .kernel = 1, .stride = 1),
    BIAS_GRADIENT("conv1x1", 70),
    LAYER("conv1x1_no_bias", CONV2D, "", 24, 9, 36, .kernel = 1, .stride = 1),
    LAYER("conv3x3", CONV2D, " b", 9 * 5 + 1, 9 * 17, 286, .kernel = 3, .stride = 1, .padding = 1),
    BIAS_GRADIENT("conv3x3", 286),
    LAYER("conv3x3_one_channel", CONV2D, " b", 9 + 1, 9 * 16, 342, .kernel = 3, .stride = 1, .padding = 1),
    LAYER("conv3x3_wide", CONV2D, " b", 9 * 33 + 1, 9 * 20, 36, .kernel = 3, .stride = 1, .padding = 1,
          .algorithm = SEP_DIRECT),
    /* Its weight gradient rounds up to six times as much (docs/arithmetic.md). */
    LAYER("conv3x3_wide", CONV2D, " b", 9 * 33 + 1, 9 * 20, 6 * 36, .kernel = 3, .stride = 1, .padding = 1,
          .algorithm = SEP_WINOGRAD),
    LAYER("conv3x3_stride2", CONV2D, " b", 9 * 6 + 1, 4 * 18, 60, .kernel = 3, .stride = 2, .padding = 1),
    LAYER("conv3x3_stride2_odd", CONV2D, " b", 9 * 4 + 1, 4 * 3, 20, .kernel = 3, .stride = 2, .padding = 1),
    LAYER("conv3x3_no_padding", CONV2D, " b", 9 * 3 + 1, 9 * 7, 42, .kernel = 3, .stride = 1),
    LAYER("conv4x4_stride4", CONV2D, " b", 16 * 3 + 1, 21, 24, .kernel = 4, .stride = 4),
    BIAS_GRADIENT("conv4x4_stride4", 24),
    LAYER("conv7x7", CONV2D, " b", 49 * 3 + 1, 49 * 8, 90, .kernel = 7, .stride = 1, .padding = 3),
    LAYER("conv_transpose2x2", CONV_TRANSPOSE2D, " b", 13, 4 * 17, 70, .kernel = 2, .stride = 2),
    BIAS_GRADIENT("conv_transpose2x2", 280),
    LAYER("conv_transpose2x2_no_bias", CONV_TRANSPOSE2D, "", 6, 4 * 3, 272, .kernel = 2, .stride = 2),
    LAYER("depthwise3x3", DEPTHWISE, "", 9, 9, 144, .kernel = 3, .stride = 1, .padding = 1),
    LAYER("depthwise3x3_qkv", DEPTHWISE, "", 9, 27, 196, .kernel = 3, .stride = 1, .padding = 1),
    LAYER("depthwise7x7", DEPTHWISE, " b", 50, 49, 182, .kernel = 7, .stride = 1, .padding = 3),
    BIAS_GRADIENT("depthwise7x7", 182),
    LAYER("depthwise7x7_small_map", DEPTHWISE, " b", 50, 49, 40, .kernel = 7, .stride = 1, .padding = 3),
    LAYER("linear", LINEAR, " b", 24, 18, 35, .factor = 0),
    BIAS_GRADIENT("linear", 35),
    LAYER("linear_no_bias", LINEAR, "", 16, 5, 37, .factor = 0),
    LAYER("linear_deep", LINEAR, " b", 601, 13, 9, .factor = 0),
    LAYER("linear_many_rows", LINEAR, " b", 7, 7, 530, .factor = 0),
    BIAS_GRADIENT("linear_many_rows", 530),
};

/* Batch norm with what follows it fused, on `rows` rows: training, then with frozen running statistics. */
#define BATCH_NORM_PASS(golden, rows, ...)                                                                             \
    {golden, SEP_OP_BATCH_APPLY, "x stats gamma beta", "y", 32, {.epsilon = 1e-5f, __VA_ARGS__}, false},               \
    {                                                                                                                  \
        golden, SEP_OP_BATCH_REDUCE, "x stats gamma beta dy", "reduce", rows, {.epsilon = 1e-5f, __VA_ARGS__}, false   \
    }
#define BATCH_NORM(golden, rows, ...)                                                                                  \
    {golden, SEP_OP_BATCH_STATS, "x", "stats", rows, {0}, false}, BATCH_NORM_PASS(golden, rows, __VA_ARGS__),          \
        {golden, SEP_OP_BATCH_DX, "x stats gamma beta dy reduce", "dx", 32, {.epsilon = 1e-5f, __VA_ARGS__}, false},   \
        {golden, SEP_OP_BATCH_RUNNING, "running stats", "running_after", 8, {.momentum = 0.1f, .count = rows}, true},  \
        BATCH_NORM_PASS(golden "_eval", rows, __VA_ARGS__),                                                            \
    {                                                                                                                  \
        golden "_eval", SEP_OP_BATCH_DX, "x stats gamma beta dy reduce", "dx", 32,                                     \
            {.epsilon = 1e-5f, .frozen = true, __VA_ARGS__}, false                                                     \
    }
#define GROUP_NORM(golden, rows, in_groups)                                                                            \
    {golden, SEP_OP_GROUP_STATS, "x", "stats", rows, {.groups = in_groups}, false},                                    \
        {golden, SEP_OP_GROUP_APPLY, "x stats gamma beta", "y", 32, RELU_IN(in_groups), false},                        \
        {golden, SEP_OP_GROUP_REDUCE, "x stats gamma beta dy", "reduce", rows, RELU_IN(in_groups), false},             \
    {                                                                                                                  \
        golden, SEP_OP_GROUP_DX, "x stats gamma beta dy reduce", "dx", 32, RELU_IN(in_groups), false                   \
    }
#define RELU_IN(in_groups)                                                                                             \
    {                                                                                                                  \
        .epsilon = 1e-5f, .groups = in_groups, .activation = SEP_RELU                                                  \
    }
#define LAYER_NORM(golden, channels, rows)                                                                             \
    {golden, SEP_OP_LAYER_NORM, "x gamma beta", "y", 16 + channels / 8, {.epsilon = 1e-5f}, false},                    \
        {golden, SEP_OP_LAYER_NORM_DX, "x gamma dy", "dx", 32 + channels / 8, {.epsilon = 1e-5f}, false},              \
    {                                                                                                                  \
        golden, SEP_OP_LAYER_NORM_DPARAM, "x gamma dy", "dparam", rows, {.epsilon = 1e-5f}, false                      \
    }

static const row normalisations[] = {
    BATCH_NORM("batch_norm", 390, .activation = SEP_LINEAR_ACTIVATION),
    BATCH_NORM("batch_norm_relu", 297, .activation = SEP_RELU),
    BATCH_NORM("batch_norm_leaky_relu", 288, .activation = SEP_LEAKY_RELU, .slope = 0.01f),
    BATCH_NORM("batch_norm_gelu", 306, .activation = SEP_GELU),
    GROUP_NORM("group_norm", 272, 4),
    GROUP_NORM("group_norm_instance", 35, 9),
    LAYER_NORM("layer_norm", 24, 61),
    LAYER_NORM("layer_norm_narrow", 3, 530),
    LAYER_NORM("layer_norm_wide", 197, 5),
    LAYER_NORM("layer_norm_qkv", 20, 49),
};

#define ACTIVATION(golden, roundings, ...)                                                                             \
    {golden, SEP_OP_ACTIVATE, "x", "y", roundings, {__VA_ARGS__}, false},                                              \
    {                                                                                                                  \
        golden, SEP_OP_ACTIVATE_DX, "x dy", "dx", roundings, {__VA_ARGS__}, false                                      \
    }
/* An operation of one operand and its gradient, which takes dy alone. */
#define ADJOINTS(golden, OP, ADJOINT, roundings, ...)                                                                  \
    {golden, SEP_OP_##OP, "x", "y", roundings, {__VA_ARGS__}, false},                                                  \
    {                                                                                                                  \
        golden, SEP_OP_##ADJOINT, "dy", "dx", roundings, {__VA_ARGS__}, false                                          \
    }
#define MAX_POOL(golden)                                                                                               \
    {golden, SEP_OP_MAX_POOL, "x", "y", 0, {0}, false},                                                                \
    {                                                                                                                  \
        golden, SEP_OP_MAX_POOL_DX, "x dy", "dx", 0, {0}, false                                                        \
    }

/* `met` windows share a pixel at most. */
#define MAX_POOL2D(golden, met, ...)                                                                                   \
    {golden, SEP_OP_MAX_POOL2D, "x", "y", 0, {__VA_ARGS__}, false},                                                    \
    {                                                                                                                  \
        golden, SEP_OP_MAX_POOL2D_DX, "x dy", "dx", met, {__VA_ARGS__}, false                                          \
    }

/* met: how many pixels have one for a tap, at most */
#define WARP(golden, met, channels)                                                                                    \
    {golden, SEP_OP_WARP_MAP, "x move", "y", 8, {0}, false},                                                           \
        {golden, SEP_OP_WARP_MAP_DX, "move dy", "dx", 4 * met, {0}, false},                                            \
    {                                                                                                                  \
        golden, SEP_OP_WARP_MAP_DMOVE, "x move dy", "dmove", 8 * channels, {0}, false                                  \
    }

static const row elementwise_and_moves[] = {
    ACTIVATION("relu", 0, .activation = SEP_RELU),
    ACTIVATION("leaky_relu", 2, .activation = SEP_LEAKY_RELU, .slope = 0.01f),
    ACTIVATION("gelu", 4, .activation = SEP_GELU),
    ACTIVATION("gelu_tails", 4, .activation = SEP_GELU),
    {"elementwise", SEP_OP_ADD, "a b", "a_plus_b", 0, {0}, false},
    {"elementwise", SEP_OP_ADD, "a row", "a_plus_row", 0, {0}, false},
    {"elementwise", SEP_OP_ADD, "a one", "a_plus_one", 0, {0}, false},
    {"elementwise", SEP_OP_ADD, "a b", "a_plus_b", 0, {0}, true},
    {"elementwise", SEP_OP_MUL, "a b", "a_times_b", 0, {0}, false},
    {"elementwise", SEP_OP_MUL, "a row", "a_times_row", 0, {0}, false},
    {"elementwise", SEP_OP_MUL, "a one", "a_times_one", 0, {0}, false},
    {"elementwise", SEP_OP_MUL, "a row", "a_times_row", 0, {0}, true},
    {"elementwise", SEP_OP_SCALE, "a", "a_scaled", 0, {.factor = 0.375f}, false},
    {"layer_scale", SEP_OP_MUL, "x scale", "y", 0, {0}, false},
    {"layer_scale", SEP_OP_MUL, "dy scale", "dx", 0, {0}, false},
    {"layer_scale", SEP_OP_MUL_ROW_SUM, "x dy", "dscale", 290, {0}, false},
    MAX_POOL("max_pool"),
    MAX_POOL("max_pool_ties"),
    MAX_POOL2D("max_pool_3_2_0", 4, .kernel = 3, .stride = 2),
    MAX_POOL2D("max_pool_3_2_1", 4, .kernel = 3, .stride = 2, .padding = 1),
    MAX_POOL2D("max_pool_2_3_0", 0, .kernel = 2, .stride = 3),
    ADJOINTS("upsample_bilinear", UPSAMPLE_BILINEAR, UPSAMPLE_BILINEAR_DX, 24, .factor = 0),
    ADJOINTS("upsample_bilinear_one", UPSAMPLE_BILINEAR, UPSAMPLE_BILINEAR_DX, 16, .factor = 0),
    ADJOINTS("upsample_nearest", UPSAMPLE_NEAREST, UPSAMPLE_NEAREST_DX, 4, .factor = 0),
    WARP("warp_near", 9, 4),
    WARP("warp_far", 12, 3),
    {"concat", SEP_OP_CONCAT, "a b", "y", 0, {0}, false},
    {"concat", SEP_OP_SLICE, "dy", "da", 0, {.begin = 0, .count = 5}, false},
    {"concat", SEP_OP_SLICE, "dy", "db", 0, {.begin = 5, .count = 7}, false},
    {"slice", SEP_OP_SLICE, "x", "y", 0, {.begin = 4, .count = 6}, false},
    {"view", SEP_OP_PLACE, "dy", "dx", 0, {.begin = 12}, false},
    ADJOINTS("window_partition_0", WINDOW_PARTITION, WINDOW_REVERSE, 0, .window = 4),
    ADJOINTS("window_partition_2", WINDOW_PARTITION, WINDOW_REVERSE, 0, .window = 4, .shift = 2),
    ADJOINTS("window_reverse_0", WINDOW_REVERSE, WINDOW_PARTITION, 0, .window = 4),
    ADJOINTS("window_reverse_2", WINDOW_REVERSE, WINDOW_PARTITION, 0, .window = 4, .shift = 2),
    ADJOINTS("patch_merging", SPACE_TO_DEPTH, DEPTH_TO_SPACE, 0, .block = 2, .column_major = true),
    ADJOINTS("depth_to_space_2", DEPTH_TO_SPACE, SPACE_TO_DEPTH, 0, .block = 2),
    ADJOINTS("depth_to_space_4", DEPTH_TO_SPACE, SPACE_TO_DEPTH, 0, .block = 4),
};

#define UNARY(golden, KIND, roundings, ...)                                                                            \
    {golden, SEP_OP_UNARY, "x", "y", roundings, {.function = KIND, __VA_ARGS__}, true},                                \
    {                                                                                                                  \
        golden, SEP_OP_UNARY_DX, "x dy", "dx", roundings, {.function = KIND, __VA_ARGS__}, false                       \
    }
#define BINARY(form)                                                                                                   \
    {"functions_of_two", SEP_OP_BINARY, "a " form, "plus_" form, 0, {.function = SEP_PLUS}, false},                    \
        {"functions_of_two", SEP_OP_BINARY, "a " form, "minus_" form, 0, {.function = SEP_SUBTRACT}, false},           \
        {"functions_of_two", SEP_OP_BINARY, "a " form, "times_" form, 0, {.function = SEP_MULTIPLY}, false},           \
        {"functions_of_two", SEP_OP_BINARY, "a " form, "over_" form, 0, {.function = SEP_DIVIDE}, true},               \
        {"functions_of_two", SEP_OP_BINARY, "a " form, "minimum_" form, 0, {.function = SEP_MINIMUM}, false},          \
        {"functions_of_two", SEP_OP_BINARY, "a " form, "maximum_" form, 0, {.function = SEP_MAXIMUM}, false},          \
    {                                                                                                                  \
        "functions_of_two", SEP_OP_BINARY, "a " form, "less_" form, 0, {.function = SEP_LESS}, true                    \
    }
#define ROWS(channels)                                                                                                 \
    {"channel_sum_" #channels, SEP_OP_CHANNEL_SUM, "x", "y", channels, {0}, false},                                    \
        {"channel_max_" #channels, SEP_OP_CHANNEL_MAX, "x", "y", 0, {0}, false},                                       \
    {                                                                                                                  \
        "channel_max_" #channels, SEP_OP_CHANNEL_MAX_DX, "x dy", "dx", 0, {0}, false                                   \
    }
#define QUANTILE(number)                                                                                               \
    {                                                                                                                  \
        "quantile", SEP_OP_QUANTILE, "x share_" #number, "y_" #number, 2, {0}, false                                   \
    }
#define TURN(golden)                                                                                                   \
    {golden, SEP_OP_TURN, "x quarters", "y", 0, {0}, false},                                                           \
    {                                                                                                                  \
        golden, SEP_OP_TURN, "dy quarters", "dx", 0, {.back = true}, false                                             \
    }

/* roundings: how many rows of x meet in one of y, at most */
#define GATHER(golden, parts, roundings)                                                                               \
    {golden, SEP_OP_GATHER, "x index", "y", 0, {.groups = parts}, false},                                              \
    {                                                                                                                  \
        golden, SEP_OP_SCATTER, "dy index", "dx", roundings, {.groups = parts}, false                                  \
    }
#define SCATTER(golden, parts, roundings)                                                                              \
    {golden, SEP_OP_SCATTER, "x index", "y", roundings, {.groups = parts}, false},                                     \
    {                                                                                                                  \
        golden, SEP_OP_GATHER, "dy index", "dx", 0, {.groups = parts}, false                                           \
    }
#define RESIZE(golden)                                                                                                 \
    {golden, SEP_OP_RESIZE_NEAREST, "x", "y", 0, {0}, false},                                                          \
    {                                                                                                                  \
        golden, SEP_OP_RESIZE_NEAREST, "labels", "resized", 0, {0}, false                                              \
    }

static const row functions_and_rows[] = {
    UNARY("exp", SEP_EXP, 4, .exponent = 0),
    UNARY("ln", SEP_LN, 4, .exponent = 0),
    UNARY("sqrt", SEP_SQRT, 4, .exponent = 0),
    UNARY("square", SEP_SQUARE, 4, .exponent = 0),
    UNARY("abs", SEP_ABS, 0, .exponent = 0),
    UNARY("sigmoid", SEP_SIGMOID, 8, .exponent = 0),
    UNARY("power", SEP_POWER, 16, .exponent = 2.5f), /* exp widens the rounding of its argument */
    BINARY("whole"),
    BINARY("one"),
    BINARY("row"),
    BINARY("map"),
    BINARY("pixel"),
    BINARY("sample"),
    ROWS(4),
    ROWS(37),
    {"concat_batch", SEP_OP_CONCAT_BATCH, "a b", "y", 0, {0}, false},
    TURN("turn_0"),
    TURN("turn_1"),
    TURN("turn_2"),
    TURN("turn_3"),
    GATHER("gather", 1, 4),
    {"gather", SEP_OP_GATHER, "labels index", "taken", 0, {.groups = 1}, false},
    GATHER("gather_groups", 3, 7),
    SCATTER("scatter_4", 3, 34),
    SCATTER("scatter_90", 3, 4),
    {"choose_windows",
     SEP_OP_CHOOSE_WINDOWS,
     "x",
     "y",
     0,
     {.window = 3, .stride = 2, .capacity = 8, .overlap = 3},
     false},
    {"choose_windows",
     SEP_OP_CHOOSE_WINDOWS,
     "x",
     "few",
     0,
     {.window = 5, .stride = 2, .capacity = 6, .overlap = 4},
     false},
    {"gather_windows", SEP_OP_GATHER_WINDOWS, "x at", "y", 0, {.window = 6}, false},
    {"gather_windows", SEP_OP_SCATTER_WINDOWS, "dy at", "dx", 9, {.window = 6}, false},
    {"scatter_windows", SEP_OP_SCATTER_WINDOWS, "x at", "y", 9, {.window = 6}, false},
    {"scatter_windows", SEP_OP_GATHER_WINDOWS, "dy at", "dx", 0, {.window = 6}, false},
    {"rank", SEP_OP_CHANNEL_RANK, "x", "y", 0, {0}, false},
    {"rank_ties", SEP_OP_CHANNEL_RANK, "x", "y", 0, {0}, false},
    RESIZE("resize_smaller"),
    RESIZE("resize_larger"),
    RESIZE("resize_to_one"),
    QUANTILE(0),
    QUANTILE(1),
    QUANTILE(2),
    QUANTILE(3),
    QUANTILE(4),
    QUANTILE(5),
    {"largest_component", SEP_OP_LARGEST_COMPONENT, "labels", "kept", 0, {.classes = 4}, false},
};

#define ATTENTION(golden, table, height, width, side, roll, count, root)                                               \
    {golden,                                                                                                           \
     SEP_OP_WINDOW_ATTENTION,                                                                                          \
     "qkv" table,                                                                                                      \
     "y",                                                                                                              \
     64,                                                                                                               \
     {.window = side, .shift = roll, .heads = count, .grid_height = height, .grid_width = width, .scale = root},       \
     false},                                                                                                           \
    {                                                                                                                  \
        golden, SEP_OP_WINDOW_ATTENTION_DX, "qkv" table " dy", "dflat", 64,                                            \
            {.window = side,                                                                                           \
             .shift = roll,                                                                                            \
             .heads = count,                                                                                           \
             .grid_height = height,                                                                                    \
             .grid_width = width,                                                                                      \
             .scale = root},                                                                                           \
            false                                                                                                      \
    }
#define TOKEN_ATTENTION(golden, count, root)                                                                           \
    {golden, SEP_OP_TOKEN_ATTENTION, "q k v", "y", 64, {.heads = count, .scale = root}, false},                        \
    {                                                                                                                  \
        golden, SEP_OP_TOKEN_ATTENTION_DX, "q k v dy", "dflat", 64, {.heads = count, .scale = root}, false             \
    }
#define SOFTMAX(classes)                                                                                               \
    {"softmax_" #classes, SEP_OP_SOFTMAX, "x", "y", 16, {0}, false},                                                   \
        {"softmax_" #classes, SEP_OP_SOFTMAX_DX, "y dy", "dx", 16, {0}, false},                                        \
        {"softmax_" #classes, SEP_OP_ARGMAX, "x", "argmax", 0, {0}, false},                                            \
        {"log_softmax_" #classes, SEP_OP_LOG_SOFTMAX, "x", "y", 16, {0}, false},                                       \
    {                                                                                                                  \
        "log_softmax_" #classes, SEP_OP_LOG_SOFTMAX_DX, "y dy", "dx", 32, {0}, false                                   \
    }
#define DICE(golden, pixels)                                                                                           \
    {golden, SEP_OP_DICE_SUMS, "p labels", "sums", pixels, {.smooth = 1e-5f}, false},                                  \
        {golden, SEP_OP_DICE, "sums", "y", 16, {.smooth = 1e-5f}, false},                                              \
    {                                                                                                                  \
        golden, SEP_OP_DICE_DX, "p labels sums dy", "dp", 16, {.smooth = 1e-5f}, false                                 \
    }
#define CROSS_ENTROPY(golden, pixels)                                                                                  \
    {golden, SEP_OP_CROSS_ENTROPY, "x labels", "y", pixels, {0}, false},                                               \
    {                                                                                                                  \
        golden, SEP_OP_CROSS_ENTROPY_DX, "x labels dy", "dx", 16, {0}, false                                           \
    }
#define CLIP(golden)                                                                                                   \
    {golden, SEP_OP_SQUARED_NORM, "x", "total", 256, {0}, false},                                                      \
    {                                                                                                                  \
        golden, SEP_OP_CLIP_FACTOR, "total", "factor", 8, {.factor = 5.0f}, false                                      \
    }

static const row attention_and_losses[] = {
    ATTENTION("attention_plain", "", 4, 8, 4, 0, 2, 0.4472135955f),
    ATTENTION("attention_table", " table", 4, 8, 4, 0, 3, 0.3535533906f),
    ATTENTION("attention_mask", "", 8, 12, 4, 2, 2, 0.5f),
    ATTENTION("attention_table_mask", " table", 8, 12, 4, 2, 2, 0.5f),
    ATTENTION("attention_swin", " table", 14, 14, 7, 3, 2, 0.5f),
    TOKEN_ATTENTION("token_attention_own", 2, 0.4472135955f),
    TOKEN_ATTENTION("token_attention_other", 3, 0.5f),
    SOFTMAX(4),
    SOFTMAX(49),
    SOFTMAX(9),
    SOFTMAX(1),
    {"softmax_far", SEP_OP_SOFTMAX, "x", "y", 16, {0}, false},
    {"softmax_far", SEP_OP_SOFTMAX_DX, "y dy", "dx", 256, {0}, false}, /* p near 1: dp - sum(p dp) cancels */
    CROSS_ENTROPY("cross_entropy_4", 286),
    CROSS_ENTROPY("cross_entropy_9", 286),
    CROSS_ENTROPY("cross_entropy_scribbled", 286),
    DICE("dice_scribbled", 286),
    DICE("dice_4", 286),
    DICE("dice_9", 286),
    DICE("dice_absent", 81),
    {"mse", SEP_OP_MSE, "a b", "y", 330, {0}, false},
    {"mse", SEP_OP_MSE_DX, "a b dy", "da", 8, {0}, false},
    {"mse", SEP_OP_MSE_DX, "b a dy", "db", 8, {0}, false},
    CLIP("clip_large"),
    CLIP("clip_small"),
    {"ema", SEP_OP_EMA, "average p hyper", "after", 2, {0}, true},
};

/* ---- one operation ---------------------------------------------------------------------------------------------- */

/* The operands are the tensors that r->inputs names between single spaces. */
static support_case case_of(const row *r)
{
    const sep_stored_tensor *golden = golden_find(r->golden, r->output);
    support_case c = {.op = r->op,
                      .attributes = r->attributes,
                      .output = golden->shape,
                      .output_dtype = golden->type == SEP_STORED_I32 ? SEP_I32 : SEP_F32,
                      .in_place = r->in_place};
    char tensor[32];
    int length;

    for (const char *at = r->inputs; sscanf(at, "%31s%n", tensor, &length) == 1; at += length) {
        assert_true(c.inputs < SEP_MAX_INPUTS);
        c.input[c.inputs++] = golden_array(r->golden, tensor);
    }
    return c;
}

/* The distance as a multiple of half a unit in the last place of the golden's largest element. */
static double off_by(const support_array *result, const float *golden)
{
    size_t count = (size_t)support_count(result);
    double distance = golden_distance(result->f32, golden, count);

    if (result->dtype == SEP_I32)
        return memcmp(result->i32, golden, count * sizeof *golden) == 0 ? 0.0 : (double)INFINITY;
    return distance == 0.0 ? 0.0 : distance / (golden_largest(golden, count) * FLT_EPSILON / 2.0);
}

/* Says in a line what is wrong, and returns whether something is. */
static bool differs(const char *golden, const char *output, sep_op op, double off, int roundings)
{
    double allowed = roundings > 0 ? 4.0 + sqrt(roundings) : 0.0;

    if (off <= allowed)
        return false;
    print_error("%s: %s.%s is off by %.1f half-units of its largest element, %.1f allowed\n", sep_op_name(op), golden,
                output, off, allowed);
    return true;
}

static bool row_differs(sep_device *device, const row *r)
{
    support_case c = case_of(r);
    support_array golden = golden_array(r->golden, r->output);
    support_result result = support_run(device, &c, 0);
    bool wrong = differs(r->golden, r->output, r->op, off_by(&result.output, golden.f32), r->roundings);

    support_result_free(&result);
    support_array_free(&golden);
    support_case_free(&c);
    return wrong;
}

/* ---- the tests -------------------------------------------------------------------------------------------------- */

static void check_rows(void **state, const row *rows, size_t count)
{
    sep_device *device = support_device(*state, THREADS);
    int wrong = 0;

    for (size_t i = 0; i < count; i++)
        wrong += row_differs(device, &rows[i]);
    sep_device_destroy(device);
    assert_int_equal(wrong, 0);
}

#define CHECK_ROWS(rows)                                                                                               \
    static void test_##rows(void **state)                                                                              \
    {                                                                                                                  \
        check_rows(state, rows, sizeof rows / sizeof *rows);                                                           \
    }
CHECK_ROWS(layers)
CHECK_ROWS(normalisations)
CHECK_ROWS(elementwise_and_moves)
CHECK_ROWS(functions_and_rows)
CHECK_ROWS(attention_and_losses)

/* Row `step` of a golden [steps, n]. */
static support_array golden_row(const char *golden, const char *tensor, int step)
{
    support_array all = golden_array(golden, tensor);
    int n = all.shape.dim[1];
    support_array one = support_copy(all.f32 + (size_t)step * (size_t)n, SEP_SHAPE(n));

    support_array_free(&all);
    return one;
}

/* Puts what the step left in place of what it read, for the operands p (0) and state (2). */
static void carry_over(support_case *c, support_result *result)
{
    for (int i = 0; i <= 2; i += 2) {
        support_array_free(&c->input[i]);
        c->input[i] = result->input[i];
        result->input[i] = (support_array){0};
    }
}

/* Several steps, each from the parameters and moments that the one before left. */
static int wrong_steps(sep_device *device, const char *golden, sep_op op, sep_attributes attributes, bool clipped)
{
    const sep_stored_tensor *after = golden_find(golden, "p_after");
    int steps = after->shape.dim[0], n = after->shape.dim[1], wrong = 0;
    support_case c = {.op = op, .attributes = attributes, .output = SEP_SHAPE(n), .in_place = true};

    c.inputs = clipped ? 5 : 4;
    c.input[0] = golden_array(golden, "p");
    c.input[2] = support_array_create(SEP_SHAPE(op == SEP_OP_ADAM ? 2 : 1, n), SEP_F32);
    for (int t = 0; t < steps; t++) {
        support_array expected = golden_row(golden, "p_after", t);
        c.input[1] = golden_row(golden, "gradients", t);
        c.input[3] = golden_row(golden, "hyper", t);
        if (clipped)
            c.input[4] = golden_row(golden, "clip", t);
        support_result result = support_run(device, &c, 0);
        wrong += differs(golden, "p_after", op, off_by(&result.output, expected.f32), 4 * (t + 1));
        carry_over(&c, &result);
        support_result_free(&result);
        support_array_free(&expected);
        for (int i = 1; i < c.inputs; i++)
            if (i != 2)
                support_array_free(&c.input[i]);
    }
    support_case_free(&c);
    return wrong;
}

static void test_optimisers(void **state)
{
    sep_device *device = support_device(*state, THREADS);
    sep_attributes sgd = {.momentum = 0.9f, .decay = 0.01f}, plain = {0};
    sep_attributes adam = {.beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f, .decay = 0.01f}, adamw = adam;

    adamw.decoupled = true;
    int wrong = 0;
    wrong += wrong_steps(device, "sgd", SEP_OP_SGD, sgd, false);
    wrong += wrong_steps(device, "sgd_plain", SEP_OP_SGD, plain, false);
    wrong += wrong_steps(device, "sgd_clipped", SEP_OP_SGD, sgd, true);
    wrong += wrong_steps(device, "adam", SEP_OP_ADAM, adam, false);
    wrong += wrong_steps(device, "adam_clipped", SEP_OP_ADAM, adam, true);
    wrong += wrong_steps(device, "adamw", SEP_OP_ADAM, adamw, false);
    sep_device_destroy(device);
    assert_int_equal(wrong, 0);
}

static int open_goldens(void **state)
{
    (void)state;
    return golden_open("tests/golden/operations.safetensors");
}

static const struct CMUnitTest families[] = {
    cmocka_unit_test(test_layers),
    cmocka_unit_test(test_normalisations),
    cmocka_unit_test(test_elementwise_and_moves),
    cmocka_unit_test(test_functions_and_rows),
    cmocka_unit_test(test_attention_and_losses),
    cmocka_unit_test(test_optimisers),
};
#define FAMILIES (sizeof families / sizeof *families)
#define TABLES   4 /* at most */

/* Every family on every table that this processor runs; a test's state is the table's name. */
int main(void)
{
    struct CMUnitTest tests[TABLES * FAMILIES] = {0}; /* cmocka passes over those without a function */
    char names[TABLES * FAMILIES][64];
    const char *tables[TABLES];
    size_t count = 0;

    for (int t = 0, available = sep_cpu_tables(tables); t < available; t++) {
        for (size_t f = 0; f < FAMILIES; f++, count++) {
            snprintf(names[count], sizeof names[count], "%s on %s", families[f].name, tables[t]);
            tests[count] = families[f];
            tests[count].name = names[count];
            tests[count].initial_state = (void *)(uintptr_t)tables[t];
        }
    }
    return cmocka_run_group_tests(tests, open_goldens, golden_close);
}
