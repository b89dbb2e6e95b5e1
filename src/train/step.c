/* The training step as a graph: networks, losses, gradients, updates. */
#include "train/step.h"

#include <stdio.h>

static void add_inputs(const sep_train_config *config, sep_step *step)
{
    const sep_batch_config *batch = &config->batch;
    int samples = batch->labelled_batch + batch->unlabelled_batch;

    step->labelled = batch->labelled_batch;
    step->unlabelled = batch->unlabelled_batch;
    step->image = sep_input(step->graph, "image", SEP_SHAPE(samples, batch->height, batch->width, 1), SEP_F32);
    step->label =
        sep_input(step->graph, "label", SEP_SHAPE(batch->labelled_batch, batch->height, batch->width), SEP_I32);
    step->ramp = sep_input(step->graph, "ramp", SEP_SHAPE(1), SEP_F32);
}

static sep_status add_updates(const sep_train_config *config, sep_step_graph *built)
{
    char prefix[32], name[32];

    for (int i = 0; i < config->students; i++) {
        snprintf(prefix, sizeof prefix, "student_%d.", i);
        snprintf(name, sizeof name, "hyper_%d", i);
        built->hyper[i] = sep_input(built->step.graph, name, SEP_SHAPE(4), SEP_F32);
        SEP_TRY(sep_optimise(built->step.graph, prefix, &config->student[i].optimiser, built->hyper[i]));
    }
    return SEP_OK;
}

sep_status sep_step_build(const sep_train_config *config, int classes, sep_store *store, sep_step_graph *built)
{
    sep_step *step = &built->step;
    sep_node *total;

    *built = (sep_step_graph){.step = {.graph = sep_graph_create(store, true),
                                       .cross_entropy_weight = config->cross_entropy_weight,
                                       .consistency_weight = config->consistency_weight,
                                       .statistics = config->statistics,
                                       .students = config->students}};
    if (step->graph == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a graph");
    for (int i = 0; i < config->students; i++) {
        step->spec[i] = config->student[i].net;
        step->spec[i].classes = classes;
        SEP_TRY(sep_net_complete(&step->spec[i]));
    }
    add_inputs(config, step);
    SEP_TRY(sep_method_build(config->method, step, &total));
    sep_guard(step->graph, total);
    SEP_TRY(sep_graph_differentiate(step->graph, total));
    return add_updates(config, built);
}

sep_status sep_step_run(const sep_train_config *config, sep_step_graph *built, const sep_batch *batch,
                        int64_t iteration, double *rates)
{
    sep_graph *graph = built->step.graph;
    float ramp = sep_ramp_value(config->ramp, iteration, config->iterations), hyper[4];
    sep_step_info info = {.seed = config->seed, .iteration = (uint32_t)iteration};

    SEP_TRY(sep_feed(graph, built->step.image, batch->image));
    SEP_TRY(sep_feed(graph, built->step.label, batch->label));
    SEP_TRY(sep_feed(graph, built->step.ramp, &ramp));
    for (int i = 0; i < config->students; i++) {
        const sep_student_config *student = &config->student[i];
        rates[i] = sep_learning_rate(&student->schedule, iteration, config->iterations);
        sep_optimiser_hyper(&student->optimiser, rates[i], iteration, hyper);
        SEP_TRY(sep_feed(graph, built->hyper[i], hyper));
    }
    return sep_graph_run(graph, &info);
}

sep_status sep_step_check(const sep_train_config *config, sep_step_graph *built, int64_t iteration)
{
    return sep_graph_check(built->step.graph, &(sep_step_info){.seed = config->seed, .iteration = (uint32_t)iteration});
}

sep_status sep_step_terms(sep_step_graph *built, float *terms)
{
    for (int i = 0; i < built->step.terms; i++)
        SEP_TRY(sep_fetch(built->step.graph, built->step.term[i].value, &terms[i]));
    return SEP_OK;
}

sep_status sep_train_memory(const sep_train_config *config, int classes, sep_device *device, sep_memory_plan *plan)
{
    sep_step_graph built = {0};
    sep_store *store;

    SEP_TRY(sep_store_create(device, config->seed, &store));
    sep_status status = sep_step_build(config, classes, store, &built);
    if (status == SEP_OK)
        status = sep_graph_plan(built.step.graph, plan);
    sep_graph_destroy(built.step.graph);
    sep_store_destroy(store);
    return status;
}
