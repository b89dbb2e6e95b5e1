/* Checkpoints: the store's tensors and the model's description in one safetensors file. */
#include "train/checkpoint.h"

#include "train/description.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT = 17 };

/* 64 bits are more than JSON numbers hold everywhere. */
static void write_number(char text[NUMBER_TEXT], uint64_t number)
{
    snprintf(text, NUMBER_TEXT, "%016" PRIx64, number);
}

/* 0 where there is none, as in checkpoints of older versions. */
static uint64_t read_number(const char *text)
{
    return text != NULL ? strtoull(text, NULL, 16) : 0;
}

/* ---- the sum over all tensors ------------------------------------------------------------------------------------ */

/* FNV-1a by words of 64 bits, the rest by bytes. Each step can be undone, so that a change of one word always shows. */
static uint64_t add_to_sum(uint64_t sum, const char *name, const void *data, size_t bytes)
{
    const unsigned char *at = data;

    sum = sep_hash(sum, name, strlen(name) + 1);
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t), at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        sum = (sum ^ word) * 0x100000001b3ULL;
    }
    return sep_hash(sum, at, bytes);
}

static uint64_t sum_of_file(const sep_safetensors *file)
{
    uint64_t sum = SEP_HASH_START;

    for (int i = 0; i < sep_safetensors_count(file); i++) {
        const sep_stored_tensor *t = sep_safetensors_at(file, i);
        sum = add_to_sum(sum, t->name, t->data, t->count * sep_stored_type_size(t->type));
    }
    return sum;
}

/* Checkpoints of older versions have no sum. */
static sep_status check_sum(const char *path, const sep_safetensors *file)
{
    const char *kept = sep_safetensors_note(file, "sum");

    if (kept == NULL || read_number(kept) == sum_of_file(file))
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT, "%s: its weights are not those that were written: the file is damaged", path);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static sep_status add_notes(sep_safetensors_writer *writer, const sep_model_info *info)
{
    char *text, scans[NUMBER_TEXT];
    sep_status status = sep_description_write(info, &text);

    if (status == SEP_OK)
        status = sep_safetensors_add_note(writer, "septum", text);
    sep_free(text);
    if (status == SEP_OK)
        status = sep_safetensors_add_note(writer, "settings", info->settings != NULL ? info->settings : "");
    write_number(scans, info->training_scans);
    if (status == SEP_OK && info->training_scans != 0)
        status = sep_safetensors_add_note(writer, "training_scans", scans);
    return status;
}

/* Such values are neither saved, while the checkpoint before is whole, nor restored: there they come from damage or
 * from another program. */
static sep_status check_finite(const char *path, const sep_tensor *tensor, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s: tensor '%s' holds values that are not finite", path, tensor->name);
    return SEP_OK;
}

/* Host copies of all tensors, and their sum as a note; values[i] is freed by the caller. */
static sep_status add_tensors(sep_safetensors_writer *writer, const char *path, const sep_store *store, float **values)
{
    uint64_t sum = SEP_HASH_START;
    char text[NUMBER_TEXT];

    for (int i = 0; i < sep_store_count(store); i++) {
        const sep_tensor *tensor = sep_store_tensor(store, i);
        size_t count = (size_t)sep_shape_count(&tensor->shape);
        values[i] = sep_calloc(count, sizeof(float));
        if (values[i] == NULL)
            return SEP_ERR_MEMORY;
        SEP_TRY(sep_tensor_read(store, tensor, values[i]));
        SEP_TRY(check_finite(path, tensor, values[i], count));
        SEP_TRY(sep_safetensors_add(writer, tensor->name, SEP_STORED_F32, &tensor->shape, values[i]));
        sum = add_to_sum(sum, tensor->name, values[i], count * sizeof(float));
    }
    write_number(text, sum);
    return sep_safetensors_add_note(writer, "sum", text);
}

sep_status sep_checkpoint_write(const char *path, const sep_store *store, const sep_model_info *info)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    int count = sep_store_count(store);
    float **values = sep_calloc((size_t)count + 1, sizeof *values);
    sep_status status = writer != NULL && values != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = add_notes(writer, info);
    if (status == SEP_OK)
        status = add_tensors(writer, path, store, values);
    if (status == SEP_ERR_NUMERIC)
        status = sep_fail_within(status, "not saved");
    if (status == SEP_OK)
        status = sep_safetensors_write(writer, path);
    for (int i = 0; values != NULL && i < count; i++)
        sep_free(values[i]);
    sep_free(values);
    sep_safetensors_writer_destroy(writer);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static sep_status read_description(const char *path, const sep_safetensors *file, sep_model_info *info)
{
    const char *note = sep_safetensors_note(file, "septum"), *settings = sep_safetensors_note(file, "settings");

    if (note == NULL)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: a safetensors file, but not a checkpoint of septum (it has no note 'septum')", path);
    SEP_TRY(sep_description_read(path, note, info));
    info->training_scans = read_number(sep_safetensors_note(file, "training_scans"));
    info->settings = sep_strdup(settings != NULL ? settings : "");
    return info->settings != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* The networks as names and shapes: nothing is allocated for what the file does not hold. */
static sep_status check_networks(const char *path, const sep_safetensors *file, sep_model_info *info)
{
    for (int i = 0; i < info->students; i++) {
        sep_status status = sep_net_complete(&info->spec[i]);
        if (status != SEP_OK)
            return sep_fail_within(status, "%s: the checkpoint's description is damaged", path);
        SEP_TRY(sep_checkpoint_check_network(path, file, &info->spec[i], i));
    }
    return SEP_OK;
}

sep_status sep_checkpoint_open(const char *path, sep_safetensors **file, sep_model_info *info)
{
    *info = (sep_model_info){0};
    SEP_TRY(sep_safetensors_open(path, file));
    sep_status status = read_description(path, *file, info);
    if (status == SEP_OK)
        status = check_sum(path, *file);
    if (status == SEP_OK)
        status = check_networks(path, *file, info);
    if (status == SEP_OK)
        return SEP_OK;
    sep_model_info_free(info);
    sep_safetensors_close(*file);
    *file = NULL;
    return status;
}

static sep_status restore_tensor(const char *path, const sep_safetensors *file, sep_store *store, sep_tensor *tensor)
{
    size_t count = (size_t)sep_shape_count(&tensor->shape);
    float *values = sep_calloc(count, sizeof *values);

    if (values == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = sep_safetensors_read_f32(file, tensor->name, &tensor->shape, values);
    if (status == SEP_ERR_FORMAT || status == SEP_ERR_SHAPE)
        status = sep_fail_within(status, "%s is a checkpoint of another network", path);
    if (status == SEP_OK)
        status = check_finite(path, tensor, values, count);
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
        SEP_TRY(restore_tensor(path, file, store, tensor));
    }
    return SEP_OK;
}

sep_status sep_model_describe(const char *path, sep_model_info *info)
{
    sep_safetensors *file;

    SEP_TRY(sep_checkpoint_open(path, &file, info));
    sep_safetensors_close(file);
    return SEP_OK;
}
