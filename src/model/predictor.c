/* Prediction of patches: the networks of a predictor, made for a batch of slices, and the sum of what they say of it.
 */
#include "model/predictor_parts.h"

#include <string.h>

sep_status sep_network_build(sep_store *store, const sep_net_spec *spec, int students, int network, int batch,
                             sep_network_graph *built)
{
    const int student = network % students;

    built->output = (sep_net_output){0};
    built->graph = sep_graph_create(store, false);
    if (built->graph == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a graph");
    built->image =
        sep_input(built->graph, "image",
                  SEP_SHAPE(batch, spec[student].height, spec[student].width, spec[student].channels), SEP_F32);
    sep_scope_push(built->graph, "%s_%d", network < students ? "student" : "average", student);
    SEP_TRY(sep_net_build(built->graph, &spec[student], built->image, &built->output));
    sep_scope_pop(built->graph);
    sep_keep(built->graph, built->output.logits);
    return SEP_OK;
}

sep_status sep_answer_check(sep_answer answer, int students, bool averages)
{
    if (answer.student != SEP_ALL_STUDENTS && (answer.student < 0 || answer.student >= students))
        return sep_fail(SEP_ERR_ARGUMENT, "there is no student %d, the model has %d", answer.student, students);
    if (answer.average && !averages)
        return sep_fail(SEP_ERR_ARGUMENT, "the model has no moving averages: it was trained without train.ema");
    return SEP_OK;
}

/* The buffers are one student's size, and all use them; volumes have one value a voxel. */
static sep_status check_same_size(const sep_net_spec *spec, int students)
{
    for (int i = 0; i < students; i++)
        if (spec[i].channels != 1)
            return sep_fail(SEP_ERR_UNSUPPORTED, "student %d is for images of %d channels: volumes have one", i,
                            spec[i].channels);
    for (int i = 1; i < students; i++)
        if (spec[i].height != spec[0].height || spec[i].width != spec[0].width || spec[i].classes != spec[0].classes)
            return sep_fail(SEP_ERR_SHAPE, "student %d is for %dx%d images of %d classes, student 0 for %dx%d of %d", i,
                            spec[i].height, spec[i].width, spec[i].classes, spec[0].height, spec[0].width,
                            spec[0].classes);
    return SEP_OK;
}

static size_t batch_pixels(const sep_predictor *p)
{
    return (size_t)p->batch * (size_t)p->height * (size_t)p->width;
}

static sep_status build_networks(sep_predictor *p, sep_store *store, const sep_net_spec *spec)
{
    for (int i = 0; i < p->networks; i++)
        SEP_TRY(sep_network_build(store, spec, p->students, i, p->batch, &p->network[i]));
    return SEP_OK;
}

/* What the buffers and, on the processor, the networks would take. */
static sep_status check_memory(const sep_predictor *p, const sep_store *store)
{
    uint64_t bytes = batch_pixels(p) * (2 + 2 * (size_t)p->classes) * sizeof(float);
    sep_memory_plan plan = {0};

    for (int i = 0; i < p->networks; i++) {
        SEP_TRY(sep_graph_plan(p->network[i].graph, &plan));
        if (sep_store_device(store)->memory == 0)
            bytes += plan.activations + plan.inputs;
    }
    if (sep_store_device(store)->memory == 0)
        bytes += plan.parameters + plan.states + plan.optimiser;
    sep_status status = sep_memory_check(bytes);
    if (status != SEP_OK)
        return sep_fail_within(status, "prediction of %d slices of %dx%d at once", p->batch, p->height, p->width);
    return SEP_OK;
}

static sep_status allocate(sep_predictor *p)
{
    size_t all = batch_pixels(p);

    p->patch = sep_calloc(all, sizeof(float));
    p->flipped = sep_calloc(all, sizeof(float));
    p->logits = sep_calloc(all * (size_t)p->classes, sizeof(float));
    p->sum = sep_calloc(all * (size_t)p->classes, sizeof(float));
    p->label = sep_calloc((size_t)p->height * (size_t)p->width, 1);
    if (p->patch == NULL || p->flipped == NULL || p->logits == NULL || p->sum == NULL || p->label == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < p->networks; i++)
        SEP_TRY(sep_graph_compile(p->network[i].graph));
    return SEP_OK;
}

sep_status sep_predictor_create(sep_store *store, const sep_net_spec *spec, int students, bool averages, int batch,
                                sep_zoom zoom, sep_predictor **predictor)
{
    SEP_TRY(check_same_size(spec, students));
    sep_predictor *p = sep_calloc(1, sizeof *p);
    if (p == NULL)
        return SEP_ERR_MEMORY;
    *p = (sep_predictor){.students = students,
                         .networks = averages ? 2 * students : students,
                         .batch = batch,
                         .classes = spec->classes,
                         .height = spec->height,
                         .width = spec->width,
                         .zoom = zoom};
    sep_status status = build_networks(p, store, spec);
    if (status == SEP_OK)
        status = check_memory(p, store);
    if (status == SEP_OK)
        status = allocate(p);
    if (status != SEP_OK) {
        sep_predictor_destroy(p);
        return status;
    }
    *predictor = p;
    return SEP_OK;
}

void sep_predictor_destroy(sep_predictor *predictor)
{
    if (predictor == NULL)
        return;
    for (int i = 0; i < predictor->networks; i++)
        sep_graph_destroy(predictor->network[i].graph);
    sep_free(predictor->patch);
    sep_free(predictor->flipped);
    sep_free(predictor->logits);
    sep_free(predictor->sum);
    sep_free(predictor->label);
    sep_free(predictor);
}

/* ---- a batch of slices ------------------------------------------------------------------------------------------- */

enum { FLIP_ROWS = 1, FLIP_COLUMNS = 2 };

static int mirrored(int index, int size, int flip)
{
    return flip ? size - 1 - index : index;
}

static void flip_patches(const sep_predictor *p, int flips)
{
    for (int n = 0; n < p->batch; n++)
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++) {
                int from_y = mirrored(y, p->height, flips & FLIP_ROWS),
                    from_x = mirrored(x, p->width, flips & FLIP_COLUMNS);
                p->flipped[((size_t)n * (size_t)p->height + (size_t)y) * (size_t)p->width + (size_t)x] =
                    p->patch[((size_t)n * (size_t)p->height + (size_t)from_y) * (size_t)p->width + (size_t)from_x];
            }
}

/* Adds the logits of one pass to the sum, each at the place that its pixel has in the unflipped patch. */
static void add_logits(const sep_predictor *p, int flips)
{
    size_t classes = (size_t)p->classes;

    for (int n = 0; n < p->batch; n++)
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++) {
                int to_y = mirrored(y, p->height, flips & FLIP_ROWS),
                    to_x = mirrored(x, p->width, flips & FLIP_COLUMNS);
                size_t row = (size_t)n * (size_t)p->height;
                float *to = p->sum + ((row + (size_t)to_y) * (size_t)p->width + (size_t)to_x) * classes;
                const float *from = p->logits + ((row + (size_t)y) * (size_t)p->width + (size_t)x) * classes;
                for (size_t c = 0; c < classes; c++)
                    to[c] += from[c];
            }
}

static sep_status run_network(sep_predictor *p, int network, int flips)
{
    sep_network_graph *n = &p->network[network];
    sep_step_info step = {0};

    SEP_TRY(sep_feed(n->graph, n->image, p->flipped));
    SEP_TRY(sep_graph_run(n->graph, &step));
    SEP_TRY(sep_fetch(n->graph, n->output.logits, p->logits));
    add_logits(p, flips);
    return SEP_OK;
}

/* In the order flips outside, networks inside. */
sep_status sep_predictor_run_batch(sep_predictor *p, const sep_segment_options *options)
{
    const sep_answer answer = options->answer;

    memset(p->sum, 0, (size_t)p->batch * (size_t)p->height * (size_t)p->width * (size_t)p->classes * sizeof *p->sum);
    for (int flips = 0; flips < (options->mirror ? 4 : 1); flips++) {
        flip_patches(p, flips);
        for (int i = 0; i < p->students; i++)
            if (answer.student == SEP_ALL_STUDENTS || answer.student == i)
                SEP_TRY(run_network(p, answer.average ? p->students + i : i, flips));
    }
    return SEP_OK;
}
