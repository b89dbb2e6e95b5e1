/* What can be said of a shape. */
#include "septum/tensor.h"

#include <stdio.h>

sep_status sep_shape_check(const sep_shape *shape)
{
    int64_t room = PTRDIFF_MAX / 4;

    if (shape->rank < 0 || shape->rank > SEP_MAX_RANK)
        return sep_fail(SEP_ERR_SHAPE, "a shape of rank %d: 0 to %d are possible", shape->rank, SEP_MAX_RANK);
    for (int axis = 0; axis < shape->rank; axis++) {
        if (shape->dim[axis] < 1)
            return sep_fail(SEP_ERR_SHAPE, "axis %d of a shape is %d, it must be 1 at least", axis, shape->dim[axis]);
        room /= shape->dim[axis];
    }
    if (room == 0)
        return sep_fail(SEP_ERR_SHAPE, "a shape with more elements than fit in memory");
    return SEP_OK;
}

int64_t sep_shape_count(const sep_shape *shape)
{
    int64_t count = 1;

    for (int axis = 0; axis < shape->rank; axis++)
        count *= shape->dim[axis];
    return count;
}

bool sep_shape_equal(const sep_shape *a, const sep_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int axis = 0; axis < a->rank; axis++)
        if (a->dim[axis] != b->dim[axis])
            return false;
    return true;
}

int sep_shape_last(const sep_shape *shape)
{
    return shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
}

int64_t sep_shape_rows(const sep_shape *shape)
{
    int64_t rows = 1;

    for (int axis = 0; axis < shape->rank - 1; axis++)
        rows *= shape->dim[axis];
    return rows;
}

const char *sep_shape_text(const sep_shape *shape, char *text)
{
    int length = 0;

    if (shape->rank == 0)
        snprintf(text, SEP_SHAPE_TEXT, "scalar");
    for (int axis = 0; axis < shape->rank; axis++)
        length += snprintf(text + length, (size_t)(SEP_SHAPE_TEXT - length), axis ? "x%d" : "%d", shape->dim[axis]);
    return text;
}

size_t sep_dtype_size(sep_dtype dtype)
{
    return dtype == SEP_F16 ? sizeof(uint16_t) : sizeof(float); /* int32_t is as large */
}
