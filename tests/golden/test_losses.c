/* Supervised losses and their gradients against PyTorch's, with all pixels labelled, with some, and with an absent
 * class; and each where nobody labelled anything. */
#include "septum/ops.h"
#include "septum/train.h"
#include "support_golden.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHARE      "[train]\ncross_entropy_weight = 0.375\n"
#define WEIGHTS    "weights = 0.125, 1, 2, 0.5\n"
#define FOCAL      "[focal]\ngamma = 0.5\n" WEIGHTS
#define TVERSKY    "[tversky]\nalpha = 0.75\nbeta = 0.5\n"
#define BOUNDARY   SHARE "[boundary]\nweight = 0.5\n"
#define HAUSDORFF  SHARE "[hausdorff]\nweight = 0.25\nalpha = 1.5\n"
#define COUNT(all) (sizeof(all) / sizeof(all)[0])

static const struct {
    const char *golden, *loss, *settings;
} rows[] = {
    {"dice_ce", NULL, SHARE},
    {"cross_entropy", "cross-entropy", ""},
    {"dice", "dice", ""},
    {"weighted_cross_entropy", "weighted-cross-entropy", "[weighted-cross-entropy]\n" WEIGHTS},
    {"generalised_dice", "generalised-dice", ""},
    {"focal", "focal", ""},
    {"focal_weighted", "focal", FOCAL},
    {"tversky", "tversky", ""},
    {"tversky_other", "tversky", TVERSKY},
    {"boundary", "boundary", SHARE},
    {"boundary_other", "boundary", BOUNDARY},
    {"hausdorff", "hausdorff", SHARE},
    {"hausdorff_other", "hausdorff", HAUSDORFF},
};

static void configure(size_t row, sep_train_config *config)
{
    char text[512];
    sep_options *options = sep_options_create();

    snprintf(text, sizeof text, "[data]\nfolder = none\npatch_size = 16\n%s%s\n%s",
             rows[row].loss != NULL ? "[train]\nloss = " : "", rows[row].loss != NULL ? rows[row].loss : "",
             rows[row].settings);
    assert_non_null(options);
    assert_int_equal(sep_options_load_text(options, "test", text), SEP_OK);
    if (sep_train_config_read(options, config) != SEP_OK)
        fail_msg("%s", sep_error_text());
    sep_options_destroy(options);
}

typedef struct outcome {
    float loss;
    support_array gradient;
} outcome;

/* `distances` of a loss that wants them. */
static outcome run(sep_device *device, const sep_train_config *config, const support_array *x,
                   const support_array *labels, const support_array *distances)
{
    const sep_step_info step = {.seed = 1};
    outcome result = {.gradient = support_array_create(x->shape, SEP_F32)};
    sep_store *store;

    assert_int_equal(sep_store_create(device, 1, &store), SEP_OK);
    sep_graph *g = sep_graph_create(store, true);
    sep_loss_input input = {.cross_entropy_weight = config->cross_entropy_weight, .settings = &config->loss};
    input.logits = sep_parameter(g, "x", x->shape, (sep_init){SEP_INIT_CONSTANT, 0.0f});
    input.labels = sep_input(g, "labels", labels->shape, SEP_I32);
    if (config->loss.loss->wants_distances)
        input.distances = sep_input(g, "distances", distances->shape, SEP_F32);
    sep_node *loss = sep_loss_build(g, &input);
    sep_keep(g, loss);
    if (sep_graph_differentiate(g, loss) != SEP_OK)
        fail_msg("%s", sep_error_text());
    sep_keep(g, sep_gradient(input.logits));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_tensor_write(store, sep_store_find(store, "x"), x->f32), SEP_OK);
    assert_int_equal(sep_feed(g, input.labels, labels->i32), SEP_OK);
    if (input.distances != NULL)
        assert_int_equal(sep_feed(g, input.distances, distances->f32), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
    assert_int_equal(sep_fetch(g, loss, &result.loss), SEP_OK);
    assert_int_equal(sep_fetch(g, sep_gradient(input.logits), result.gradient.f32), SEP_OK);
    sep_graph_destroy(g);
    sep_store_destroy(store);
    return result;
}

/* Within some roundings of the loss, and of the largest element of its gradient. */
static int differs(sep_device *device, size_t row, const char *kind)
{
    char golden[64];
    sep_train_config config;

    configure(row, &config);
    snprintf(golden, sizeof golden, "%s_%s", rows[row].golden, kind);
    support_array x = golden_array(golden, "x"), labels = golden_array(golden, "labels");
    support_array y = golden_array(golden, "y"), dx = golden_array(golden, "dx"), distances = {0};
    size_t count = (size_t)support_count(&dx);
    if (config.loss.loss->wants_distances)
        distances = golden_array(golden, "distances");
    outcome result = run(device, &config, &x, &labels, &distances);
    double off = fabs((double)result.loss - (double)y.f32[0]) / fabs((double)y.f32[0]);
    double gradient = golden_distance(result.gradient.f32, dx.f32, count) / golden_largest(dx.f32, count);
    bool wrong = !(off <= 16.0 * FLT_EPSILON && gradient <= 16.0 * FLT_EPSILON);

    if (wrong)
        print_error("%s: the loss %g is off by %.2g, its gradient by %.2g\n", golden, (double)result.loss, off,
                    gradient);
    support_array_free(&result.gradient);
    support_array_free(&distances);
    support_array_free(&dx);
    support_array_free(&y);
    support_array_free(&labels);
    support_array_free(&x);
    return wrong;
}

static void test_goldens(void **state)
{
    static const char *const kinds[] = {"full", "scribbled", "absent"};
    sep_device *device = support_device(*state, 2);
    int wrong = 0;

    for (size_t r = 0; r < COUNT(rows); r++)
        for (size_t k = 0; k < COUNT(kinds); k++)
            wrong += differs(device, r, kinds[k]);
    sep_device_destroy(device);
    assert_int_equal(wrong, 0);
}

/* The loss is a number and moves nothing. */
static void test_without_labels(void **state)
{
    sep_device *device = support_device(*state, 2);
    support_array x = golden_array("dice_full", "x"), labels = golden_array("dice_full", "labels");
    support_array none = support_array_create(x.shape, SEP_F32);
    sep_train_config config;

    for (int64_t i = 0; i < support_count(&none); i++)
        none.f32[i] = 0.0f;
    for (int64_t i = 0; i < support_count(&labels); i++)
        labels.i32[i] = -1;
    for (size_t r = 0; r < COUNT(rows); r++) {
        configure(r, &config);
        outcome result = run(device, &config, &x, &labels, &none);
        if (!isfinite(result.loss) ||
            !(golden_largest(result.gradient.f32, (size_t)support_count(&result.gradient)) == 0.0))
            fail_msg("%s: without labels the loss is %g or has a gradient", rows[r].golden, (double)result.loss);
        support_array_free(&result.gradient);
    }
    support_array_free(&none);
    support_array_free(&labels);
    support_array_free(&x);
    sep_device_destroy(device);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static void assert_refused(const char *settings, const char *why)
{
    sep_options *options = sep_options_create();
    sep_loss_settings chosen;

    assert_int_equal(sep_options_load_text(options, "test", settings), SEP_OK);
    sep_status status = sep_loss_settings_read(options, &chosen);
    if (status == SEP_OK)
        status = sep_options_check_unknown(options);
    assert_int_not_equal(status, SEP_OK);
    if (strstr(sep_error_text(), why) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), why);
    sep_options_destroy(options);
}

static void test_settings(void **state)
{
    sep_train_config config;

    (void)state;
    configure(6, &config);
    assert_ptr_equal(config.loss.loss, sep_loss_find("focal"));
    assert_int_equal(config.loss.weights, 4);
    assert_true(config.loss.weight[0] == 0.125f && config.loss.weight[3] == 0.5f);
    assert_refused("[train]\nloss = hinge\n", "hinge");
    assert_refused("[train]\nloss = focal\n[focal]\nweights = 1,,2\n", "focal.weights: ''");
    assert_refused("[train]\nloss = focal\n[focal]\nweights = 1, -2\n", "focal.weights: '-2'");
    assert_refused("[train]\nloss = tversky\n[tversky]\ngamma = 1\n", "tversky.gamma");
    assert_refused("[train]\nloss = dice\n[focal]\ngamma = 1\n", "focal.gamma");
}

/* Logits of three classes are no input of the loss of that row. */
static void assert_not_built(sep_device *device, size_t row, const char *why)
{
    sep_store *store;
    sep_train_config config;

    configure(row, &config);
    assert_int_equal(sep_store_create(device, 1, &store), SEP_OK);
    sep_graph *g = sep_graph_create(store, true);
    sep_loss_input input = {.settings = &config.loss};
    input.logits = sep_input(g, "x", SEP_SHAPE(1, 4, 4, 3), SEP_F32);
    input.labels = sep_input(g, "labels", SEP_SHAPE(1, 4, 4), SEP_I32);
    assert_null(sep_loss_build(g, &input));
    assert_int_equal(sep_graph_status(g), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), why));
    sep_graph_destroy(g);
    sep_store_destroy(store);
}

static void test_what_does_not_fit(void **state)
{
    sep_device *device = support_device(*state, 1);

    assert_not_built(device, 6, "focal.weights has 4 numbers for 3 classes");
    assert_not_built(device, 9, "'boundary' wants distances");
    sep_device_destroy(device);
}

static int open_goldens(void **state)
{
    (void)state;
    return golden_open("tests/golden/losses.safetensors");
}

static const struct CMUnitTest each[] = {
    cmocka_unit_test(test_goldens),
    cmocka_unit_test(test_without_labels),
    cmocka_unit_test(test_settings),
    cmocka_unit_test(test_what_does_not_fit),
};
#define TABLES 4 /* at most */

/* All on every table that this processor runs; a test's state is the table's name. */
int main(void)
{
    struct CMUnitTest tests[TABLES * COUNT(each)] = {0};
    const char *tables[TABLES];
    size_t count = 0;

    for (int t = 0, available = sep_cpu_tables(tables); t < available; t++)
        for (size_t i = 0; i < COUNT(each); i++, count++) {
            tests[count] = each[i];
            tests[count].initial_state = (void *)(uintptr_t)tables[t];
        }
    return cmocka_run_group_tests(tests, open_goldens, golden_close);
}
