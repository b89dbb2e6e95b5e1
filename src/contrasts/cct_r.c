/* The contrast of CCT-R (Liu 2026, chapter 6): confident anchors against a few pixels of other classes; what an anchor
 * should be like is its class's mean and, by registration, what lies at the same place in other scans. */
#include "contrasts/rows.h"
#include "contrasts/table.h"

#include <stdio.h>

typedef struct cct_r_options {
    sep_contrast_common common;
    int anchors, keys, partners, slices, mebibytes;
    float confidence, registered;
    bool reps, same_patient;
} cct_r_options;

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(cct_r_options, true, false, false, 1e-3, 0.1, 128, SEP_COUNTED_ONCE),
    SEP_SETTING_INT(cct_r_options, anchors, 1000, 1, 1 << 20, "drawn of each class in a step"),
    SEP_SETTING_INT(cct_r_options, keys, 500, 1, 1 << 20, "negatives of an anchor, of each other class as many"),
    SEP_SETTING_FLOAT(cct_r_options, confidence, 0.5, 0, 1, "probability that an anchor's label exceeds; below 1"),
    SEP_SETTING_BOOL(cct_r_options, reps, true, "positives from the same place in other scans, by registration"),
    SEP_SETTING_FLOAT(cct_r_options, registered, 0.5, 0, 1, "share of these beside the mean of the class"),
    SEP_SETTING_INT(cct_r_options, partners, 4, 1, 16, "other scans that a sample is compared with at most"),
    SEP_SETTING_INT(cct_r_options, slices, 256, 1, 1 << 20, "samples whose maps are remembered at most"),
    SEP_SETTING_INT(cct_r_options, mebibytes, 512, 1, 1 << 20, "that the maps of a scale may take"),
    SEP_SETTING_BOOL(cct_r_options, same_patient, false, "partners may be other scans of the same patient"),
    {0},
};

/* ---- what is remembered ------------------------------------------------------------------------------------------ */

/* The maps of one view, of the samples before: rows of channels + 1, whose last channel is 1 where a map lies.
 * Kept as they are before the projection, which changes from step to step. */
typedef struct memory {
    sep_node *maps;
    sep_match_request match;
    int channels;
} memory;

static int channels_of(const sep_contrasted *at, int view)
{
    return sep_shape_last(sep_node_shape(at->view[view].map));
}

/* As many samples as the settings and the room allow, in whole batches, one at least. */
static int slots_of(const cct_r_options *o, const sep_contrasted *at)
{
    int64_t bytes = 0, most = o->slices;

    for (int view = 0; view < at->views; view++)
        bytes += (int64_t)sizeof(uint16_t) * at->height * at->width * (channels_of(at, view) + 1);
    int64_t fit = ((int64_t)o->mebibytes << 20) / bytes;
    most = fit < most ? fit : most;
    return (int)(most < at->samples ? 1 : most / at->samples) * at->samples;
}

/* [slots * h * w, channels + 1], whose rows an I32 must number. */
static sep_node *memory_of_maps(sep_step *s, const sep_contrasted *at, int view, const memory *m)
{
    int64_t rows = (int64_t)m->match.slots * at->height * at->width;
    char name[64];

    if (rows > INT32_MAX)
        return sep_graph_fail(s->graph, SEP_ERR_ARGUMENT,
                              "cct-r can't remember maps of %dx%d of %d samples, more pixels than can be numbered: "
                              "lower cct-r.slices or cct-r.mebibytes",
                              at->height, at->width, m->match.slots);
    snprintf(name, sizeof name, "maps_%d.%d", (int)at->scale, view);
    return sep_memory(s, name, SEP_SHAPE((int)rows, m->channels + 1), SEP_F16);
}

static memory open_memory(sep_step *s, const sep_contrasted *at, int view)
{
    const cct_r_options *o = sep_contrast_options(s);
    const sep_match_request match = {.slots = slots_of(o, at),
                                     .shrink = sep_node_shape(s->image)->dim[1] / at->height,
                                     .same_patient = o->same_patient};
    memory m = {.match = match, .channels = channels_of(at, view)};

    m.maps = memory_of_maps(s, at, view, &m);
    return m;
}

/* After all have read it. */
static void remember(sep_step *s, const sep_contrasted *at, int view, const memory *m)
{
    sep_graph *g = s->graph;
    int pixels = at->samples * at->height * at->width;
    sep_node *there = sep_constant(g, SEP_SHAPE(at->samples, at->height, at->width, 1), 1.0f);
    sep_node *map = sep_concat(g, sep_detach(g, at->view[view].map), there);
    sep_node *slots = sep_reshape(g, sep_match_rows(s, m->match), SEP_SHAPE(pixels));

    sep_put(g, m->maps, slots, sep_reshape(g, map, SEP_SHAPE(pixels, m->channels + 1)));
}

/* ---- positives --------------------------------------------------------------------------------------------------- */

/* What a partner has at the places of the anchors: features [C, N, D], zero where there is nothing, and adds to `found`
 * [C, N, 1] how many have something. */
static sep_node *partner_features(sep_step *s, const sep_contrasted *at, int view, const memory *m, int partner,
                                  sep_node *index, sep_node **found)
{
    sep_graph *g = s->graph;
    sep_match_request match = m->match;

    match.partner = partner;
    sep_node *place = sep_gather_labels(g, sep_match_rows(s, match), index);
    sep_node *rows = sep_gather(g, m->maps, place);
    sep_node *there = sep_slice_channels(g, rows, m->channels, 1);
    sep_node *features = sep_project_rows(s, at, view, sep_slice_channels(g, rows, 0, m->channels), true);
    *found = *found != NULL ? sep_add(g, *found, there) : there;
    return sep_mul(g, features, there);
}

/* Of the anchors at `index`: the mean of what partners have at the same places, of length 1, zero where none has. */
static sep_node *registered_positives(sep_step *s, const sep_contrasted *at, int view, const memory *m, sep_node *index)
{
    const cct_r_options *o = sep_contrast_options(s);
    sep_node *found = NULL, *sum = partner_features(s, at, view, m, 1, index, &found);

    for (int partner = 2; partner <= o->partners; partner++) {
        sep_node *more = partner_features(s, at, view, m, partner, index, &found);
        sum = sep_add(s->graph, sum, more);
    }
    return sep_unit_rows(s->graph, sum);
}

/* ---- the loss ---------------------------------------------------------------------------------------------------- */

/* Anchors of all views, and the registered positives of each. */
typedef struct anchors {
    sep_sampled rows, registered;
} anchors;

static sep_node *anchor_mask(sep_step *s, const sep_contrasted *at, int view, sep_node *truth)
{
    const cct_r_options *o = sep_contrast_options(s);

    return sep_mul(s->graph, truth, sep_confident(s, at, view, o->confidence));
}

static anchors draw_anchors(sep_step *s, const sep_contrasted *at, int view, sep_node *truth)
{
    const cct_r_options *o = sep_contrast_options(s);
    int share = o->anchors / at->views > 1 ? o->anchors / at->views : 1;
    sep_node *numbers = sep_contrast_draws(s, at, view, "anchors", SEP_SHAPE(at->classes, share));
    sep_node *index = sep_draw(s->graph, anchor_mask(s, at, view, truth), numbers);
    anchors a = {.rows = sep_take_rows(s, at, view, index, false)};

    if (o->reps) {
        const memory m = open_memory(s, at, view);
        a.registered = (sep_sampled){registered_positives(s, at, view, &m, index), a.rows.label};
        remember(s, at, view, &m);
    }
    return a;
}

static sep_node *positives(sep_step *s, const sep_contrasted *at, const anchors *a)
{
    const cct_r_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    sep_node *centres = sep_class_centres(g, &a->rows, at->classes);
    sep_node *local = sep_gather(g, centres, a->rows.label);

    if (!o->reps)
        return local;
    sep_node *mine = sep_scale(g, local, 1.0f - o->registered);
    return sep_unit_rows(g, sep_add(g, mine, sep_scale(g, a->registered.feature, o->registered)));
}

/* Matches are those of all samples of a step. */
static bool leaves_samples_out(const sep_step *s, const sep_contrasted *at)
{
    return at->samples != s->labelled + s->unlabelled;
}

static sep_node *build(sep_step *s, const sep_contrasted *at)
{
    const cct_r_options *o = sep_contrast_options(s);
    const sep_contrast_sums others = {.temperature = o->common.temperature, .classes = at->classes};
    int others_of = at->classes > 1 ? at->classes - 1 : 1, keys = o->keys / others_of > 1 ? o->keys / others_of : 1;
    sep_graph *g = s->graph;
    sep_node *truth[2] = {0};
    anchors a = {0};

    if (o->reps && leaves_samples_out(s, at))
        return sep_graph_fail(g, SEP_ERR_ARGUMENT,
                              "the method compares labelled samples alone for a time, and the registered positives of "
                              "cct-r are of all: give cct-r.reps = no");
    for (int view = 0; view < at->views; view++) {
        truth[view] = sep_one_hot(g, at->view[view].label, at->classes);
        anchors more = draw_anchors(s, at, view, truth[view]);
        if (view > 0) {
            more.rows = sep_join_rows(g, &a.rows, &more.rows);
            if (o->reps)
                more.registered = sep_join_rows(g, &a.registered, &more.registered);
        }
        a = more;
    }
    sep_sampled drawn = sep_sample_rows(s, at, truth, "keys", keys, true);
    sep_sampled key = sep_as_one_group(g, &drawn);
    a = (anchors){sep_as_one_group(g, &a.rows), sep_as_one_group(g, &a.registered)};
    sep_node *rest = sep_contrast_sum(g, a.rows.feature, key.feature, a.rows.label, key.label, &others);
    return sep_positive_contrast(s, at, &a.rows, positives(s, at, &a), rest);
}

const sep_contrast sep_contrast_cct_r = {
    .name = "cct-r",
    .summary = "confident anchors, positives by class and by registration with other scans",
    .settings = settings,
    .options_size = sizeof(cct_r_options),
    .build = build,
};
