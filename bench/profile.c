/* Where the time of a step goes: by operation, by part of the network, and the dearest single shapes; and the least
 * time that the machine's peaks allow for the same. */
#include "bench/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5 };

typedef struct watch {
    int calls, step;
    double *seconds; /* [calls][STEPS] */
} watch;

static void observe(void *context, int index, double seconds)
{
    watch *w = context;

    w->seconds[(size_t)index * STEPS + (size_t)w->step] = seconds;
}

/* ---- groups -------------------------------------------------------------------------------------------------------
 */

typedef struct group {
    char name[128];
    double seconds, least, work; /* of a step; work in multiply-adds */
    int calls;
} group;

typedef struct groups {
    group *item;
    int count;
} groups;

/* One call of a step. */
typedef struct cost {
    double seconds, least, work;
} cost;

static void add_to(groups *list, const char *name, const cost *of)
{
    int i = 0;

    while (i < list->count && strcmp(list->item[i].name, name) != 0)
        i++;
    group *g = &list->item[i];
    if (i == list->count) {
        snprintf(g->name, sizeof g->name, "%s", name);
        list->count++;
    }
    g->seconds += of->seconds;
    g->least += of->least;
    g->work += of->work;
    g->calls++;
}

static int dearest_first(const void *a, const void *b)
{
    const group *x = a, *y = b;

    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

static json_t *real_or_null(bool known, double value)
{
    return known ? json_real(value) : json_null();
}

/* [{name, calls, ms, least_ms, gflops}], the dearest first. */
static json_t *groups_to_json(groups *list)
{
    json_t *array = json_array();

    qsort(list->item, (size_t)list->count, sizeof *list->item, dearest_first);
    for (int i = 0; i < list->count; i++) {
        const group *g = &list->item[i];
        bool counted = g->work > 0.0 && g->seconds > 0.0;
        json_array_append_new(array,
                              json_pack("{s:s, s:i, s:f, s:o, s:o}", "name", g->name, "calls", g->calls, "ms",
                                        1e3 * g->seconds, "least_ms", real_or_null(g->least > 0.0, 1e3 * g->least),
                                        "gflops", real_or_null(counted, 2e-9 * g->work / g->seconds)));
    }
    return array;
}

/* ---- names --------------------------------------------------------------------------------------------------------
 */

/* Appends " + batch_stats": what the device works out along with the call. */
static void name_follower(const sep_call *call, char *name, size_t size)
{
    size_t length = strlen(name);

    if (call->follow)
        snprintf(name + length, size - length, " + %s", sep_op_name(call->follow->op));
}

/* "conv n4h256w256c16o16k3 dx", or the operation and its shape where no family has it. Gives the multiply-adds. */
static double name_shape(const sep_graph *graph, int index, char *name, size_t size)
{
    char word[BENCH_WORD], shape[SEP_SHAPE_TEXT];
    const sep_call *call = sep_graph_call(graph, index);
    bench_problem problem;
    bench_pass pass;
    double work = 0.0;

    if (bench_problem_of_call(call, &problem, &pass)) {
        bench_problem_word(&problem, word);
        snprintf(name, size, "%s %s %s", problem.family->name, word, bench_pass_names[pass]);
        work = bench_problem_work(&problem, pass);
    } else {
        snprintf(name, size, "%s %s", sep_op_name(call->op), sep_shape_text(&call->output.shape, shape));
    }
    name_follower(call, name, size);
    return work;
}

static void name_operation(const sep_call *call, char *name, size_t size)
{
    snprintf(name, size, "%s", sep_op_name(call->op));
    name_follower(call, name, size);
}

/* "student_0.encoder_1.conv_0.weight." is the part "encoder_1"; what stands outside the network is "step". */
static void name_part(const char *scope, char *name, size_t size)
{
    const char *prefix = "student_0.";

    if (strncmp(scope, prefix, strlen(prefix)) == 0)
        scope += strlen(prefix);
    if (scope[0] == '\0')
        scope = "step";
    snprintf(name, size, "%.*s", (int)strcspn(scope, "."), scope);
}

/* ---- the least time -----------------------------------------------------------------------------------------------
 */

/* Bytes of a call: every input read once, the output written once. */
static double bytes_of(const sep_call *call)
{
    int64_t elements = sep_shape_count(&call->output.shape);

    for (int i = 0; i < call->inputs; i++)
        elements += sep_shape_count(&call->input[i].shape);
    return 4.0 * (double)elements;
}

/* Winograd's algorithm does 36 products where the direct one, whose multiply-adds are counted, does 144. */
static double products_of(const sep_call *call, double work)
{
    bench_problem problem;
    bench_pass pass;

    bool known = bench_problem_of_call(call, &problem, &pass);
    return known && bench_problem_is_winograd(&problem, call) ? work / 4.0 : work;
}

/* The arithmetic at its peak, or the bytes at the bandwidth for so many, whichever takes longer. What follows reads the
 * output from the cache. 0 where there is no peak. */
static double least_seconds(const sep_call *call, double work, const bench_peak *peak)
{
    double bytes = bytes_of(call);

    if (peak == NULL)
        return 0.0;
    return fmax(2e-9 * products_of(call, work) / peak->gflops, 1e-9 * bytes / bench_peak_bandwidth(peak, bytes));
}

/* ---- the whole ----------------------------------------------------------------------------------------------------
 */

enum { BY_OPERATION, BY_PART, BY_SHAPE, GROUPINGS };

static const char *const grouping_names[GROUPINGS] = {"operations", "parts", "shapes"};

static double fastest_of_call(watch *w, int index)
{
    return bench_timing_of(w->seconds + (size_t)index * STEPS, STEPS).fastest;
}

/* Followers have no time of their own: it is in the call that they follow. */
static bool is_follower(const sep_graph *graph, int calls, int index)
{
    for (int i = 0; i < calls; i++)
        if (sep_graph_call(graph, i)->follow == sep_graph_call(graph, index))
            return true;
    return false;
}

static cost sort_call(const sep_graph *graph, watch *w, int index, const bench_peak *peak, groups *lists)
{
    const sep_call *call = sep_graph_call(graph, index);
    cost of = {.seconds = fastest_of_call(w, index)};
    char name[128];
    sep_node_info info;

    of.work = name_shape(graph, index, name, sizeof name);
    of.least = least_seconds(call, of.work, peak);
    add_to(&lists[BY_SHAPE], name, &of);
    name_operation(call, name, sizeof name);
    add_to(&lists[BY_OPERATION], name, &of);
    sep_graph_node_info(graph, index, &info);
    name_part(info.scope, name, sizeof name);
    add_to(&lists[BY_PART], name, &of);
    return of;
}

static json_t *make_profile(const sep_graph *graph, watch *w, const bench_peak *peak, groups *lists)
{
    cost total = {0};
    int followers = 0, constants = 0;

    for (int i = 0; i < w->calls; i++)
        if (is_follower(graph, w->calls, i))
            followers++;
        else if (bench_is_constant(graph, i))
            constants++;
        else {
            cost of = sort_call(graph, w, i, peak, lists);
            total.seconds += of.seconds;
            total.least += of.least;
        }
    json_t *profile =
        json_pack("{s:i, s:i, s:f, s:o, s:i}", "calls", w->calls - followers - constants, "followers", followers, "ms",
                  1e3 * total.seconds, "least_ms", real_or_null(total.least > 0.0, 1e3 * total.least), "steps", STEPS);
    for (int i = 0; i < GROUPINGS; i++)
        json_object_set_new(profile, grouping_names[i], groups_to_json(&lists[i]));
    return profile;
}

static sep_status watch_steps(bench_network *network, watch *w)
{
    sep_status status = SEP_OK;

    sep_graph_observe(network->graph, observe, w);
    for (w->step = 0; status == SEP_OK && w->step < STEPS; w->step++)
        status = bench_network_run(network);
    sep_graph_observe(network->graph, NULL, NULL);
    return status;
}

sep_status bench_profile(bench_network *network, const bench_peak *peak, json_t **profile)
{
    watch w = {.calls = sep_graph_node_count(network->graph)};
    groups lists[GROUPINGS] = {{0}};
    bool memory = true;

    w.seconds = sep_calloc((size_t)w.calls * STEPS, sizeof *w.seconds);
    for (int i = 0; i < GROUPINGS; i++) {
        lists[i].item = sep_calloc((size_t)w.calls, sizeof *lists[i].item);
        memory = memory && lists[i].item != NULL;
    }
    sep_status status =
        memory && w.seconds ? watch_steps(network, &w) : sep_fail(SEP_ERR_MEMORY, "no memory for a profile");
    if (status == SEP_OK)
        *profile = make_profile(network->graph, &w, peak, lists);
    for (int i = 0; i < GROUPINGS; i++)
        sep_free(lists[i].item);
    sep_free(w.seconds);
    return status;
}
