/* The training step under construction: what methods ask of it, and how it is put together. */
#include "septum/methods.h"

#include "septum/ops.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- networks ---------------------------------------------------------------------------------------------------- */

/* What an application in the current scope gives; nothing where it failed: the graph knows why. */
static sep_net_output apply(sep_step *step, int student, sep_node *x)
{
    sep_net_output output = {0};
    sep_status status = x != NULL ? sep_net_build(step->graph, &step->spec[student], x, &output) : SEP_OK;

    if (status != SEP_OK)
        sep_graph_fail_as_held(step->graph, status);
    return output;
}

sep_net_output sep_student(sep_step *step, int student, sep_node *x)
{
    sep_scope_push(step->graph, "student_%d", student);
    sep_net_output output = apply(step, student, x);
    sep_scope_pop(step->graph);
    return output;
}

sep_maps sep_student_maps(sep_step *step, int student, sep_node *x)
{
    sep_graph *g = step->graph;
    sep_maps maps = {0};

    sep_scope_push(g, "student_%d", student);
    sep_status status = x != NULL ? sep_net_encode(g, &step->spec[student], x, &maps) : SEP_OK;
    if (status != SEP_OK)
        sep_graph_fail_as_held(g, status);
    sep_scope_pop(g);
    return maps;
}

sep_net_output sep_student_decode(sep_step *step, int student, const sep_maps *maps, int decoder)
{
    sep_graph *g = step->graph;
    sep_net_output output = {0};

    if (decoder == 0)
        sep_scope_push(g, "student_%d", student);
    else
        sep_scope_push(g, "auxiliary_%d_%d", student, decoder);
    sep_status status = sep_net_decode(g, &step->spec[student], maps, &output);
    if (status != SEP_OK)
        sep_graph_fail_as_held(g, status);
    sep_scope_pop(g);
    return output;
}

sep_net_output sep_teacher_of_kind(sep_step *step, int student, int number, sep_node *x, const sep_teacher_kind *kind)
{
    sep_graph *g = step->graph;
    sep_teacher_use *use = &step->teacher[number * SEP_MAX_STUDENTS + student];

    *use = (sep_teacher_use){.student = student, .kind = *kind};
    if (number == 0)
        snprintf(use->name, sizeof use->name, "teacher_%d", student);
    else
        snprintf(use->name, sizeof use->name, "teacher_%d_%d", student, number);
    sep_scope_push(g, "%s", use->name);
    sep_frozen_push(g);
    if (kind->infers)
        sep_inference_push(g);
    sep_net_output output = apply(step, student, x);
    if (kind->infers)
        sep_inference_pop(g);
    sep_frozen_pop(g);
    sep_scope_pop(g);
    return output;
}

sep_net_output sep_teacher(sep_step *step, int student, sep_node *x, float decay)
{
    return sep_teacher_of_kind(step, student, 0, x, &(sep_teacher_kind){.decay = decay});
}

sep_net_output sep_inference_teacher(sep_step *step, int student, sep_node *x, float decay)
{
    return sep_teacher_of_kind(step, student, 0, x, &(sep_teacher_kind){.decay = decay, .infers = true});
}

sep_node *sep_unlabelled_image(sep_step *step)
{
    return sep_batch_range(step->graph, step->image, step->labelled, step->unlabelled);
}

static sep_node *labelled_image(sep_step *step)
{
    return sep_batch_range(step->graph, step->image, 0, step->labelled);
}

/* Two passes through the same parameters. */
static sep_halves halves_apart(sep_step *step, int student, sep_node *unlabelled)
{
    sep_halves halves = {.pass[0] = sep_student(step, student, labelled_image(step))};

    halves.pass[1] = sep_student(step, student, unlabelled);
    halves.labelled = halves.pass[0].logits;
    halves.unlabelled = halves.pass[1].logits;
    return halves;
}

/* One pass, whose logits are parted. `unlabelled` samples follow the labelled ones. */
static sep_halves halves_together(sep_step *step, int student, sep_node *image, int unlabelled)
{
    sep_graph *g = step->graph;
    sep_halves halves = {.pass[0] = sep_student(step, student, image)};
    sep_node *all = halves.pass[0].logits;

    halves.labelled = sep_batch_range(g, all, 0, step->labelled);
    if (unlabelled > 0)
        halves.unlabelled = sep_batch_range(g, all, step->labelled, unlabelled);
    return halves;
}

sep_halves sep_student_halves(sep_step *step, int student)
{
    if (step->statistics == SEP_STATISTICS_SEPARATE && step->unlabelled > 0)
        return halves_apart(step, student, sep_unlabelled_image(step));
    return halves_together(step, student, step->image, step->unlabelled);
}

sep_halves sep_student_halves_of(sep_step *step, int student, sep_node *unlabelled)
{
    if (unlabelled == NULL)
        return (sep_halves){0};
    if (step->statistics == SEP_STATISTICS_SEPARATE)
        return halves_apart(step, student, unlabelled);
    sep_node *image = sep_concat_batch(step->graph, labelled_image(step), unlabelled);
    return halves_together(step, student, image, sep_node_shape(unlabelled)->dim[0]);
}

/* ---- heads ------------------------------------------------------------------------------------------------------- */

void sep_head_push(sep_step *step, const char *format, ...)
{
    char name[64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    sep_scope_push(step->graph, "%s", name);
}

void sep_head_pop(sep_step *step)
{
    sep_scope_pop(step->graph);
}

/* ---- what the host says ------------------------------------------------------------------------------------------ */

/* `stream`: of uniform numbers; 0: the value is of another kind. */
static sep_node *host_value(sep_step *step, sep_shape shape, sep_host_value *value, uint32_t stream)
{
    for (int i = 0; i < step->host_values; i++) {
        const sep_host_input *asked = &step->host_value[i];
        if (asked->value == value && asked->stream == stream && sep_shape_equal(sep_node_shape(asked->node), &shape))
            return asked->node;
    }
    if (step->host_values == SEP_MAX_HOST_VALUES)
        return sep_graph_fail(step->graph, SEP_ERR_ARGUMENT, "a method asks for more than %d values of the host",
                              SEP_MAX_HOST_VALUES);
    sep_node *node = sep_input(step->graph, "host", shape, SEP_F32);
    if (node != NULL)
        step->host_value[step->host_values++] = (sep_host_input){value, stream, node};
    return node;
}

sep_node *sep_host(sep_step *step, sep_shape shape, sep_host_value *value)
{
    return host_value(step, shape, value, 0);
}

/* Four of each draw of words. */
static void draw_uniform(const sep_moment *now, float *values, int64_t count)
{
    const sep_random random = {.seed = now->seed, .stream = now->stream, .iteration = (uint32_t)now->iteration};
    uint32_t words[4];

    for (int64_t i = 0; i < count; i++) {
        if (i % 4 == 0)
            sep_random_words(&random, (uint64_t)(i / 4), words);
        values[i] = (float)(words[i % 4] >> 8) * 0x1p-24f;
    }
}

sep_node *sep_host_uniform(sep_step *step, const char *name, sep_shape shape)
{
    return host_value(step, shape, draw_uniform, sep_stream(name));
}

sep_random sep_moment_random(const sep_moment *now, const char *stream)
{
    return (sep_random){.seed = now->seed, .stream = sep_stream(stream), .iteration = (uint32_t)now->iteration};
}

void sep_ramp_weight(const sep_moment *now, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = now->ramp;
}

/* ---- what stays -------------------------------------------------------------------------------------------------- */

sep_node *sep_memory(sep_step *step, const char *name, sep_shape shape, sep_dtype dtype)
{
    return sep_memory_tensor(step->graph, name, shape, dtype);
}

/* ---- what is learned --------------------------------------------------------------------------------------------- */

void sep_learn(sep_step *step, int student, const char *what, sep_node *loss, sep_host_value *weight)
{
    sep_graph *g = step->graph;

    if (loss == NULL)
        return;
    if (step->terms == SEP_MAX_TERMS) {
        sep_graph_fail(g, SEP_ERR_ARGUMENT, "a method learns from more than %d losses", SEP_MAX_TERMS);
        return;
    }
    step->term[step->terms++] = (sep_loss_term){student, what, loss, weight};
    sep_keep(g, loss);
    sep_node *part = weight != NULL ? sep_mul(g, loss, sep_host(step, SEP_SHAPE(1), weight)) : loss;
    step->total = step->total != NULL ? sep_add(g, step->total, part) : part;
}

void sep_term_name(const sep_step *step, int term, char name[SEP_TERM_NAME])
{
    const sep_loss_term *t = &step->term[term];
    bool shared = t->student == SEP_SHARED;

    snprintf(name, SEP_TERM_NAME, "%s%s%s", shared ? "" : step->name[t->student], shared ? "" : " ", t->name);
}

/* What is known of each pixel, for logits that may be of a lower scale. */
static sep_node *nearest(sep_graph *g, sep_node *known, const sep_node *logits)
{
    if (known == NULL || logits == NULL)
        return NULL;
    const int *have = sep_node_shape(known)->dim, *want = sep_node_shape(logits)->dim;

    return have[1] == want[1] && have[2] == want[2] ? known : sep_resize_nearest(g, known, want[1], want[2]);
}

/* Distances from boundaries, in pixels of the logits' scale. */
static sep_node *distances_for(sep_step *step, const sep_node *logits)
{
    sep_node *full = sep_streamed(step, &sep_class_distances, SEP_ROWS_LABELLED);
    sep_node *distances = nearest(step->graph, full, logits);

    if (distances == NULL || distances == full)
        return distances;
    const float shrink = (float)sep_node_shape(logits)->dim[1] / (float)sep_node_shape(full)->dim[1];
    return sep_scale(step->graph, distances, shrink);
}

sep_node *sep_supervised_loss(sep_step *step, sep_node *logits)
{
    const sep_loss *loss = step->loss->loss;
    bool measured = loss != NULL && loss->wants_distances;
    sep_node *distances = measured ? distances_for(step, logits) : NULL;

    return sep_loss_build(step->graph, &(sep_loss_input){.logits = logits,
                                                         .labels = nearest(step->graph, step->label, logits),
                                                         .distances = distances,
                                                         .cross_entropy_weight = step->cross_entropy_weight,
                                                         .settings = step->loss});
}

/* loss + weight * of_side. */
static sep_node *with_side(sep_step *step, sep_node *loss, sep_node *of_side, float weight)
{
    return sep_add(step->graph, loss, sep_scale(step->graph, of_side, weight));
}

/* The loss of the logits, by what the side outputs leave of 1. */
static sep_node *main_part(sep_step *step, const sep_net_output *output, sep_node *loss)
{
    float left = 1.0f;

    for (int i = 0; i < output->sides; i++)
        left -= output->side[i].weight;
    return output->sides > 0 ? sep_scale(step->graph, loss, left) : loss;
}

sep_node *sep_supervised_halves(sep_step *step, const sep_halves *net)
{
    const sep_net_output *output = &net->pass[0];
    sep_node *loss = main_part(step, output, sep_supervised_loss(step, net->labelled));

    for (int i = 0; i < output->sides; i++) {
        sep_node *logits = sep_batch_range(step->graph, output->side[i].logits, 0, step->labelled);
        loss = with_side(step, loss, sep_supervised_loss(step, logits), output->side[i].weight);
    }
    return loss;
}

void sep_learn_labelled(sep_step *step)
{
    for (int i = 0; i < step->students; i++) {
        const sep_halves net = halves_together(step, i, labelled_image(step), 0);

        sep_learn(step, i, "supervised", sep_supervised_halves(step, &net), NULL);
    }
}

sep_node *sep_supervised_mixture(sep_step *step, const sep_net_output *output, sep_node *target)
{
    sep_graph *g = step->graph;
    sep_node *loss = main_part(step, output, sep_weighed_loss(g, output->logits, target, step->cross_entropy_weight));

    for (int i = 0; i < output->sides; i++) {
        sep_node *logits = output->side[i].logits;
        sep_node *of_side = sep_weighed_loss(g, logits, nearest(g, target, logits), step->cross_entropy_weight);
        loss = with_side(step, loss, of_side, output->side[i].weight);
    }
    return loss;
}

void sep_learn_additions(sep_step *step, const sep_compared *compared, int count)
{
    sep_learn_registered(step, compared, count);
    sep_learn_contrast(step, compared, count);
}

void sep_learn_cross_additions(sep_step *step, const sep_halves net[2])
{
    const sep_compared compared[2] = {{0, net[0], net[1].labelled, net[1].unlabelled},
                                      {1, net[1], net[0].labelled, net[0].unlabelled}};

    sep_learn_additions(step, compared, 2);
}
