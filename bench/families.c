/* The table of operation families that can be measured by themselves: letters, operands, attributes. */
#include "bench/family_letters.h"

#include <stddef.h>

#define FIELD(letter, name)                                                                                            \
    {                                                                                                                  \
        letter, offsetof(sep_attributes, name)                                                                         \
    }

#define GROUP_GRADIENT "x:nrc stats:n2c+ gamma:c+ beta:c dy:nrc"
#define NORM_GRADIENT  "x:rc stats:2c+ gamma:c+ beta:c dy:rc"

#define CONTRAST_ITSELF   "x:nkw x:nkw classes:nk# classes:nk#"
#define CONTRAST_OPERANDS "anchor:nqw key:nkw anchors:nq# keys:nk#"

#define ACTIVATION(text, kind)                                                                                         \
    {                                                                                                                  \
        .name = text, .required = "e", .fixed = {.activation = kind, .slope = 0.01f}, .pass = {                        \
            [BENCH_FWD] = {{SEP_OP_ACTIVATE, "x:e > y:e"}},                                                            \
            [BENCH_DX] = {{SEP_OP_ACTIVATE_DX, "x:e dy:e > dx:e"}}                                                     \
        }                                                                                                              \
    }

#define BINARY(text, operation)                                                                                        \
    {                                                                                                                  \
        .name = text, .required = "rc", .flags = "v", .derive = bench_derive_binary, .observe = bench_observe_binary,  \
        .pass = {                                                                                                      \
            [BENCH_FWD] = {{operation, "a:rc b:Bc > y:rc"}}                                                            \
        }                                                                                                              \
    }

#define SOFTMAX(text, operation)                                                                                       \
    {                                                                                                                  \
        .name = text, .required = "rc", .pass = {                                                                      \
            [BENCH_FWD] = {{operation, "x:rc > y:rc"}},                                                                \
            [BENCH_DX] = {{operation##_DX, "y:rc dy:rc > dx:rc"}}                                                      \
        }                                                                                                              \
    }

const bench_family bench_families[] = {
    {
        .name = "conv",
        .required = "nhwcok",
        .optional = "sp",
        .flags = "b",
        .work = "nPQkkco",
        .field = {FIELD('k', kernel), FIELD('s', stride), FIELD('p', padding)},
        .derive = bench_derive_conv,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONV2D, "x:nhwc w:kkco [b?b:o] > y:nPQo"}},
                 [BENCH_DX] = {{SEP_OP_CONV2D_DX, "dy:nPQo w:kkco > dx:nhwc"}},
                 [BENCH_DW] = {{SEP_OP_CONV2D_DW, "x:nhwc dy:nPQo > dw:kkco"}}},
    },
    {
        .name = "conv",
        .mark = 't',
        .required = "nhwcok",
        .flags = "tb",
        .work = "nhwkkco",
        .field = {FIELD('k', kernel), FIELD('S', stride)},
        .derive = bench_derive_transposed,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONV_TRANSPOSE2D, "x:nhwc w:kkco [b?b:o] > y:nPQo"}},
                 [BENCH_DX] = {{SEP_OP_CONV_TRANSPOSE2D_DX, "dy:nPQo w:kkco > dx:nhwc"}},
                 [BENCH_DW] = {{SEP_OP_CONV_TRANSPOSE2D_DW, "x:nhwc dy:nPQo > dw:kkco"}}},
    },
    {
        .name = "depthwise",
        .required = "nhwck",
        .optional = "m",
        .flags = "b",
        .work = "nhwkkM",
        .field = {FIELD('k', kernel), FIELD('S', stride), FIELD('R', padding)},
        .derive = bench_derive_depthwise,
        .pass = {[BENCH_FWD] = {{SEP_OP_DEPTHWISE, "x:nhwc w:kkM [b?b:M] > y:nhwM"}},
                 [BENCH_DX] = {{SEP_OP_DEPTHWISE_DX, "dy:nhwM w:kkM > dx:nhwc"}},
                 [BENCH_DW] = {{SEP_OP_DEPTHWISE_DW, "x:nhwc dy:nhwM > dw:kkM"}}},
    },
    {
        .name = "linear",
        .required = "rco",
        .optional = "a",
        .flags = "b",
        .work = "rco",
        .field = {FIELD('a', activation)},
        .fixed = {.slope = 0.01f},
        .derive = bench_derive_linear,
        .pass = {[BENCH_FWD] = {{SEP_OP_LINEAR, "x:rc w:co [b?b:o] > y:ro"}},
                 [BENCH_DX] = {{SEP_OP_LINEAR_DX, "dy:ro w:co [a?x:rc] > dx:rc"}},
                 [BENCH_DW] = {{SEP_OP_LINEAR_DW, "x:rc dy:ro > dw:co"}}},
    },
    {
        .name = "attention",
        .required = "nhwcmk",
        .optional = "s",
        .flags = "b",
        .work = "BLLc",
        .work_factor = {[BENCH_FWD] = 2, [BENCH_DX] = 5},
        .field = {FIELD('k', window), FIELD('s', shift), FIELD('m', heads), FIELD('h', grid_height),
                  FIELD('w', grid_width)},
        .fixed = {.scale = 0.17677669f},
        .derive = bench_derive_attention,
        .observe = bench_observe_attention,
        .pass = {[BENCH_FWD] = {{SEP_OP_WINDOW_ATTENTION, "qkv:BLT [b?table:Um] > y:BLc"}},
                 [BENCH_DX] = {{SEP_OP_WINDOW_ATTENTION_DX, "qkv:BLT [b?table:Um] dy:BLc > d:D"}}},
    },
    {
        .name = "token-attention",
        .required = "nqkcm",
        .work = "nqkc",
        .work_factor = {[BENCH_FWD] = 2, [BENCH_DX] = 5},
        .field = {FIELD('m', heads)},
        .fixed = {.scale = 0.125f},
        .derive = bench_derive_token_attention,
        .pass = {[BENCH_FWD] = {{SEP_OP_TOKEN_ATTENTION, "q:nqc k:nkc v:nkc > y:nqc"}},
                 [BENCH_DX] = {{SEP_OP_TOKEN_ATTENTION_DX, "q:nqc k:nkc v:nkc dy:nqc > d:D"}}},
    },
    {
        .name = "batch-norm",
        .required = "rc",
        .optional = "a",
        .flags = "d",
        .field = {FIELD('a', activation)},
        .fixed = {.epsilon = 1e-5f, .slope = 0.01f},
        .derive = bench_derive_batch_norm,
        .observe = bench_observe_batch_norm,
        .pass = {[BENCH_FWD] = {{SEP_OP_BATCH_STATS, "x:rc > stats:2c+"},
                                {SEP_OP_BATCH_APPLY, "x:rc stats:2c+ gamma:c+ beta:c [d?keep:K%] > y:rc"}},
                 [BENCH_DX] = {{SEP_OP_BATCH_REDUCE, NORM_GRADIENT " [d?keep:K%] > reduce:2c"},
                               {SEP_OP_BATCH_DX, NORM_GRADIENT " reduce:2c [d?keep:K%] > dx:rc"}}},
    },
    {
        .name = "group-norm",
        .required = "nrcg",
        .optional = "a",
        .field = {FIELD('g', groups), FIELD('a', activation)},
        .fixed = {.epsilon = 1e-6f, .slope = 0.01f},
        .derive = bench_derive_group_norm,
        .observe = bench_observe_group_norm,
        .pass = {[BENCH_FWD] = {{SEP_OP_GROUP_STATS, "x:nrc > stats:n2c+"},
                                {SEP_OP_GROUP_APPLY, "x:nrc stats:n2c+ gamma:c+ beta:c > y:nrc"}},
                 [BENCH_DX] = {{SEP_OP_GROUP_REDUCE, GROUP_GRADIENT " > reduce:n2c"},
                               {SEP_OP_GROUP_DX, GROUP_GRADIENT " reduce:n2c > dx:nrc"}}},
    },
    {
        .name = "layer-norm",
        .required = "rc",
        .optional = "g",
        .fixed = {.epsilon = 1e-5f},
        .derive = bench_derive_layer_norm,
        .pass = {[BENCH_FWD] = {{SEP_OP_LAYER_NORM, "x:rc gamma:gc+ beta:gc > y:rc"}},
                 [BENCH_DX] = {{SEP_OP_LAYER_NORM_DX, "x:rc gamma:gc+ dy:rc > dx:rc"}},
                 [BENCH_DW] = {{SEP_OP_LAYER_NORM_DPARAM, "x:rc gamma:gc+ dy:rc > d:2gc"}}},
    },
    ACTIVATION("relu", SEP_RELU),
    ACTIVATION("leaky-relu", SEP_LEAKY_RELU),
    ACTIVATION("gelu", SEP_GELU),
    SOFTMAX("softmax", SEP_OP_SOFTMAX),
    SOFTMAX("log-softmax", SEP_OP_LOG_SOFTMAX),
    {
        .name = "argmax",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_ARGMAX, "x:rc > y:r#"}}},
    },
    {
        .name = "dropout",
        .required = "e",
        .fixed = {.probability = 0.2f},
        .observe = bench_observe_whole,
        .pass = {[BENCH_FWD] = {{SEP_OP_DROPOUT, "x:e > y:e"}}},
    },
    {
        .name = "dropout-bits",
        .required = "e",
        .field = {FIELD('e', count)},
        .fixed = {.probability = 0.2f},
        .derive = bench_derive_bits,
        .pass = {[BENCH_FWD] = {{SEP_OP_DROPOUT_BITS, "> y:K%"}}},
    },
    {
        .name = "max-pool",
        .required = "nhwc",
        .flags = "s",
        .derive = bench_derive_pool,
        .pass = {[BENCH_FWD] = {{SEP_OP_MAX_POOL, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_MAX_POOL_DX, "x:nhwc dy:nPQc [s?sum:nhwc] > dx:nhwc"}}},
    },
    {
        .name = "max-pool2d",
        .required = "nhwck",
        .optional = "sp",
        .field = {FIELD('k', kernel), FIELD('s', stride), FIELD('p', padding)},
        .derive = bench_derive_window_pool,
        .pass = {[BENCH_FWD] = {{SEP_OP_MAX_POOL2D, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_MAX_POOL2D_DX, "x:nhwc dy:nPQc > dx:nhwc"}}},
    },
    {
        .name = "upsample-bilinear",
        .required = "nhwc",
        .optional = "k",
        .derive = bench_derive_upsample,
        .observe = bench_observe_upsample,
        .pass = {[BENCH_FWD] = {{SEP_OP_UPSAMPLE_BILINEAR, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_UPSAMPLE_BILINEAR_DX, "dy:nPQc > dx:nhwc"}}},
    },
    {
        .name = "upsample-nearest",
        .required = "nhwc",
        .derive = bench_derive_doubled,
        .pass = {[BENCH_FWD] = {{SEP_OP_UPSAMPLE_NEAREST, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_UPSAMPLE_NEAREST_DX, "dy:nPQc > dx:nhwc"}}},
    },
    {
        .name = "warp",
        .required = "nhwc",
        .pass = {[BENCH_FWD] = {{SEP_OP_WARP_MAP, "x:nhwc move:nhw2 > y:nhwc"}},
                 [BENCH_DX] = {{SEP_OP_WARP_MAP_DX, "move:nhw2 dy:nhwc > dx:nhwc"}},
                 [BENCH_DW] = {{SEP_OP_WARP_MAP_DMOVE, "x:nhwc move:nhw2 dy:nhwc > dmove:nhw2"}}},
    },
    BINARY("add", SEP_OP_ADD),
    BINARY("mul", SEP_OP_MUL),
    {
        .name = "scale",
        .required = "e",
        .fixed = {.factor = 0.5f},
        .pass = {[BENCH_FWD] = {{SEP_OP_SCALE, "x:e > y:e"}}},
    },
    {
        .name = "unary",
        .required = "ef",
        .field = {FIELD('f', function)},
        .fixed = {.exponent = 1.5f},
        .derive = bench_derive_unary,
        .pass = {[BENCH_FWD] = {{SEP_OP_UNARY, "x:e+ > y:e"}}, [BENCH_DX] = {{SEP_OP_UNARY_DX, "x:e+ dy:e > dx:e"}}},
    },
    {
        .name = "binary",
        .required = "rcf",
        .flags = "vi",
        .field = {FIELD('f', function)},
        .derive = bench_derive_function,
        .observe = bench_observe_function,
        .pass = {[BENCH_FWD] = {{SEP_OP_BINARY, "a:rc b:BC+ > y:rc"}}},
    },
    {
        .name = "channel-sum",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_CHANNEL_SUM, "x:rc > y:r1"}}},
    },
    {
        .name = "channel-max",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_CHANNEL_MAX, "x:rc > y:r1"}},
                 [BENCH_DX] = {{SEP_OP_CHANNEL_MAX_DX, "x:rc dy:r1 > dx:rc"}}},
    },
    {
        .name = "row-sum",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_ROW_SUM, "x:rc > y:c"}}},
    },
    {
        .name = "mul-row-sum",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_MUL_ROW_SUM, "a:rc b:rc > y:c"}}},
    },
    {
        .name = "concat",
        .required = "rco",
        .derive = bench_derive_concat,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONCAT, "a:rc b:ro > y:rC"}}},
    },
    {
        .name = "slice",
        .required = "rco",
        .optional = "p",
        .field = {FIELD('p', begin), FIELD('o', count)},
        .derive = bench_derive_slice,
        .pass = {[BENCH_FWD] = {{SEP_OP_SLICE, "x:rc > y:ro"}}},
    },
    {
        .name = "concat-batch",
        .required = "eo",
        .derive = bench_derive_batches,
        .observe = bench_observe_batches,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONCAT_BATCH, "a:e b:o > y:C"}}},
    },
    {
        .name = "turn",
        .required = "nsc",
        .flags = "z",
        .observe = bench_observe_turn,
        .pass = {[BENCH_FWD] = {{SEP_OP_TURN, "x:nssc quarters:1= > y:nssc"}}},
    },
    {
        .name = "put",
        .required = "src",
        .observe = bench_observe_put,
        .pass = {[BENCH_FWD] = {{SEP_OP_PUT, "memory:sc~ slot:r#s x:rc > memory:sc~"}}},
    },
    {
        .name = "gather",
        .required = "src",
        .optional = "g",
        .field = {FIELD('g', groups)},
        .derive = bench_derive_gather,
        .observe = bench_observe_gather,
        .pass = {[BENCH_FWD] = {{SEP_OP_GATHER, "x:gsc~ index:gr#s > y:grc"}},
                 [BENCH_DX] = {{SEP_OP_SCATTER, "dy:grc index:gr#s > dx:gsc"}}},
    },
    {
        .name = "channel-rank",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_CHANNEL_RANK, "x:rc > y:rc"}}},
    },
    {
        .name = "resize-nearest",
        .required = "nhwcpq",
        .observe = bench_observe_resizing,
        .pass = {[BENCH_FWD] = {{SEP_OP_RESIZE_NEAREST, "x:nhwc > y:npqc"}}},
    },
    {
        .name = "window",
        .required = "nhwck",
        .optional = "s",
        .field = {FIELD('k', window), FIELD('s', shift)},
        .derive = bench_derive_window,
        .observe = bench_observe_window,
        .pass = {[BENCH_FWD] = {{SEP_OP_WINDOW_PARTITION, "x:nhwc > y:Bkkc"}},
                 [BENCH_DX] = {{SEP_OP_WINDOW_REVERSE, "dy:Bkkc > dx:nhwc"}}},
    },
    {
        .name = "space-to-depth",
        .required = "nhwck",
        .flags = "j",
        .field = {FIELD('k', block)},
        .derive = bench_derive_blocks,
        .observe = bench_observe_blocks,
        .pass = {[BENCH_FWD] = {{SEP_OP_SPACE_TO_DEPTH, "x:nhwc > y:nPQC"}},
                 [BENCH_DX] = {{SEP_OP_DEPTH_TO_SPACE, "dy:nPQC > dx:nhwc"}}},
    },
    {
        .name = "transpose",
        .required = "nhwc",
        .pass = {[BENCH_FWD] = {{SEP_OP_TRANSPOSE_MAP, "x:nhwc > y:nwhc"}},
                 [BENCH_DX] = {{SEP_OP_TRANSPOSE_MAP, "dy:nwhc > dx:nhwc"}}},
    },
    {
        .name = "cross-entropy",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_CROSS_ENTROPY, "logits:rc labels:r# > loss:1"}},
                 [BENCH_DX] = {{SEP_OP_CROSS_ENTROPY_DX, "logits:rc labels:r# dloss:1 > dx:rc"}}},
    },
    {
        .name = "dice",
        .required = "rc",
        .fixed = {.smooth = 1e-5f},
        .pass = {[BENCH_FWD] = {{SEP_OP_DICE_SUMS, "p:rc+ labels:r# > sums:3c+"}, {SEP_OP_DICE, "sums:3c+ > loss:1"}},
                 [BENCH_DX] = {{SEP_OP_DICE_DX, "p:rc+ labels:r# sums:3c+ dloss:1 > dx:rc"}}},
    },
    {
        .name = "contrast",
        .required = "nqkwc",
        .work = "nqkw",
        .work_factor = {[BENCH_DX] = 2},
        .field = {FIELD('c', classes)},
        .fixed = {.temperature = 10.0f, .balanced = true},
        .observe = bench_observe_contrast,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONTRAST, CONTRAST_OPERANDS " > z:nq1"}},
                 [BENCH_DX] = {{SEP_OP_CONTRAST_DX, CONTRAST_OPERANDS " dz:nq1 > da:nqw"}}},
    },
    {
        .name = "contrast",
        .mark = 's',
        .required = "nkwc",
        .flags = "s",
        .work = "nkkw",
        .work_factor = {[BENCH_DX] = 2},
        .field = {FIELD('c', classes)},
        .fixed = {.temperature = 10.0f, .balanced = true, .own_class = true, .skip_self = true, .part = SEP_OF_BOTH},
        .observe = bench_observe_contrast,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONTRAST, CONTRAST_ITSELF " > z:nk1"}},
                 [BENCH_DX] = {{SEP_OP_CONTRAST_DX, CONTRAST_ITSELF " dz:nk1 > dx:nkw"}}},
    },
    {
        .name = "largest-component",
        .required = "nhwc",
        .field = {FIELD('c', classes)},
        .pass = {[BENCH_FWD] = {{SEP_OP_LARGEST_COMPONENT, "labels:nhw# > kept:nhw#"}}},
    },
    {
        .name = "one-hot",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_ONE_HOT, "labels:r# > y:rc"}}},
    },
    {
        .name = "mse",
        .required = "rc",
        .pass = {[BENCH_FWD] = {{SEP_OP_MSE, "a:rc b:rc > loss:1"}},
                 [BENCH_DX] = {{SEP_OP_MSE_DX, "a:rc b:rc dloss:1 > dx:rc"}}},
    },
    {
        .name = "squared-norm",
        .required = "e",
        .pass = {[BENCH_FWD] = {{SEP_OP_SQUARED_NORM, "x:e > y:1"}}},
    },
    {
        .name = "sgd",
        .required = "e",
        .fixed = {.momentum = 0.9f, .decay = 1e-4f},
        .pass = {[BENCH_FWD] = {{SEP_OP_SGD, "p:e g:e m:e* hyper:40 > p:e"}}},
    },
    {
        .name = "adam",
        .required = "e",
        .fixed = {.beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f, .decay = 1e-4f, .decoupled = true},
        .pass = {[BENCH_FWD] = {{SEP_OP_ADAM, "p:e g:e m:2e+* hyper:4+ > p:e"}}},
    },
    {
        .name = "ema",
        .required = "e",
        .pass = {[BENCH_FWD] = {{SEP_OP_EMA, "average:e p:e hyper:4+ > average:e"}}},
    },
    {
        .name = "overwrite",
        .required = "e",
        .pass = {[BENCH_FWD] = {{SEP_OP_OVERWRITE, "memory:e x:e > memory:e"}}},
    },
    {
        .name = "draw",
        .required = "rco",
        .flags = "u",
        .observe = bench_observe_draw,
        .pass = {[BENCH_FWD] = {{SEP_OP_DRAW, "mask:rc uniform:co+ > rows:co#"}}},
    },
    {
        .name = "quantile",
        .required = "e",
        .pass = {[BENCH_FWD] = {{SEP_OP_QUANTILE, "x:e+ share:1+ > limit:1"}}},
    },
    {
        .name = "patch-rows",
        .required = "nhwmko",
        .flags = "j",
        .field = {FIELD('h', grid_height), FIELD('w', grid_width), FIELD('k', block), FIELD('o', groups)},
        .derive = bench_derive_patches,
        .observe = bench_observe_patches,
        .pass = {[BENCH_FWD] = {{SEP_OP_PATCH_ROWS, "uniform:nP+ > pixels:oQ#"}}},
    },
    {
        .name = "choose-windows",
        .required = "nhwkso",
        .optional = "m",
        .field = {FIELD('k', window), FIELD('s', stride), FIELD('o', capacity), FIELD('m', overlap)},
        .derive = bench_derive_places,
        .pass = {[BENCH_FWD] = {{SEP_OP_CHOOSE_WINDOWS, "score:nhw1+ > at:no#"}}},
    },
    {
        .name = "gather-windows",
        .required = "nhwcko",
        .field = {FIELD('k', window)},
        .derive = bench_derive_windows,
        .pass = {[BENCH_FWD] = {{SEP_OP_GATHER_WINDOWS, "x:nhwc at:no#p > y:Bkkc"}},
                 [BENCH_DX] = {{SEP_OP_SCATTER_WINDOWS, "dy:Bkkc at:no#p > dx:nhwc"}}},
    },
    {
        .name = "ring-draw",
        .required = "cok",
        .field = {FIELD('k', capacity)},
        .pass = {[BENCH_FWD] = {{SEP_OP_RING_DRAW, "state:c# uniform:co+ > slots:co#"}}},
    },
    {
        .name = "ring-slots",
        .required = "cok",
        .field = {FIELD('k', capacity)},
        .pass = {[BENCH_FWD] = {{SEP_OP_RING_SLOTS, "state:c# drawn:co# > slots:co#"}}},
    },
    {
        .name = "ring-next",
        .required = "cok",
        .field = {FIELD('k', capacity)},
        .pass = {[BENCH_FWD] = {{SEP_OP_RING_NEXT, "state:c# drawn:co# > next:c#"}}},
    },
    {0},
};
