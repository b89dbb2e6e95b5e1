/* The training step as a graph: networks, losses, gradients, updates. */
#include "train/step.h"

#include <stdio.h>

static void add_inputs(const sep_train_config *config, sep_step *step)
{
    const sep_batch_config *batch = &config->batch;
    int samples = batch->labelled_batch + batch->unlabelled_batch;

    step->labelled = batch->labelled_batch;
    step->unlabelled = batch->unlabelled_batch;
    step->image = sep_input(step->graph, "image",
                            SEP_SHAPE(samples, batch->height, batch->width, step->spec[0].channels), SEP_F32);
    step->label =
        sep_input(step->graph, "label", SEP_SHAPE(batch->labelled_batch, batch->height, batch->width), SEP_I32);
}

/* The averages follow the updates, so that a teacher sees its student as this step leaves it. Of a student that does
 * not move there is nothing to average. */
static sep_status add_teacher(sep_step_graph *built, int i)
{
    sep_graph *g = built->step.graph;
    const sep_teacher_use *use = &built->step.teacher[i];
    char student[32], teacher[40];

    if (use->name[0] == '\0' || built->hyper[use->student] == NULL)
        return SEP_OK;
    snprintf(student, sizeof student, "student_%d.", use->student);
    snprintf(teacher, sizeof teacher, "%s.", use->name);
    built->keep[i] = sep_input(g, teacher, SEP_SHAPE(1), SEP_F32);
    SEP_TRY(sep_average_parameters(g, student, teacher, built->keep[i]));
    return use->kind.infers ? sep_average_statistics(g, student, teacher, built->keep[i]) : SEP_OK;
}

/* The averages of train.ema, which no method sees: running statistics are averaged as parameters are. */
static sep_status add_average(const sep_train_config *config, sep_step_graph *built, int i)
{
    sep_graph *graph = built->step.graph;
    char student[32], average[32];

    if (config->ema <= 0.0f || built->hyper[i] == NULL)
        return SEP_OK;
    snprintf(student, sizeof student, "student_%d.", i);
    snprintf(average, sizeof average, "average_%d.", i);
    built->keep_average[i] = sep_input(graph, average, SEP_SHAPE(1), SEP_F32);
    SEP_TRY(sep_average_parameters(graph, student, average, built->keep_average[i]));
    return sep_average_statistics(graph, student, average, built->keep_average[i]);
}

/* Of all parameters whose names start so, with a learning rate of their own: the input is fed by feed_hyper. One of
 * several stages may move none of them. */
static sep_status add_update(const sep_train_config *config, sep_step_graph *built, const char *const *prefixes,
                             const sep_optimiser *optimiser, sep_node **hyper)
{
    char name[64];

    if (sep_step_stages(config) > 1 && !sep_has_gradients(built->step.graph, prefixes))
        return SEP_OK;
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
        SEP_TRY(add_update(config, built, prefixes, &config->student[i].optimiser, &built->hyper[i]));
    }
    for (int i = 0; config->head_name[i] != NULL; i++) {
        const char *const prefixes[] = {config->head_name[i], NULL};
        SEP_TRY(add_update(config, built, prefixes, &config->head[i].optimiser, &built->head_hyper[i]));
    }
    SEP_TRY(sep_check_all_updated(built->step.graph));
    for (int i = 0; i < SEP_MAX_TEACHERS; i++)
        SEP_TRY(add_teacher(built, i));
    for (int i = 0; i < config->students; i++)
        SEP_TRY(add_average(config, built, i));
    return SEP_OK;
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

int sep_step_stages(const sep_train_config *config)
{
    return config->warm_start > 0.0f ? 2 : config->method->stages > 1 ? config->method->stages : 1;
}

/* What the method asks for in the stage that is being built. */
static sep_status ask_method(const sep_train_config *config, sep_step *step)
{
    if (config->warm_start > 0.0f && step->stage == 0)
        return sep_method_build_warm_start(config->method, step);
    return sep_method_build(config->method, step);
}

sep_status sep_step_build_stage(const sep_train_config *config, int stage, int classes, sep_store *store,
                                sep_step_graph *built)
{
    sep_step *step = &built->step;

    *built = (sep_step_graph){.step = {.graph = sep_graph_create(store, true),
                                       .options = &config->method_options,
                                       .stage = stage,
                                       .loss = &config->loss,
                                       .contrast = &config->contrast,
                                       .registered = &config->registered,
                                       .cross_entropy_weight = config->cross_entropy_weight,
                                       .statistics = config->statistics,
                                       .students = config->students}};
    if (step->graph == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a graph");
    for (int i = 0; i < config->students; i++) {
        step->spec[i] = config->student[i].net;
        step->spec[i].classes = classes;
        step->spec[i].channels = config->batch.channels;
        SEP_TRY(sep_net_complete(&step->spec[i]));
    }
    add_inputs(config, step);
    SEP_TRY(ask_method(config, step));
    for (int i = 0; i < step->streams; i++) {
        built->stream[i] = step->streamed[i].request;
        built->stream_of_batch[i] = i;
    }
    sep_guard(step->graph, step->total);
    SEP_TRY(sep_graph_differentiate(step->graph, step->total));
    SEP_TRY(add_updates(config, built));
    return make_room_for_values(built);
}

sep_status sep_step_build(const sep_train_config *config, int classes, sep_store *store, sep_step_graph *built)
{
    return sep_step_build_stage(config, 0, classes, store, built);
}

void sep_step_free(sep_step_graph *built)
{
    sep_graph_destroy(built->step.graph);
    sep_free(built->values);
    *built = (sep_step_graph){0};
}

sep_moment sep_step_moment(const sep_train_config *config, int64_t iteration, int64_t stage_begin)
{
    return (sep_moment){.seed = config->seed,
                        .iteration = iteration,
                        .iterations = config->iterations,
                        .stage_begin = stage_begin,
                        .height = config->batch.height,
                        .width = config->batch.width,
                        .ramp =
                            config->consistency_weight * sep_ramp_value(config->ramp, iteration, config->iterations),
                        .options = &config->method_options,
                        .contrast = &config->contrast,
                        .registered = &config->registered};
}

/* How much of itself an average keeps that was moved so often before: little in the first times, in which it would hold
 * on to the start. */
static float keep_of(float most, int64_t moved)
{
    float keep = 1.0f - 1.0f / (float)(moved + 1);

    return keep < most ? keep : most;
}

static float keep_of_teacher(const sep_teacher_kind *kind, const sep_moment *now, int64_t moved)
{
    float moves = (float)(moved + 1);

    if (kind->moves != NULL)
        kind->moves(now, &moves, 1);
    return moves < 1.0f ? 1.0f : keep_of(kind->decay, (int64_t)moves - 1);
}

static sep_status feed_keeps(const sep_train_config *config, sep_step_graph *built, int64_t iteration)
{
    const sep_moment now = sep_step_moment(config, iteration, built->past.stage_begin);
    sep_graph *graph = built->step.graph;

    for (int i = 0; i < SEP_MAX_TEACHERS; i++) {
        if (built->keep[i] == NULL)
            continue;
        const float keep = keep_of_teacher(&built->step.teacher[i].kind, &now, iteration - built->past.teacher_idle[i]);
        SEP_TRY(sep_feed(graph, built->keep[i], &keep));
    }
    for (int i = 0; i < built->step.students; i++) {
        const float average = keep_of(config->ema, iteration - built->past.idle[i]);
        if (built->keep_average[i] != NULL)
            SEP_TRY(sep_feed(graph, built->keep_average[i], &average));
    }
    return SEP_OK;
}

/* What the method asked of the host. */
static sep_status feed_values(const sep_train_config *config, sep_step_graph *built, int64_t iteration)
{
    sep_graph *graph = built->step.graph;
    sep_moment now = sep_step_moment(config, iteration, built->past.stage_begin);

    for (int i = 0; i < built->step.host_values; i++) {
        const sep_host_input *input = &built->step.host_value[i];
        now.stream = input->stream;
        input->value(&now, built->values, sep_shape_count(sep_node_shape(input->node)));
        SEP_TRY(sep_feed(graph, input->node, built->values));
    }
    return SEP_OK;
}

/* The rate goes by the iteration; the optimiser counts the steps that it made. */
static sep_status feed_hyper(sep_step_graph *built, const sep_optimiser *optimiser, double rate, int64_t steps,
                             sep_node *node)
{
    float hyper[4];

    if (node == NULL)
        return SEP_OK;
    sep_optimiser_hyper(optimiser, rate, steps, hyper);
    return sep_feed(built->step.graph, node, hyper);
}

static sep_status feed_rates(const sep_train_config *config, sep_step_graph *built, int64_t iteration, double *rates)
{
    for (int i = 0; i < config->students; i++) {
        rates[i] = sep_learning_rate(&config->student[i].schedule, iteration, config->iterations);
        SEP_TRY(feed_hyper(built, &config->student[i].optimiser, rates[i], iteration - built->past.idle[i],
                           built->hyper[i]));
    }
    for (int i = 0; config->head_name[i] != NULL; i++) {
        double rate = sep_learning_rate(&config->head[i].schedule, iteration, config->iterations);
        SEP_TRY(feed_hyper(built, &config->head[i].optimiser, rate, iteration - built->past.head_idle[i],
                           built->head_hyper[i]));
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
        SEP_TRY(sep_feed(graph, built->step.streamed[i].node, batch->stream[built->stream_of_batch[i]]));
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
