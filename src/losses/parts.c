/* What several losses are made of. */
#include "losses/parts.h"

sep_node *sep_loss_truth(sep_graph *g, const sep_loss_input *input)
{
    return sep_one_hot(g, input->labels, sep_shape_last(sep_node_shape(input->logits)));
}

sep_node *sep_loss_weights(sep_graph *g, const sep_loss_input *input)
{
    const sep_loss_settings *settings = input->settings;
    int classes = sep_shape_last(sep_node_shape(input->logits));

    if (settings->weights == 1)
        return sep_constant(g, SEP_SHAPE(classes), settings->weight[0]);
    sep_node *row = sep_constant(g, SEP_SHAPE(1), settings->weight[0]);
    for (int c = 1; c < classes; c++) {
        sep_node *next = sep_constant(g, SEP_SHAPE(1), settings->weight[c]);
        row = sep_concat(g, row, next);
    }
    return row;
}

sep_node *sep_loss_plus(sep_graph *g, sep_node *x, float value)
{
    sep_node *constant = sep_constant(g, SEP_SHAPE(1), value);

    return sep_add(g, x, constant);
}

sep_node *sep_loss_complement(sep_graph *g, sep_node *x)
{
    return sep_loss_plus(g, sep_scale(g, x, -1.0f), 1.0f);
}

sep_node *sep_loss_at_least(sep_graph *g, sep_node *x, float value)
{
    sep_node *constant = sep_constant(g, SEP_SHAPE(1), value);

    return sep_maximum(g, x, constant);
}

sep_node *sep_loss_mean(sep_graph *g, const sep_loss_input *input, sep_node *x)
{
    sep_node *sum = sep_scale(g, sep_sum_all(g, x), 1.0f / (float)sep_shape_last(sep_node_shape(input->logits)));
    sep_node *labelled = sep_loss_at_least(g, sep_sum_all(g, sep_loss_truth(g, input)), 1.0f);

    return sep_divide(g, sum, labelled);
}

sep_node *sep_loss_beside_regions(sep_graph *g, const sep_loss_input *input, sep_node *x, float weight)
{
    sep_node *regions = sep_segmentation_loss(g, input->logits, input->labels, input->cross_entropy_weight);

    return sep_add(g, regions, sep_scale(g, x, weight));
}

sep_overlaps sep_loss_overlaps(sep_graph *g, const sep_loss_input *input)
{
    sep_node *truth = sep_loss_truth(g, input);
    sep_node *labelled = sep_sum_channels(g, truth);
    sep_node *p = sep_mul(g, sep_softmax(g, input->logits), labelled);
    sep_overlaps sums = {.both = sep_sum_rows(g, sep_mul(g, p, truth))};

    sums.predicted = sep_sum_rows(g, p);
    sums.true_volume = sep_sum_rows(g, truth);
    return sums;
}
