/* Safetensors files in memory: element types, opening, looking up. */
#include "tensor/safetensors_file.h"

#include <stdlib.h>
#include <string.h>

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

bool sep_stored_type_find(const char *name, sep_stored_type *type)
{
    for (int i = 0; i < SEP_STORED_TYPE_COUNT; i++)
        if (strcmp(name, stored_types[i].name) == 0) {
            *type = (sep_stored_type)i;
            return true;
        }
    return false;
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

sep_status sep_safetensors_parse(const char *name, const void *bytes, size_t count, sep_safetensors **file)
{
    *file = NULL;
    sep_safetensors *made = sep_calloc(1, sizeof *made);
    if (!made)
        return SEP_ERR_MEMORY;

    made->name = sep_strdup(name);
    sep_status status = made->name ? sep_safetensors_parse_bytes(made, bytes, count) : SEP_ERR_MEMORY;
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

int sep_stored_compare_names(const void *a, const void *b)
{
    const sep_stored_tensor *const *first = a, *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

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
        bsearch(&key, file->by_name, (size_t)file->count, sizeof *file->by_name, sep_stored_compare_names);
    return found ? *found : NULL;
}

const char *sep_safetensors_note(const sep_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, SEP_STORED_NOTES_KEY), key));
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
