/* The folder of a run: its settings and checkpoints, and the lock of the one process that may write there. */
#include "train/run_folder.h"

#include "train/checkpoint.h"
#include "train/resume.h"

#include <inttypes.h>
#include <string.h>

static char *path_of(const sep_run_folder *folder, const char *name)
{
    return sep_format("%s/%s", folder->path, name);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

sep_status sep_run_folder_open(const char *path, sep_run_folder *folder)
{
    *folder = (sep_run_folder){.path = path};
    if (path == NULL)
        return SEP_OK;
    SEP_TRY(sep_make_folders(path));
    char *lock = path_of(folder, "lock");
    sep_status status = lock != NULL ? sep_lock_take(lock, path, &folder->lock) : SEP_ERR_MEMORY;
    sep_free(lock);
    return status;
}

void sep_run_folder_close(sep_run_folder *folder)
{
    sep_lock_release(folder->lock);
    *folder = (sep_run_folder){0};
}

/* ---- going on ---------------------------------------------------------------------------------------------------- */

static sep_status check_end(const char *path, const sep_model_info *saved, int64_t iterations)
{
    if (saved->iteration <= iterations)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s is at iteration %" PRId64 ", the configuration ends at %" PRId64, path,
                    saved->iteration, iterations);
}

static sep_status restore(const char *path, bool accept_changes, int64_t iterations, sep_store *store,
                          sep_model_info *info)
{
    sep_safetensors *file;
    sep_model_info saved;

    SEP_TRY(sep_checkpoint_open(path, &file, &saved));
    sep_status status = check_end(path, &saved, iterations);
    if (status == SEP_OK)
        status = sep_resume_check(path, &saved, info, accept_changes);
    if (status == SEP_OK)
        status = sep_checkpoint_restore(path, file, store, true);
    if (status == SEP_OK) {
        info->iteration = saved.iteration;
        info->validation_due = saved.validation_due;
        info->best_dice = saved.best_dice;
        info->best_iteration = saved.best_iteration;
        info->best_student = saved.best_student;
    }
    sep_model_info_free(&saved);
    sep_safetensors_close(file);
    return status;
}

static sep_status keep_settings(const sep_run_folder *folder, const char *settings)
{
    if (settings[0] == '\0')
        return SEP_OK;
    char *path = path_of(folder, "config.ini");
    sep_status status = path != NULL ? sep_file_write_atomic(path, settings, strlen(settings)) : SEP_ERR_MEMORY;
    sep_free(path);
    return status;
}

sep_status sep_run_folder_begin(const sep_run_folder *folder, sep_start start, int64_t iterations, sep_store *store,
                                sep_model_info *info, bool *restored)
{
    *restored = false;
    if (folder->path == NULL)
        return SEP_OK;
    char *last = path_of(folder, "last.safetensors");
    if (last == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = SEP_OK;
    if (sep_file_exists(last) && start == SEP_START_NEW) {
        status = sep_fail(SEP_ERR_ARGUMENT,
                          "%s holds a run already: continue it with --resume, or choose another folder", folder->path);
    } else if (sep_file_exists(last)) {
        status = restore(last, start == SEP_START_RESUME_CHANGED, iterations, store, info);
        *restored = status == SEP_OK;
    }
    sep_free(last);
    return status == SEP_OK ? keep_settings(folder, info->settings) : status;
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
