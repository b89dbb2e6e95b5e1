/* The header of a safetensors file: every number is checked before anything is reached through it. */
#include "tensor/safetensors_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the stored bytes are little-endian and are used as they are"
#endif

#define LENGTH_BYTES  8
#define LARGEST_AXES  64                /* no software writes more; a limit keeps error texts and loops short */
#define LARGEST_COUNT (PTRDIFF_MAX / 8) /* elements, so that a count in bytes can't overflow */

/* ---- one tensor of the header ------------------------------------------------------------------------------------ */

#define FAIL_TENSOR(tensor, format, ...)                                                                               \
    sep_fail(SEP_ERR_FORMAT, "tensor '%.200s': " format, (tensor)->name, __VA_ARGS__)

static sep_status parse_type(sep_stored_tensor *tensor, const json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "dtype"));

    if (!name)
        return FAIL_TENSOR(tensor, "the header has no %s for it", "dtype");
    if (!sep_stored_type_find(name, &tensor->type))
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
        return sep_fail(SEP_ERR_FORMAT, "%s is not a map of strings", SEP_STORED_NOTES_KEY);
    file->notes = sep_calloc(json_object_size(map), sizeof *file->notes);
    if (!file->notes)
        return SEP_ERR_MEMORY;
    json_object_foreach(map, key, value)
    {
        if (!json_is_string(value))
            return sep_fail(SEP_ERR_FORMAT, "%s: '%.200s' is not a string", SEP_STORED_NOTES_KEY, key);
        file->notes[file->note_count++] = (sep_stored_note){key, json_string_value(value)};
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
        if (strcmp(key, SEP_STORED_NOTES_KEY) == 0)
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

static sep_status parse_header(sep_safetensors *file, const char *text, size_t length, const char *data,
                               size_t data_size)
{
    json_error_t error;

    sep_status status = sep_json_load(text, length, JSON_REJECT_DUPLICATES, &error, &file->header);
    if (status == SEP_ERR_MEMORY)
        return status;
    if (status != SEP_OK)
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
        qsort(file->by_name, (size_t)file->count, sizeof *file->by_name, sep_stored_compare_names);
    return check_places(file, data, data_size);
}

sep_status sep_safetensors_parse_bytes(sep_safetensors *file, const char *bytes, size_t count)
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
