/* The table of losses, how settings choose one, and how it is built. */
#include "losses/table.h"

#include <string.h>

#define SEP_LOSS_ENTRY(name) &sep_loss_##name,
const sep_loss *const sep_losses[] = {SEP_LOSSES(SEP_LOSS_ENTRY) NULL};

const sep_loss *sep_loss_find(const char *name)
{
    for (int i = 0; sep_losses[i] != NULL; i++)
        if (strcmp(sep_losses[i]->name, name) == 0)
            return sep_losses[i];
    return NULL;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static sep_status add_weight(const char *key, const char *word, sep_loss_settings *settings)
{
    double weight;

    if (!sep_parse_float(word, &weight) || weight < 0.0 || weight > SEP_LARGEST_CLASS_WEIGHT)
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s' is not a number from 0 to %.0f", key, word, SEP_LARGEST_CLASS_WEIGHT);
    if (settings->weights == SEP_LOSS_WEIGHTS)
        return sep_fail(SEP_ERR_FORMAT, "%s has more than %d numbers", key, SEP_LOSS_WEIGHTS);
    settings->weight[settings->weights++] = (float)weight;
    return SEP_OK;
}

/* "0.1, 1, 1, 1" */
static sep_status parse_weights(const char *key, const char *text, sep_loss_settings *settings)
{
    sep_strings words = {0};
    sep_status status = sep_strings_split(&words, text);

    for (int i = 0; i < words.count && status == SEP_OK; i++)
        status = add_weight(key, words.item[i], settings);
    sep_strings_free(&words);
    return status;
}

static sep_status read_weights(sep_options *options, sep_loss_settings *settings)
{
    const char *text;
    char *key = sep_format("%s.weights", settings->loss->name);

    if (key == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = sep_options_string(options, key, "1", &text);
    if (status == SEP_OK)
        status = parse_weights(key, text, settings);
    sep_free(key);
    return status;
}

sep_status sep_loss_settings_read(sep_options *options, sep_loss_settings *settings)
{
    const char *names[64];
    int count = 0, chosen;

    for (; sep_losses[count] != NULL && count < 64; count++)
        names[count] = sep_losses[count]->name;
    SEP_TRY(sep_options_choice(options, "train.loss", names[0], names, count, &chosen));
    *settings = (sep_loss_settings){.loss = sep_losses[chosen]};
    SEP_TRY(sep_settings_read(options, names[chosen], settings->loss->settings, &settings->options));
    return settings->loss->weighs_classes ? read_weights(options, settings) : SEP_OK;
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

sep_node *sep_loss_build(sep_graph *g, const sep_loss_input *input)
{
    const sep_loss *loss = input->settings->loss != NULL ? input->settings->loss : sep_losses[0];

    if (input->logits == NULL || input->labels == NULL)
        return NULL;
    int classes = sep_shape_last(sep_node_shape(input->logits)), weights = input->settings->weights;
    if (loss->weighs_classes && weights != 1 && weights != classes)
        return sep_graph_fail(g, SEP_ERR_ARGUMENT, "%s.weights has %d numbers for %d classes", loss->name, weights,
                              classes);
    if (loss->wants_distances && input->distances == NULL)
        return sep_graph_fail(g, SEP_ERR_ARGUMENT, "the loss '%s' wants distances from the boundaries", loss->name);
    return loss->build(g, input);
}
