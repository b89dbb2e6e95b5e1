/* The folder that a run is kept in. */
#include "train/run_folder.h"

#include <inttypes.h>
#include <string.h>

static char *path_of(const sep_run_folder *folder, const char *name)
{
    return sep_format("%s/%s", folder->path, name);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static sep_status lock(sep_run_folder *folder)
{
    char *path = path_of(folder, "lock");
    sep_status status = path != NULL ? sep_lock_take(path, folder->path, &folder->lock) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

static sep_status open_last(sep_run_folder *folder)
{
    char *path = path_of(folder, SEP_LAST_CHECKPOINT);
    sep_status status = path != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && sep_file_exists(path))
        status = sep_checkpoint_open(path, &folder->last, &folder->saved);
    sep_free(path);
    return status;
}

static sep_status check_unused(const sep_run_folder *folder, const char *name)
{
    char *path = path_of(folder, name);
    sep_status status = path != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && sep_file_exists(path))
        status = sep_fail(SEP_ERR_ARGUMENT,
                          "%s holds a run already: continue it with --resume, or choose another folder", folder->path);
    sep_free(path);
    return status;
}

sep_status sep_run_folder_open(const char *path, bool resume, sep_run_folder *folder)
{
    *folder = (sep_run_folder){.path = path};
    if (path == NULL)
        return SEP_OK;
    SEP_TRY(sep_make_folders(path));
    SEP_TRY(lock(folder));
    if (resume)
        return open_last(folder);
    SEP_TRY(check_unused(folder, SEP_LAST_CHECKPOINT));
    return check_unused(folder, SEP_BEST_CHECKPOINT);
}

static void close_last(sep_run_folder *folder)
{
    sep_safetensors_close(folder->last);
    folder->last = NULL;
    sep_model_info_free(&folder->saved);
}

void sep_run_folder_close(sep_run_folder *folder)
{
    close_last(folder);
    sep_lock_release(folder->lock);
    folder->lock = NULL;
}

/* ---- reading and writing ----------------------------------------------------------------------------------------- */

sep_status sep_run_folder_restore(sep_run_folder *folder, sep_store *store)
{
    char *path = path_of(folder, SEP_LAST_CHECKPOINT);
    sep_status status = path != NULL ? sep_checkpoint_restore(path, folder->last, store, true) : SEP_ERR_MEMORY;

    sep_free(path);
    close_last(folder);
    return status;
}

static sep_status restore_of(const char *path, int64_t iteration, sep_store *store)
{
    sep_safetensors *file;
    sep_model_info info;

    SEP_TRY(sep_checkpoint_open(path, &file, &info));
    sep_status status = info.iteration == iteration
                            ? sep_checkpoint_restore(path, file, store, true)
                            : sep_fail(SEP_ERR_ARGUMENT, "%s is of iteration %" PRId64 ", this run's of %" PRId64, path,
                                       info.iteration, iteration);
    sep_model_info_free(&info);
    sep_safetensors_close(file);
    return status;
}

sep_status sep_run_folder_restore_best(const sep_run_folder *folder, int64_t iteration, sep_store *store)
{
    char *path = path_of(folder, SEP_BEST_CHECKPOINT);
    sep_status status = path != NULL ? restore_of(path, iteration, store) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

sep_status sep_run_folder_load(const sep_run_folder *folder, const char *name, sep_device *device, sep_model **model)
{
    char *path = path_of(folder, name);
    sep_status status = path != NULL ? sep_model_load(path, device, model) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

sep_status sep_run_folder_decide(const sep_run_folder *folder, const char *name, const sep_decisions *decisions)
{
    char *path = path_of(folder, name);
    sep_status status = path != NULL ? sep_checkpoint_decide(path, decisions) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

sep_status sep_run_folder_keep_settings(const sep_run_folder *folder, const char *settings)
{
    if (folder->path == NULL || settings == NULL)
        return SEP_OK;
    char *path = path_of(folder, "config.ini");
    sep_status status = path != NULL ? sep_file_write_atomic(path, settings, strlen(settings)) : SEP_ERR_MEMORY;
    sep_free(path);
    return status;
}

sep_status sep_run_folder_save(const sep_run_folder *folder, const char *name, const sep_store *store,
                               const sep_model_info *info)
{
    if (folder->path == NULL)
        return SEP_OK;
    char *path = path_of(folder, name);
    sep_status status = path != NULL ? sep_checkpoint_write(path, store, info) : SEP_ERR_MEMORY;
    sep_free(path);
    return status;
}

char *sep_run_checkpoint(const char *folder)
{
    char *best = sep_format("%s/" SEP_BEST_CHECKPOINT, folder);

    if (best == NULL || sep_file_exists(best))
        return best;
    sep_free(best);
    return sep_format("%s/" SEP_LAST_CHECKPOINT, folder);
}
