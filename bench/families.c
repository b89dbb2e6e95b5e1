/* The table of operation families that can be measured by themselves: letters, operands, attributes. */
#include "bench/problem.h"

#include <limits.h>
#include <stddef.h>

#define FIELD(letter, name)                                                                                            \
    {                                                                                                                  \
        letter, offsetof(sep_attributes, name)                                                                         \
    }

static void fill_default(int *value, char letter, int fallback)
{
    if (value[(int)letter] < 0)
        value[(int)letter] = fallback;
}

/* ---- what follows from the letters --------------------------------------------------------------------------------
 */

static bool derive_conv(int *v)
{
    fill_default(v, 's', 1);
    fill_default(v, 'p', (v['k'] - 1) / 2);
    if (v['s'] < 1 || v['h'] + 2 * v['p'] < v['k'] || v['w'] + 2 * v['p'] < v['k'])
        return false;
    v['P'] = (v['h'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    v['Q'] = (v['w'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    return true;
}

static bool derive_transposed(int *v)
{
    v['S'] = v['k'];
    v['P'] = v['h'] * v['k'];
    v['Q'] = v['w'] * v['k'];
    return true;
}

static bool derive_depthwise(int *v)
{
    fill_default(v, 'm', 1);
    v['S'] = 1;
    v['R'] = v['k'] / 2;
    v['M'] = v['m'] * v['c'];
    return v['k'] % 2 == 1 && v['m'] > 0;
}

static bool derive_linear(int *v)
{
    fill_default(v, 'a', SEP_LINEAR_ACTIVATION);
    return v['a'] <= SEP_GELU;
}

/* Words that hold a bit for each of so many elements. */
static int keep_words(int64_t elements)
{
    return (int)(elements / 32 + 2);
}

static bool derive_batch_norm(int *v)
{
    fill_default(v, 'a', SEP_LINEAR_ACTIVATION);
    v['K'] = keep_words((int64_t)v['r'] * v['c']);
    return v['a'] <= SEP_GELU && (!v['d'] || (int64_t)v['r'] * v['c'] <= INT_MAX);
}

static bool derive_bits(int *v)
{
    v['K'] = keep_words(v['e']);
    return true;
}

static bool derive_group_norm(int *v)
{
    fill_default(v, 'a', SEP_LINEAR_ACTIVATION);
    return v['g'] > 0 && v['c'] % v['g'] == 0 && v['a'] <= SEP_GELU;
}

static bool derive_window_pool(int *v)
{
    fill_default(v, 's', v['k']);
    if (v['k'] > SEP_LARGEST_POOL || v['p'] >= v['k'] || v['h'] + v['p'] < v['k'] || v['w'] + v['p'] < v['k'])
        return false;
    v['P'] = (v['h'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    v['Q'] = (v['w'] + 2 * v['p'] - v['k']) / v['s'] + 1;
    return true;
}

static bool derive_layer_norm(int *v)
{
    fill_default(v, 'g', 1);
    return v['g'] > 0 && v['r'] % v['g'] == 0;
}

static bool derive_binary(int *v)
{
    v['B'] = v['v'] ? 1 : v['r'];
    return true;
}

static bool derive_unary(int *v)
{
    return v['f'] < SEP_PLUS;
}

/* b is whole, one row for all (v), or one number a row (i); both: one number. */
static bool derive_function(int *v)
{
    v['B'] = v['v'] ? 1 : v['r'];
    v['C'] = v['i'] ? 1 : v['c'];
    return v['f'] >= SEP_PLUS && v['f'] < SEP_FUNCTION_COUNT;
}

static bool derive_pool(int *v)
{
    v['P'] = v['h'] / 2;
    v['Q'] = v['w'] / 2;
    return v['h'] % 2 == 0 && v['w'] % 2 == 0;
}

static bool derive_doubled(int *v)
{
    v['P'] = 2 * v['h'];
    v['Q'] = 2 * v['w'];
    return true;
}

static bool derive_upsample(int *v)
{
    fill_default(v, 'k', 2);
    v['P'] = v['k'] * v['h'];
    v['Q'] = v['k'] * v['w'];
    return v['k'] > 1;
}

static bool derive_concat(int *v)
{
    v['C'] = v['c'] + v['o'];
    return true;
}

static bool derive_batches(int *v)
{
    v['C'] = v['e'] + v['o'];
    return true;
}

static bool derive_slice(int *v)
{
    fill_default(v, 'p', 0);
    return v['p'] + v['o'] <= v['c'];
}

static bool derive_window(int *v)
{
    fill_default(v, 's', 0);
    if (v['h'] % v['k'] != 0 || v['w'] % v['k'] != 0 || v['s'] >= v['k'])
        return false;
    v['B'] = v['n'] * (v['h'] / v['k']) * (v['w'] / v['k']);
    return true;
}

static bool derive_blocks(int *v)
{
    v['P'] = v['h'] / v['k'];
    v['Q'] = v['w'] / v['k'];
    v['C'] = v['k'] * v['k'] * v['c'];
    return v['h'] % v['k'] == 0 && v['w'] % v['k'] == 0;
}

static bool derive_gather(int *v)
{
    fill_default(v, 'g', 1);
    return v['g'] > 0;
}

static bool derive_attention(int *v)
{
    if (!derive_window(v) || v['c'] % v['m'] != 0)
        return false;
    v['L'] = v['k'] * v['k'];
    v['T'] = 3 * v['c'];
    v['U'] = (2 * v['k'] - 1) * (2 * v['k'] - 1);
    v['D'] = v['B'] * v['L'] * v['T'] + (v['b'] ? v['U'] * v['m'] : 0);
    return true;
}

/* m x m patches a map. */
static bool derive_patches(int *v)
{
    int64_t pixels = (int64_t)v['n'] * v['k'] * v['k'];

    v['P'] = v['m'] * v['m'];
    v['Q'] = (int)pixels;
    return (int64_t)v['m'] * v['k'] <= v['h'] && (int64_t)v['m'] * v['k'] <= v['w'] && v['o'] <= v['P'] &&
           pixels <= INT_MAX;
}

/* ---- what a call shows --------------------------------------------------------------------------------------------
 */

static bool observe_batch_norm(const sep_call *call, int *v)
{
    return !call->attributes.frozen && v['d'] == (call->attributes.probability > 0.0f);
}

static bool observe_whole(const sep_call *call, int *v)
{
    (void)v;
    return !call->attributes.per_sample;
}

static bool observe_binary(const sep_call *call, int *v)
{
    int64_t second = sep_shape_count(&call->input[1].shape);

    v['v'] = second != sep_shape_count(&call->input[0].shape);
    return !v['v'] || second == v['c'];
}

static bool observe_function(const sep_call *call, int *v)
{
    const sep_shape *a = &call->input[0].shape, *b = &call->input[1].shape;
    int64_t count = sep_shape_count(a), others = sep_shape_count(b);
    bool number = others == 1 && count > 1,
         each = others < count && others == sep_shape_rows(a) && b->dim[b->rank - 1] == 1;

    v['i'] = number || each;
    v['v'] = number || (others < count && !each);
    return !v['v'] || number || others == v['c'];
}

static bool observe_window(const sep_call *call, int *v)
{
    (void)call;
    return v['h'] % v['k'] == 0 && v['w'] % v['k'] == 0;
}

static bool observe_blocks(const sep_call *call, int *v)
{
    v['j'] = call->attributes.column_major;
    return true;
}

static bool observe_upsample(const sep_call *call, int *v)
{
    v['k'] = call->output.shape.dim[1] / call->input[0].shape.dim[1];
    return true;
}

static bool observe_draw(const sep_call *call, int *v)
{
    v['u'] = call->attributes.once;
    return true;
}

static bool observe_patches(const sep_call *call, int *v)
{
    v['j'] = call->attributes.by_row;
    v['m'] = 1;
    while (v['m'] * v['m'] < call->input[0].shape.dim[1])
        v['m']++;
    return true;
}

/* q, k and v, a gradient each. */
static bool derive_token_attention(int *v)
{
    int64_t all = (int64_t)v['n'] * v['c'] * (v['q'] + 2 * (int64_t)v['k']);

    v['D'] = (int)all;
    return all <= INT_MAX && v['m'] > 0 && v['c'] % v['m'] == 0;
}

static bool observe_attention(const sep_call *call, int *v)
{
    int windows = (v['h'] / v['k']) * (v['w'] / v['k']);

    v['c'] = sep_shape_last(&call->input[0].shape) / 3;
    v['n'] = windows > 0 ? call->input[0].shape.dim[0] / windows : 0;
    return v['n'] > 0;
}

static bool observe_batches(const sep_call *call, int *v)
{
    v['o'] = (int)sep_shape_count(&call->input[1].shape);
    return true;
}

static bool observe_turn(const sep_call *call, int *v)
{
    v['z'] = call->attributes.back;
    return true;
}

static bool observe_put(const sep_call *call, int *v)
{
    v['s'] = call->output.shape.dim[0];
    v['r'] = (int)sep_shape_count(&call->input[1].shape);
    v['c'] = (int)sep_shape_count(&call->output.shape) / v['s'];
    return true;
}

/* Labels are maps of one channel. */
static bool observe_resizing(const sep_call *call, int *v)
{
    const sep_shape *x = &call->input[0].shape, *y = &call->output.shape;

    v['n'] = x->dim[0];
    v['h'] = x->dim[1];
    v['w'] = x->dim[2];
    v['c'] = x->rank == 4 ? x->dim[3] : 1;
    v['p'] = y->dim[1];
    v['q'] = y->dim[2];
    return true;
}

static bool observe_gather(const sep_call *call, int *v)
{
    bool gathers = call->op == SEP_OP_GATHER;
    int64_t indices = sep_shape_count(&call->input[1].shape), groups = call->attributes.groups;
    int64_t taken = sep_shape_count(gathers ? &call->output.shape : &call->input[0].shape);
    int64_t from = sep_shape_count(gathers ? &call->input[0].shape : &call->output.shape);

    v['r'] = (int)(indices / groups);
    v['c'] = (int)(taken / indices);
    v['s'] = (int)(from / (groups * v['c']));
    return true;
}

static bool observe_contrast(const sep_call *call, int *v)
{
    const sep_attributes *a = &call->attributes;
    bool itself = v['s'] > 0;

    return a->balanced && a->own_class == itself && a->skip_self == itself &&
           (call->op == SEP_OP_CONTRAST || a->part == (itself ? SEP_OF_BOTH : SEP_OF_ANCHORS));
}

/* ---- the table ----------------------------------------------------------------------------------------------------
 */

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
        .name = text, .required = "rc", .flags = "v", .derive = derive_binary, .observe = observe_binary, .pass = {    \
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
        .derive = derive_conv,
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
        .derive = derive_transposed,
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
        .derive = derive_depthwise,
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
        .derive = derive_linear,
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
        .derive = derive_attention,
        .observe = observe_attention,
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
        .derive = derive_token_attention,
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
        .derive = derive_batch_norm,
        .observe = observe_batch_norm,
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
        .derive = derive_group_norm,
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
        .derive = derive_layer_norm,
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
        .observe = observe_whole,
        .pass = {[BENCH_FWD] = {{SEP_OP_DROPOUT, "x:e > y:e"}}},
    },
    {
        .name = "dropout-bits",
        .required = "e",
        .field = {FIELD('e', count)},
        .fixed = {.probability = 0.2f},
        .derive = derive_bits,
        .pass = {[BENCH_FWD] = {{SEP_OP_DROPOUT_BITS, "> y:K%"}}},
    },
    {
        .name = "max-pool",
        .required = "nhwc",
        .flags = "s",
        .derive = derive_pool,
        .pass = {[BENCH_FWD] = {{SEP_OP_MAX_POOL, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_MAX_POOL_DX, "x:nhwc dy:nPQc [s?sum:nhwc] > dx:nhwc"}}},
    },
    {
        .name = "max-pool2d",
        .required = "nhwck",
        .optional = "sp",
        .field = {FIELD('k', kernel), FIELD('s', stride), FIELD('p', padding)},
        .derive = derive_window_pool,
        .pass = {[BENCH_FWD] = {{SEP_OP_MAX_POOL2D, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_MAX_POOL2D_DX, "x:nhwc dy:nPQc > dx:nhwc"}}},
    },
    {
        .name = "upsample-bilinear",
        .required = "nhwc",
        .optional = "k",
        .derive = derive_upsample,
        .observe = observe_upsample,
        .pass = {[BENCH_FWD] = {{SEP_OP_UPSAMPLE_BILINEAR, "x:nhwc > y:nPQc"}},
                 [BENCH_DX] = {{SEP_OP_UPSAMPLE_BILINEAR_DX, "dy:nPQc > dx:nhwc"}}},
    },
    {
        .name = "upsample-nearest",
        .required = "nhwc",
        .derive = derive_doubled,
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
        .derive = derive_unary,
        .pass = {[BENCH_FWD] = {{SEP_OP_UNARY, "x:e+ > y:e"}}, [BENCH_DX] = {{SEP_OP_UNARY_DX, "x:e+ dy:e > dx:e"}}},
    },
    {
        .name = "binary",
        .required = "rcf",
        .flags = "vi",
        .field = {FIELD('f', function)},
        .derive = derive_function,
        .observe = observe_function,
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
        .derive = derive_concat,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONCAT, "a:rc b:ro > y:rC"}}},
    },
    {
        .name = "slice",
        .required = "rco",
        .optional = "p",
        .field = {FIELD('p', begin), FIELD('o', count)},
        .derive = derive_slice,
        .pass = {[BENCH_FWD] = {{SEP_OP_SLICE, "x:rc > y:ro"}}},
    },
    {
        .name = "concat-batch",
        .required = "eo",
        .derive = derive_batches,
        .observe = observe_batches,
        .pass = {[BENCH_FWD] = {{SEP_OP_CONCAT_BATCH, "a:e b:o > y:C"}}},
    },
    {
        .name = "turn",
        .required = "nsc",
        .flags = "z",
        .observe = observe_turn,
        .pass = {[BENCH_FWD] = {{SEP_OP_TURN, "x:nssc quarters:1= > y:nssc"}}},
    },
    {
        .name = "put",
        .required = "src",
        .observe = observe_put,
        .pass = {[BENCH_FWD] = {{SEP_OP_PUT, "memory:sc~ slot:r#s x:rc > memory:sc~"}}},
    },
    {
        .name = "gather",
        .required = "src",
        .optional = "g",
        .field = {FIELD('g', groups)},
        .derive = derive_gather,
        .observe = observe_gather,
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
        .observe = observe_resizing,
        .pass = {[BENCH_FWD] = {{SEP_OP_RESIZE_NEAREST, "x:nhwc > y:npqc"}}},
    },
    {
        .name = "window",
        .required = "nhwck",
        .optional = "s",
        .field = {FIELD('k', window), FIELD('s', shift)},
        .derive = derive_window,
        .observe = observe_window,
        .pass = {[BENCH_FWD] = {{SEP_OP_WINDOW_PARTITION, "x:nhwc > y:Bkkc"}},
                 [BENCH_DX] = {{SEP_OP_WINDOW_REVERSE, "dy:Bkkc > dx:nhwc"}}},
    },
    {
        .name = "space-to-depth",
        .required = "nhwck",
        .flags = "j",
        .field = {FIELD('k', block)},
        .derive = derive_blocks,
        .observe = observe_blocks,
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
        .observe = observe_contrast,
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
        .observe = observe_contrast,
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
        .observe = observe_draw,
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
        .derive = derive_patches,
        .observe = observe_patches,
        .pass = {[BENCH_FWD] = {{SEP_OP_PATCH_ROWS, "uniform:nP+ > pixels:oQ#"}}},
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
