/* What keys count for anchors: see contrast.h. */
#include "device/cpu/contrast.h"

#include <string.h>

/* Floats, whole cache lines. */
static size_t table_floats(const sep_call *call)
{
    size_t classes = (size_t)call->attributes.classes + 1, groups = (size_t)call->input[0].shape.dim[0];

    return sep_cpu_aligned(groups * classes * classes * sizeof(float)) / sizeof(float);
}

static size_t row_floats(const sep_operand *rows)
{
    return sep_cpu_aligned((size_t)sep_shape_count(&rows->shape) * sizeof(float)) / sizeof(float);
}

size_t sep_contrast_weights_bytes(const sep_call *call)
{
    return (table_floats(call) + 2 * row_floats(&call->input[2]) + row_floats(&call->input[3])) * sizeof(float);
}

static void bring_into_table(const sep_operand *classes, int none, int32_t *to)
{
    const int32_t *from = sep_cpu_i32(classes);
    int64_t count = sep_shape_count(&classes->shape);

    for (int64_t i = 0; i < count; i++)
        to[i] = from[i] >= 0 && from[i] < none ? from[i] : none;
}

/* What a key counts for an anchor, where `keys` of the group have its class. */
static float weight_of(const sep_attributes *a, int anchor, int key, int keys)
{
    int others = keys - (a->skip_self && anchor == key);

    if (anchor == key && !a->own_class)
        return 0.0f;
    return a->balanced ? 1.0f / (float)sep_cpu_max(others, 1) : 1.0f;
}

static int keys_of_class(const int32_t *key_class, int keys, int class)
{
    int count = 0;

    for (int k = 0; k < keys; k++)
        count += key_class[k] == class;
    return count;
}

/* Of one group. */
static void fill_table(const sep_attributes *a, const int32_t *key_class, int keys, float *weight)
{
    int none = a->classes, columns = none + 1;

    memset(weight, 0, (size_t)columns * (size_t)columns * sizeof(float));
    for (int key = 0; key < none; key++) {
        int of_class = keys_of_class(key_class, keys, key);

        for (int anchor = 0; anchor < none; anchor++)
            weight[anchor * columns + key] = weight_of(a, anchor, key, of_class);
    }
}

static void find_factors(const sep_call *call, float *factor)
{
    const float *dz = sep_cpu_input(call, 4);
    float scale = 1.0f / call->attributes.temperature;
    int64_t anchors = sep_shape_count(&call->input[2].shape);

    for (int64_t i = 0; i < anchors; i++)
        factor[i] = dz ? dz[i] * scale : 1.0f;
}

sep_contrast_weights sep_contrast_weights_find(const sep_call *call, float *memory)
{
    const sep_shape *key = &call->input[1].shape;
    size_t anchors = row_floats(&call->input[2]);
    sep_contrast_weights w = {.classes = call->attributes.classes + 1, .weight = memory};

    w.factor = w.weight + table_floats(call);
    w.anchor_class = (int32_t *)(void *)(w.factor + anchors);
    w.key_class = w.anchor_class + anchors;
    bring_into_table(&call->input[2], w.classes - 1, w.anchor_class);
    bring_into_table(&call->input[3], w.classes - 1, w.key_class);
    for (int g = 0; g < key->dim[0]; g++)
        fill_table(&call->attributes, w.key_class + (int64_t)g * key->dim[1], key->dim[1],
                   w.weight + (int64_t)g * w.classes * w.classes);
    find_factors(call, w.factor);
    return w;
}
