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

sep_status sep_check_channels(int channels, const sep_volume *volume)
{
    const int own = sep_volume_channels(volume);

    if (own == channels)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "the image has %d channel%s, and the model looks at %d", own, own > 1 ? "s" : "",
                    channels);
}

/* The buffers are one student's size, and all use them. */
static sep_status check_same_size(const sep_net_spec *spec, int students)
{
    for (int i = 1; i < students; i++)
        if (spec[i].channels != spec[0].channels)
            return sep_fail(SEP_ERR_SHAPE, "student %d is for images of %d channels, student 0 for %d", i,
                            spec[i].channels, spec[0].channels);
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

/* What the buffers and, on the processor, the networks would take; of that, packed weights. */
static sep_status plan_memory(const sep_predictor *p, const sep_store *store, uint64_t *bytes, uint64_t *packed)
{
    sep_memory_plan plan = {0};

    *bytes = batch_pixels(p) * (2 * (size_t)p->channels + 2 * (size_t)p->classes) * sizeof(float);
    *packed = 0;
    for (int i = 0; i < p->networks; i++) {
        SEP_TRY(sep_graph_plan(p->network[i].graph, &plan));
        if (sep_store_device(store)->memory > 0)
            continue;
        *bytes += plan.activations + plan.packed + plan.inputs;
        *packed += plan.packed;
    }
    if (sep_store_device(store)->memory == 0)
        *bytes += plan.parameters + plan.states + plan.optimiser;
    return SEP_OK;
}

/* Packed weights only make it faster. */
static sep_status check_memory(const sep_predictor *p, const sep_store *store)
{
    uint64_t bytes, packed;

    SEP_TRY(plan_memory(p, store, &bytes, &packed));
    if (bytes > sep_memory_limit()) {
        bytes -= packed;
        for (int i = 0; i < p->networks; i++)
            sep_graph_leave_unpacked(p->network[i].graph);
    }
    sep_status status = sep_memory_check(bytes);
    if (status != SEP_OK)
        return sep_fail_within(status, "prediction of %d slices of %dx%d at once", p->batch, p->height, p->width);
    return SEP_OK;
}

static sep_status allocate(sep_predictor *p)
{
    size_t all = batch_pixels(p);

    p->patch = sep_calloc(all * (size_t)p->channels, sizeof(float));
    p->turned = sep_calloc(all * (size_t)p->channels, sizeof(float));
    p->logits = sep_calloc(all * (size_t)p->classes, sizeof(float));
    p->sum = sep_calloc(all * (size_t)p->classes, sizeof(float));
    p->label = sep_calloc((size_t)p->height * (size_t)p->width, 1);
    if (p->patch == NULL || p->turned == NULL || p->logits == NULL || p->sum == NULL || p->label == NULL)
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
                         .channels = spec->channels,
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
    sep_free(predictor->turned);
    sep_free(predictor->logits);
    sep_free(predictor->sum);
    sep_free(predictor->label);
    sep_free(predictor);
}

void sep_predictor_see(sep_predictor *predictor, sep_patch_view view, const float spacing[2])
{
    predictor->view = view;
    predictor->spacing[0] = spacing[0];
    predictor->spacing[1] = spacing[1];
}

/* ---- a batch of slices ------------------------------------------------------------------------------------------- */

/* A symmetry is a set of these; all eight are the symmetries of a square. */
enum { FLIP_ROWS = 1, FLIP_COLUMNS = 2, TRANSPOSE = 4 };

int sep_tta_passes(sep_tta tta)
{
    static const int passes[] = {[SEP_TTA_NONE] = 1, [SEP_TTA_FLIPS] = 4, [SEP_TTA_ALL] = 8};

    return passes[tta];
}

const char *sep_tta_name(sep_tta tta)
{
    static const char *const names[] = {[SEP_TTA_NONE] = "none", [SEP_TTA_FLIPS] = "flips", [SEP_TTA_ALL] = "all"};

    return names[tta];
}

static int mirrored(int index, int size, int flip)
{
    return flip ? size - 1 - index : index;
}

/* Which pixel of the patch a pixel of the turned one shows. */
static size_t pixel_shown(const sep_predictor *p, int symmetry, int y, int x)
{
    const int row = symmetry & TRANSPOSE ? x : y, column = symmetry & TRANSPOSE ? y : x;

    return (size_t)mirrored(row, p->height, symmetry & FLIP_ROWS) * (size_t)p->width +
           (size_t)mirrored(column, p->width, symmetry & FLIP_COLUMNS);
}

static void turn_patches(const sep_predictor *p, int symmetry)
{
    const size_t pixels = (size_t)p->height * (size_t)p->width, channels = (size_t)p->channels;
    float *to = p->turned;

    for (int n = 0; n < p->batch; n++) {
        const float *from = p->patch + (size_t)n * channels * pixels;
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++) {
                const size_t pixel = pixel_shown(p, symmetry, y, x);
                for (size_t c = 0; c < channels; c++)
                    *to++ = from[c * pixels + pixel];
            }
    }
}

/* Adds the logits of one pass to the sum, each at the place that its pixel has in the patch. */
static void add_logits(const sep_predictor *p, int symmetry)
{
    const size_t classes = (size_t)p->classes, pixels = (size_t)p->height * (size_t)p->width;
    const float *from = p->logits;

    for (int n = 0; n < p->batch; n++)
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++, from += classes) {
                float *to = p->sum + ((size_t)n * pixels + pixel_shown(p, symmetry, y, x)) * classes;
                for (size_t c = 0; c < classes; c++)
                    to[c] += from[c];
            }
}

static sep_status run_network(sep_predictor *p, int network, int symmetry)
{
    sep_network_graph *n = &p->network[network];
    sep_step_info step = {0};

    SEP_TRY(sep_feed(n->graph, n->image, p->turned));
    SEP_TRY(sep_graph_run(n->graph, &step));
    SEP_TRY(sep_fetch(n->graph, n->output.logits, p->logits));
    add_logits(p, symmetry);
    return SEP_OK;
}

bool sep_predictor_takes(const sep_predictor *p, sep_tta tta)
{
    return tta != SEP_TTA_ALL || p->height == p->width;
}

void sep_predictor_clear(sep_predictor *p)
{
    memset(p->sum, 0, batch_pixels(p) * (size_t)p->classes * sizeof *p->sum);
}

sep_status sep_predictor_add_passes(sep_predictor *p, sep_answer answer, sep_tta tta)
{
    const int first = tta == SEP_TTA_NONE ? 0 : sep_tta_passes((sep_tta)(tta - 1));

    for (int symmetry = first; symmetry < sep_tta_passes(tta); symmetry++) {
        turn_patches(p, symmetry);
        for (int i = 0; i < p->students; i++)
            if (answer.student == SEP_ALL_STUDENTS || answer.student == i)
                SEP_TRY(run_network(p, answer.average ? p->students + i : i, symmetry));
    }
    return SEP_OK;
}
