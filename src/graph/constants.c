/* What every run of a graph that only predicts would compute anew with the same result: operations on the store's
 * tensors alone (weight standardisation, tables of relative positions), and the order in which kernels read weights.
 * Both are done once for each version of the store. Constants lie in the arena from the first call to the last, so a
 * graph that shares its arena has none. */
#include "graph/internal.h"

/* The value of a view is as constant as what it looks at. */
static bool is_constant(sep_node *node)
{
    const sep_node *root = sep_view_root(node);

    return root->kind == SEP_NODE_TENSOR || root->constant;
}

/* Alone in its call and in its memory, and without random numbers. */
static bool can_be_constant(const sep_node *node)
{
    return node->leader == NULL && node->follower == NULL && node->whole == NULL && node->stream == 0;
}

static bool only_predicts(const sep_graph *graph)
{
    return !graph->training && !graph->updates;
}

void sep_graph_find_constants(sep_graph *graph)
{
    for (int i = 0; only_predicts(graph) && i < graph->calls; i++) {
        sep_node *node = graph->order[i];
        node->constant = can_be_constant(node);
        for (int k = 0; k < node->inputs; k++)
            node->constant &= is_constant(node->input[k]);
    }
}

bool sep_packs(const sep_graph *graph, const sep_node *node)
{
    return only_predicts(graph) && !node->constant && node->inputs > 1 && is_constant(node->input[1]) &&
           sep_store_device(graph->store)->backend->packed != NULL;
}

void sep_graph_leave_unpacked(sep_graph *graph)
{
    for (int i = 0; i < graph->calls; i++)
        graph->call[i].packed = (sep_operand){0};
    graph->plan.total -= graph->plan.packed;
    graph->plan.packed = 0;
}

static sep_status compute_constants(sep_graph *graph, const sep_step_info *step)
{
    sep_device *device = sep_store_device(graph->store);

    for (int i = 0; i < graph->calls; i++)
        if (graph->order[i]->constant)
            SEP_TRY(device->backend->run(device, &graph->call[i], step));
    return SEP_OK;
}

static sep_status pack_weights(sep_graph *graph)
{
    sep_device *device = sep_store_device(graph->store);

    for (int i = 0; i < graph->calls; i++) {
        sep_call *call = &graph->call[i];
        if (call->packed.shape.rank == 0)
            continue;
        call->packed.buffer = graph->packed;
        SEP_TRY(device->backend->pack(device, call));
    }
    return SEP_OK;
}

sep_status sep_graph_settle(sep_graph *graph, const sep_step_info *step)
{
    if (!only_predicts(graph) || graph->settled == sep_store_version(graph->store))
        return SEP_OK;
    SEP_TRY(compute_constants(graph, step));
    if (graph->packed != NULL)
        SEP_TRY(pack_weights(graph));
    graph->settled = sep_store_version(graph->store);
    return SEP_OK;
}
