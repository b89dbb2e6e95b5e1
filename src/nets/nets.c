/* The list of networks, and what holds for each of them. */
#include "nets/table.h"

#include <string.h>

#define SEP_NET_ENTRY(name) &sep_##name,
const sep_net *const sep_nets[] = {SEP_NETS(SEP_NET_ENTRY) NULL};

const sep_net *sep_net_find(const char *name)
{
    for (int i = 0; sep_nets[i] != NULL; i++)
        if (strcmp(sep_nets[i]->name, name) == 0)
            return sep_nets[i];
    return NULL;
}

/* ---- what a network is ------------------------------------------------------------------------------------------- */

static sep_status fail_unknown(const char *name)
{
    char list[256] = "";

    for (int i = 0; sep_nets[i] != NULL; i++) {
        strncat(list, i > 0 ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, sep_nets[i]->name, sizeof list - strlen(list) - 1);
    }
    return sep_fail(SEP_ERR_ARGUMENT, "there is no network '%.40s'; there are %s", name, list);
}

static sep_status read_settings(sep_options *options, const char *settings, sep_net_spec *spec)
{
    char *text = sep_format("[%s]\n%s", spec->net->name, settings);

    if (text == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = sep_options_load_text(options, "settings", text);
    sep_free(text);
    SEP_TRY(status);
    SEP_TRY(sep_settings_read(options, spec->net->name, spec->net->settings, &spec->options));
    return sep_options_check_unknown(options);
}

sep_status sep_net_spec_read(const char *name, const char *settings, sep_net_spec *spec)
{
    *spec = (sep_net_spec){.net = sep_net_find(name)};
    if (spec->net == NULL)
        return fail_unknown(name);
    sep_options *options = sep_options_create();
    if (options == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = read_settings(options, settings != NULL ? settings : "", spec);
    sep_options_destroy(options);
    return status;
}

static void fill(int *value, int meant)
{
    if (*value == 0)
        *value = meant;
}

static sep_status check_limits(const sep_net_spec *spec)
{
    const struct {
        const char *what;
        int value, least, most;
    } limits[] = {
        {"classes (the background is one)", spec->classes, 2, SEP_MOST_CLASSES},
        {"channels of the image", spec->channels, 1, SEP_MOST_CHANNELS},
        {"rows", spec->height, 1, SEP_MOST_SIDE},
        {"columns", spec->width, 1, SEP_MOST_SIDE},
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (limits[i].value < limits[i].least || limits[i].value > limits[i].most)
            return sep_fail(SEP_ERR_ARGUMENT, "%d %s: %d to %d are possible", limits[i].value, limits[i].what,
                            limits[i].least, limits[i].most);
    return sep_settings_check(spec->net->settings, &spec->options);
}

sep_status sep_net_check_grid(const sep_net_spec *spec, int grid)
{
    if (spec->height % grid == 0 && spec->width % grid == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "images of %dx%d; height and width must be multiples of %d", spec->height,
                    spec->width, grid);
}

sep_status sep_net_complete(sep_net_spec *spec)
{
    if (spec->net == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "no network is chosen");
    fill(&spec->channels, 1);
    fill(&spec->height, spec->net->height);
    fill(&spec->width, spec->net->width);
    sep_status status = check_limits(spec);
    if (status == SEP_OK)
        status = spec->net->check(spec);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", spec->net->name);
}

/* Of an option file. */
static char *lines_of(const sep_strings *settings)
{
    char *lines = sep_strdup("");

    for (int i = 0; i < settings->count && lines != NULL; i++) {
        char *longer = sep_format("%s%s\n", lines, settings->item[i]);
        sep_free(lines);
        lines = longer;
    }
    return lines;
}

sep_status sep_net_spec_of(const char *name, const sep_strings *settings, int classes, int size, sep_net_spec *spec)
{
    char *lines = lines_of(settings);
    const sep_status status = lines != NULL ? sep_net_spec_read(name, lines, spec) : SEP_ERR_MEMORY;

    sep_free(lines);
    SEP_TRY(status);
    spec->classes = classes;
    spec->height = size;
    spec->width = size;
    return sep_net_complete(spec);
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

sep_status sep_net_encode(sep_graph *graph, const sep_net_spec *spec, sep_node *x, sep_maps *maps)
{
    sep_net_spec complete = *spec;
    char have[SEP_SHAPE_TEXT], want[SEP_SHAPE_TEXT];

    SEP_TRY(sep_net_complete(&complete));
    SEP_TRY(sep_graph_status(graph));
    const sep_shape *shape = sep_node_shape(x);
    const sep_shape wanted = SEP_SHAPE(shape->dim[0], complete.height, complete.width, complete.channels);
    if (!sep_shape_equal(shape, &wanted))
        return sep_fail(SEP_ERR_SHAPE, "%s for images %s got %s", complete.net->name, sep_shape_text(&wanted, want),
                        sep_shape_text(shape, have));
    *maps = complete.net->encode(graph, &complete, x);
    return sep_graph_status(graph);
}

sep_status sep_net_decode(sep_graph *graph, const sep_net_spec *spec, const sep_maps *maps, sep_net_output *output)
{
    sep_net_spec complete = *spec;

    SEP_TRY(sep_net_complete(&complete));
    SEP_TRY(sep_graph_status(graph));
    *output = complete.net->decode(graph, &complete, maps);
    return sep_graph_status(graph);
}

sep_status sep_net_build(sep_graph *graph, const sep_net_spec *spec, sep_node *x, sep_net_output *output)
{
    sep_maps maps;

    SEP_TRY(sep_net_encode(graph, spec, x, &maps));
    return sep_net_decode(graph, spec, &maps, output);
}
