/* Copies of a safetensors file's tensors, in the number formats that septum computes with. */
#include "tensor/safetensors_file.h"

#include <string.h>

static float from_brain(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;

    memcpy(&value, &wide, sizeof value);
    return value;
}

/* copy_TYPE: elements of a stored type from any alignment. */
#define DEFINE_COPY(name, stored, target, convert)                                                                     \
    static void copy_##name(const void *from, target *to, size_t count)                                                \
    {                                                                                                                  \
        for (size_t i = 0; i < count; i++) {                                                                           \
            stored element;                                                                                            \
            memcpy(&element, (const char *)from + i * sizeof element, sizeof element);                                 \
            to[i] = convert(element);                                                                                  \
        }                                                                                                              \
    }
#define TO_FLOAT(x) ((float)(x))
#define TO_I32(x)   ((int32_t)(x))

DEFINE_COPY(f64, double, float, TO_FLOAT)
DEFINE_COPY(f16, uint16_t, float, sep_float_of_half)
DEFINE_COPY(bf16, uint16_t, float, from_brain)
DEFINE_COPY(i64, int64_t, int32_t, TO_I32)
DEFINE_COPY(i16, int16_t, int32_t, TO_I32)
DEFINE_COPY(i8, int8_t, int32_t, TO_I32)
DEFINE_COPY(u8, uint8_t, int32_t, TO_I32)

static sep_status find_of_shape(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                const sep_stored_tensor **found)
{
    char stored[SEP_SHAPE_TEXT], expected[SEP_SHAPE_TEXT];
    const sep_stored_tensor *tensor = sep_safetensors_find(file, name);

    if (!tensor)
        return sep_fail(SEP_ERR_FORMAT, "%s: there is no tensor '%s'", file->name, name);
    if (tensor->rank > SEP_MAX_RANK)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: tensor '%s' has %d axes, %d are possible", file->name, name,
                        tensor->rank, SEP_MAX_RANK);
    if (!sep_shape_equal(&tensor->shape, shape))
        return sep_fail(SEP_ERR_SHAPE, "%s: tensor '%s' is %s, %s was expected: is it of another network?", file->name,
                        name, sep_shape_text(&tensor->shape, stored), sep_shape_text(shape, expected));
    *found = tensor;
    return SEP_OK;
}

static sep_status fail_type(const sep_safetensors *file, const sep_stored_tensor *tensor, const char *expected)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: tensor '%s' is of dtype %s, %s were expected", file->name, tensor->name,
                    sep_stored_type_name(tensor->type), expected);
}

sep_status sep_safetensors_read_f32(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                    float *values)
{
    const sep_stored_tensor *tensor = NULL;

    SEP_TRY(find_of_shape(file, name, shape, &tensor));
    switch (tensor->type) {
    case SEP_STORED_F32:
        memcpy(values, tensor->data, tensor->count * sizeof *values);
        return SEP_OK;
    case SEP_STORED_F64:
        copy_f64(tensor->data, values, tensor->count);
        return SEP_OK;
    case SEP_STORED_F16:
        copy_f16(tensor->data, values, tensor->count);
        return SEP_OK;
    case SEP_STORED_BF16:
        copy_bf16(tensor->data, values, tensor->count);
        return SEP_OK;
    default:
        return fail_type(file, tensor, "floating-point numbers");
    }
}

/* Whether all elements of an I64 tensor fit in 32 bits. */
static sep_status check_range(const sep_safetensors *file, const sep_stored_tensor *tensor)
{
    for (size_t i = 0; i < tensor->count; i++) {
        int64_t element;
        memcpy(&element, (const char *)tensor->data + i * sizeof element, sizeof element);
        if (element < INT32_MIN || element > INT32_MAX)
            return sep_fail(SEP_ERR_FORMAT, "%s: tensor '%s': element %zu is %lld, more than 32 bits hold", file->name,
                            tensor->name, i, (long long)element);
    }
    return SEP_OK;
}

sep_status sep_safetensors_read_f16(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                    uint16_t *values)
{
    const sep_stored_tensor *tensor = NULL;

    SEP_TRY(find_of_shape(file, name, shape, &tensor));
    if (tensor->type != SEP_STORED_F16)
        return fail_type(file, tensor, "numbers of half precision");
    memcpy(values, tensor->data, tensor->count * sizeof *values);
    return SEP_OK;
}

sep_status sep_safetensors_read_i32(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                    int32_t *values)
{
    const sep_stored_tensor *tensor = NULL;

    SEP_TRY(find_of_shape(file, name, shape, &tensor));
    switch (tensor->type) {
    case SEP_STORED_I32:
        memcpy(values, tensor->data, tensor->count * sizeof *values);
        return SEP_OK;
    case SEP_STORED_I64:
        SEP_TRY(check_range(file, tensor));
        copy_i64(tensor->data, values, tensor->count);
        return SEP_OK;
    case SEP_STORED_I16:
        copy_i16(tensor->data, values, tensor->count);
        return SEP_OK;
    case SEP_STORED_I8:
        copy_i8(tensor->data, values, tensor->count);
        return SEP_OK;
    case SEP_STORED_U8:
    case SEP_STORED_BOOL:
        copy_u8(tensor->data, values, tensor->count);
        return SEP_OK;
    default:
        return fail_type(file, tensor, "whole numbers");
    }
}
