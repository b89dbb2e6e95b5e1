/* MCSC v2 (Liu 2026, chapter 5): anchors where the judge is sure, negatives by the rank of the class, from a memory. */
#include "contrasts/rows.h"
#include "contrasts/table.h"
#include "losses/parts.h"

#include <stdio.h>

typedef struct mcsc_v2_options {
    sep_contrast_common common;
    int anchors, keys, memory;
    float pushed, confidence, uncertain;
    int rank_certain, rank_uncertain;
    bool sure, ranked, balanced;
} mcsc_v2_options;

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(mcsc_v2_options, true, false, true, 1e-3, 0.1, 128, SEP_COUNTED_ONCE),
    SEP_SETTING_INT(mcsc_v2_options, anchors, 1000, 1, 1 << 20, "drawn of each class in a step"),
    SEP_SETTING_INT(mcsc_v2_options, keys, 500, 1, 1 << 20, "negatives drawn of each class in a step"),
    SEP_SETTING_INT(mcsc_v2_options, memory, 60000, 0, 1 << 24, "negatives kept of each class; 0: this batch's"),
    SEP_SETTING_FLOAT(mcsc_v2_options, pushed, 0.1, 0, 1,
                      "share of the memory that a step renews at most; the thesis: 0.25"),
    SEP_SETTING_FLOAT(mcsc_v2_options, confidence, 0.9, 0, 1, "probability that an anchor's label exceeds; below 1"),
    SEP_SETTING_FLOAT(mcsc_v2_options, uncertain, 0.2, 0, 1, "share of the unlabelled pixels at first; 0 at last"),
    SEP_SETTING_INT(mcsc_v2_options, rank_certain, 1, 0, 256, "place from which a class is not a certain pixel's"),
    SEP_SETTING_INT(mcsc_v2_options, rank_uncertain, 2, 0, 256, "and not an uncertain one's"),
    SEP_SETTING_BOOL(mcsc_v2_options, sure, true, "anchors are sure; else all pixels of the class"),
    SEP_SETTING_BOOL(mcsc_v2_options, ranked, true, "negatives by rank; else all pixels of other classes"),
    SEP_SETTING_BOOL(mcsc_v2_options, balanced, true, "each class of negatives weighs alike"),
    {0},
};

static void certain_share(const sep_moment *now, float *values, int64_t count)
{
    const mcsc_v2_options *o = (const void *)&now->contrast->options;

    (void)count;
    values[0] = 1.0f - o->uncertain * (1.0f - (float)now->iteration / (float)now->iterations);
}

/* ---- which rows -------------------------------------------------------------------------------------------------- */

/* Masks of one view. */
typedef struct masks {
    sep_node *truth;     /* [N, h, w, C]: 1 at the label */
    sep_node *uncertain; /* [N, h, w, 1]: 1 in unlabelled samples where the entropy is high */
} masks;

/* Of the unlabelled samples, [U, h, w, 1]. */
static sep_node *doubt(sep_graph *g, const sep_contrasted *at, int view)
{
    int unlabelled = at->samples - at->labelled;
    sep_node *p = sep_batch_range(g, at->view[view].probability, at->labelled, unlabelled);

    return sep_entropy(g, p, 1e-10f);
}

/* The entropy that only the uncertain exceed, over the unlabelled samples of all views. */
static sep_node *largest_certain(sep_step *s, sep_node *const *doubts, int views)
{
    sep_node *all = doubts[0];

    for (int view = 1; view < views; view++)
        all = sep_concat_batch(s->graph, all, doubts[view]);
    return sep_quantile(s->graph, all, sep_host(s, SEP_SHAPE(1), certain_share));
}

static void find_masks(sep_step *s, const sep_contrasted *at, masks m[2])
{
    sep_graph *g = s->graph;
    sep_node *none = sep_constant(g, SEP_SHAPE(at->labelled, at->height, at->width, 1), 0.0f), *doubts[2] = {0};

    for (int view = 0; view < at->views; view++) {
        m[view] = (masks){sep_one_hot(g, at->view[view].label, at->classes), none};
        if (at->samples > at->labelled)
            doubts[view] = doubt(g, at, view);
    }
    if (at->samples == at->labelled)
        return;
    sep_node *limit = largest_certain(s, doubts, at->views);
    for (int view = 0; view < at->views; view++)
        m[view].uncertain = sep_concat_batch(g, none, sep_greater(g, doubts[view], limit));
}

static sep_node *anchor_mask(sep_step *s, const sep_contrasted *at, int view, const masks *m)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;

    if (!o->sure)
        return m->truth;
    sep_node *confident = sep_confident(s, at, view, o->confidence);
    return sep_mul(g, sep_mul(g, m->truth, confident), sep_loss_complement(g, m->uncertain));
}

/* Of labelled samples: pixels of other classes that could be taken for this one. */
static sep_node *labelled_keys(sep_step *s, const sep_contrasted *at, sep_node *rank, sep_node *others)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    sep_node *limit = sep_constant(g, SEP_SHAPE(1), (float)o->rank_certain);
    sep_node *high = sep_less(g, sep_batch_range(g, rank, 0, at->labelled), limit);

    return sep_mul(g, sep_batch_range(g, others, 0, at->labelled), high);
}

/* Of unlabelled ones: pixels that are hardly of this class. */
static sep_node *unlabelled_keys(sep_step *s, const sep_contrasted *at, sep_node *rank, sep_node *uncertain)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    int count = at->samples - at->labelled;
    sep_node *more =
        sep_scale(g, sep_batch_range(g, uncertain, at->labelled, count), (float)(o->rank_uncertain - o->rank_certain));
    sep_node *limit = sep_add(g, more, sep_constant(g, SEP_SHAPE(1), (float)o->rank_certain));

    return sep_loss_complement(g, sep_less(g, sep_batch_range(g, rank, at->labelled, count), limit));
}

static sep_node *key_mask(sep_step *s, const sep_contrasted *at, int view, const masks *m)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    sep_node *others = sep_mul(g, sep_loss_complement(g, m->truth), sep_sum_channels(g, m->truth));

    if (!o->ranked)
        return others;
    sep_node *rank = sep_rank_channels(g, at->view[view].probability);
    sep_node *labelled = labelled_keys(s, at, rank, others);
    if (at->samples == at->labelled)
        return labelled;
    return sep_concat_batch(g, labelled, unlabelled_keys(s, at, rank, m->uncertain));
}

/* ---- the memory of negatives ------------------------------------------------------------------------------------- */

typedef struct bank {
    sep_node *feature; /* [C * capacity, D] */
    sep_node *label;   /* I32 [C * capacity] */
    sep_node *state;   /* I32 [C] */
    int capacity;
} bank;

/* Of all classes, which an I32 must number. */
static int rows_of_memory(sep_step *s, int classes)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    const int64_t rows = (int64_t)classes * o->memory;

    if (rows <= INT32_MAX)
        return (int)rows;
    sep_graph_fail(s->graph, SEP_ERR_ARGUMENT,
                   "mcsc-v2.memory = %d of each of %d classes is more rows than can be numbered: lower it", o->memory,
                   classes);
    return classes;
}

static bank open_bank(sep_step *s, const sep_contrasted *at)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    bank b = {.capacity = o->memory};
    const int rows = rows_of_memory(s, at->classes);
    char name[64];

    snprintf(name, sizeof name, "negatives_%d.feature", (int)at->scale);
    b.feature = sep_memory(s, name, SEP_SHAPE(rows, o->common.features), SEP_F32);
    snprintf(name, sizeof name, "negatives_%d.label", (int)at->scale);
    b.label = sep_memory(s, name, SEP_SHAPE(rows), SEP_I32);
    snprintf(name, sizeof name, "negatives_%d.state", (int)at->scale);
    b.state = sep_memory(s, name, SEP_SHAPE(at->classes), SEP_I32);
    return b;
}

static sep_sampled draw_from(sep_step *s, const sep_contrasted *at, const bank *b)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    sep_node *numbers = sep_contrast_draws(s, at, 0, "keys", SEP_SHAPE(at->classes, o->keys));
    sep_node *index = sep_ring_draw(s->graph, b->state, numbers, b->capacity);

    return (sep_sampled){sep_gather(s->graph, b->feature, index), sep_gather_labels(s->graph, b->label, index)};
}

/* Rows of each class that a view brings in a step. A memory that none come into would stay empty, and the loss 0. */
static int pushed_count(sep_step *s, const sep_contrasted *at)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    int pixels = at->samples * at->height * at->width;
    int most = (int)(o->pushed * (float)o->memory) / at->views;

    if (most < 1)
        sep_graph_fail(s->graph, SEP_ERR_ARGUMENT,
                       "mcsc-v2.pushed = %g of mcsc-v2.memory = %d is not a row for each network (%d), so that the "
                       "memory would stay empty: raise one of them, or give mcsc-v2.memory = 0",
                       (double)o->pushed, o->memory, at->views);
    return most < pixels ? most : pixels;
}

/* Takes `state` on. */
static void push_view(sep_step *s, const sep_contrasted *at, int view, sep_node *mask, const bank *b, sep_node **state)
{
    sep_graph *g = s->graph;
    int count = pushed_count(s, at);

    if (count < 1)
        return;
    sep_node *numbers = sep_contrast_draws(s, at, view, "pushed", SEP_SHAPE(at->classes, count));
    sep_node *drawn = sep_draw_once(g, mask, numbers), *slots = sep_ring_slots(g, *state, drawn, b->capacity);
    sep_sampled rows = sep_take_rows(s, at, view, drawn, true);
    sep_put(g, b->feature, slots, rows.feature);
    sep_put(g, b->label, slots, rows.label);
    *state = sep_ring_next(g, *state, drawn, b->capacity);
}

static void push(sep_step *s, const sep_contrasted *at, sep_node *const *mask, const bank *b)
{
    sep_node *state = b->state;

    for (int view = 0; view < at->views; view++)
        push_view(s, at, view, mask[view], b, &state);
    sep_overwrite(s->graph, b->state, state);
}

/* ---- the loss ---------------------------------------------------------------------------------------------------- */

static sep_node *contrast(sep_step *s, const sep_contrasted *at, const sep_sampled *anchor, const sep_sampled *key)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    const sep_contrast_sums others = {
        .temperature = o->common.temperature, .balanced = o->balanced, .classes = at->classes};
    sep_node *centres = sep_class_centres(s->graph, anchor, at->classes);
    sep_node *rest = sep_contrast_sum(s->graph, anchor->feature, key->feature, anchor->label, key->label, &others);

    return sep_centre_contrast(s, at, anchor, centres, rest);
}

static sep_node *build(sep_step *s, const sep_contrasted *at)
{
    const mcsc_v2_options *o = sep_contrast_options(s);
    sep_node *anchors[2], *keys[2];
    masks m[2];
    bank b;

    find_masks(s, at, m);
    for (int view = 0; view < at->views; view++) {
        anchors[view] = anchor_mask(s, at, view, &m[view]);
        keys[view] = key_mask(s, at, view, &m[view]);
    }
    if (o->memory > 0)
        b = open_bank(s, at);
    sep_sampled anchor = sep_sample_rows(s, at, anchors, "anchors", o->anchors, false);
    sep_sampled key = o->memory > 0 ? draw_from(s, at, &b) : sep_sample_rows(s, at, keys, "keys", o->keys, true);
    if (o->memory > 0)
        push(s, at, keys, &b);
    return contrast(s, at, &anchor, &key);
}

const sep_contrast sep_contrast_mcsc_v2 = {
    .name = "mcsc-v2",
    .summary = "sure anchors against a memory of negatives, at full size and at an eighth",
    .settings = settings,
    .options_size = sizeof(mcsc_v2_options),
    .build = build,
};
