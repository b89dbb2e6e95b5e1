/* What of the networks' maps goes into a contrast: at each scale the maps, their labels and probabilities. */
#include "contrasts/rows.h"

/* The part of a pass that a scale sees. */
static sep_node *map_of(const sep_net_output *output, sep_map_scale scale)
{
    switch (scale) {
    case SEP_SCALE_QUARTER:
        return output->quarter;
    case SEP_SCALE_EIGHTH:
        return output->eighth;
    default:
        return output->full;
    }
}

/* Of all samples that are compared. */
static sep_node *whole_map(sep_step *s, const sep_compared *compared, sep_map_scale scale)
{
    const sep_net_output *pass = compared->net.pass;
    sep_node *first = map_of(&pass[0], scale);

    if (compared->unlabelled == NULL)
        return sep_batch_range(s->graph, first, 0, s->labelled);
    return pass[1].logits == NULL ? first : sep_concat_batch(s->graph, first, map_of(&pass[1], scale));
}

/* Of the samples that are compared, by the judge, at full size. */
static sep_node *judgement(sep_step *s, const sep_compared *compared)
{
    bool cross = sep_contrast_common_of(s)->cross;
    sep_node *labelled = cross ? compared->labelled : compared->net.labelled;
    sep_node *unlabelled = cross ? compared->unlabelled : compared->net.unlabelled;
    sep_node *logits = compared->unlabelled == NULL ? labelled : sep_concat_batch(s->graph, labelled, unlabelled);

    return sep_softmax(s->graph, sep_detach(s->graph, logits));
}

/* The truth of labelled samples, the judge's word on the others. */
static sep_node *labels(sep_step *s, sep_node *probability)
{
    if (probability == NULL)
        return NULL;
    int unlabelled = sep_node_shape(probability)->dim[0] - s->labelled;
    if (unlabelled == 0)
        return s->label;
    sep_node *said = sep_argmax(s->graph, sep_batch_range(s->graph, probability, s->labelled, unlabelled));
    return sep_concat_batch(s->graph, s->label, said);
}

static sep_node *brought_to(sep_graph *g, sep_node *x, int height, int width)
{
    const sep_shape *shape = sep_node_shape(x);

    return shape->dim[1] == height && shape->dim[2] == width ? x : sep_resize_nearest(g, x, height, width);
}

static bool add_view(sep_step *s, const sep_compared *compared, sep_node *probability, sep_contrasted *at)
{
    sep_graph *g = s->graph;
    sep_node *map = whole_map(s, compared, at->scale), *label = labels(s, probability);

    if (map == NULL || label == NULL)
        return false;
    const sep_shape *shape = sep_node_shape(map);
    at->samples = shape->dim[0];
    at->height = shape->dim[1];
    at->width = shape->dim[2];
    at->view[at->views].student = compared->student;
    at->view[at->views].map = map;
    at->view[at->views].label = brought_to(g, label, at->height, at->width);
    at->view[at->views].probability = brought_to(g, probability, at->height, at->width);
    at->views++;
    return true;
}

static void contrast_weight(const sep_moment *now, float *values, int64_t count)
{
    const sep_contrast_common *o = &now->contrast->options.common;

    (void)count;
    values[0] = o->weight * (float)(1 + o->counted);
}

static void learn_scale(sep_step *s, const sep_compared *compared, sep_node *const *probability, int count,
                        sep_map_scale scale)
{
    static const char *const names[SEP_SCALES] = {"contrast", "contrast at 1/4", "contrast at 1/8"};
    sep_contrasted at = {.scale = scale, .labelled = s->labelled, .classes = s->spec[0].classes};

    for (int i = 0; i < count; i++)
        if (!add_view(s, &compared[i], probability[i], &at))
            return;
    sep_learn(s, SEP_SHARED, names[scale], s->contrast->contrast->build(s, &at), contrast_weight);
}

void sep_learn_contrast(sep_step *s, const sep_compared *compared, int count)
{
    sep_node *probability[2];

    if (s->contrast == NULL || s->contrast->contrast == NULL)
        return;
    for (int i = 0; i < count; i++)
        probability[i] = judgement(s, &compared[i]);
    for (sep_map_scale scale = SEP_SCALE_FULL; scale < SEP_SCALES; scale++)
        if (sep_contrast_common_of(s)->scale[scale])
            learn_scale(s, compared, probability, count, scale);
}
