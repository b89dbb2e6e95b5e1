/* What registration says of unlabelled samples, as one more loss of any method (Liu 2026, section 6.3.3). */
#include "septum/registered.h"

#include "losses/parts.h"
#include "septum/methods.h"

#include <stdio.h>

#define DECAY 0.99f /* of the moving means that trust goes by */

const sep_setting sep_registered_table[] = {
    SEP_SETTING_FLOAT(sep_registered_settings, weight, 1, 0, 1e6, "of the registered labels beside the drawn ones"),
    SEP_SETTING_INT(sep_registered_settings, start, 0, 0, 1 << 30, "the iteration from which they count"),
    SEP_SETTING_BOOL(sep_registered_settings, agreement, true, "a pixel counts as far as the candidates agree on it"),
    SEP_SETTING_BOOL(sep_registered_settings, fade, false,
                     "they count less as the networks become better than they are"),
    SEP_SETTING_FLOAT(sep_registered_settings, least, 0.1, 0, 1, "share of the weight below which it does not fall"),
    {0},
};

sep_status sep_registered_settings_read(sep_options *options, bool fallback, sep_registered_settings *settings)
{
    bool used;

    *settings = (sep_registered_settings){0};
    SEP_TRY(sep_options_bool(options, "train.registered", fallback, &used));
    if (!used)
        return SEP_OK;
    SEP_TRY(sep_settings_read(options, "registered", sep_registered_table, settings));
    settings->used = true;
    return SEP_OK;
}

static void weight(const sep_moment *now, float *values, int64_t count)
{
    (void)count;
    values[0] = now->iteration >= now->registered->start ? now->registered->weight : 0.0f;
}

/* ---- the loss ---------------------------------------------------------------------------------------------------- */

/* 1 everywhere, or how far the candidates agree: [n, H, W, 1]. */
static sep_node *weights(sep_step *s, sep_node *labels, bool agreement)
{
    sep_shape shape = *sep_node_shape(labels);

    shape.dim[shape.rank++] = 1;
    if (!agreement)
        return sep_constant(s->graph, shape, 1.0f);
    sep_node *share = sep_streamed(s, &sep_registered_agreement, SEP_ROWS_UNLABELLED);
    return sep_reshape(s->graph, share, shape);
}

static sep_node *truth_of(sep_step *s, sep_node *labels)
{
    return sep_one_hot(s->graph, labels, s->spec[0].classes);
}

static sep_node *weigh(sep_step *s, sep_node *labels, sep_node *truth, bool agreement)
{
    return sep_mul(s->graph, truth, weights(s, labels, agreement));
}

/* ---- trust ------------------------------------------------------------------------------------------------------- */

/* 1 - Dice of two label maps as numbers, the mean over the foreground's classes that one of them has. Two that both
 * have none disagree: networks that still find nothing anywhere are not to be trusted over the registration. */
static sep_node *disagreement(sep_graph *g, sep_node *first, sep_node *second, int classes)
{
    sep_node *both = sep_sum_rows(g, sep_slice_channels(g, sep_mul(g, first, second), 1, classes - 1));
    sep_node *volumes = sep_sum_rows(g, sep_slice_channels(g, sep_add(g, first, second), 1, classes - 1));
    sep_node *there = sep_minimum(g, volumes, sep_constant(g, SEP_SHAPE(1), 1.0f));
    sep_node *scores = sep_divide(g, sep_scale(g, both, 2.0f), sep_loss_at_least(g, volumes, 1.0f));
    sep_node *mean = sep_divide(g, sep_sum_all(g, scores), sep_loss_at_least(g, sep_sum_all(g, there), 1.0f));

    return sep_loss_complement(g, mean);
}

/* The moving mean of x up to the step before. Memories start at 0, and what has not been measured yet should count as
 * disagreement, 1: so 1 - x is what is kept. */
static sep_node *moving(sep_step *s, const char *name, sep_node *x)
{
    sep_graph *g = s->graph;
    sep_node *memory = sep_memory(s, name, SEP_SHAPE(1), SEP_F32);
    sep_node *kept = sep_scale(g, memory, DECAY);

    sep_overwrite(g, memory, sep_add(g, kept, sep_scale(g, sep_loss_complement(g, x), 1.0f - DECAY)));
    return sep_loss_complement(g, memory);
}

static sep_node *largest(sep_graph *g, sep_node *x, int classes)
{
    return sep_one_hot(g, sep_argmax(g, sep_detach(g, x)), classes);
}

static sep_node *trust(sep_step *s, const sep_compared *compared, sep_node *truth)
{
    sep_graph *g = s->graph;
    int classes = s->spec[0].classes;
    char name[64];

    if (!s->registered->fade)
        return NULL;
    sep_node *own = largest(g, compared->net.unlabelled, classes);
    sep_node *judged = largest(g, compared->unlabelled, classes);
    snprintf(name, sizeof name, "registered_%d.judge", compared->student);
    sep_node *networks = moving(s, name, disagreement(g, own, judged, classes));
    snprintf(name, sizeof name, "registered_%d.labels", compared->student);
    sep_node *comparable = sep_mul(g, own, sep_sum_channels(g, truth)); /* where the registration says nothing, 0 */
    sep_node *registration = moving(s, name, disagreement(g, comparable, truth, classes));
    sep_node *mine = sep_scale(g, networks, 0.5f);
    sep_node *its = sep_loss_at_least(g, sep_subtract(g, registration, mine), 1e-3f);
    sep_node *one = sep_constant(g, SEP_SHAPE(1), 1.0f);

    return sep_loss_at_least(g, sep_minimum(g, sep_divide(g, mine, its), one), s->registered->least);
}

/* ---- what is learned --------------------------------------------------------------------------------------------- */

/* `truth`: the labels as numbers; `weighed`: the same, times the agreement. */
static void learn(sep_step *s, const sep_compared *compared, sep_node *truth, sep_node *weighed)
{
    sep_node *loss = sep_weighed_loss(s->graph, compared->net.unlabelled, weighed, s->cross_entropy_weight);
    sep_node *factor = trust(s, compared, truth);

    sep_learn(s, compared->student, "registered", factor != NULL ? sep_mul(s->graph, loss, factor) : loss, weight);
}

void sep_learn_registered(sep_step *s, const sep_compared *compared, int count)
{
    if (s->registered == NULL || !s->registered->used)
        return;
    sep_node *labels = sep_streamed(s, &sep_registered_labels, SEP_ROWS_UNLABELLED);
    for (int i = 0; labels != NULL && i < count; i++) {
        sep_node *truth = truth_of(s, labels);
        learn(s, &compared[i], truth, weigh(s, labels, truth, s->registered->agreement));
    }
}

sep_node *sep_registered_target(sep_step *s, bool agreement)
{
    sep_node *labels = sep_streamed(s, &sep_registered_labels, SEP_ROWS_UNLABELLED);

    return labels != NULL ? weigh(s, labels, truth_of(s, labels), agreement) : NULL;
}

sep_node *sep_registered_truth(sep_step *s)
{
    const bool used = s->registered != NULL && s->registered->used;

    return used ? sep_registered_target(s, s->registered->agreement) : NULL;
}

void sep_learn_registered_mixture(sep_step *s, const sep_compared *compared, sep_node *mixture)
{
    sep_graph *g = s->graph;
    sep_node *said = sep_sum_channels(g, mixture);

    if (said == NULL)
        return;
    sep_node *somewhere = sep_less(g, sep_constant(g, *sep_node_shape(said), 0.0f), said);
    learn(s, compared, sep_mul(g, largest(g, mixture, s->spec[0].classes), somewhere), mixture);
}
