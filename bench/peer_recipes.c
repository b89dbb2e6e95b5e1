/* The families that oneDNN has too, in its terms. Layouts named `any` are its own choice. */
#include "config.h"

#if SEP_HAVE_DNNL
#include "bench/peer_recipe.h"

#include <string.h>

typedef dnnl_memory_desc_t layout;

static layout make_layout(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    layout made;

    memset(&made, 0, sizeof made);
    (void)dnnl_memory_desc_init_by_tag(&made, rank, dims, dnnl_f32, tag);
    return made;
}

/* The same tensor in whatever layout suits the primitive. */
static layout any(const layout *known)
{
    return make_layout(known->ndims, known->dims, dnnl_format_tag_any);
}

static layout map(int n, int h, int w, int c)
{
    return make_layout(4, (dnnl_dims_t){n, c, h, w}, dnnl_nhwc);
}

static layout matrix(int rows, int columns)
{
    return make_layout(2, (dnnl_dims_t){rows, columns}, dnnl_ab);
}

static layout vector(int count)
{
    return make_layout(1, (dnnl_dims_t){count}, dnnl_a);
}

static void add(peer_recipe *recipe, int number, const char *tensor, layout lies)
{
    recipe->argument[recipe->arguments++] = (peer_argument){number, tensor, lies};
}

/* The result: of the backward pass a gradient of x. */
static void add_result(peer_recipe *recipe, bench_pass pass, layout x, layout y)
{
    if (pass == BENCH_DX)
        add(recipe, DNNL_ARG_DIFF_SRC, "dx", x);
    else
        add(recipe, DNNL_ARG_DST, "y", y);
}

/* How the forward primitive is asked for: one that keeps what a backward pass needs, if there will be one. */
static dnnl_prop_kind_t forward_kind(bench_pass pass)
{
    return pass == BENCH_FWD ? dnnl_forward_inference : dnnl_forward_training;
}

/* ---- convolutions -------------------------------------------------------------------------------------------------
 */

/* Ordinary, depthwise and transposed convolution have the same arguments. */
typedef struct conv_layouts {
    layout x, w, b, y, any_x, any_w, any_b, any_y;
    dnnl_dims_t stride, left, right;
} conv_layouts;

static void complete(conv_layouts *c)
{
    c->any_x = any(&c->x);
    c->any_w = any(&c->w);
    c->any_b = any(&c->b);
    c->any_y = any(&c->y);
}

static void add_conv_arguments(const conv_layouts *c, bench_pass pass, bool bias, peer_recipe *recipe)
{
    if (pass == BENCH_FWD) {
        add(recipe, DNNL_ARG_SRC, "x", c->x);
        add(recipe, DNNL_ARG_WEIGHTS, "w", c->w);
        if (bias)
            add(recipe, DNNL_ARG_BIAS, "b", c->b);
        add(recipe, DNNL_ARG_DST, "y", c->y);
    } else if (pass == BENCH_DX) {
        add(recipe, DNNL_ARG_DIFF_DST, "dy", c->y);
        add(recipe, DNNL_ARG_WEIGHTS, "w", c->w);
        add(recipe, DNNL_ARG_DIFF_SRC, "dx", c->x);
    } else {
        add(recipe, DNNL_ARG_SRC, "x", c->x);
        add(recipe, DNNL_ARG_DIFF_DST, "dy", c->y);
        add(recipe, DNNL_ARG_DIFF_WEIGHTS, "dw", c->w);
    }
}

/* The three passes of a convolution or (NAME deconvolution) a transposed one. */
#define DEFINE_CONV(NAME, algorithm)                                                                                   \
    static bool describe_##NAME(const conv_layouts *c, bench_pass pass, bool bias, peer_recipe *r)                     \
    {                                                                                                                  \
        dnnl_status_t status = dnnl_##NAME##_forward_desc_init(                                                        \
            &r->forward.NAME, forward_kind(pass), algorithm, &c->any_x, &c->any_w,                                     \
            bias && pass == BENCH_FWD ? &c->any_b : NULL, &c->any_y, c->stride, c->left, c->right);                    \
        if (status == dnnl_success && pass == BENCH_DX)                                                                \
            status = dnnl_##NAME##_backward_data_desc_init(&r->backward.NAME, algorithm, &c->any_x, &c->any_w,         \
                                                           &c->any_y, c->stride, c->left, c->right);                   \
        if (status == dnnl_success && pass == BENCH_DW)                                                                \
            status = dnnl_##NAME##_backward_weights_desc_init(&r->backward.NAME, algorithm, &c->any_x, &c->any_w,      \
                                                              NULL, &c->any_y, c->stride, c->left, c->right);          \
        r->is_backward = pass != BENCH_FWD;                                                                            \
        add_conv_arguments(c, pass, bias, r);                                                                          \
        return status == dnnl_success;                                                                                 \
    }

DEFINE_CONV(convolution, dnnl_convolution_auto)
DEFINE_CONV(deconvolution, dnnl_deconvolution_direct)

static bool conv(const int *v, bench_pass pass, peer_recipe *recipe)
{
    conv_layouts c = {.x = map(v['n'], v['h'], v['w'], v['c']),
                      .w = make_layout(4, (dnnl_dims_t){v['o'], v['c'], v['k'], v['k']}, dnnl_hwio),
                      .b = vector(v['o']),
                      .y = map(v['n'], v['P'], v['Q'], v['o'])};
    int stride = v['t'] ? v['k'] : v['s'], padding = v['t'] ? 0 : v['p'];

    c.stride[0] = c.stride[1] = stride;
    c.left[0] = c.left[1] = padding;
    if (!v['t']) {
        c.right[0] = (v['P'] - 1) * stride + v['k'] - v['h'] - padding;
        c.right[1] = (v['Q'] - 1) * stride + v['k'] - v['w'] - padding;
    }
    complete(&c);
    return v['t'] ? describe_deconvolution(&c, pass, v['b'], recipe) : describe_convolution(&c, pass, v['b'], recipe);
}

/* With several copies oneDNN has them in another order (all copies of a channel together): the same work. */
static bool depthwise(const int *v, bench_pass pass, peer_recipe *recipe)
{
    conv_layouts c = {.x = map(v['n'], v['h'], v['w'], v['c']),
                      .w = make_layout(5, (dnnl_dims_t){v['c'], v['m'], 1, v['k'], v['k']}, dnnl_hwigo),
                      .b = vector(v['M']),
                      .y = map(v['n'], v['h'], v['w'], v['M']),
                      .stride = {1, 1},
                      .left = {v['k'] / 2, v['k'] / 2},
                      .right = {v['k'] / 2, v['k'] / 2}};

    recipe->incomparable = v['m'] > 1;
    complete(&c);
    return describe_convolution(&c, pass, v['b'], recipe);
}

/* oneDNN's reads its input as it is, and its gradient leaves the activation's out. */
static bool linear(const int *v, bench_pass pass, peer_recipe *recipe)
{
    conv_layouts c = {.x = matrix(v['r'], v['c']),
                      .w = make_layout(2, (dnnl_dims_t){v['o'], v['c']}, dnnl_io),
                      .b = vector(v['o']),
                      .y = matrix(v['r'], v['o'])};
    dnnl_inner_product_desc_t *backward = &recipe->backward.inner_product;

    complete(&c);
    dnnl_status_t status =
        dnnl_inner_product_forward_desc_init(&recipe->forward.inner_product, forward_kind(pass), &c.any_x, &c.any_w,
                                             v['b'] && pass == BENCH_FWD ? &c.any_b : NULL, &c.any_y);
    if (status == dnnl_success && pass == BENCH_DX)
        status = dnnl_inner_product_backward_data_desc_init(backward, &c.any_x, &c.any_w, &c.any_y);
    if (status == dnnl_success && pass == BENCH_DW)
        status = dnnl_inner_product_backward_weights_desc_init(backward, &c.any_x, &c.any_w, NULL, &c.any_y);
    recipe->is_backward = pass != BENCH_FWD;
    recipe->incomparable = v['a'] > 0;
    add_conv_arguments(&c, pass, v['b'], recipe);
    return status == dnnl_success;
}

/* ---- norms --------------------------------------------------------------------------------------------------------
 */

/* Ours takes the activation and dropout along; oneDNN's takes ReLU along where there is an activation, no dropout. */
static bool batch_norm(const int *v, bench_pass pass, peer_recipe *recipe)
{
    layout x = map(1, v['r'], 1, v['c']), row = vector(v['c']);
    unsigned flags =
        (unsigned)dnnl_use_scale | (unsigned)dnnl_use_shift | (v['a'] ? (unsigned)dnnl_fuse_norm_relu : 0U);

    if (dnnl_batch_normalization_forward_desc_init(&recipe->forward.batch_norm, dnnl_forward_training, &x, 1e-5f,
                                                   flags) != dnnl_success)
        return false;
    if (pass == BENCH_DX && dnnl_batch_normalization_backward_desc_init(&recipe->backward.batch_norm, dnnl_backward, &x,
                                                                        &x, 1e-5f, flags) != dnnl_success)
        return false;
    recipe->is_backward = recipe->run_forward = pass == BENCH_DX;
    recipe->incomparable = v['a'] > 1 || v['d'] || pass == BENCH_DX; /* dx: ours is given other statistics */
    add(recipe, DNNL_ARG_SRC, "x", x);
    add(recipe, DNNL_ARG_SCALE, "gamma", row);
    add(recipe, DNNL_ARG_SHIFT, "beta", row);
    if (pass == BENCH_DX)
        add(recipe, DNNL_ARG_DIFF_DST, "dy", x);
    add_result(recipe, pass, x, x);
    return true;
}

/* Gradients of data and parameters come together from oneDNN, or that of the data without gamma: the latter is the peer
 * of dx, though it does a little less. */
static bool layer_norm(const int *v, bench_pass pass, peer_recipe *recipe)
{
    layout x = matrix(v['r'], v['c']), row = vector(v['c']), statistics = vector(v['r']);
    bool forward = pass == BENCH_FWD;
    unsigned flags = forward ? (unsigned)dnnl_use_scale | (unsigned)dnnl_use_shift : 0U;

    if (pass == BENCH_DW || v['g'] > 1 ||
        dnnl_layer_normalization_forward_desc_init(&recipe->forward.layer_norm, forward_kind(pass), &x, &statistics,
                                                   1e-5f, flags) != dnnl_success)
        return false;
    if (!forward && dnnl_layer_normalization_backward_desc_init(&recipe->backward.layer_norm, dnnl_backward_data, &x,
                                                                &x, &statistics, 1e-5f, flags) != dnnl_success)
        return false;
    recipe->is_backward = recipe->run_forward = recipe->incomparable = !forward;
    add(recipe, DNNL_ARG_SRC, "x", x);
    if (forward) {
        add(recipe, DNNL_ARG_SCALE, "gamma", row);
        add(recipe, DNNL_ARG_SHIFT, "beta", row);
    } else {
        add(recipe, DNNL_ARG_DIFF_DST, "dy", x);
    }
    add_result(recipe, pass, x, x);
    return true;
}

/* ---- one element or one row at a time -----------------------------------------------------------------------------
 */

static bool eltwise(const int *v, bench_pass pass, peer_recipe *recipe, dnnl_alg_kind_t kind, float alpha)
{
    layout x = vector(v['e']);

    if (dnnl_eltwise_forward_desc_init(&recipe->forward.eltwise, forward_kind(pass), kind, &x, alpha, 0.0f) !=
        dnnl_success)
        return false;
    if (pass == BENCH_DX &&
        dnnl_eltwise_backward_desc_init(&recipe->backward.eltwise, kind, &x, &x, alpha, 0.0f) != dnnl_success)
        return false;
    recipe->is_backward = pass == BENCH_DX;
    add(recipe, DNNL_ARG_SRC, "x", x);
    if (pass == BENCH_DX)
        add(recipe, DNNL_ARG_DIFF_DST, "dy", x);
    add_result(recipe, pass, x, x);
    return true;
}

static bool relu(const int *v, bench_pass pass, peer_recipe *recipe)
{
    return eltwise(v, pass, recipe, dnnl_eltwise_relu, 0.0f);
}

static bool leaky_relu(const int *v, bench_pass pass, peer_recipe *recipe)
{
    return eltwise(v, pass, recipe, dnnl_eltwise_relu, 0.01f);
}

static bool gelu(const int *v, bench_pass pass, peer_recipe *recipe)
{
    return eltwise(v, pass, recipe, dnnl_eltwise_gelu_erf, 0.0f);
}

#define DEFINE_SOFTMAX(function, NAME)                                                                                 \
    static bool function(const int *v, bench_pass pass, peer_recipe *recipe)                                           \
    {                                                                                                                  \
        layout x = matrix(v['r'], v['c']);                                                                             \
                                                                                                                       \
        if (dnnl_##NAME##_forward_desc_init(&recipe->forward.softmax, forward_kind(pass), &x, 1) != dnnl_success)      \
            return false;                                                                                              \
        if (pass == BENCH_DX &&                                                                                        \
            dnnl_##NAME##_backward_desc_init(&recipe->backward.softmax, &x, &x, 1) != dnnl_success)                    \
            return false;                                                                                              \
        recipe->is_backward = pass == BENCH_DX;                                                                        \
        add(recipe, pass == BENCH_DX ? DNNL_ARG_DST : DNNL_ARG_SRC, pass == BENCH_DX ? "y" : "x", x);                  \
        if (pass == BENCH_DX)                                                                                          \
            add(recipe, DNNL_ARG_DIFF_DST, "dy", x);                                                                   \
        add_result(recipe, pass, x, x);                                                                                \
        return true;                                                                                                   \
    }

DEFINE_SOFTMAX(softmax, softmax)
DEFINE_SOFTMAX(log_softmax, logsoftmax)

static bool binary(const int *v, peer_recipe *recipe, dnnl_alg_kind_t kind)
{
    layout a = matrix(v['r'], v['c']), b = matrix(v['B'], v['c']);

    add(recipe, DNNL_ARG_SRC_0, "a", a);
    add(recipe, DNNL_ARG_SRC_1, "b", b);
    add(recipe, DNNL_ARG_DST, "y", a);
    return dnnl_binary_desc_init(&recipe->forward.binary, kind, &a, &b, &a) == dnnl_success;
}

static bool sum(const int *v, bench_pass pass, peer_recipe *recipe)
{
    (void)pass;
    return binary(v, recipe, dnnl_binary_add);
}

static bool product(const int *v, bench_pass pass, peer_recipe *recipe)
{
    (void)pass;
    return binary(v, recipe, dnnl_binary_mul);
}

static bool row_sum(const int *v, bench_pass pass, peer_recipe *recipe)
{
    layout x = matrix(v['r'], v['c']), y = matrix(1, v['c']);

    (void)pass;
    add(recipe, DNNL_ARG_SRC, "x", x);
    add(recipe, DNNL_ARG_DST, "y", y);
    return dnnl_reduction_desc_init(&recipe->forward.reduction, dnnl_reduction_sum, &x, &y, 0.0f, 0.0f) == dnnl_success;
}

/* ---- maps that shrink and grow ------------------------------------------------------------------------------------
 */

/* Ours may add the gradient to what is known already. */
static bool max_pool(const int *v, bench_pass pass, peer_recipe *recipe)
{
    layout x = map(v['n'], v['h'], v['w'], v['c']), y = map(v['n'], v['P'], v['Q'], v['c']);
    const dnnl_dims_t two = {2, 2}, none = {0, 0};

    if (dnnl_pooling_forward_desc_init(&recipe->forward.pooling, forward_kind(pass), dnnl_pooling_max, &x, &y, two, two,
                                       none, none) != dnnl_success)
        return false;
    if (pass == BENCH_DX && dnnl_pooling_backward_desc_init(&recipe->backward.pooling, dnnl_pooling_max, &x, &y, two,
                                                            two, none, none) != dnnl_success)
        return false;
    recipe->is_backward = recipe->run_forward = pass == BENCH_DX;
    recipe->incomparable = pass == BENCH_DX && v['s'];
    add(recipe, DNNL_ARG_SRC, "x", x);
    if (pass == BENCH_DX)
        add(recipe, DNNL_ARG_DIFF_DST, "dy", y);
    add_result(recipe, pass, x, y);
    return true;
}

static bool upsample(const int *v, bench_pass pass, peer_recipe *recipe, dnnl_alg_kind_t kind)
{
    layout x = map(v['n'], v['h'], v['w'], v['c']), y = map(v['n'], v['P'], v['Q'], v['c']);

    if (dnnl_resampling_forward_desc_init(&recipe->forward.resampling, forward_kind(pass), kind, NULL, &x, &y) !=
        dnnl_success)
        return false;
    if (pass == BENCH_DX &&
        dnnl_resampling_backward_desc_init(&recipe->backward.resampling, kind, NULL, &x, &y) != dnnl_success)
        return false;
    recipe->is_backward = pass == BENCH_DX;
    add(recipe, pass == BENCH_DX ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, pass == BENCH_DX ? "dy" : "x",
        pass == BENCH_DX ? y : x);
    add_result(recipe, pass, x, y);
    return true;
}

/* oneDNN's grid has no align_corners: as many reads and products, other weights. */
static bool upsample_bilinear(const int *v, bench_pass pass, peer_recipe *recipe)
{
    recipe->incomparable = true;
    return upsample(v, pass, recipe, dnnl_resampling_linear);
}

static bool upsample_nearest(const int *v, bench_pass pass, peer_recipe *recipe)
{
    return upsample(v, pass, recipe, dnnl_resampling_nearest);
}

/* ---- the table ----------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *family;
    bool (*describe)(const int *value, bench_pass pass, peer_recipe *recipe);
} recipes[] = {
    {"conv", conv},
    {"depthwise", depthwise},
    {"linear", linear},
    {"batch-norm", batch_norm},
    {"layer-norm", layer_norm},
    {"relu", relu},
    {"leaky-relu", leaky_relu},
    {"gelu", gelu},
    {"softmax", softmax},
    {"log-softmax", log_softmax},
    {"add", sum},
    {"mul", product},
    {"row-sum", row_sum},
    {"max-pool", max_pool},
    {"upsample-bilinear", upsample_bilinear},
    {"upsample-nearest", upsample_nearest},
};

bool peer_recipe_find(const bench_problem *problem, bench_pass pass, peer_recipe *recipe)
{
    memset(recipe, 0, sizeof *recipe);
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++)
        if (strcmp(recipes[i].family, problem->family->name) == 0)
            return recipes[i].describe(problem->value, pass, recipe);
    return false;
}
#else
typedef int peer_recipes_need_onednn; /* a file must not be empty */
#endif
