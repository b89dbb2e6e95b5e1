/* safetensors files: whatever the bytes, either an error or tensors whose every element lies inside the file. */
#include "septum/safetensors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tensor(const sep_safetensors *file, const sep_stored_tensor *tensor)
{
    float *values = sep_calloc(tensor->count, sizeof *values);
    int32_t *wholes = sep_calloc(tensor->count, sizeof *wholes);

    if (!values || !wholes || sep_safetensors_find(file, tensor->name) != tensor)
        abort();
    bool floats = sep_safetensors_read_f32(file, tensor->name, &tensor->shape, values) == SEP_OK;
    bool integers = sep_safetensors_read_i32(file, tensor->name, &tensor->shape, wholes) == SEP_OK;
    if (floats && integers)
        abort();
    sep_hash(SEP_HASH_START, tensor->data, tensor->count * sep_stored_type_size(tensor->type));
    sep_free(values);
    sep_free(wholes);
}

static void read_notes(const sep_safetensors *file)
{
    for (int i = 0; i < sep_safetensors_note_count(file); i++) {
        const char *key, *value;
        sep_safetensors_note_at(file, i, &key, &value);
        if (strcmp(sep_safetensors_note(file, key), value) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sep_safetensors *file;

    if (sep_safetensors_parse("input.safetensors", data, size, &file) != SEP_OK) {
        if (file || sep_error_text()[0] == '\0')
            abort();
        return 0;
    }
    for (int i = 0; i < sep_safetensors_count(file); i++)
        read_tensor(file, sep_safetensors_at(file, i));
    read_notes(file);
    sep_safetensors_close(file);
    return 0;
}
