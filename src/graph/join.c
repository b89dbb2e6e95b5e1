/* Concatenations and slices without a copy. The parts of a concatenation are written where the whole lies, side by side
 * in each pixel, and a slice is read where it lies, if all who write and read them can step over the other channels
 * (sep_operand.pitch). */
#include "graph/internal.h"

static bool takes_pitch(const sep_graph *graph, const sep_node *node, int operand)
{
    sep_device *device = sep_store_device(graph->store);

    return device->backend->takes_pitch(device, node->op, operand);
}

/* Can all that read `part`, but for `whole`, do so with a pitch? */
static bool readers_step(const sep_graph *graph, const bool *live, const sep_node *part, const sep_node *whole)
{
    for (int i = part->id + 1; i < graph->nodes; i++) {
        const sep_node *node = graph->node[i];

        for (int k = 0; live[i] && node != whole && k < node->inputs; k++)
            if (node->input[k] == part && (node->kind != SEP_NODE_OPERATION || !takes_pitch(graph, node, k)))
                return false;
    }
    return true;
}

static bool can_be_part(const sep_graph *graph, const bool *live, const sep_node *part, const sep_node *whole)
{
    return part->kind == SEP_NODE_OPERATION && !sep_updates(part) && !part->kept && part->whole == NULL &&
           takes_pitch(graph, part, SEP_OUTPUT) && readers_step(graph, live, part, whole);
}

static void join(const sep_graph *graph, const bool *live, sep_node *whole)
{
    sep_node *left = whole->input[0], *right = whole->input[1];

    if (left == right || !can_be_part(graph, live, left, whole) || !can_be_part(graph, live, right, whole))
        return;
    whole->joined = true;
    left->whole = right->whole = whole;
    right->whole_offset = (size_t)sep_shape_last(&left->shape) * sizeof(float);
}

/* A slice of a dense value turns into a view. */
static void look_through(const sep_graph *graph, const bool *live, sep_node *slice)
{
    const sep_node *source = slice->input[0];

    if (slice->kept || source->kind != SEP_NODE_OPERATION || source->whole != NULL ||
        !readers_step(graph, live, slice, NULL))
        return;
    slice->kind = SEP_NODE_VIEW;
    slice->view_offset = (size_t)slice->attributes.begin * sizeof(float);
    slice->pitch = sep_shape_last(&source->shape);
}

void sep_graph_join_channels(sep_graph *graph, const bool *live)
{
    if (sep_store_device(graph->store)->backend->takes_pitch == NULL || graph->unfused)
        return;
    for (int i = 0; i < graph->nodes; i++) {
        sep_node *node = graph->node[i];

        if (!live[i] || node->kind != SEP_NODE_OPERATION)
            continue;
        if (node->op == SEP_OP_CONCAT)
            join(graph, live, node);
        else if (node->op == SEP_OP_SLICE)
            look_through(graph, live, node);
        graph->fused += node->joined || node->kind == SEP_NODE_VIEW;
    }
}
