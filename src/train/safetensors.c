/* Reading the safetensors format: every number of the header is checked before anything is reached through it. */
#include "septum/safetensors.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the stored bytes are little-endian and are used as they are"
#endif

#define LENGTH_BYTES  8
#define NOTES_KEY     "__metadata__"
#define LARGEST_AXES  64                /* no software writes more; a limit keeps error texts and loops short */
#define LARGEST_COUNT (PTRDIFF_MAX / 8) /* elements, so that a count in bytes can't overflow */

typedef struct note {
    const char *key, *value;
} note;

struct sep_safetensors {
    char *name; /* the path, for error texts */
    void *owned_bytes;
    json_t *header; /* keeps the strings alive */
    sep_stored_tensor *tensors;
    const sep_stored_tensor **by_name;
    int count;
    note *notes;
    int note_count;
};

/* ---- element types ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t bytes;
} stored_types[SEP_STORED_TYPE_COUNT] = {
#define X(name, bytes) {#name, bytes},
    SEP_STORED_TYPES(X)
#undef X
};

const char *sep_stored_type_name(sep_stored_type type)
{
    return stored_types[type].name;
}

size_t sep_stored_type_size(sep_stored_type type)
{
    return stored_types[type].bytes;
}

static bool find_type(const char *name, sep_stored_type *type)
{
    for (int i = 0; i < SEP_STORED_TYPE_COUNT; i++)
        if (strcmp(name, stored_types[i].name) == 0) {
            *type = (sep_stored_type)i;
            return true;
        }
    return false;
}

/* ---- one tensor of the header ------------------------------------------------------------------------------------ */

#define FAIL_TENSOR(tensor, format, ...)                                                                               \
    sep_fail(SEP_ERR_FORMAT, "tensor '%.200s': " format, (tensor)->name, __VA_ARGS__)

static sep_status parse_type(sep_stored_tensor *tensor, const json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "dtype"));

    if (!name)
        return FAIL_TENSOR(tensor, "the header has no %s for it", "dtype");
    if (!find_type(name, &tensor->type))
        return FAIL_TENSOR(tensor, "its dtype '%.40s' is unknown", name);
    return SEP_OK;
}

static sep_status parse_shape(sep_stored_tensor *tensor, const json_t *entry)
{
    const json_t *axes = json_object_get(entry, "shape");
    size_t rank = json_array_size(axes), count = 1;

    if (!json_is_array(axes))
        return FAIL_TENSOR(tensor, "the header has no %s for it", "shape");
    if (rank > LARGEST_AXES)
        return FAIL_TENSOR(tensor, "its shape has %zu axes, %d are possible", rank, LARGEST_AXES);
    tensor->rank = (int)rank;
    tensor->shape.rank = rank <= SEP_MAX_RANK ? (int)rank : 0;

    for (size_t axis = 0; axis < rank; axis++) {
        const json_t *item = json_array_get(axes, axis);
        json_int_t size = json_integer_value(item);
        if (!json_is_integer(item) || size < 0 || size > INT_MAX)
            return FAIL_TENSOR(tensor, "axis %zu of its shape is not a whole number from 0 to %d", axis, INT_MAX);
        if (size > 0 && count > LARGEST_COUNT / (size_t)size)
            return FAIL_TENSOR(tensor, "its shape has more elements than %s", "any file can hold");
        count *= (size_t)size;
        if (rank <= SEP_MAX_RANK)
            tensor->shape.dim[axis] = (int)size;
    }
    tensor->count = count;
    return SEP_OK;
}

static sep_status parse_place(sep_stored_tensor *tensor, const json_t *entry, const char *data, size_t data_size)
{
    const json_t *place = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(place, 0), *second = json_array_get(place, 1);
    json_int_t begin = json_integer_value(first), end = json_integer_value(second);
    size_t needed = tensor->count * sep_stored_type_size(tensor->type);

    if (json_array_size(place) != 2 || !json_is_integer(first) || !json_is_integer(second))
        return FAIL_TENSOR(tensor, "the header has no pair of whole numbers as %s for it", "data_offsets");
    if (begin < 0 || end < begin || (uint64_t)end > data_size)
        return FAIL_TENSOR(tensor, "its data_offsets %lld to %lld are out of range: the file holds %zu bytes of data",
                           (long long)begin, (long long)end, data_size);
    if ((uint64_t)(end - begin) != needed)
        return FAIL_TENSOR(tensor, "its data_offsets span %lld bytes, its shape and dtype need %zu",
                           (long long)(end - begin), needed);
    tensor->data = data + begin;
    return SEP_OK;
}

static sep_status parse_tensor(sep_stored_tensor *tensor, const char *name, const json_t *entry, const char *data,
                               size_t data_size)
{
    tensor->name = name;
    if (!json_is_object(entry))
        return FAIL_TENSOR(tensor, "its entry in the header is not an %s", "object");
    SEP_TRY(parse_type(tensor, entry));
    SEP_TRY(parse_shape(tensor, entry));
    return parse_place(tensor, entry, data, data_size);
}

/* ---- the whole header -------------------------------------------------------------------------------------------- */

static sep_status parse_notes(sep_safetensors *file, json_t *map)
{
    const char *key;
    json_t *value;

    if (!json_is_object(map))
        return sep_fail(SEP_ERR_FORMAT, "%s is not a map of strings", NOTES_KEY);
    file->notes = sep_calloc(json_object_size(map), sizeof *file->notes);
    if (!file->notes)
        return SEP_ERR_MEMORY;
    json_object_foreach(map, key, value)
    {
        if (!json_is_string(value))
            return sep_fail(SEP_ERR_FORMAT, "%s: '%.200s' is not a string", NOTES_KEY, key);
        file->notes[file->note_count++] = (note){key, json_string_value(value)};
    }
    return SEP_OK;
}

static sep_status parse_entries(sep_safetensors *file, const char *data, size_t data_size)
{
    size_t entries = json_object_size(file->header);
    const char *key;
    json_t *value;

    if (entries > INT_MAX)
        return sep_fail(SEP_ERR_FORMAT, "%zu tensors are too many", entries);
    file->tensors = sep_calloc(entries, sizeof *file->tensors);
    file->by_name = sep_calloc(entries, sizeof *file->by_name);
    if (!file->tensors || !file->by_name)
        return SEP_ERR_MEMORY;
    json_object_foreach(file->header, key, value)
    {
        if (strcmp(key, NOTES_KEY) == 0)
            SEP_TRY(parse_notes(file, value));
        else
            SEP_TRY(parse_tensor(&file->tensors[file->count++], key, value, data, data_size));
    }
    return SEP_OK;
}

static int compare_places(const void *a, const void *b)
{
    const sep_stored_tensor *first = a, *second = b;
    uintptr_t left = (uintptr_t)first->data, right = (uintptr_t)second->data;

    if (left != right)
        return left < right ? -1 : 1;
    /* Empty tensors share their place with the one that follows. */
    if (first->count != second->count)
        return first->count < second->count ? -1 : 1;
    return strcmp(first->name, second->name);
}

/* The tensors, in the order of their places, must fill the data without overlap or gap. */
static sep_status check_places(const sep_safetensors *file, const char *data, size_t data_size)
{
    const char *filled = data;

    for (int i = 0; i < file->count; i++) {
        const sep_stored_tensor *tensor = &file->tensors[i];
        const char *begin = tensor->data;
        if (begin < filled)
            return FAIL_TENSOR(tensor, "its data overlaps that of '%.200s'", file->tensors[i - 1].name);
        if (begin > filled)
            return FAIL_TENSOR(tensor, "%td bytes before its data belong to no tensor", begin - filled);
        filled = begin + tensor->count * sep_stored_type_size(tensor->type);
    }
    if (filled != data + data_size)
        return sep_fail(SEP_ERR_FORMAT, "%td bytes after the last tensor belong to no tensor",
                        data + data_size - filled);
    return SEP_OK;
}

static int compare_names(const void *a, const void *b)
{
    const sep_stored_tensor *const *first = a, *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

static sep_status parse_header(sep_safetensors *file, const char *text, size_t length, const char *data,
                               size_t data_size)
{
    json_error_t error;

    file->header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!file->header)
        return sep_fail(SEP_ERR_FORMAT, "the header is not JSON (byte %d: %s)", LENGTH_BYTES + error.position,
                        error.text);
    if (!json_is_object(file->header))
        return sep_fail(SEP_ERR_FORMAT, "the header is not a JSON object");
    SEP_TRY(parse_entries(file, data, data_size));
    if (file->count > 0)
        qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, compare_places);
    for (int i = 0; i < file->count; i++)
        file->by_name[i] = &file->tensors[i];
    if (file->count > 0)
        qsort(file->by_name, (size_t)file->count, sizeof *file->by_name, compare_names);
    return check_places(file, data, data_size);
}

static sep_status parse_bytes(sep_safetensors *file, const char *bytes, size_t count)
{
    uint64_t length = 0;

    if (count < LENGTH_BYTES)
        return sep_fail(SEP_ERR_FORMAT, "is %zu bytes long: too short for a safetensors file", count);
    memcpy(&length, bytes, LENGTH_BYTES);
    if (length > count - LENGTH_BYTES)
        return sep_fail(SEP_ERR_FORMAT,
                        "the header should be %llu bytes long, the file has %zu after its length: "
                        "truncated, or no safetensors file",
                        (unsigned long long)length, count - LENGTH_BYTES);
    const char *text = bytes + LENGTH_BYTES, *data = text + length;
    return parse_header(file, text, (size_t)length, data, count - LENGTH_BYTES - (size_t)length);
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

sep_status sep_safetensors_parse(const char *name, const void *bytes, size_t count, sep_safetensors **file)
{
    *file = NULL;
    sep_safetensors *made = sep_calloc(1, sizeof *made);
    if (!made)
        return SEP_ERR_MEMORY;

    made->name = sep_strdup(name);
    sep_status status = made->name ? parse_bytes(made, bytes, count) : SEP_ERR_MEMORY;
    if (status != SEP_OK) {
        sep_safetensors_close(made);
        return sep_fail_within(status, "%s", name);
    }
    *file = made;
    return SEP_OK;
}

sep_status sep_safetensors_open(const char *path, sep_safetensors **file)
{
    void *bytes;
    size_t count;

    *file = NULL;
    SEP_TRY(sep_file_read(path, &bytes, &count));
    sep_status status = sep_safetensors_parse(path, bytes, count, file);
    if (status == SEP_OK)
        (*file)->owned_bytes = bytes;
    else
        sep_free(bytes);
    return status;
}

void sep_safetensors_close(sep_safetensors *file)
{
    if (!file)
        return;
    sep_free(file->tensors);
    sep_free(file->by_name);
    sep_free(file->notes);
    json_decref(file->header);
    sep_free(file->owned_bytes);
    sep_free(file->name);
    sep_free(file);
}

/* ---- looking up -------------------------------------------------------------------------------------------------- */

int sep_safetensors_count(const sep_safetensors *file)
{
    return file->count;
}

const sep_stored_tensor *sep_safetensors_at(const sep_safetensors *file, int index)
{
    return &file->tensors[index];
}

const sep_stored_tensor *sep_safetensors_find(const sep_safetensors *file, const char *name)
{
    const sep_stored_tensor wanted = {.name = name}, *key = &wanted;

    if (file->count == 0)
        return NULL;
    const sep_stored_tensor **found =
        bsearch(&key, file->by_name, (size_t)file->count, sizeof *file->by_name, compare_names);
    return found ? *found : NULL;
}

const char *sep_safetensors_note(const sep_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, NOTES_KEY), key));
}

int sep_safetensors_note_count(const sep_safetensors *file)
{
    return file->note_count;
}

void sep_safetensors_note_at(const sep_safetensors *file, int index, const char **key, const char **value)
{
    *key = file->notes[index].key;
    *value = file->notes[index].value;
}

/* ---- copying out ------------------------------------------------------------------------------------------------- */

static float from_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size;

    if (exponent == 31)
        size = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        size = ldexpf((float)fraction, -24);
    else
        size = ldexpf((float)(1024 + fraction), exponent - 25);
    return bits & 0x8000 ? -size : size;
}

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
DEFINE_COPY(f16, uint16_t, float, from_half)
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
