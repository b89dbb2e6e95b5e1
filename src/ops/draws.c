/* Operations that choose rows, by uniform numbers that come from the host: which pixels are compared, which are kept,
 * and in which slots. What they give are numbers of rows, through which no gradient flows. */
#include "septum/ops.h"

#include "ops/rules.h"

#define MOST_ROWS (1 << 24) /* that floats count exactly */

/* A choice is whole numbers. */
static sep_node *as_whole_numbers(sep_node *choice)
{
    if (choice != NULL)
        choice->dtype = SEP_I32;
    return choice;
}

/* ---- rows of a mask ---------------------------------------------------------------------------------------------- */

static bool mask_fits(sep_graph *g, const sep_node *mask, const sep_node *uniform)
{
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (mask->dtype == SEP_F32 && uniform->dtype == SEP_F32 && uniform->shape.rank == 2 &&
        uniform->shape.dim[0] == sep_shape_last(&mask->shape) && sep_shape_rows(&mask->shape) <= MOST_ROWS)
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE,
                   "a draw wants floats, a mask [..., C] of at most %d rows and numbers [C, N]; these are %s and %s",
                   MOST_ROWS, sep_shape_text(&mask->shape, left), sep_shape_text(&uniform->shape, right));
    return false;
}

static sep_node *draw(sep_graph *g, sep_node *mask, sep_node *uniform, bool once)
{
    sep_attributes a = {.once = once};

    if (mask == NULL || uniform == NULL || !mask_fits(g, mask, uniform))
        return NULL;
    return as_whole_numbers(SEP_APPLY(g, SEP_OP_DRAW, &a, uniform->shape, mask, uniform));
}

sep_node *sep_draw(sep_graph *g, sep_node *mask, sep_node *uniform)
{
    return draw(g, mask, uniform, false);
}

sep_node *sep_draw_once(sep_graph *g, sep_node *mask, sep_node *uniform)
{
    return draw(g, mask, uniform, true);
}

/* ---- patches ----------------------------------------------------------------------------------------------------- */

/* The side of a square of so many patches; 0: there is none. */
static int side_of(int patches)
{
    int side = 1;

    while (side * side < patches)
        side++;
    return side * side == patches ? side : 0;
}

static bool patches_fit(const sep_node *uniform, const sep_patches *p)
{
    const sep_shape *shape = &uniform->shape;

    if (uniform->dtype != SEP_F32 || shape->rank != 2 || shape->dim[1] > MOST_ROWS || p->patch < 1 || p->groups < 1)
        return false;
    int64_t across = side_of(shape->dim[1]) * (int64_t)p->patch;
    return across > 0 && across <= p->height && across <= p->width && p->groups <= shape->dim[1] &&
           (int64_t)p->height * p->width <= INT32_MAX / shape->dim[0];
}

sep_node *sep_patch_rows(sep_graph *g, sep_node *uniform, const sep_patches *patches)
{
    char given[SEP_SHAPE_TEXT];

    if (uniform == NULL)
        return NULL;
    if (!patches_fit(uniform, patches))
        return sep_graph_fail(g, SEP_ERR_SHAPE,
                              "%d groups of patches of %dx%d pixels can't be made of maps of %dx%d by numbers %s",
                              patches->groups, patches->patch, patches->patch, patches->height, patches->width,
                              sep_shape_text(&uniform->shape, given));
    sep_attributes a = {.grid_height = patches->height,
                        .grid_width = patches->width,
                        .block = patches->patch,
                        .groups = patches->groups,
                        .by_row = patches->by_row};
    sep_shape shape = SEP_SHAPE(patches->groups, uniform->shape.dim[0] * patches->patch * patches->patch);
    return as_whole_numbers(SEP_APPLY(g, SEP_OP_PATCH_ROWS, &a, shape, uniform));
}

/* ---- a limit ----------------------------------------------------------------------------------------------------- */

sep_node *sep_quantile(sep_graph *g, sep_node *x, sep_node *share)
{
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (x == NULL || share == NULL)
        return NULL;
    if (x->dtype != SEP_F32 || sep_shape_count(&x->shape) > MOST_ROWS || share->dtype != SEP_F32 ||
        sep_shape_count(&share->shape) != 1)
        return sep_graph_fail(g, SEP_ERR_SHAPE,
                              "a quantile is of at most %d floats, and one share; these are %s and %s", MOST_ROWS,
                              sep_shape_text(&x->shape, left), sep_shape_text(&share->shape, right));
    return SEP_APPLY(g, SEP_OP_QUANTILE, NULL, SEP_SHAPE(1), x, share);
}

/* ---- slots of a ring --------------------------------------------------------------------------------------------- */

static bool ring_fits(sep_graph *g, const sep_node *state, const sep_node *entries, sep_dtype dtype, int capacity)
{
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (state->dtype != SEP_I32 || state->shape.rank != 1 || entries->dtype != dtype || entries->shape.rank != 2 ||
        entries->shape.dim[0] != state->shape.dim[0])
        sep_graph_fail(g, SEP_ERR_SHAPE,
                       "a ring's state is whole numbers [C], what it is asked for %s [C, N]; not %s and %s",
                       dtype == SEP_I32 ? "rows" : "numbers", sep_shape_text(&state->shape, left),
                       sep_shape_text(&entries->shape, right));
    else if (capacity < 1 || capacity > MOST_ROWS || (int64_t)capacity * state->shape.dim[0] > INT32_MAX)
        sep_graph_fail(g, SEP_ERR_ARGUMENT, "a ring can't have %d slots for each of %d classes", capacity,
                       state->shape.dim[0]);
    else if (dtype == SEP_I32 && entries->shape.dim[1] > capacity)
        sep_graph_fail(g, SEP_ERR_SHAPE, "%d rows at a time don't go into a ring of %d", entries->shape.dim[1],
                       capacity);
    else
        return true;
    return false;
}

/* `dtype`: of the entries, uniform numbers or rows. */
static sep_node *ring(sep_graph *g, sep_op op, sep_node *state, sep_node *entries, sep_dtype dtype, int capacity)
{
    sep_attributes a = {.capacity = capacity};

    if (state == NULL || entries == NULL || !ring_fits(g, state, entries, dtype, capacity))
        return NULL;
    sep_shape shape = op == SEP_OP_RING_NEXT ? state->shape : entries->shape;
    return as_whole_numbers(SEP_APPLY(g, op, &a, shape, state, entries));
}

sep_node *sep_ring_draw(sep_graph *g, sep_node *state, sep_node *uniform, int capacity)
{
    return ring(g, SEP_OP_RING_DRAW, state, uniform, SEP_F32, capacity);
}

sep_node *sep_ring_slots(sep_graph *g, sep_node *state, sep_node *drawn, int capacity)
{
    return ring(g, SEP_OP_RING_SLOTS, state, drawn, SEP_I32, capacity);
}

sep_node *sep_ring_next(sep_graph *g, sep_node *state, sep_node *drawn, int capacity)
{
    return ring(g, SEP_OP_RING_NEXT, state, drawn, SEP_I32, capacity);
}
