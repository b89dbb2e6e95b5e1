/* ReCo (Liu et al., ICLR 2022): queries where the network is not sure of its class, negatives of the classes that lie
 * near. The classes of negatives are not drawn but weighed, by the probabilities that they would be drawn with. */
#include "contrasts/rows.h"
#include "contrasts/table.h"
#include "losses/parts.h"

typedef struct reco_options {
    sep_contrast_common common;
    int queries, keys;
    float valid, hard;
} reco_options;

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(reco_options, true, false, false, 1, 0.5, 256, SEP_COUNTED_ONCE),
    SEP_SETTING_INT(reco_options, queries, 256, 1, 1 << 20, "drawn of each class in a step"),
    SEP_SETTING_INT(reco_options, keys, 512, 1, 1 << 20, "negatives of a query"),
    SEP_SETTING_FLOAT(reco_options, valid, 0.7, 0, 1, "probability from which an unlabelled pixel's label counts"),
    SEP_SETTING_FLOAT(reco_options, hard, 0.97, 0, 1, "probability up to which a pixel is a query"),
    {0},
};

/* Rows whose label counts: [N, h, w, C]. */
static sep_node *valid_rows(sep_step *s, const sep_contrasted *at, int view)
{
    const reco_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    int unlabelled = at->samples - at->labelled;
    sep_node *truth = sep_one_hot(g, at->view[view].label, at->classes);

    if (unlabelled == 0)
        return truth;
    sep_node *p = sep_batch_range(g, at->view[view].probability, at->labelled, unlabelled);
    sep_node *sure = sep_greater_than(g, p, o->valid);
    sep_node *labels = sep_mul(g, sep_batch_range(g, truth, at->labelled, unlabelled), sure);
    return sep_concat_batch(g, sep_batch_range(g, truth, 0, at->labelled), labels);
}

/* e^{<a_c, other> / temperature} of all classes c: [C, 1]. */
static sep_node *nearness(sep_step *s, sep_node *centres, sep_node *other)
{
    sep_graph *g = s->graph;
    sep_node *cosine = sep_sum_channels(g, sep_mul(g, centres, other));

    return sep_exp(g, sep_scale(g, cosine, 1.0f / sep_contrast_common_of(s)->temperature));
}

/* weight[j] [C, 1]: how often a negative of class j would be drawn for a query of each class; what it says of j for j
 * itself is of no account. */
static void find_weights(sep_step *s, const sep_contrasted *at, const sep_sampled *rows, sep_node **weight)
{
    sep_graph *g = s->graph;
    int features = sep_contrast_common_of(s)->features;
    sep_node *centres = sep_class_centres(g, rows, at->classes), *sum = NULL;
    sep_node *own = nearness(s, centres, centres);
    sep_node *drawn = sep_sum_channels(g, sep_one_hot(g, rows->label, at->classes));

    if (drawn == NULL)
        return;
    int count = sep_node_shape(drawn)->dim[1];
    sep_node *rows_of = sep_sum_channels(g, sep_reshape(g, drawn, SEP_SHAPE(at->classes, count)));
    sep_node *present = sep_greater_than(g, rows_of, 0.5f); /* [C, 1] */
    for (int j = 0; j < at->classes; j++) {
        sep_node *centre = sep_reshape(g, sep_batch_range(g, centres, j, 1), SEP_SHAPE(features));
        sep_node *is_there = sep_reshape(g, sep_batch_range(g, present, j, 1), SEP_SHAPE(1));
        weight[j] = sep_mul(g, nearness(s, centres, centre), is_there);
        sum = sum == NULL ? weight[j] : sep_add(g, sum, weight[j]);
    }
    sep_node *others = sep_loss_at_least(g, sep_subtract(g, sum, sep_mul(g, own, present)), 1e-6f);
    for (int j = 0; j < at->classes; j++)
        weight[j] = sep_divide(g, weight[j], others);
}

/* Sum over classes j of q_cj times the mean over j's keys: [1, queries, 1]. */
static sep_node *weighed_others(sep_step *s, const sep_contrasted *at, const sep_sampled *query, const sep_sampled *key,
                                sep_node *const *weight)
{
    const sep_contrast_sums others = {
        .temperature = sep_contrast_common_of(s)->temperature, .balanced = true, .classes = at->classes};
    sep_graph *g = s->graph;
    sep_node *sum = NULL;

    for (int j = 0; j < at->classes; j++) {
        sep_node *feature = sep_batch_range(g, key->feature, j, 1), *label = sep_batch_range(g, key->label, j, 1);
        sep_node *mean = sep_contrast_sum(g, query->feature, feature, query->label, label, &others);
        sep_node *part = sep_mul(g, mean, sep_gather(g, weight[j], query->label));
        sum = sum == NULL ? part : sep_add(g, sum, part);
    }
    return sum;
}

static sep_node *build(sep_step *s, const sep_contrasted *at)
{
    const reco_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    sep_node *valid[2], *hard[2], *weight[SEP_MOST_CLASSES] = {0};

    for (int view = 0; view < at->views; view++) {
        valid[view] = valid_rows(s, at, view);
        sep_node *unsure = sep_loss_complement(g, sep_greater_than(g, at->view[view].probability, o->hard));
        hard[view] = sep_mul(g, valid[view], unsure);
    }
    sep_sampled drawn = sep_sample_rows(s, at, hard, "queries", o->queries, false);
    sep_sampled query = sep_as_one_group(g, &drawn), key = sep_sample_rows(s, at, valid, "keys", o->keys, true);
    sep_node *centres = sep_class_centres(g, &key, at->classes);
    find_weights(s, at, &key, weight);
    sep_node *others = weighed_others(s, at, &query, &key, weight);
    return sep_centre_contrast(s, at, &query, centres, sep_scale(g, others, (float)o->keys));
}

const sep_contrast sep_contrast_reco = {
    .name = "reco",
    .summary = "pixels of doubtful class against those of near classes",
    .settings = settings,
    .options_size = sizeof(reco_options),
    .build = build,
};
