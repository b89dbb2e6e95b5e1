/* A checkpoint that lies on the disk, described anew: its tensors and other notes are copied as they are. */
#include "model/checkpoint.h"
#include "model/description.h"

#include <string.h>

#define DESCRIPTION "septum"

static sep_status add_notes(sep_safetensors_writer *writer, const sep_safetensors *file, const char *description)
{
    for (int i = 0; i < sep_safetensors_note_count(file); i++) {
        const char *key, *value;
        sep_safetensors_note_at(file, i, &key, &value);
        SEP_TRY(sep_safetensors_add_note(writer, key, strcmp(key, DESCRIPTION) == 0 ? description : value));
    }
    return SEP_OK;
}

static sep_status add_tensors(sep_safetensors_writer *writer, const sep_safetensors *file)
{
    for (int i = 0; i < sep_safetensors_count(file); i++) {
        const sep_stored_tensor *t = sep_safetensors_at(file, i);
        SEP_TRY(sep_safetensors_add(writer, t->name, t->type, &t->shape, t->data));
    }
    return SEP_OK;
}

static sep_status write_described(const char *path, const sep_safetensors *file, const char *description)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    sep_status status = writer != NULL ? add_notes(writer, file, description) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = add_tensors(writer, file);
    if (status == SEP_OK)
        status = sep_safetensors_write(writer, path);
    sep_safetensors_writer_destroy(writer);
    return status;
}

sep_status sep_checkpoint_decide(const char *path, const sep_decisions *decisions)
{
    sep_safetensors *file;
    sep_model_info info;
    char *description = NULL;

    SEP_TRY(sep_checkpoint_open(path, &file, &info));
    info.decisions = *decisions;
    sep_status status = sep_description_write(&info, &description);
    if (status == SEP_OK)
        status = write_described(path, file, description);
    sep_free(description);
    sep_model_info_free(&info);
    sep_safetensors_close(file);
    return status;
}
