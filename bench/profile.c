/* Where the time of a step goes: by operation, by part of the network, and the dearest single shapes. */
#include "bench/network.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 5, DEAREST = 20 };

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
    double seconds, work; /* of a step; work in multiply-adds */
    int calls;
} group;

typedef struct groups {
    group *item;
    int count;
} groups;

static void add_to(groups *list, const char *name, double seconds, double work)
{
    int i = 0;

    while (i < list->count && strcmp(list->item[i].name, name) != 0)
        i++;
    group *g = &list->item[i];
    if (i == list->count) {
        snprintf(g->name, sizeof g->name, "%s", name);
        list->count++;
    }
    g->seconds += seconds;
    g->work += work;
    g->calls++;
}

static int dearest_first(const void *a, const void *b)
{
    const group *x = a, *y = b;

    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

static void print_groups(FILE *file, const char *title, groups *list, int most, double total)
{
    qsort(list->item, (size_t)list->count, sizeof *list->item, dearest_first);
    fprintf(file, "%-60s %5s %10s %7s %9s\n", title, "calls", "ms", "share", "GFLOP/s");
    for (int i = 0; i < list->count && i < most; i++) {
        const group *g = &list->item[i];
        fprintf(file, "%-60s %5d %10.3f %6.1f%%", g->name, g->calls, 1e3 * g->seconds, 100.0 * g->seconds / total);
        if (g->work > 0.0)
            fprintf(file, " %9.1f\n", 2e-9 * g->work / g->seconds);
        else
            fprintf(file, " %9s\n", "-");
    }
    fputc('\n', file);
}

/* ---- names --------------------------------------------------------------------------------------------------------
 */

/* "conv n4h256w256c16o16k3 dx", or the operation and its shape where no family has it. */
static double name_shape(const sep_graph *graph, int index, char *name, size_t size)
{
    char word[BENCH_WORD], shape[SEP_SHAPE_TEXT];
    bench_problem problem;
    bench_pass pass;
    sep_node_info info;

    if (bench_problem_of_call(sep_graph_call(graph, index), &problem, &pass)) {
        bench_problem_word(&problem, word);
        snprintf(name, size, "%s %s %s", problem.family->name, word, bench_pass_names[pass]);
        return bench_problem_work(&problem, pass);
    }
    sep_graph_node_info(graph, index, &info);
    snprintf(name, size, "%s %s", info.op, sep_shape_text(&info.shape, shape));
    return 0.0;
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

/* ---- the whole ----------------------------------------------------------------------------------------------------
 */

static double fastest_of_call(watch *w, int index)
{
    return bench_timing_of(w->seconds + (size_t)index * STEPS, STEPS).fastest;
}

static void print_profile(FILE *file, const sep_graph *graph, watch *w, groups lists[3])
{
    double total = 0.0;

    for (int i = 0; i < w->calls; i++) {
        double seconds = fastest_of_call(w, i);
        char name[128];
        sep_node_info info;

        sep_graph_node_info(graph, i, &info);
        double work = name_shape(graph, i, name, sizeof name);
        add_to(&lists[2], name, seconds, work);
        add_to(&lists[0], info.op, seconds, work);
        name_part(info.scope, name, sizeof name);
        add_to(&lists[1], name, seconds, work);
        total += seconds;
    }
    fprintf(file, "%d calls, %.3f ms one by one (the fastest of %d times)\n\n", w->calls, 1e3 * total, STEPS);
    print_groups(file, "operation", &lists[0], lists[0].count, total);
    print_groups(file, "part", &lists[1], lists[1].count, total);
    print_groups(file, "shape and pass", &lists[2], DEAREST, total);
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

sep_status bench_profile(bench_network *network, FILE *file)
{
    watch w = {.calls = sep_graph_node_count(network->graph)};
    groups lists[3] = {{0}};
    bool memory = true;

    w.seconds = sep_calloc((size_t)w.calls * STEPS, sizeof *w.seconds);
    for (int i = 0; i < 3; i++) {
        lists[i].item = sep_calloc((size_t)w.calls, sizeof *lists[i].item);
        memory = memory && lists[i].item != NULL;
    }
    sep_status status =
        memory && w.seconds ? watch_steps(network, &w) : sep_fail(SEP_ERR_MEMORY, "no memory for a profile");
    if (status == SEP_OK)
        print_profile(file, network->graph, &w, lists);
    for (int i = 0; i < 3; i++)
        sep_free(lists[i].item);
    sep_free(w.seconds);
    return status;
}
