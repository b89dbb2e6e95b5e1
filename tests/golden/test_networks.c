/* One training step of a narrow variant of each network (loss, every gradient, running statistics), and 20 steps of
 * SGD on U-Net, and the loss alone, against PyTorch in float64 (tests/reference/make_network_goldens.py).
 *
 * CS-Unet's exchanged feed-forward modules are checked alone, between a convolution and the loss.
 * The narrow variants have all the parts of the published ones; dropout and drop path are off. PyTorch's own float32
 * gradients are up to 2.8e-5 of a tensor's largest element from the goldens, its losses 1.3e-7 (relative). */
#include "nets/cs_unet.h"
#include "septum/methods.h"
#include "septum/nets.h"
#include "septum/ops.h"
#include "support_golden.h"
#include "support_net.h"

#include <math.h>
#include <stdio.h>

#define LOSS_TOLERANCE     5e-7
#define STEPS_TOLERANCE    2e-6 /* of the losses while training: an early difference grows */
#define GRADIENT_TOLERANCE 5e-5
#define NO_GRADIENT        1e-5 /* a golden smaller than this beside the network's largest is zero but for rounding */

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

/* ---- a network and its loss ------------------------------------------------------------------------------------- */

typedef struct trained {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
    sep_node *images, *labels, *loss;
} trained;

static trained trained_begin(void)
{
    trained t = {.device = support_device(NULL, 0)};

    MUST(sep_store_create(t.device, 1, &t.store));
    t.graph = sep_graph_create(t.store, true);
    assert_non_null(t.graph);
    return t;
}

static void trained_differentiate(trained *t, sep_node *loss)
{
    MUST(sep_graph_status(t->graph));
    t->loss = loss;
    sep_keep(t->graph, loss);
    MUST(sep_graph_differentiate(t->graph, loss));
}

static void trained_inputs(trained *t, sep_shape images)
{
    t->images = sep_input(t->graph, "images", images, SEP_F32);
    t->labels = sep_input(t->graph, "labels", SEP_SHAPE(images.dim[0], images.dim[1], images.dim[2]), SEP_I32);
}

/* As training has it of a network's output and its side outputs. */
static sep_node *supervised_loss(const trained *t, const sep_net_output *output)
{
    static const sep_loss_settings dice_ce;
    sep_step step = {.graph = t->graph,
                     .labelled = sep_node_shape(t->labels)->dim[0],
                     .label = t->labels,
                     .loss = &dice_ce,
                     .cross_entropy_weight = 0.5f};
    const sep_halves net = {.labelled = output->logits, .pass = {*output}};

    return sep_supervised_halves(&step, &net);
}

/* Up to the gradients; `images` is the golden's, [N, H, W, 1]. */
static trained trained_create(const sep_net_spec *spec, sep_shape images)
{
    trained t = trained_begin();
    sep_net_output output;

    trained_inputs(&t, images);
    MUST(sep_net_build(t.graph, spec, t.images, &output));
    trained_differentiate(&t, supervised_loss(&t, &output));
    return t;
}

/* A feed-forward module of CS-Unet between a 3x3 convolution and the loss: its channels are the classes. */
static trained trained_forward(sep_forward forward, sep_shape images)
{
    const sep_cs_unet_options options = {.feed_forward = (int)forward};
    const sep_block block = {.channels = 6, .options = &options};
    const sep_conv conv = sep_transformer_conv3x3(block.channels, 1);
    trained t = trained_begin();

    trained_inputs(&t, images);
    sep_node *logits = sep_feed_forward(t.graph, sep_conv2d(t.graph, "embed", t.images, &conv), &block);
    trained_differentiate(&t, sep_segmentation_loss(t.graph, logits, t.labels, 0.5f));
    return t;
}

static void trained_destroy(trained *t)
{
    sep_graph_destroy(t->graph);
    sep_store_destroy(t->store);
    sep_device_destroy(t->device);
}

static const char *parameter_name(const trained *t, int index)
{
    return sep_node_tensor(sep_graph_parameter(t->graph, index))->name;
}

static support_array golden_of(const char *golden, const char *kind, const char *name)
{
    char full[128];

    snprintf(full, sizeof full, "%s.%s", kind, name);
    return golden_array(golden, full);
}

/* Gives every parameter of the network its golden's values; there are as many of either. */
static void write_parameters(trained *t, const char *golden)
{
    int count = sep_graph_parameter_count(t->graph);

    assert_int_equal(count, golden_count(golden, "parameter."));
    for (int i = 0; i < count; i++) {
        support_array values = golden_of(golden, "parameter", parameter_name(t, i));
        sep_tensor *tensor = sep_store_find(t->store, parameter_name(t, i));
        if (!sep_shape_equal(&tensor->shape, &values.shape))
            fail_msg("%s has another shape than its golden", tensor->name);
        MUST(sep_tensor_write(t->store, tensor, values.f32));
        support_array_free(&values);
    }
}

/* `images` is NULL where the graph has none. */
static float run_step(trained *t, const float *images, const int32_t *labels, uint32_t iteration)
{
    float loss;

    if (images != NULL)
        MUST(sep_feed(t->graph, t->images, images));
    MUST(sep_feed(t->graph, t->labels, labels));
    MUST(sep_graph_run(t->graph, &(sep_step_info){.seed = 1, .iteration = iteration}));
    MUST(sep_fetch(t->graph, t->loss, &loss));
    return loss;
}

static void check_loss(float loss, float golden, double tolerance)
{
    if (!(fabs((double)loss - (double)golden) <= tolerance * fabs((double)golden)))
        fail_msg("the loss is %.8f, PyTorch's is %.8f", (double)loss, (double)golden);
}

/* ---- one step --------------------------------------------------------------------------------------------------- */

static double largest_gradient(const trained *t, const char *golden)
{
    double largest = 0.0;

    for (int i = 0, count = sep_graph_parameter_count(t->graph); i < count; i++) {
        support_array values = golden_of(golden, "gradient", parameter_name(t, i));
        largest = fmax(largest, golden_largest(values.f32, (size_t)support_count(&values)));
        support_array_free(&values);
    }
    return largest;
}

/* Says in a line which tensor is wrong, and returns whether it is. */
static bool differs(const support_array *got, const support_array *golden, double scale, const char *what)
{
    double distance = golden_distance(got->f32, golden->f32, (size_t)support_count(golden));

    if (distance <= GRADIENT_TOLERANCE * scale)
        return false;
    print_error("%s is off by %.1e of its largest element, %.0e allowed\n", what, distance / scale, GRADIENT_TOLERANCE);
    return true;
}

static bool gradient_differs(trained *t, const char *golden, int index, double largest)
{
    support_array expected = golden_of(golden, "gradient", parameter_name(t, index));
    support_array got = support_array_create(expected.shape, SEP_F32);
    double scale = golden_largest(expected.f32, (size_t)support_count(&expected));

    MUST(sep_fetch(t->graph, sep_gradient(sep_graph_parameter(t->graph, index)), got.f32));
    bool wrong = differs(&got, &expected, scale > NO_GRADIENT * largest ? scale : largest, parameter_name(t, index));
    support_array_free(&got);
    support_array_free(&expected);
    return wrong;
}

/* Running mean and variance after the step. */
static int wrong_states(const trained *t, const char *golden)
{
    int wrong = 0;

    for (int i = 0, count = sep_store_count(t->store); i < count; i++) {
        const sep_tensor *tensor = sep_store_tensor(t->store, i);
        if (tensor->role != SEP_ROLE_STATE)
            continue;
        support_array expected = golden_of(golden, "running_after", tensor->name);
        support_array got = support_array_create(expected.shape, SEP_F32);
        MUST(sep_tensor_read(t->store, tensor, got.f32));
        wrong += differs(&got, &expected, golden_largest(expected.f32, (size_t)support_count(&expected)), tensor->name);
        support_array_free(&got);
        support_array_free(&expected);
    }
    return wrong;
}

static void keep_gradients(trained *t)
{
    for (int i = 0, count = sep_graph_parameter_count(t->graph); i < count; i++) {
        sep_node *gradient = sep_gradient(sep_graph_parameter(t->graph, i));
        if (gradient == NULL)
            fail_msg("%s has no gradient", parameter_name(t, i));
        sep_keep(t->graph, gradient);
    }
}

/* Destroys `t`. */
static void check_step_of(const char *golden, trained *t)
{
    support_array images = golden_array(golden, "images"), labels = golden_array(golden, "labels");
    support_array expected = golden_array(golden, "loss");
    int wrong = 0;

    keep_gradients(t);
    MUST(sep_graph_compile(t->graph));
    write_parameters(t, golden);
    check_loss(run_step(t, images.f32, labels.i32, 0), expected.f32[0], LOSS_TOLERANCE);
    double largest = largest_gradient(t, golden);
    for (int i = 0, count = sep_graph_parameter_count(t->graph); i < count; i++)
        wrong += gradient_differs(t, golden, i, largest);
    wrong += wrong_states(t, golden);
    trained_destroy(t);
    support_array_free(&images);
    support_array_free(&labels);
    support_array_free(&expected);
    assert_int_equal(wrong, 0);
}

static sep_shape images_of(const char *golden)
{
    support_array images = golden_array(golden, "images");
    sep_shape shape = images.shape;

    support_array_free(&images);
    return shape;
}

static void check_training_step(const char *golden, sep_net_spec spec)
{
    trained t = trained_create(&spec, images_of(golden));

    check_step_of(golden, &t);
}

static void test_u_net(void **state)
{
    (void)state;
    check_training_step("u_net", support_net("u-net", "base = 4\nno_dropout = true", 4, 32, 32));
}

static void test_u_net_transposed(void **state)
{
    (void)state;
    check_training_step("u_net_transposed",
                        support_net("u-net", "base = 2\nupsampling = transposed\nno_dropout = true", 3, 32, 32));
}

/* Windows of 3x3 tokens on maps of 24, 12, 6 and 3, heads of 6 channels. */
static sep_net_spec narrow_transformer(const char *name, int classes)
{
    return support_net(name, "base = 6\nwindow = 3\nhead_channels = 6\nno_dropout = true", classes, 96, 96);
}

static void test_swin_unet(void **state)
{
    (void)state;
    check_training_step("swin_unet", narrow_transformer("swin-unet", 4));
}

static void test_cs_unet(void **state)
{
    (void)state;
    check_training_step("cs_unet", narrow_transformer("cs-unet", 9));
}

/* With all of its parts linear it is Swin-Unet, down to the names. */
static void test_linear_cs_unet(void **state)
{
    (void)state;
    sep_net_spec spec = support_net("cs-unet",
                                    "base = 6\nwindow = 3\nhead_channels = 6\nno_dropout = true\n"
                                    "embedding = linear\nprojection = linear\nattention_output = linear\n"
                                    "position_bias = true\nfeed_forward = perceptron\ndecoder = linear",
                                    4, 96, 96);
    check_training_step("swin_unet", spec);
}

/* 4x4 tokens of 16x16 pixels. */
static void test_vit(void **state)
{
    (void)state;
    check_training_step(
        "vit",
        support_net("vit", "hidden = 8\nheads = 2\nlayers = 2\nmlp = 12\ndecoder = 16\nno_dropout = true", 4, 64, 64));
}

static sep_net_spec narrow_hybrid(const char *name)
{
    return support_net(name,
                       "base = 4\nblocks_0 = 2\nblocks_1 = 1\nblocks_2 = 1\ngroups = 2\nhidden = 8\nheads = 2\n"
                       "layers = 1\nmlp = 12\ndecoder = 16\nno_dropout = true",
                       4, 64, 64);
}

#define NARROW_RESNET "base = 4\nblocks_0 = 2\nblocks_1 = 1\nblocks_2 = 1\ngroups = 2\n"

static void test_r50_unet(void **state)
{
    (void)state;
    check_training_step("r50_unet", support_net("r50-unet", NARROW_RESNET, 4, 64, 64));
}

static void test_r50_att_unet(void **state)
{
    (void)state;
    check_training_step("r50_att_unet", support_net("r50-att-unet", NARROW_RESNET, 4, 64, 64));
}

static void test_trans_unet(void **state)
{
    (void)state;
    check_training_step("trans_unet", narrow_hybrid("trans-unet"));
}

static void test_r50_vit(void **state)
{
    (void)state;
    check_training_step("r50_vit", narrow_hybrid("r50-vit"));
}

/* Maps of 12, 6 and 3 tokens: 3, 2 and 1 windows to a side. */
static void test_mt_unet(void **state)
{
    (void)state;
    check_training_step("mt_unet", support_net("mt-unet", "base = 2\nblocks = 1\nheads = 2\nslots = 6", 4, 96, 96));
}

/* 11 windows of 8x8 pixels at half the size; three side outputs. */
static void test_batformer(void **state)
{
    (void)state;
    check_training_step("batformer", support_net("batformer",
                                                 "base = 4\nglobal_heads = 2\nglobal_channels = 6\nlocal_heads = 3\n"
                                                 "local_channels = 5\nwindow = 8\nno_dropout = true",
                                                 4, 64, 64));
}

static void check_forward(const char *golden, sep_forward forward)
{
    trained t = trained_forward(forward, images_of(golden));

    check_step_of(golden, &t);
}

static void test_convolution(void **state)
{
    (void)state;
    check_forward("convolution", SEP_FORWARD_CONVOLUTION);
}

static void test_residual(void **state)
{
    (void)state;
    check_forward("residual", SEP_FORWARD_RESIDUAL);
}

static void test_pre_activation(void **state)
{
    (void)state;
    check_forward("pre-activation", SEP_FORWARD_PRE_ACTIVATION);
}

static void test_resnext(void **state)
{
    (void)state;
    check_forward("resnext", SEP_FORWARD_RESNEXT);
}

/* Windows of 2x2 tokens on maps of 16, 8, 4 and 2. */
static void test_mixed_cs_unet(void **state)
{
    (void)state;
    check_training_step("mixed", support_net("cs-unet",
                                             "base = 6\nblocks = 1\nwindow = 2\nhead_channels = 6\n"
                                             "no_dropout = true\nembedding = linear\nattention_output = linear\n"
                                             "position_bias = true\nfeed_forward = resnext\ndecoder = linear",
                                             4, 64, 64));
}

/* ---- 20 steps --------------------------------------------------------------------------------------------------- */

/* The losses while SGD with momentum and weight decay goes through the golden's batches in turn. */
static void test_att_unet(void **state)
{
    (void)state;
    check_training_step("att_unet", support_net("att-unet", "base = 4", 4, 32, 32));
}

static void test_u_net_steps(void **state)
{
    static const char golden[] = "u_net_steps";
    support_array images = golden_array(golden, "images"), labels = golden_array(golden, "labels");
    support_array rates = golden_array(golden, "rates"), losses = golden_array(golden, "losses");
    const int *d = images.shape.dim; /* batches, N, H, W, 1 */
    size_t pixels = (size_t)d[1] * (size_t)d[2] * (size_t)d[3];
    sep_net_spec spec = support_net("u-net", "base = 4\nno_dropout = true", 4, d[2], d[3]);
    sep_optimiser sgd = sep_optimiser_default(SEP_SGD);
    trained t = trained_create(&spec, SEP_SHAPE(d[1], d[2], d[3], 1));
    sep_node *hyper = sep_input(t.graph, "hyper", SEP_SHAPE(4), SEP_F32);

    (void)state;
    sgd.decay = 1e-4f;
    MUST(sep_optimise(t.graph, "", &sgd, hyper));
    MUST(sep_graph_compile(t.graph));
    write_parameters(&t, "u_net");
    for (int step = 0; step < (int)support_count(&losses); step++) {
        size_t batch = (size_t)(step % d[0]);
        float values[4];
        sep_optimiser_hyper(&sgd, (double)rates.f32[step], step, values);
        MUST(sep_feed(t.graph, hyper, values));
        float loss = run_step(&t, images.f32 + batch * pixels, labels.i32 + batch * pixels, (uint32_t)step);
        check_loss(loss, losses.f32[step], STEPS_TOLERANCE);
    }
    trained_destroy(&t);
    support_array *used[] = {&images, &labels, &rates, &losses};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        support_array_free(used[i]);
}

/* ---- the loss alone --------------------------------------------------------------------------------------------- */

static void test_segmentation_loss(void **state)
{
    static const char golden[] = "segmentation_loss";
    support_array logits = golden_array(golden, "logits"), labels = golden_array(golden, "labels");
    support_array expected = golden_array(golden, "loss"), gradient = golden_array(golden, "gradient");
    support_array got = support_array_create(gradient.shape, SEP_F32);
    trained t = trained_begin();
    sep_node *parameter = sep_parameter(t.graph, "logits", logits.shape, (sep_init){SEP_INIT_CONSTANT, 0.0f});

    (void)state;
    t.labels = sep_input(t.graph, "labels", labels.shape, SEP_I32);
    trained_differentiate(&t, sep_segmentation_loss(t.graph, parameter, t.labels, 0.4f));
    sep_keep(t.graph, sep_gradient(parameter));
    MUST(sep_graph_compile(t.graph));
    MUST(sep_tensor_write(t.store, sep_store_find(t.store, "logits"), logits.f32));
    check_loss(run_step(&t, NULL, labels.i32, 0), expected.f32[0], LOSS_TOLERANCE);
    MUST(sep_fetch(t.graph, sep_gradient(parameter), got.f32));
    assert_false(differs(&got, &gradient, golden_largest(gradient.f32, (size_t)support_count(&gradient)), "logits"));
    trained_destroy(&t);
    support_array *used[] = {&logits, &labels, &expected, &gradient, &got};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        support_array_free(used[i]);
}

static int open_goldens(void **state)
{
    (void)state;
    return golden_open("tests/golden/networks.safetensors");
}

static int open_mt_unet(void **state)
{
    (void)state;
    return golden_open("tests/golden/mt_unet.safetensors");
}

static int open_batformer(void **state)
{
    (void)state;
    return golden_open("tests/golden/batformer.safetensors");
}

static int open_cs_unet_parts(void **state)
{
    (void)state;
    return golden_open("tests/golden/cs_unet_parts.safetensors");
}

int main(void)
{
    const struct CMUnitTest of_cs_unet_parts[] = {
        cmocka_unit_test(test_convolution), cmocka_unit_test(test_residual),      cmocka_unit_test(test_pre_activation),
        cmocka_unit_test(test_resnext),     cmocka_unit_test(test_mixed_cs_unet),
    };
    const struct CMUnitTest of_mt_unet[] = {cmocka_unit_test(test_mt_unet)};
    const struct CMUnitTest of_batformer[] = {cmocka_unit_test(test_batformer)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u_net),
        cmocka_unit_test(test_u_net_transposed),
        cmocka_unit_test(test_att_unet),
        cmocka_unit_test(test_swin_unet),
        cmocka_unit_test(test_cs_unet),
        cmocka_unit_test(test_linear_cs_unet),
        cmocka_unit_test(test_vit),
        cmocka_unit_test(test_r50_unet),
        cmocka_unit_test(test_r50_att_unet),
        cmocka_unit_test(test_trans_unet),
        cmocka_unit_test(test_r50_vit),
        cmocka_unit_test(test_u_net_steps),
        cmocka_unit_test(test_segmentation_loss),
    };

    return cmocka_run_group_tests(tests, open_goldens, golden_close) +
           cmocka_run_group_tests(of_mt_unet, open_mt_unet, golden_close) +
           cmocka_run_group_tests(of_batformer, open_batformer, golden_close) +
           cmocka_run_group_tests(of_cs_unet_parts, open_cs_unet_parts, golden_close);
}
