/* A network as a graph that can be run. */
#include "bench/network.h"

#include "data/phantom_dataset.h"

#include <stdio.h>

/* The step that `septum train` takes where a configuration says no more than this. */
static sep_status say_what_to_train(const bench_net *net, const sep_method *method, int size, sep_options *options)
{
    const int unlabelled = method->uses_unlabelled ? net->batch / 2 : 0;
    char text[512];

    snprintf(text, sizeof text,
             "[data]\nfolder = phantoms\nclasses = %d\npatch_size = %d\nloader_threads = 0\n"
             "[train]\nmethod = %s\niterations = 1000\nlabelled_batch = %d\nunlabelled_batch = %d\n",
             net->classes, size, method->name, net->batch - unlabelled, unlabelled);
    SEP_TRY(sep_options_load_text(options, "bench", text));
    for (int i = 0; i < method->students_low; i++) {
        snprintf(text, sizeof text, "student_%d.net=%s", i, net->name);
        SEP_TRY(sep_options_set(options, text));
        for (int k = 0; k < net->settings->count; k++) {
            snprintf(text, sizeof text, "student_%d.%s", i, net->settings->item[k]);
            SEP_TRY(sep_options_set(options, text));
        }
    }
    return SEP_OK;
}

static sep_status configure(const bench_net *net, const sep_net_spec *spec, bench_network *network)
{
    const char *name = net->method != NULL ? net->method : "supervised";
    const sep_method *method = sep_method_find(name);

    if (method == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "there is no method '%s': `septum info method` lists them", name);
    network->options = sep_options_create();
    if (network->options == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(say_what_to_train(net, method, spec->height, network->options));
    return sep_train_config_read(network->options, &network->config);
}

/* Of a method with stages the last. */
static sep_status build_training(const bench_net *net, const sep_net_spec *spec, bench_network *network)
{
    SEP_TRY(configure(net, spec, network));
    const int stages = network->config.method->stages;
    SEP_TRY(sep_step_build_stage(&network->config, stages > 1 ? stages - 1 : 0, spec->classes, network->store,
                                 &network->step));
    network->graph = network->step.step.graph;
    return SEP_OK;
}

static sep_status build_inference(const bench_net *net, const sep_net_spec *spec, bench_network *network)
{
    sep_net_output output;

    network->graph = sep_graph_create(network->store, false);
    if (network->graph == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a graph");
    network->image = sep_input(network->graph, "image", SEP_SHAPE(net->batch, spec->height, spec->width, 1), SEP_F32);
    SEP_TRY(sep_net_build(network->graph, spec, network->image, &output));
    sep_keep(network->graph, output.logits);
    return SEP_OK;
}

sep_status bench_network_open(const bench_net *net, sep_device *device, bench_network *network)
{
    sep_net_spec spec;

    *network = (bench_network){0};
    SEP_TRY(sep_net_spec_of(net->name, net->settings, net->classes, net->size, &spec));
    network->height = spec.height;
    network->width = spec.width;
    SEP_TRY(sep_store_create(device, 1, &network->store));
    if (!net->train)
        return build_inference(net, &spec, network);
    return build_training(net, &spec, network);
}

void bench_network_close(bench_network *network)
{
    sep_loader_destroy(network->loader);
    sep_dataset_destroy(network->dataset);
    sep_free(network->drawn);
    if (network->image == NULL)
        sep_step_free(&network->step); /* and with it the graph */
    else
        sep_graph_destroy(network->graph);
    sep_store_destroy(network->store);
    sep_options_destroy(network->options);
    *network = (bench_network){0};
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* One batch, with all that the method's step wants to be shown. */
static sep_status load_batch(const bench_net *net, bench_network *network)
{
    const sep_phantom_dataset hearts = {
        .phantom = {.size = network->height, .slices = net->batch, .seed = 1},
        .classes = net->classes,
        .labelled = 2,
        .training = 4,
    };
    sep_batch_config batches;

    SEP_TRY(sep_phantom_dataset_create(&hearts, &network->dataset));
    SEP_TRY(sep_phantom_dataset_register(network->dataset));
    SEP_TRY(sep_step_batches(&network->config, &network->step, &batches));
    SEP_TRY(sep_loader_create(network->dataset, &batches, 0, &network->loader));
    return sep_loader_next(network->loader, &network->batch);
}

static sep_status draw_images(const bench_net *net, bench_network *network)
{
    size_t pixels = (size_t)net->batch * (size_t)network->height * (size_t)network->width;
    sep_random random = {.seed = 1, .stream = sep_stream("bench")};

    network->drawn = sep_calloc(pixels, sizeof *network->drawn);
    if (network->drawn == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a batch");
    for (size_t i = 0; i < pixels; i++)
        network->drawn[i] = sep_random_uniform(&random, i);
    return SEP_OK;
}

sep_status bench_network_prepare(const bench_net *net, bench_network *network)
{
    SEP_TRY(sep_graph_compile(network->graph));
    return network->image != NULL ? draw_images(net, network) : load_batch(net, network);
}

sep_status bench_network_run(void *context)
{
    bench_network *network = context;
    const sep_step_info info = {.seed = 1};
    double rates[SEP_MAX_STUDENTS];

    if (network->image == NULL)
        return sep_step_run(&network->config, &network->step, network->batch, 1, rates);
    SEP_TRY(sep_feed(network->graph, network->image, network->drawn));
    return sep_graph_run(network->graph, &info);
}

bool bench_is_constant(const sep_graph *graph, int index)
{
    sep_node_info info;

    sep_graph_node_info(graph, index, &info);
    return info.constant;
}

double bench_network_work(const bench_network *network)
{
    double work = 0.0;

    for (int i = 0; i < sep_graph_node_count(network->graph); i++) {
        bench_problem problem;
        bench_pass pass;
        if (!bench_is_constant(network->graph, i) &&
            bench_problem_of_call(sep_graph_call(network->graph, i), &problem, &pass))
            work += bench_problem_work(&problem, pass);
    }
    return work;
}
