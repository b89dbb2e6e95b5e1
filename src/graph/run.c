/* Compiling a graph for its device and running it. */
#include "graph/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void bind_calls(sep_graph *graph)
{
    for (int i = 0; i < graph->calls; i++) {
        sep_call *call = &graph->call[i];
        const sep_node *node = graph->order[i];
        for (int k = 0; k < node->inputs; k++)
            call->input[k] = sep_node_operand(graph, node->input[k]);
        call->output = sep_node_operand(graph, node);
        call->workspace.buffer = graph->memory;
        call->follow = node->follower != NULL ? &graph->call[node->follower->position] : NULL;
    }
}

static sep_status allocate_inputs(sep_graph *graph, sep_device *device)
{
    for (int i = 0; i < graph->nodes; i++) {
        sep_node *node = graph->node[i];
        if (node->kind != SEP_NODE_INPUT)
            continue;
        node->buffer = device->backend->buffer_create(device, (size_t)sep_shape_count(&node->shape) * sizeof(float));
        if (node->buffer == NULL)
            return sep_fail_within(SEP_ERR_MEMORY, "input '%s'", node->scope);
    }
    return SEP_OK;
}

static sep_status allocate_arena(sep_graph *graph, sep_device *device, const sep_graph *lender)
{
    if (lender != graph) {
        graph->memory = lender->memory;
        graph->borrows = true;
    } else if (graph->arena_bytes > 0) {
        graph->memory = device->backend->buffer_create(device, graph->arena_bytes);
        if (graph->memory == NULL)
            return sep_fail_within(SEP_ERR_MEMORY, "the network's activations (%.0f MiB)",
                                   (double)graph->arena_bytes / 1048576.0);
    }
    return SEP_OK;
}

static sep_status allocate_packed(sep_graph *graph, sep_device *device)
{
    if (graph->plan.packed == 0)
        return SEP_OK;
    graph->packed = device->backend->buffer_create(device, graph->plan.packed);
    return graph->packed != NULL ? SEP_OK
                                 : sep_fail_within(SEP_ERR_MEMORY, "the network's packed weights (%.0f MiB)",
                                                   (double)graph->plan.packed / 1048576.0);
}

/* The lender, which may be the graph itself, is compiled or about to be. */
static sep_status compile(sep_graph *graph, const sep_graph *lender)
{
    sep_device *device = sep_store_device(graph->store);

    if (graph->compiled)
        return SEP_OK;
    SEP_TRY(sep_graph_plan(graph, NULL));
    SEP_TRY(sep_store_allocate(graph->store));
    SEP_TRY(allocate_inputs(graph, device));
    SEP_TRY(allocate_arena(graph, device, lender));
    SEP_TRY(allocate_packed(graph, device));
    bind_calls(graph);
    graph->compiled = true;
    return SEP_OK;
}

sep_status sep_graph_compile(sep_graph *graph)
{
    return compile(graph, graph);
}

sep_status sep_graphs_compile(sep_graph *const *graphs, int count)
{
    int lender = 0;

    for (int i = 0; i < count; i++) {
        if (!graphs[i]->training)
            return sep_fail(SEP_ERR_ARGUMENT, "graphs that only predict can't share an arena");
        SEP_TRY(sep_graph_plan(graphs[i], NULL));
        if (graphs[i]->arena_bytes > graphs[lender]->arena_bytes)
            lender = i;
    }
    SEP_TRY(sep_graph_compile(graphs[lender]));
    for (int i = 0; i < count; i++)
        SEP_TRY(compile(graphs[i], graphs[lender]));
    return SEP_OK;
}

sep_status sep_feed(sep_graph *graph, const sep_node *input, const void *values)
{
    sep_device *device = sep_store_device(graph->store);

    if (!graph->compiled || input->kind != SEP_NODE_INPUT)
        return sep_fail(SEP_ERR_ARGUMENT, "only an input of a compiled graph can be fed");
    return device->backend->upload(device, input->buffer, 0, values,
                                   (size_t)sep_shape_count(&input->shape) * sizeof(float));
}

sep_status sep_fetch(sep_graph *graph, const sep_node *node, void *values)
{
    sep_device *device = sep_store_device(graph->store);
    sep_operand operand;

    if (!graph->compiled || node->owner == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "the graph is not compiled or does not compute this node");
    if (node->owner->kind == SEP_NODE_OPERATION && !node->kept)
        return sep_fail(SEP_ERR_ARGUMENT, "only kept nodes can be fetched");
    operand = sep_node_operand(graph, node);
    return device->backend->download(device, operand.buffer, operand.offset, values,
                                     (size_t)sep_shape_count(&operand.shape) * sep_dtype_size(operand.dtype));
}

static sep_status run_observed(sep_graph *graph, int index, const sep_step_info *step)
{
    sep_device *device = sep_store_device(graph->store);

    SEP_TRY(device->backend->finish(device));
    double start = sep_seconds();
    SEP_TRY(device->backend->run(device, &graph->call[index], step));
    SEP_TRY(device->backend->finish(device));
    graph->observer(graph->observer_context, index, sep_seconds() - start);
    return SEP_OK;
}

static sep_status run_calls(sep_graph *graph, int begin, int end, const sep_step_info *step)
{
    sep_device *device = sep_store_device(graph->store);

    for (int i = begin; i < end; i++)
        if (graph->order[i]->leader == NULL && !graph->order[i]->constant)
            SEP_TRY(graph->observer != NULL ? run_observed(graph, i, step)
                                            : device->backend->run(device, &graph->call[i], step));
    return SEP_OK;
}

sep_status sep_graph_run(sep_graph *graph, const sep_step_info *step)
{
    sep_device *device = sep_store_device(graph->store);

    if (!graph->compiled)
        return sep_fail(SEP_ERR_ARGUMENT, "the graph is not compiled");
    SEP_TRY(sep_graph_settle(graph, step));
    SEP_TRY(run_calls(graph, 0, graph->forward_calls, step));
    if (device->backend->pace == NULL)
        SEP_TRY(sep_graph_check(graph, step));
    if (graph->updates)
        sep_store_touch(graph->store);
    SEP_TRY(run_calls(graph, graph->forward_calls, graph->calls, step));
    return device->backend->pace != NULL ? device->backend->pace(device) : device->backend->finish(device);
}

/* ---- when a loss is not finite ----------------------------------------------------------------------------------- */

static sep_status all_finite(sep_device *device, const sep_operand *operand, bool *finite)
{
    size_t channels = (size_t)sep_shape_last(&operand->shape), rows = (size_t)sep_shape_rows(&operand->shape);
    size_t pitch = operand->pitch > 0 ? (size_t)operand->pitch : channels, count = (rows - 1) * pitch + channels;
    float *values = sep_calloc(count, sizeof *values);

    *finite = true;
    if (values == NULL)
        return SEP_ERR_MEMORY;
    sep_status status =
        device->backend->download(device, operand->buffer, operand->offset, values, count * sizeof *values);
    for (size_t k = 0; status == SEP_OK && *finite && k < count; k++)
        *finite = k % pitch >= channels || isfinite(values[k]);
    sep_free(values);
    return status;
}

static sep_status diagnose(sep_graph *graph, const sep_step_info *step)
{
    sep_device *device = sep_store_device(graph->store);
    char shape[SEP_SHAPE_TEXT];

    for (int i = 0; i < graph->forward_calls; i++) {
        const sep_node *node = graph->order[i];
        bool finite = true;
        SEP_TRY(run_calls(graph, i, i + 1, step));
        SEP_TRY(device->backend->finish(device));
        if (node->dtype == SEP_F32)
            SEP_TRY(all_finite(device, &graph->call[i].output, &finite));
        if (!finite)
            return sep_fail(
                SEP_ERR_NUMERIC,
                "iteration %u: a loss is not finite; the first operation with a NaN or infinity is %s%s (%s)",
                step->iteration, node->scope, sep_op_name(node->op), sep_shape_text(&node->shape, shape));
    }
    return sep_fail(SEP_ERR_NUMERIC, "iteration %u: a loss is not finite", step->iteration);
}

sep_status sep_graph_check(sep_graph *graph, const sep_step_info *step)
{
    const sep_backend *backend = sep_store_device(graph->store)->backend;

    for (int i = 0; i < graph->guards; i++) {
        float value;
        SEP_TRY(sep_fetch(graph, graph->guard[i], &value));
        if (isfinite(value))
            continue;
        if (backend->pace == NULL)
            return diagnose(graph, step);
        return sep_fail(SEP_ERR_NUMERIC,
                        "iteration %u: a loss is not finite, since now or some iterations ago; on the CPU the same run "
                        "(--resume --device cpu) stops there and names the operation",
                        step->iteration);
    }
    return SEP_OK;
}
