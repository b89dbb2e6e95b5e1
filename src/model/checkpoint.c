/* Checkpoints: the store's tensors and the model's description in one safetensors file. The note "crc32" is the CRC-32
 * (of zlib and gzip, 8 hexadecimal digits) over the tensors in the order of the file: of each its name with the zero
 * that ends it, then its bytes. The description can be edited by hand, the weights can't. */
#include "model/checkpoint.h"

#include "model/checkpoint_tensors.h"
#include "model/description.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

void sep_model_info_free(sep_model_info *info)
{
    sep_strings_free(&info->class_names);
    sep_strings_free(&info->channel_names);
    sep_strings_free(&info->training_scopes);
    sep_free(info->method);
    sep_free(info->settings);
    *info = (sep_model_info){0};
}

/* ---- the sum ----------------------------------------------------------------------------------------------------- */

#define SUM_NOTE "crc32"
#define SUM_SIZE 9

static uint32_t add_to_sum(uint32_t sum, const void *bytes, size_t count)
{
    return (uint32_t)crc32_z(sum, bytes, count);
}

static void write_sum(uint32_t sum, char text[SUM_SIZE])
{
    snprintf(text, SUM_SIZE, "%08lx", (unsigned long)sum);
}

static sep_status check_sum(const sep_safetensors *file)
{
    const char *kept = sep_safetensors_note(file, SUM_NOTE);
    char text[SUM_SIZE];
    uint32_t sum = 0;

    if (kept == NULL) /* of an earlier version */
        return SEP_OK;
    for (int i = 0; i < sep_safetensors_count(file); i++) {
        const sep_stored_tensor *tensor = sep_safetensors_at(file, i);
        sum = add_to_sum(sum, tensor->name, strlen(tensor->name) + 1);
        sum = add_to_sum(sum, tensor->data, tensor->count * sep_stored_type_size(tensor->type));
    }
    write_sum(sum, text);
    if (strcmp(text, kept) == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT,
                    "is damaged: its weights are not those that were written (their CRC-32 is %s, not %s)", text, kept);
}

#define DESCRIPTION_NOTE "septum"

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static sep_status describe(const sep_store *store, const sep_model_info *info, char **text)
{
    sep_model_info whole = *info;

    whole.training_scopes = (sep_strings){0};
    sep_status status = sep_checkpoint_training_scopes(store, &whole.training_scopes);
    if (status == SEP_OK)
        status = sep_description_write(&whole, text);
    sep_strings_free(&whole.training_scopes);
    return status;
}

static sep_status add_notes(sep_safetensors_writer *writer, const sep_store *store, const sep_model_info *info)
{
    char *text = NULL;
    sep_status status = describe(store, info, &text);

    if (status == SEP_OK)
        status = sep_safetensors_add_note(writer, DESCRIPTION_NOTE, text);
    sep_free(text);
    if (status == SEP_OK)
        status = sep_safetensors_add_note(writer, "settings", info->settings != NULL ? info->settings : "");
    return status;
}

/* Such values are neither saved, while the checkpoint before is whole, nor restored: there they come from damage or
 * from another program. */
static bool is_finite(sep_dtype dtype, const void *values, size_t i)
{
    switch (dtype) {
    case SEP_F32:
        return isfinite(((const float *)values)[i]);
    case SEP_F16:
        return (((const uint16_t *)values)[i] & 0x7c00) != 0x7c00;
    case SEP_I32:
        break;
    }
    return true;
}

static sep_status check_finite(const sep_tensor *tensor, const void *values, size_t bytes)
{
    for (size_t i = 0; i < bytes / sep_dtype_size(tensor->dtype); i++)
        if (!is_finite(tensor->dtype, values, i))
            return sep_fail(SEP_ERR_NUMERIC, "tensor '%s' holds values that are not finite", tensor->name);
    return SEP_OK;
}

static sep_stored_type stored_type(const sep_tensor *tensor)
{
    static const sep_stored_type types[] = {
        [SEP_F32] = SEP_STORED_F32, [SEP_I32] = SEP_STORED_I32, [SEP_F16] = SEP_STORED_F16};

    return types[tensor->dtype];
}

/* A tensor that is being written. */
typedef struct written {
    const sep_store *store;
    const sep_tensor *tensor;
    uint32_t *sum;
} written;

static sep_status look_at_piece(void *context, const void *bytes, size_t count)
{
    const written *w = context;

    *w->sum = add_to_sum(*w->sum, bytes, count);
    return check_finite(w->tensor, bytes, count);
}

static sep_status read_piece(void *context, size_t offset, size_t count, void *bytes)
{
    const written *w = context;

    return sep_tensor_read_part(w->store, w->tensor, offset, count, bytes);
}

static sep_status add_tensor(sep_safetensors_writer *writer, written *w)
{
    const sep_tensor *tensor = w->tensor;

    *w->sum = add_to_sum(*w->sum, tensor->name, strlen(tensor->name) + 1);
    SEP_TRY(sep_tensor_visit(w->store, tensor, look_at_piece, w));
    return sep_safetensors_add_source(writer, tensor->name, stored_type(tensor), &tensor->shape, read_piece, w);
}

/* All tensors are read twice and never copied whole: for their sum, which stands before them, and when they are
 * written. Halves come last, as the writer has them in the file. `all` has room for each, until then. */
static sep_status add_tensors(sep_safetensors_writer *writer, const sep_store *store, written *all)
{
    uint32_t sum = 0;
    char text[SUM_SIZE];

    for (size_t width = sizeof(float); width >= sizeof(uint16_t); width /= 2)
        for (int i = 0; i < sep_store_count(store); i++) {
            all[i] = (written){store, sep_store_tensor(store, i), &sum};
            if (sep_dtype_size(all[i].tensor->dtype) == width)
                SEP_TRY(add_tensor(writer, &all[i]));
        }
    write_sum(sum, text);
    return sep_safetensors_add_note(writer, SUM_NOTE, text);
}

sep_status sep_checkpoint_write(const char *path, const sep_store *store, const sep_model_info *info)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    written *all = sep_calloc((size_t)sep_store_count(store) + 1, sizeof *all);
    sep_status status = writer != NULL && all != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = add_notes(writer, store, info);
    if (status == SEP_OK)
        status = add_tensors(writer, store, all);
    if (status == SEP_ERR_NUMERIC)
        status = sep_fail_within(status, "not saved: %s", path);
    if (status == SEP_OK)
        status = sep_safetensors_write(writer, path);
    sep_free(all);
    sep_safetensors_writer_destroy(writer);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static sep_status read_info(const sep_safetensors *file, sep_model_info *info)
{
    const char *note = sep_safetensors_note(file, DESCRIPTION_NOTE), *settings = sep_safetensors_note(file, "settings");

    if (note == NULL)
        return sep_fail(SEP_ERR_FORMAT, "a safetensors file, but not a checkpoint of septum (it has no note 'septum')");
    SEP_TRY(sep_description_read(note, info));
    info->settings = sep_strdup(settings != NULL ? settings : "");
    return info->settings != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

bool sep_checkpoint_is(const sep_safetensors *file)
{
    return sep_safetensors_note(file, DESCRIPTION_NOTE) != NULL;
}

sep_status sep_checkpoint_describe(const char *path, const sep_safetensors *file, sep_model_info *info)
{
    *info = (sep_model_info){0};
    sep_status status = read_info(file, info);
    if (status == SEP_OK)
        status = sep_checkpoint_check_tensors(file, info);
    if (status == SEP_OK)
        status = check_sum(file);
    if (status == SEP_OK)
        return SEP_OK;
    sep_model_info_free(info);
    return sep_fail_within(status, "%s", path);
}

sep_status sep_checkpoint_open(const char *path, sep_safetensors **file, sep_model_info *info)
{
    *info = (sep_model_info){0};
    SEP_TRY(sep_safetensors_open(path, file));
    const sep_status status = sep_checkpoint_describe(path, *file, info);
    if (status == SEP_OK)
        return SEP_OK;
    sep_safetensors_close(*file);
    *file = NULL;
    return status;
}

static sep_status read_values(const sep_safetensors *file, const char *name, const sep_tensor *tensor, void *values)
{
    if (tensor->dtype == SEP_I32)
        return sep_safetensors_read_i32(file, name, &tensor->shape, values);
    if (tensor->dtype == SEP_F16)
        SEP_TRY(sep_safetensors_read_f16(file, name, &tensor->shape, values));
    else
        SEP_TRY(sep_safetensors_read_f32(file, name, &tensor->shape, values));
    return check_finite(tensor, values, sep_tensor_bytes(tensor));
}

sep_status sep_checkpoint_restore_tensor(const char *path, const sep_safetensors *file, const char *name,
                                         sep_store *store, sep_tensor *tensor)
{
    void *values = sep_calloc(sep_tensor_bytes(tensor), 1);

    if (values == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = read_values(file, name, tensor, values);
    if (status == SEP_ERR_FORMAT || status == SEP_ERR_SHAPE)
        status = sep_fail_within(status, "%s is a checkpoint of another network", path);
    if (status == SEP_ERR_NUMERIC)
        status = sep_fail_within(status, "%s", path);
    if (status == SEP_OK)
        status = sep_tensor_write(store, tensor, values);
    sep_free(values);
    return status;
}

sep_status sep_checkpoint_restore(const char *path, const sep_safetensors *file, sep_store *store, bool with_optimiser)
{
    for (int i = 0; i < sep_store_count(store); i++) {
        sep_tensor *tensor = sep_store_tensor(store, i);
        if (tensor->role == SEP_ROLE_OPTIMISER && !with_optimiser)
            continue;
        SEP_TRY(sep_checkpoint_restore_tensor(path, file, tensor->name, store, tensor));
    }
    return SEP_OK;
}

uint64_t sep_checkpoint_hash(const sep_safetensors *file)
{
    uint64_t hash = SEP_HASH_START;

    for (int i = 0; i < sep_safetensors_count(file); i++) {
        const sep_stored_tensor *tensor = sep_safetensors_at(file, i);
        hash = sep_hash(hash, tensor->name, strlen(tensor->name) + 1);
        hash = sep_hash(hash, tensor->data, tensor->count * sep_stored_type_size(tensor->type));
    }
    return hash;
}

sep_status sep_model_describe(const char *path, sep_model_info *info)
{
    sep_safetensors *file;

    SEP_TRY(sep_checkpoint_open(path, &file, info));
    sep_safetensors_close(file);
    return SEP_OK;
}
