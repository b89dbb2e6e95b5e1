/* A network as a graph that can be run. */
#include "bench/network.h"

#include <stdio.h>

static sep_status find_spec(const bench_net *net, sep_net_spec *spec)
{
    char setting[64] = "";

    if (net->upsampling != NULL)
        snprintf(setting, sizeof setting, "upsampling = %s", net->upsampling);
    SEP_TRY(sep_net_spec_read(net->name, setting, spec));
    spec->classes = net->classes;
    spec->height = net->size;
    spec->width = net->size;
    return sep_net_complete(spec);
}

/* A method's settings where none are given. */
static sep_status default_options(sep_train_config *config)
{
    sep_options *none = sep_options_create();
    sep_status status =
        none != NULL ? sep_settings_read(none, config->method->name, config->method->settings, &config->method_options)
                     : SEP_ERR_MEMORY;

    sep_options_destroy(none);
    return status;
}

/* The step that `septum train` takes with its defaults: cross entropy and Dice, AdamW. */
static sep_status configure(const bench_net *net, const sep_net_spec *spec, sep_train_config *config)
{
    const char *name = net->method != NULL ? net->method : "supervised";
    const sep_method *method = sep_method_find(name);

    if (method == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "there is no method '%s': `septum info method` lists them", name);
    *config = (sep_train_config){.method = method,
                                 .students = method->students_low,
                                 .iterations = 1000,
                                 .seed = 1,
                                 .consistency_weight = 0.1f,
                                 .cross_entropy_weight = 0.5f};
    for (int i = 0; i < config->students; i++) {
        config->student[i] = (sep_student_config){.net = *spec,
                                                  .optimiser = sep_optimiser_default(SEP_ADAMW),
                                                  .schedule = {.rate = 1e-4, .decay = SEP_DECAY_CONSTANT}};
        config->student[i].optimiser.decay = 5e-4f;
    }
    int unlabelled = method->uses_unlabelled ? net->batch / 2 : 0;
    config->batch = (sep_batch_config){.height = spec->height,
                                       .width = spec->width,
                                       .labelled_batch = net->batch - unlabelled,
                                       .unlabelled_batch = unlabelled};
    return default_options(config);
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
    SEP_TRY(find_spec(net, &spec));
    network->height = spec.height;
    network->width = spec.width;
    SEP_TRY(sep_store_create(device, 1, &network->store));
    if (!net->train)
        return build_inference(net, &spec, network);
    SEP_TRY(configure(net, &spec, &network->config));
    sep_status status = sep_step_build(&network->config, spec.classes, network->store, &network->step);
    network->graph = network->step.step.graph;
    return status;
}

void bench_network_close(bench_network *network)
{
    sep_free(network->batch.image);
    sep_free(network->batch.label);
    if (network->image == NULL)
        sep_step_free(&network->step); /* and with it the graph */
    else
        sep_graph_destroy(network->graph);
    sep_store_destroy(network->store);
    *network = (bench_network){0};
}

/* ---- running ------------------------------------------------------------------------------------------------------
 */

sep_status bench_network_prepare(const bench_net *net, bench_network *network)
{
    size_t pixels = (size_t)net->batch * (size_t)network->height * (size_t)network->width;
    sep_random random = {.seed = 1, .stream = sep_stream("bench")};
    sep_batch *batch = &network->batch;

    SEP_TRY(sep_graph_compile(network->graph));
    batch->image = sep_calloc(pixels, sizeof *batch->image);
    batch->label = sep_calloc(pixels, sizeof *batch->label);
    if (batch->image == NULL || batch->label == NULL)
        return sep_fail(SEP_ERR_MEMORY, "no memory for a batch");
    for (size_t i = 0; i < pixels; i++) {
        batch->image[i] = sep_random_uniform(&random, i);
        batch->label[i] = (int32_t)(4.0f * batch->image[i]) % net->classes; /* something that can be learned */
    }
    return SEP_OK;
}

sep_status bench_network_run(void *context)
{
    bench_network *network = context;
    const sep_step_info info = {.seed = 1};
    double rates[SEP_MAX_STUDENTS];

    if (network->image == NULL)
        return sep_step_run(&network->config, &network->step, &network->batch, 1, rates);
    SEP_TRY(sep_feed(network->graph, network->image, network->batch.image));
    return sep_graph_run(network->graph, &info);
}

double bench_network_work(const bench_network *network)
{
    double work = 0.0;

    for (int i = 0; i < sep_graph_node_count(network->graph); i++) {
        bench_problem problem;
        bench_pass pass;
        if (bench_problem_of_call(sep_graph_call(network->graph, i), &problem, &pass))
            work += bench_problem_work(&problem, pass);
    }
    return work;
}
