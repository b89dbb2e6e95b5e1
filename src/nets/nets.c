/* The table of networks. */
#include "nets/recipes.h"

#include <string.h>

typedef struct net_entry {
    const char *name;
    sep_net_recipe *recipe;
    sep_net_spec published;
    int grid; /* image sizes are multiples of grid (times the window, for the Transformers) */
} net_entry;

static const net_entry nets[SEP_NET_KINDS] = {
    [SEP_U_NET] = {"u-net", sep_u_net, {.base = 16, .height = 256, .width = 256}, 16},
    [SEP_SWIN_UNET] = {"swin-unet",
                       sep_swin_unet,
                       {.base = 96, .depth = 2, .window = 7, .head_channels = 32, .height = 224, .width = 224},
                       32},
    [SEP_CS_UNET] =
        {"cs-unet",
         sep_cs_unet,
         {.base = 96, .depth = 2, .window = 7, .head_channels = 32, .height = 224, .width = 224, .layer_scale = 0.7f},
         32},
};

const char *sep_net_name(sep_net_kind kind)
{
    return nets[kind].name;
}

sep_net_kind sep_net_find(const char *name)
{
    int kind = 0;

    while (kind < SEP_NET_KINDS && strcmp(nets[kind].name, name) != 0)
        kind++;
    return (sep_net_kind)kind;
}

static void fill(int *value, int published)
{
    if (*value == 0)
        *value = published;
}

static sep_status check_limits(const char *name, const sep_net_spec *spec)
{
    const struct {
        const char *what;
        int value, least, most;
    } limits[] = {
        {"classes (the background is one)", spec->classes, 2, SEP_MOST_CLASSES},
        {"rows", spec->height, 1, SEP_MOST_SIDE},
        {"columns", spec->width, 1, SEP_MOST_SIDE},
        {"channels at the first level", spec->base, 1, SEP_MOST_BASE},
        {"blocks a stage", spec->depth, 0, SEP_MOST_DEPTH},
        {"tokens to a window's side", spec->window, 0, SEP_MOST_WINDOW},
        {"channels a head", spec->head_channels, 0, SEP_MOST_HEAD_CHANNELS},
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (limits[i].value < limits[i].least || limits[i].value > limits[i].most)
            return sep_fail(SEP_ERR_ARGUMENT, "%s: %d %s: %d to %d are possible", name, limits[i].value, limits[i].what,
                            limits[i].least, limits[i].most);
    return SEP_OK;
}

sep_status sep_net_complete(sep_net_spec *spec)
{
    if (spec->kind >= SEP_NET_KINDS)
        return sep_fail(SEP_ERR_ARGUMENT, "there is no network number %d", (int)spec->kind);
    const net_entry *entry = &nets[spec->kind];

    fill(&spec->height, entry->published.height);
    fill(&spec->width, entry->published.width);
    fill(&spec->base, entry->published.base);
    fill(&spec->depth, entry->published.depth);
    fill(&spec->window, entry->published.window);
    fill(&spec->head_channels, entry->published.head_channels);
    if (spec->layer_scale == 0.0f)
        spec->layer_scale = entry->published.layer_scale;
    SEP_TRY(check_limits(entry->name, spec));
    int grid = entry->grid * (spec->window > 0 ? spec->window : 1);
    if (spec->height < grid || spec->width < grid || spec->height % grid != 0 || spec->width % grid != 0)
        return sep_fail(SEP_ERR_SHAPE, "%s: images of %dx%d; height and width must be multiples of %d", entry->name,
                        spec->height, spec->width, grid);
    if (spec->head_channels > 0 && spec->base % spec->head_channels != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: %d channels can't be split into heads of %d", entry->name, spec->base,
                        spec->head_channels);
    return SEP_OK;
}

sep_status sep_net_build(sep_graph *graph, const sep_net_spec *spec, sep_node *x, sep_net_output *output)
{
    sep_net_spec complete = *spec;
    char have[SEP_SHAPE_TEXT];

    SEP_TRY(sep_net_complete(&complete));
    SEP_TRY(sep_graph_status(graph));
    const sep_shape *shape = sep_node_shape(x);
    if (shape->rank != 4 || shape->dim[1] != complete.height || shape->dim[2] != complete.width || shape->dim[3] != 1)
        return sep_fail(SEP_ERR_SHAPE, "%s for %dx%d grey images got %s", nets[spec->kind].name, complete.height,
                        complete.width, sep_shape_text(shape, have));
    *output = nets[spec->kind].recipe(graph, &complete, x);
    return sep_graph_status(graph);
}
