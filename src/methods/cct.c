/* Cross-consistency training (Ouali et al. 2020), in the form that semi-supervised comparisons run: one encoder, whose
 * maps the network's own decoder sees as they are, and three others disturbed: by noise, by dropout, without what is
 * strongest. For unlabelled slices their predictions must agree with the network's own. As in that form, all four learn
 * the labels and agreement is learned from both sides; in the paper the own decoder learns from labels only, and the
 * others from agreement only. Prediction is the network with its own decoder.
 *
 * The strongest pixels are those with the largest mean over channels. Maps that come from a layer norm, as the first
 * and the last of Swin-Unet, have means near zero, so that there it is nearly chance which pixels go. */
#include "methods/table.h"

#include "septum/ops.h"

enum { OWN = 0, NOISE, DROPOUT, DROP_STRONGEST, DECODERS };

typedef struct cct_options {
    float noise, dropout, limit_low, limit_high;
} cct_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(cct_options, noise, 0.3, 0, 1, "maps are multiplied by numbers between 1 - noise and 1 + noise"),
    SEP_SETTING_FLOAT(cct_options, dropout, 0.3, 0, 0.99, "share of the maps that dropout takes away"),
    SEP_SETTING_FLOAT(cct_options, limit_low, 0.7, 0, 1,
                      "least share of an image's largest mean above which pixels go"),
    SEP_SETTING_FLOAT(cct_options, limit_high, 0.9, 0, 1, "largest such share: it is drawn for each map"),
    {0},
};

/* ---- what is drawn ----------------------------------------------------------------------------------------------- */

static void draw_between(const sep_moment *now, const char *stream, float low, float high, float *values, int64_t count)
{
    const sep_random random = sep_moment_random(now, stream);

    for (int64_t i = 0; i < count; i++)
        values[i] = low + (high - low) * sep_random_uniform(&random, (uint64_t)i);
}

static void draw_factors(const sep_moment *now, float *values, int64_t count)
{
    const cct_options *o = now->options;

    draw_between(now, "cct.noise", 1.0f - o->noise, 1.0f + o->noise, values, count);
}

static void draw_limits(const sep_moment *now, float *values, int64_t count)
{
    const cct_options *o = now->options;

    draw_between(now, "cct.limit", o->limit_low, o->limit_high, values, count);
}

/* ---- disturbances ------------------------------------------------------------------------------------------------ */

/* The shape of one image's map. */
static sep_shape image_shape(const sep_node *map)
{
    const sep_shape *shape = sep_node_shape(map);

    return SEP_SHAPE(shape->dim[1], shape->dim[2], shape->dim[3]);
}

/* A factor for each element of an image's maps, the same for all images: of all maps one behind the other. */
static void multiply(sep_step *s, sep_maps *maps)
{
    int64_t all = 0, begin = 0;

    for (int i = 0; i < maps->count; i++) {
        const sep_shape shape = image_shape(maps->map[i]);
        all += sep_shape_count(&shape);
    }
    sep_node *factors = sep_host(s, SEP_SHAPE((int)all), draw_factors);
    for (int i = 0; i < maps->count; i++) {
        const sep_shape shape = image_shape(maps->map[i]);
        int count = (int)sep_shape_count(&shape);
        sep_node *mine = sep_reshape(s->graph, sep_batch_range(s->graph, factors, (int)begin, count), shape);
        maps->map[i] = sep_mul(s->graph, maps->map[i], mine);
        begin += count;
    }
}

static void drop_elements(sep_step *s, sep_maps *maps)
{
    const cct_options *o = s->options;

    for (int i = 0; i < maps->count; i++)
        maps->map[i] = sep_dropout(s->graph, maps->map[i], o->dropout);
}

/* 1 where a pixel's sum over channels is below `limit` times the largest of its image. */
static sep_node *below(sep_graph *g, sep_node *map, sep_node *limit)
{
    const sep_shape *shape = sep_node_shape(map);
    int images = shape->dim[0], pixels = shape->dim[1] * shape->dim[2];
    sep_node *sum = sep_sum_channels(g, sep_detach(g, map));
    sep_node *largest = sep_max_channels(g, sep_reshape(g, sum, SEP_SHAPE(images, pixels)));

    return sep_less(g, sum, sep_reshape(g, sep_mul(g, largest, limit), SEP_SHAPE(images, 1, 1, 1)));
}

static void drop_strongest(sep_step *s, sep_maps *maps)
{
    sep_node *limits = sep_host(s, SEP_SHAPE(maps->count), draw_limits);

    for (int i = 0; i < maps->count; i++) {
        sep_node *kept = below(s->graph, maps->map[i], sep_batch_range(s->graph, limits, i, 1));
        maps->map[i] = sep_mul(s->graph, maps->map[i], kept);
    }
}

/* ---- the four decoders ------------------------------------------------------------------------------------------- */

static sep_net_output decode(sep_step *s, sep_maps maps, int decoder)
{
    static void (*const disturb[DECODERS])(sep_step *, sep_maps *) = {
        [NOISE] = multiply, [DROPOUT] = drop_elements, [DROP_STRONGEST] = drop_strongest};

    sep_scope_push(s->graph, "disturbed_%d", decoder);
    if (disturb[decoder] != NULL)
        disturb[decoder](s, &maps);
    sep_scope_pop(s->graph);
    return sep_student_decode(s, 0, &maps, decoder);
}

/* What each decoder gives for these images, from one pass through the encoder. */
static void apply(sep_step *s, sep_node *images, int pass, sep_halves net[DECODERS])
{
    sep_maps maps = sep_student_maps(s, 0, images);

    for (int d = 0; d < DECODERS && sep_graph_status(s->graph) == SEP_OK; d++)
        net[d].pass[pass] = decode(s, maps, d);
}

static void apply_to_halves(sep_step *s, sep_halves net[DECODERS])
{
    sep_graph *g = s->graph;
    bool apart = s->statistics == SEP_STATISTICS_SEPARATE;

    apply(s, apart ? sep_batch_range(g, s->image, 0, s->labelled) : s->image, 0, net);
    if (apart)
        apply(s, sep_unlabelled_image(s), 1, net);
    for (int d = 0; d < DECODERS; d++) {
        sep_node *first = net[d].pass[0].logits, *second = net[d].pass[1].logits;
        net[d].labelled = apart ? first : sep_batch_range(g, first, 0, s->labelled);
        net[d].unlabelled = apart ? second : sep_batch_range(g, first, s->labelled, s->unlabelled);
    }
}

/* ---- what is learned --------------------------------------------------------------------------------------------- */

static sep_node *supervised(sep_step *s, const sep_halves net[DECODERS])
{
    sep_node *sum = sep_supervised_halves(s, &net[OWN]);

    for (int d = OWN + 1; d < DECODERS; d++) {
        sep_node *loss = sep_supervised_halves(s, &net[d]);
        sum = sep_add(s->graph, sum, loss);
    }
    return sep_scale(s->graph, sum, 1.0f / DECODERS);
}

static sep_node *disagreement(sep_step *s, const sep_halves net[DECODERS])
{
    sep_graph *g = s->graph;
    sep_node *own = sep_softmax(g, net[OWN].unlabelled), *sum = NULL;

    for (int d = OWN + 1; d < DECODERS; d++) {
        sep_node *distance = sep_mse(g, own, sep_softmax(g, net[d].unlabelled));
        sum = sum != NULL ? sep_add(g, sum, distance) : distance;
    }
    return sep_scale(g, sum, 1.0f / (DECODERS - 1));
}

static sep_node *mean_of_three(sep_graph *g, sep_node *a, sep_node *b, sep_node *c)
{
    return sep_detach(g, sep_scale(g, sep_add(g, sep_add(g, a, b), c), 1.0f / 3.0f));
}

/* The own decoder alone learns them, since it is the one that predicts; the three others together judge it. */
static void learn_additions(sep_step *s, const sep_halves net[DECODERS])
{
    const sep_halves *a = &net[NOISE], *b = &net[DROPOUT], *c = &net[DROP_STRONGEST];
    sep_compared own = {.student = 0, .net = net[OWN]};

    own.labelled = mean_of_three(s->graph, a->labelled, b->labelled, c->labelled);
    own.unlabelled = mean_of_three(s->graph, a->unlabelled, b->unlabelled, c->unlabelled);
    sep_learn_additions(s, &own, 1);
}

static sep_status build(sep_step *s)
{
    const cct_options *o = s->options;
    sep_halves net[DECODERS] = {0};

    if (o->limit_low > o->limit_high)
        return sep_fail(SEP_ERR_ARGUMENT, "cct.limit_low = %g is above cct.limit_high = %g", (double)o->limit_low,
                        (double)o->limit_high);
    apply_to_halves(s, net);
    sep_learn(s, 0, "supervised", supervised(s, net), NULL);
    sep_learn(s, 0, "consistency", disagreement(s, net), sep_ramp_weight);
    learn_additions(s, net);
    return sep_graph_status(s->graph);
}

const sep_method sep_cct = {
    .name = "cct",
    .summary = "a network whose decoder agrees with three others that see disturbed maps",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(cct_options),
    .compares = true,
    .build = build,
};
