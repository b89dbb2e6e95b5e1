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
}

/* The averages follow the updates, so that a teacher sees its student as this step leaves it. */
static sep_status add_teacher(sep_step_graph *built, int i)
{
    char student[32], teacher[32];

    if (!built->step.has_teacher[i])
        return SEP_OK;
    snprintf(student, sizeof student, "student_%d.", i);
    snprintf(teacher, sizeof teacher, "teacher_%d.", i);
    built->keep[i] = sep_input(built->step.graph, teacher, SEP_SHAPE(1), SEP_F32);
    return sep_average_parameters(built->step.graph, student, teacher, built->keep[i]);
}

/* The averages of train.ema, which no method sees: running statistics are averaged as parameters are. */
static sep_status add_averages(const sep_train_config *config, sep_step_graph *built)
{
    char student[32], average[32];

    if (config->ema <= 0.0f)
        return SEP_OK;
    built->keep_average = sep_input(built->step.graph, "keep_average", SEP_SHAPE(1), SEP_F32);
    for (int i = 0; i < config->students; i++) {
        snprintf(student, sizeof student, "student_%d.", i);
        snprintf(average, sizeof average, "average_%d.", i);
        SEP_TRY(sep_average_parameters(built->step.graph, student, average, built->keep_average));
        SEP_TRY(sep_average_statistics(built->step.graph, student, average, built->keep_average));
    }
    return SEP_OK;
}

/* Of all parameters whose names start so, with a learning rate of their own: the input is fed by feed_hyper. */
static sep_status add_update(sep_step_graph *built, const char *const *prefixes, const sep_optimiser *optimiser,
                             sep_node **hyper)
{
    char name[64];

    snprintf(name, sizeof name, "hyper_%s", prefixes[0]);
    *hyper = sep_input(built->step.graph, name, SEP_SHAPE(4), SEP_F32);
    return sep_optimise_all(built->step.graph, prefixes, optimiser, *hyper);
}

static sep_status add_updates(const sep_train_config *config, sep_step_graph *built)
{
    char student[32], auxiliary[32];

    for (int i = 0; i < config->students; i++) {
        snprintf(student, sizeof student, "student_%d.", i);
        snprintf(auxiliary, sizeof auxiliary, "auxiliary_%d_", i);
        const char *const prefixes[] = {student, auxiliary, NULL};
        SEP_TRY(add_update(built, prefixes, &config->student[i].optimiser, &built->hyper[i]));
    }
    for (int i = 0; config->method->head[i] != NULL; i++) {
        const char *const prefixes[] = {config->method->head[i], NULL};
        SEP_TRY(add_update(built, prefixes, &config->head[i].optimiser, &built->head_hyper[i]));
    }
    SEP_TRY(sep_check_all_updated(built->step.graph));
    for (int i = 0; i < config->students; i++)
        SEP_TRY(add_teacher(built, i));
    return add_averages(config, built);
}

static sep_status make_room_for_values(sep_step_graph *built)
{
    int64_t most = 1;

    for (int i = 0; i < built->step.host_values; i++) {
        int64_t count = sep_shape_count(sep_node_shape(built->step.host_value[i].node));
        most = count > most ? count : most;
    }
    built->values = sep_calloc((size_t)most, sizeof *built->values);
    return built->values != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_step_build(const sep_train_config *config, int classes, sep_store *store, sep_step_graph *built)
{
    sep_step *step = &built->step;

    *built = (sep_step_graph){.step = {.graph = sep_graph_create(store, true),
                                       .options = &config->method_options,
                                       .loss = &config->loss,
                                       .cross_entropy_weight = config->cross_entropy_weight,
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
    SEP_TRY(sep_method_build(config->method, step));
    for (int i = 0; i < step->streams; i++)
        built->stream[i] = step->streamed[i].request;
    sep_guard(step->graph, step->total);
    SEP_TRY(sep_graph_differentiate(step->graph, step->total));
    SEP_TRY(add_updates(config, built));
    return make_room_for_values(built);
}

void sep_step_free(sep_step_graph *built)
{
    sep_graph_destroy(built->step.graph);
    sep_free(built->values);
    *built = (sep_step_graph){0};
}

/* How much of itself an average keeps in iteration t: little in the first ones, in which it would hold on to the start.
 */
static float keep_of(float most, int64_t iteration)
{
    float keep = 1.0f - 1.0f / (float)(iteration + 1);

    return keep < most ? keep : most;
}

static sep_status feed_keeps(const sep_train_config *config, sep_step_graph *built, int64_t iteration)
{
    sep_graph *graph = built->step.graph;

    for (int i = 0; i < built->step.students; i++) {
        float keep = keep_of(built->step.teacher_decay[i], iteration);
        if (built->keep[i] != NULL)
            SEP_TRY(sep_feed(graph, built->keep[i], &keep));
    }
    float keep = keep_of(config->ema, iteration);
    return built->keep_average != NULL ? sep_feed(graph, built->keep_average, &keep) : SEP_OK;
}

/* What the method asked of the host. */
static sep_status feed_values(const sep_train_config *config, sep_step_graph *built, int64_t iteration)
{
    sep_graph *graph = built->step.graph;
    sep_moment now = {.seed = config->seed,
                      .iteration = iteration,
                      .iterations = config->iterations,
                      .ramp = config->consistency_weight * sep_ramp_value(config->ramp, iteration, config->iterations),
                      .options = &config->method_options};

    for (int i = 0; i < built->step.host_values; i++) {
        const sep_host_input *input = &built->step.host_value[i];
        now.stream = input->stream;
        input->value(&now, built->values, sep_shape_count(sep_node_shape(input->node)));
        SEP_TRY(sep_feed(graph, input->node, built->values));
    }
    return SEP_OK;
}

static sep_status feed_hyper(const sep_train_config *config, sep_step_graph *built, const sep_optimiser *optimiser,
                             const sep_schedule *schedule, int64_t iteration, sep_node *node, double *rate)
{
    float hyper[4];

    *rate = sep_learning_rate(schedule, iteration, config->iterations);
    sep_optimiser_hyper(optimiser, *rate, iteration, hyper);
    return sep_feed(built->step.graph, node, hyper);
}

static sep_status feed_rates(const sep_train_config *config, sep_step_graph *built, int64_t iteration, double *rates)
{
    for (int i = 0; i < config->students; i++)
        SEP_TRY(feed_hyper(config, built, &config->student[i].optimiser, &config->student[i].schedule, iteration,
                           built->hyper[i], &rates[i]));
    for (int i = 0; config->method->head[i] != NULL; i++) {
        double rate;
        SEP_TRY(feed_hyper(config, built, &config->head[i].optimiser, &config->head[i].schedule, iteration,
                           built->head_hyper[i], &rate));
    }
    return SEP_OK;
}

sep_status sep_step_run(const sep_train_config *config, sep_step_graph *built, const sep_batch *batch,
                        int64_t iteration, double *rates)
{
    sep_graph *graph = built->step.graph;
    sep_step_info info = {.seed = config->seed, .iteration = (uint32_t)iteration};

    SEP_TRY(sep_feed(graph, built->step.image, batch->image));
    SEP_TRY(sep_feed(graph, built->step.label, batch->label));
    for (int i = 0; i < built->step.streams; i++)
        SEP_TRY(sep_feed(graph, built->step.streamed[i].node, batch->stream[i]));
    SEP_TRY(feed_values(config, built, iteration));
    SEP_TRY(feed_keeps(config, built, iteration));
    SEP_TRY(feed_rates(config, built, iteration, rates));
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
    sep_step_free(&built);
    sep_store_destroy(store);
    return status;
}
