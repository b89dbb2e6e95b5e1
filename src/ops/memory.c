/* Operations that write memories: tensors of the store that a method fills from step to step. */
#include "septum/ops.h"

#include "ops/rules.h"

static bool is_memory(sep_graph *g, const sep_node *node)
{
    if (node->kind == SEP_NODE_TENSOR && node->tensor->role == SEP_ROLE_MEMORY)
        return true;
    sep_graph_fail(g, SEP_ERR_ARGUMENT, "only a memory can be written");
    return false;
}

/* Floats become the halves that a memory may hold. */
static bool types_fit(const sep_node *memory, const sep_node *rows)
{
    return rows->dtype == (memory->dtype == SEP_F16 ? SEP_F32 : memory->dtype);
}

static bool rows_fit(sep_graph *g, const sep_node *memory, const sep_node *slots, const sep_node *rows)
{
    char there[SEP_SHAPE_TEXT], which[SEP_SHAPE_TEXT], given[SEP_SHAPE_TEXT];
    int64_t row = sep_shape_count(&memory->shape) / memory->shape.dim[0];

    if (slots->dtype == SEP_I32 && types_fit(memory, rows) &&
        sep_shape_count(&rows->shape) == sep_shape_count(&slots->shape) * row)
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE, "rows %s at slots %s don't fit the memory '%s', %s%s",
                   sep_shape_text(&rows->shape, given), sep_shape_text(&slots->shape, which), memory->tensor->name,
                   sep_shape_text(&memory->shape, there),
                   types_fit(memory, rows) ? "" : ", which holds elements of another type");
    return false;
}

/* What an update of a memory gives is the memory. */
static void becomes(sep_node *update, const sep_node *memory)
{
    if (update != NULL)
        update->dtype = memory->dtype;
}

void sep_put(sep_graph *g, sep_node *memory, sep_node *slots, sep_node *rows)
{
    if (memory != NULL && slots != NULL && rows != NULL && is_memory(g, memory) && rows_fit(g, memory, slots, rows))
        becomes(SEP_APPLY(g, SEP_OP_PUT, NULL, memory->shape, memory, slots, rows), memory);
}

static bool value_fits(sep_graph *g, const sep_node *memory, const sep_node *value)
{
    char there[SEP_SHAPE_TEXT], given[SEP_SHAPE_TEXT];

    if (value->dtype == memory->dtype && sep_shape_equal(&value->shape, &memory->shape))
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE, "%s can't overwrite the memory '%s', %s%s", sep_shape_text(&value->shape, given),
                   memory->tensor->name, sep_shape_text(&memory->shape, there),
                   value->dtype == memory->dtype ? "" : ", which holds elements of another type");
    return false;
}

void sep_overwrite(sep_graph *g, sep_node *memory, sep_node *value)
{
    if (memory != NULL && value != NULL && is_memory(g, memory) && value_fits(g, memory, value))
        becomes(SEP_APPLY(g, SEP_OP_OVERWRITE, NULL, memory->shape, memory, value), memory);
}
