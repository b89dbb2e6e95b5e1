/* The plan: where each value lies in one shared arena. */
#include "graph/internal.h"

#include <stdlib.h>

/* ---- who owns which memory --------------------------------------------------------------------------------------- */

static void extend(sep_node *owner, int position)
{
    if (owner->whole != NULL)
        owner = owner->whole;
    owner->last_use = position > owner->last_use ? position : owner->last_use;
}

static void find_uses(sep_graph *graph)
{
    for (int i = 0; i < graph->calls; i++)
        for (int k = 0; k < graph->order[i]->inputs; k++)
            extend(sep_view_root(graph->order[i]->input[k]), i);
    for (int i = 0; i < graph->nodes; i++)
        if (graph->node[i]->kept || graph->node[i]->constant)
            extend(sep_view_root(graph->node[i]), graph->calls);
}

static bool shares_other_input(const sep_node *node, const sep_node *owner)
{
    for (int k = 1; k < node->inputs; k++)
        if (node->input[k]->owner == owner)
            return true;
    return false;
}

/* The result may lie where input[0] lies if that memory holds this one value and nobody reads it afterwards. */
static bool can_overwrite(const sep_node *node)
{
    if (!sep_rules[node->op].may_overwrite_input || node->inputs == 0)
        return false;
    const sep_node *input = node->input[0], *owner = input->owner;
    return owner->kind == SEP_NODE_OPERATION && owner->last_use == node->position && input->owner_offset == 0 &&
           sep_shape_count(&owner->shape) == sep_shape_count(&node->shape) && !shares_other_input(node, owner);
}

static void set_owner(sep_node *node)
{
    node->owner = node;
    if (node->kind == SEP_NODE_VIEW) {
        node->owner = node->input[0]->owner;
        node->owner_offset = node->input[0]->owner_offset + node->view_offset;
    }
}

/* Views are not in the order; each is settled when its source is: in the list a source comes before its views, and in
 * the order an operation comes after the operations that it reads. */
static void settle_inputs(sep_node *node)
{
    for (int k = 0; k < node->inputs; k++) {
        sep_node *input = node->input[k];
        if (input->kind == SEP_NODE_VIEW)
            settle_inputs(input);
        if (input->kind != SEP_NODE_OPERATION)
            set_owner(input);
    }
}

/* A part lies in the whole, which has no call of its own and lives from its first part on. */
static void set_part(sep_node *part)
{
    sep_node *whole = part->whole;

    if (whole->owner == NULL)
        whole->position = part->position;
    whole->owner = part->owner = whole;
    part->owner_offset = part->whole_offset;
    part->pitch = sep_shape_last(&whole->shape);
}

static void assign_owners(sep_graph *graph)
{
    for (int i = 0; i < graph->calls; i++) {
        sep_node *node = graph->order[i];
        settle_inputs(node);
        if (node->whole != NULL) {
            set_part(node);
        } else if (sep_updates(node) || can_overwrite(node)) {
            node->owner = node->input[0]->owner;
            node->owner_offset = node->input[0]->owner_offset;
            if (!sep_updates(node))
                extend(node->owner, node->last_use);
        } else {
            node->owner = node;
        }
    }
    for (int i = 0; i < graph->nodes; i++)
        if (graph->node[i]->kind != SEP_NODE_OPERATION)
            set_owner(graph->node[i]);
}

/* ---- where it lies ----------------------------------------------------------------------------------------------- */

/* A stretch of the arena that is taken from call `first` to call `last`. */
typedef struct block {
    size_t bytes, offset;
    int first, last;
    sep_node *node;    /* the value, or */
    sep_call *scratch; /* the call whose workspace it is */
} block;

static size_t round_up(size_t bytes)
{
    return (bytes + SEP_ALIGNMENT - 1) / SEP_ALIGNMENT * SEP_ALIGNMENT;
}

static int largest_first(const void *a, const void *b)
{
    const block *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The lowest gap between the blocks placed so far (sorted by offset) that live at the same time. Returns where in the
 * list the new one belongs. */
static void place(block **placed, int count, block *new_block)
{
    size_t end = 0;
    int at;

    for (int i = 0; i < count; i++) {
        const block *other = placed[i];
        if (other->last < new_block->first || other->first > new_block->last)
            continue;
        if (other->offset >= end + new_block->bytes)
            break;
        end = other->offset + other->bytes > end ? other->offset + other->bytes : end;
    }
    new_block->offset = end;
    for (at = count; at > 0 && placed[at - 1]->offset > end; at--)
        placed[at] = placed[at - 1];
    placed[at] = new_block;
}

sep_operand sep_node_operand(const sep_graph *graph, const sep_node *node)
{
    const sep_node *owner = node->owner;
    sep_operand operand = {
        .offset = node->owner_offset, .shape = node->shape, .dtype = node->dtype, .pitch = node->pitch};

    if (owner->kind == SEP_NODE_TENSOR) {
        operand.buffer = owner->tensor->buffer;
    } else if (owner->kind == SEP_NODE_INPUT) {
        operand.buffer = owner->buffer;
    } else {
        operand.buffer = graph->memory;
        operand.offset += owner->offset;
    }
    return operand;
}

static void describe_call(const sep_graph *graph, const sep_node *node, sep_call *call)
{
    *call = (sep_call){.op = node->op,
                       .attributes = node->attributes,
                       .inputs = node->inputs,
                       .stream = node->stream,
                       .scope = node->scope};
    for (int k = 0; k < node->inputs; k++)
        call->input[k] = sep_node_operand(graph, node->input[k]);
    call->output = sep_node_operand(graph, node);
}

static block value_block(sep_node *node, int first)
{
    return (block){.bytes = round_up((size_t)sep_shape_count(&node->shape) * sizeof(float)),
                   .first = first,
                   .last = node->last_use > first ? node->last_use : first,
                   .node = node};
}

/* Packed weights have memory of their own. */
static void plan_packed(sep_graph *graph, const sep_node *node, sep_call *call)
{
    sep_device *device = sep_store_device(graph->store);
    size_t bytes = sep_packs(graph, node) ? round_up(device->backend->packed(device, call)) : 0;

    if (bytes == 0)
        return;
    call->packed = (sep_operand){.offset = graph->plan.packed, .shape = SEP_SHAPE((int)(bytes / sizeof(float)))};
    graph->plan.packed += bytes;
}

/* Lists the values and workspaces; their number. */
static int list_blocks(sep_graph *graph, block *blocks)
{
    sep_device *device = sep_store_device(graph->store);
    int count = 0;

    for (int i = 0; i < graph->calls; i++) {
        sep_node *node = graph->order[i];
        int first = node->constant ? 0 : node->leader != NULL ? node->leader->position : i;
        describe_call(graph, node, &graph->call[i]);
        plan_packed(graph, node, &graph->call[i]);
        size_t scratch = device->backend->workspace(device, &graph->call[i]);
        if (scratch > 0) {
            graph->call[i].workspace.shape = SEP_SHAPE((int)(round_up(scratch) / sizeof(float)));
            blocks[count++] =
                (block){.bytes = round_up(scratch), .first = first, .last = i, .scratch = &graph->call[i]};
        }
        if (node->owner == node)
            blocks[count++] = value_block(node, first);
        else if (node->whole != NULL && node->whole->position == i)
            blocks[count++] = value_block(node->whole, first);
    }
    return count;
}

static sep_status lay_out(sep_graph *graph)
{
    block *blocks = sep_calloc(2 * (size_t)graph->calls + 1, sizeof *blocks);
    block **placed = sep_calloc(2 * (size_t)graph->calls + 1, sizeof *placed);

    graph->call = sep_calloc((size_t)graph->calls + 1, sizeof *graph->call);
    if (blocks == NULL || placed == NULL || graph->call == NULL) {
        sep_free(blocks);
        sep_free(placed);
        return sep_fail(SEP_ERR_MEMORY, "no memory to plan a graph of %d calls", graph->calls);
    }
    int count = list_blocks(graph, blocks);
    qsort(blocks, (size_t)count, sizeof *blocks, largest_first);
    for (int i = 0; i < count; i++) {
        place(placed, i, &blocks[i]);
        if (blocks[i].node != NULL)
            blocks[i].node->offset = blocks[i].offset;
        else
            blocks[i].scratch->workspace.offset = blocks[i].offset;
        size_t end = blocks[i].offset + blocks[i].bytes;
        graph->arena_bytes = end > graph->arena_bytes ? end : graph->arena_bytes;
        graph->plan.unshared += blocks[i].bytes;
    }
    sep_free(blocks);
    sep_free(placed);
    return SEP_OK;
}

static void sum_up(sep_graph *graph)
{
    sep_memory_plan *plan = &graph->plan;

    for (int i = 0; i < graph->nodes; i++)
        if (graph->node[i]->kind == SEP_NODE_INPUT)
            plan->inputs += (size_t)sep_shape_count(&graph->node[i]->shape) * sizeof(float);
    plan->activations = graph->arena_bytes;
    plan->parameters = sep_store_bytes(graph->store, SEP_ROLE_PARAMETER);
    plan->states = sep_store_bytes(graph->store, SEP_ROLE_STATE);
    plan->optimiser = sep_store_bytes(graph->store, SEP_ROLE_OPTIMISER);
    plan->memory = sep_store_bytes(graph->store, SEP_ROLE_MEMORY);
    plan->total = plan->activations + plan->packed + plan->inputs + plan->parameters + plan->states + plan->optimiser +
                  plan->memory;
    for (int i = 0; i < graph->calls; i++)
        plan->nodes += graph->order[i]->leader == NULL;
    plan->fused = graph->fused;
}

sep_status sep_graph_plan(sep_graph *graph, sep_memory_plan *plan)
{
    SEP_TRY(sep_graph_status(graph));
    if (!graph->planned) {
        if (!graph->differentiated)
            sep_graph_fuse(graph);
        SEP_TRY(sep_graph_status(graph));
        SEP_TRY(sep_graph_order(graph));
        sep_graph_find_constants(graph);
        find_uses(graph);
        assign_owners(graph);
        SEP_TRY(lay_out(graph));
        sum_up(graph);
        graph->planned = true;
    }
    if (plan != NULL)
        *plan = graph->plan;
    return SEP_OK;
}
