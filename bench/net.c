/* bench net: the time of a whole step, and the list of layers of a network. */
#include "bench/network.h"
#include "bench/peak_device.h"

#include <stdio.h>
#include <string.h>

/* ---- the time of a step -------------------------------------------------------------------------------------------
 */

typedef struct net_job {
    const bench_net *net;
    const bench_job *job;
    const char *isa; /* of the CPU; or the name of an OpenCL device, with its units as threads */
    int threads;
    sep_device *device; /* that device, else NULL */
} net_job;

static bench_row start_row(const net_job *j, const bench_network *network)
{
    bench_row row = {.op = "net", .threads = j->threads};

    size_t length = (size_t)snprintf(row.shape, sizeof row.shape, "%.16s", j->net->name);
    for (int i = 0; i < j->net->settings->count && length < sizeof row.shape; i++)
        length += (size_t)snprintf(row.shape + length, sizeof row.shape - length, ":%s", j->net->settings->item[i]);
    if (length < sizeof row.shape)
        snprintf(row.shape + length, sizeof row.shape - length, "-n%dh%dw%d%s%.20s", j->net->batch, network->height,
                 network->width, j->net->method != NULL ? "-" : "", j->net->method != NULL ? j->net->method : "");
    snprintf(row.pass, sizeof row.pass, "%s", j->net->train ? "train" : "infer");
    snprintf(row.isa, sizeof row.isa, "%s", j->isa);
    return row;
}

static sep_status add_peak(const net_job *j, bench_result *result)
{
    bench_peak peak;

    if (j->device == NULL && !bench_peak_known(j->isa))
        return SEP_OK;
    SEP_TRY(j->device ? bench_peak_of_device(j->device, j->isa, j->threads, &peak)
                      : bench_peak_measure(j->isa, j->threads, &peak));
    return bench_result_add_peak(result, &peak);
}

static sep_status time_network(const net_job *j, bench_network *network, bench_result *result)
{
    bench_row row = start_row(j, network);
    bench_work work = {.run = bench_network_run, .context = network};
    sep_memory_plan plan;

    SEP_TRY(sep_graph_plan(network->graph, &plan));
    SEP_TRY(bench_network_prepare(j->net, network));
    SEP_TRY(bench_measure(&work, NULL, j->job->seconds / (j->job->isas * j->job->thread_counts), j->job->clock,
                          &row.ours, &row.peer));
    row.images = j->net->batch / row.ours.median;
    row.planned_mib = (double)plan.total / 1048576.0;
    row.peak_mib = bench_peak_memory(); /* before anything else takes memory */
    SEP_TRY(add_peak(j, result));
    const bench_peak *peak = bench_result_peak(result, j->isa, j->threads);
    if (j->net->profile)
        SEP_TRY(bench_profile(network, peak, &row.profile));
    bench_row_rate(&row, peak, bench_network_work(network), 0.0, 0.0);
    return bench_result_add_row(result, &row);
}

/* Takes the device along. */
static sep_status run_on(const net_job *j, sep_device *device, bench_result *result)
{
    bench_network network = {0};
    sep_status status = bench_network_open(j->net, device, &network);

    if (status == SEP_OK)
        status = time_network(j, &network, result);
    bench_network_close(&network);
    sep_device_destroy(device);
    return status;
}

static sep_status run_child(const void *context, bench_result *result)
{
    const net_job *j = context;
    sep_device *device;

    SEP_TRY(sep_cpu_create(j->threads, j->isa, &device));
    return run_on(j, device, result);
}

static sep_status run_device_child(const void *context, bench_result *result)
{
    net_job j = *(const net_job *)context;

    SEP_TRY(bench_device_open(j.job, &j.device, &result->machine, &j.threads));
    j.isa = j.job->device;
    return run_on(&j, j.device, result);
}

/* On the device, after the processor; each in a process of its own. */
static sep_status run_on_both(const bench_net *net, const bench_job *job, bench_result *result)
{
    net_job j = {.net = net, .job = job, .isa = job->isa[0], .threads = job->threads[0]};

    SEP_TRY(bench_in_child(run_child, &j, result));
    SEP_TRY(bench_in_child(run_device_child, &j, result));
    result->row[1].cpu = result->row[0].ours;
    return SEP_OK;
}

sep_status bench_net_run(const bench_net *net, const bench_job *job, bench_result *result)
{
    bench_machine_read(&result->machine);
    if (job->device)
        return run_on_both(net, job, result);
    for (int i = 0; i < job->isas; i++)
        for (int t = 0; t < job->thread_counts; t++) {
            net_job j = {.net = net, .job = job, .isa = job->isa[i], .threads = job->threads[t]};
            SEP_TRY(bench_in_child(run_child, &j, result));
        }
    return SEP_OK;
}

/* ---- the list of layers -------------------------------------------------------------------------------------------
 */

/* How often a problem occurs in each pass. */
typedef struct layer {
    bench_problem problem;
    int count[BENCH_PASSES];
} layer;

static layer *find_layer(layer *layers, int count, const bench_problem *problem)
{
    for (int i = 0; i < count; i++)
        if (layers[i].problem.family == problem->family &&
            memcmp(layers[i].problem.value, problem->value, sizeof problem->value) == 0)
            return &layers[i];
    return NULL;
}

static void count_layer(layer *layers, int *count, const bench_problem *problem, bench_pass pass)
{
    layer *found = find_layer(layers, *count, problem);

    if (found == NULL) {
        found = &layers[(*count)++];
        found->problem = *problem;
    }
    found->count[pass]++;
}

/* A layer occurs as often as its most frequent pass: the first convolution needs no gradient of the image. */
static int occurrences(const layer *l)
{
    int most = 0;

    for (int pass = 0; pass < BENCH_PASSES; pass++)
        most = l->count[pass] > most ? l->count[pass] : most;
    return most;
}

/* Moving or adding up less than this says more about the price of a call than about a kernel. */
#define SMALLEST_BYTES (256 << 10)

static bool is_heavy(const bench_problem *problem, bench_pass pass)
{
    bench_layout layout;

    return problem->family->work ||
           (bench_layout_create(problem, pass, &layout) == SEP_OK && layout.footprint >= SMALLEST_BYTES);
}

/* A flag that other passes would show, so that it was only taken to be set. */
static bool is_assumed(const layer *l, char flag)
{
    bool shown_elsewhere = false;

    for (int pass = 0; pass < BENCH_PASSES; pass++) {
        bool shown = bench_pass_shows(l->problem.family, (bench_pass)pass, flag);
        if (shown && l->count[pass] > 0)
            return false;
        shown_elsewhere = shown_elsewhere || shown;
    }
    return shown_elsewhere && l->problem.value[(int)flag] == 1;
}

/* The layer of which that one holds passes that do not show a flag to be missing; NULL where there is none. */
static layer *find_owner(layer *layers, int count, const layer *l)
{
    layer *owner = NULL;

    for (const char *flag = l->problem.family->flags; flag && *flag && !owner; flag++) {
        bench_problem without = l->problem;
        without.value[(int)*flag] = 0;
        if (is_assumed(l, *flag))
            owner = find_layer(layers, count, &without);
    }
    return owner;
}

/* The gradients of a layer without bias do not show that it has none: they join its forward pass. */
static void join_owners(layer *layers, int *count)
{
    for (int i = *count - 1; i >= 0; i--) {
        layer *owner = find_owner(layers, *count, &layers[i]);

        if (owner == NULL)
            continue;
        for (int pass = 0; pass < BENCH_PASSES; pass++)
            owner->count[pass] += layers[i].count[pass];
        memmove(&layers[i], &layers[i + 1], (size_t)(--*count - i) * sizeof *layers);
    }
}

static int collect_layers(const sep_graph *graph, layer *layers)
{
    int count = 0;

    for (int i = 0; i < sep_graph_node_count(graph); i++) {
        bench_problem problem;
        bench_pass pass;
        if (!bench_is_constant(graph, i) && bench_problem_of_call(sep_graph_call(graph, i), &problem, &pass) &&
            is_heavy(&problem, pass))
            count_layer(layers, &count, &problem, pass);
    }
    join_owners(layers, &count);
    return count;
}

static sep_status print_layers(const sep_graph *graph, FILE *file)
{
    layer *layers = sep_calloc((size_t)sep_graph_node_count(graph) + 1, sizeof *layers);
    char word[BENCH_WORD];

    if (layers == NULL)
        return SEP_ERR_MEMORY;
    int count = collect_layers(graph, layers);
    for (int i = 0; i < count; i++) {
        bench_problem_word(&layers[i].problem, word);
        fprintf(file, "%s %s %d\n", layers[i].problem.family->name, word, occurrences(&layers[i]));
    }
    sep_free(layers);
    return SEP_OK;
}

sep_status bench_net_layers(const bench_net *net, FILE *file)
{
    bench_network network = {0};
    sep_device *device;

    SEP_TRY(sep_cpu_create(1, NULL, &device));
    sep_status status = bench_network_open(net, device, &network);
    if (status == SEP_OK)
        status = sep_graph_plan(network.graph, NULL);
    if (status == SEP_OK)
        status = print_layers(network.graph, file);
    bench_network_close(&network);
    sep_device_destroy(device);
    return status;
}
