/* Heads: a tiny method with a projector, which has an optimiser of its own, goes into checkpoints and not into
 * prediction; what no optimiser moves is noticed. */
#include "septum/ops.h"
#include "support_training.h"
#include "train/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- a method ---------------------------------------------------------------------------------------------------- */

/* The projections of a sample and of itself under other dropout are to be alike. */
static sep_status build_in(sep_step *s, const char *scope)
{
    sep_graph *g = s->graph;
    sep_net_output net = sep_student(s, 0, s->image);
    sep_node *logits = sep_batch_range(g, net.logits, 0, s->labelled);

    sep_head_push(s, "%s_full", scope);
    sep_node *projected = sep_conv2d(g, "first", net.full, &(sep_conv){.channels = 2, .kernel = 1, .bias = true});
    sep_head_pop(s);
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, logits), NULL);
    sep_learn(s, 0, "projected", projected == NULL ? NULL : sep_mean_all(g, sep_square(g, projected)), NULL);
    return sep_graph_status(g);
}

static sep_status build_projector(sep_step *s)
{
    return build_in(s, "projector");
}

static sep_status build_stray(sep_step *s)
{
    return build_in(s, "stray");
}

static const sep_method projecting = {.name = "projecting",
                                      .summary = "",
                                      .students_low = 1,
                                      .students_high = 1,
                                      .uses_unlabelled = true,
                                      .head = {"projector"},
                                      .build = build_projector};
static const sep_method straying = {.name = "straying",
                                    .summary = "",
                                    .students_low = 1,
                                    .students_high = 1,
                                    .uses_unlabelled = true,
                                    .build = build_stray};

static void configure(support_training *r, const sep_dataset *dataset, const sep_method *method)
{
    support_training_configure(r, dataset, "mean-teacher", "");
    r->config.method = method;
    r->config.head_name[0] = method->head[0];
    r->config.head[0] = (sep_head_config){.optimiser = sep_optimiser_default(SEP_SGD),
                                          .schedule = {.rate = 0.25, .decay = SEP_DECAY_CONSTANT}};
}

static void test_run_goes_on(void **state)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    configure(&r, dataset, &projecting);
    support_check_method(&r, "projecting", (const int64_t[]){3, -1});
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

/* ---- whose optimiser --------------------------------------------------------------------------------------------- */

/* A step of the method as it is built, and what that said. */
typedef struct built_step {
    sep_device *device;
    sep_store *store;
    sep_step_graph graph;
    sep_status status;
} built_step;

static built_step build_step(const sep_method *method)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;
    built_step b;

    configure(&r, dataset, method);
    assert_int_equal(sep_cpu_create(1, NULL, &b.device), SEP_OK);
    assert_int_equal(sep_store_create(b.device, 1, &b.store), SEP_OK);
    b.status = sep_step_build(&r.config, SUPPORT_CLASSES, b.store, &b.graph);
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
    return b;
}

static void free_step(built_step *b)
{
    sep_step_free(&b->graph);
    sep_store_destroy(b->store);
    sep_device_destroy(b->device);
}

/* SGD keeps a momentum, the student's AdamW two moments. */
static void test_head_has_its_own_optimiser(void **state)
{
    built_step b = build_step(&projecting);

    (void)state;
    assert_int_equal(b.status, SEP_OK);
    assert_non_null(sep_store_find(b.store, "projector_full.first.weight.momentum"));
    assert_null(sep_store_find(b.store, "projector_full.first.weight.moments"));
    assert_non_null(sep_store_find(b.store, "student_0.encoder_0.conv_0.weight.moments"));
    free_step(&b);
}

static void test_parameter_that_nobody_moves(void **state)
{
    built_step b = build_step(&straying);

    (void)state;
    assert_int_equal(b.status, SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(),
                        "parameter 'stray_full.first.weight' has a gradient, but no optimiser moves it");
    free_step(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_goes_on),
        cmocka_unit_test(test_head_has_its_own_optimiser),
        cmocka_unit_test(test_parameter_that_nobody_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
