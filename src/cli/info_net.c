/* septum info net: which networks there are; one with its layers, its size and its settings. */
#include "cli/info_net.h"

#include "base/settings_json.h"
#include "cli/compute.h"
#include "cli/info_settings.h"
#include "septum/nets.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- its layers -------------------------------------------------------------------------------------------------- */

static json_t *layers_to_json(const sep_graph *graph)
{
    json_t *layers = json_array();
    char shape[SEP_SHAPE_TEXT];

    for (int i = 0; i < sep_graph_node_count(graph); i++) {
        sep_node_info info;
        sep_graph_node_info(graph, i, &info);
        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:s, s:I, s:I}", "scope", info.scope, "operation", info.op, "shape",
                                        sep_shape_text(&info.shape, shape), "parameters", (json_int_t)info.parameters,
                                        "multiply_adds", (json_int_t)info.multiply_adds));
    }
    return layers;
}

static void print_layers(const sep_graph *graph)
{
    char shape[SEP_SHAPE_TEXT];

    printf("%-36s %-20s %-18s %12s %14s\n", "scope", "operation", "shape", "parameters", "multiply-adds");
    for (int i = 0; i < sep_graph_node_count(graph); i++) {
        sep_node_info info;
        sep_graph_node_info(graph, i, &info);
        printf("%-36s %-20s %-18s %12" PRId64 " %14" PRId64 "\n", info.scope, info.op,
               sep_shape_text(&info.shape, shape), info.parameters, info.multiply_adds);
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

typedef struct description {
    const sep_net_spec *spec;
    json_t *layers; /* as built: planning fuses some of them */
    sep_memory_plan plan;
    int batch;
    int64_t parameters, multiply_adds; /* the latter of one image */
} description;

static json_t *to_json(const description *d)
{
    json_t *settings = json_object();

    sep_settings_to_json(d->spec->net->settings, &d->spec->options, settings);
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:o, s:I, s:I, s:I, s:o}", "net", d->spec->net->name, "classes",
                     d->spec->classes, "height", d->spec->height, "width", d->spec->width, "batch", d->batch,
                     "settings", settings, "parameters", (json_int_t)d->parameters, "multiply_adds",
                     (json_int_t)d->multiply_adds, "inference_bytes", (json_int_t)d->plan.total, "layers", d->layers);
}

static void print(const description *d)
{
    const double mib = 1048576.0;

    printf("\n%s, %d classes, %dx%d: %" PRId64 " parameters, %.3f G multiply-adds an image\n", d->spec->net->name,
           d->spec->classes, d->spec->height, d->spec->width, d->parameters, (double)d->multiply_adds / 1e9);
    printf("memory to predict %d at once: %.1f MiB (activations %.1f, parameters %.1f, packed weights %.1f)\n",
           d->batch, (double)d->plan.total / mib, (double)d->plan.activations / mib, (double)d->plan.parameters / mib,
           (double)d->plan.packed / mib);
    printf("\n%s\n[student_0]\n", d->spec->net->summary);
    sep_print_settings(d->spec->net->settings, &d->spec->options);
}

static sep_status describe(const sep_net_spec *spec, int batch, const sep_store *store, sep_graph *graph, json_t **root)
{
    sep_node *x = sep_input(graph, "image", SEP_SHAPE(batch, spec->height, spec->width, spec->channels), SEP_F32);
    sep_net_output output;
    description d = {.spec = spec, .batch = batch};

    SEP_TRY(sep_net_build(graph, spec, x, &output));
    sep_keep(graph, output.logits);
    if (root != NULL)
        d.layers = layers_to_json(graph);
    else
        print_layers(graph);
    d.parameters = sep_store_elements(store, SEP_ROLE_PARAMETER, "");
    d.multiply_adds = sep_graph_multiply_adds(graph) / batch;
    SEP_TRY(sep_graph_plan(graph, &d.plan));
    if (root != NULL)
        *root = to_json(&d);
    else
        print(&d);
    return SEP_OK;
}

static sep_status build_and_describe(const sep_net_spec *spec, int batch, sep_store *store, json_t **root)
{
    sep_graph *graph = sep_graph_create(store, false);

    if (graph == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a graph");
    sep_status status = describe(spec, batch, store, graph, root);
    sep_graph_destroy(graph);
    return status;
}

/* ---- the network that is asked for ------------------------------------------------------------------------------- */

sep_status sep_describe_net(const char *name, const sep_info_net *asked, json_t **root)
{
    sep_net_spec spec;
    sep_device *device;
    sep_store *store = NULL;

    SEP_TRY(sep_net_spec_of(name, asked->settings, asked->classes, asked->size, &spec));
    SEP_TRY(sep_open_device(&device));
    sep_status status = sep_store_create(device, 0, &store);
    if (status == SEP_OK)
        status = build_and_describe(&spec, asked->batch, store, root);
    sep_store_destroy(store);
    sep_device_destroy(device);
    return status;
}

void sep_list_nets(json_t **root)
{
    if (root != NULL)
        *root = json_array();
    for (int i = 0; sep_nets[i] != NULL; i++)
        if (root != NULL)
            json_array_append_new(*root,
                                  json_pack("{s:s, s:s}", "net", sep_nets[i]->name, "summary", sep_nets[i]->summary));
        else
            printf("%-12s %s\n", sep_nets[i]->name, sep_nets[i]->summary);
}
