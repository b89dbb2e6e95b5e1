/* The folder that a run is kept in: its lock, its settings, the checkpoint that it continues from. */
#ifndef SEPTUM_TRAIN_RUN_FOLDER_H
#define SEPTUM_TRAIN_RUN_FOLDER_H

#include "model/checkpoint.h"
#include "septum/process.h"

#define SEP_LAST_CHECKPOINT "last.safetensors"
#define SEP_BEST_CHECKPOINT "best.safetensors"

typedef struct sep_run_folder {
    const char *path; /* NULL: nothing is kept */
    sep_lock *lock;
    sep_safetensors *last; /* the checkpoint to continue from; NULL: from the start */
    sep_model_info saved;  /* what that says of itself */
} sep_run_folder;

/* Makes the folder and takes its lock. `resume`: opens its last checkpoint, if there is one; else a folder that holds a
 * run is refused. Closed also after a failure. */
sep_status sep_run_folder_open(const char *path, bool resume, sep_run_folder *folder) SEP_MUST_CHECK;
void sep_run_folder_close(sep_run_folder *folder);
/* Fills the store from the last checkpoint, which is let go. */
sep_status sep_run_folder_restore(sep_run_folder *folder, sep_store *store) SEP_MUST_CHECK;

/* Fills the store from the best checkpoint, which is to be of that iteration. */
sep_status sep_run_folder_restore_best(const sep_run_folder *folder, int64_t iteration,
                                       sep_store *store) SEP_MUST_CHECK;

/* The checkpoint to predict with: the best one, or, of a run that has validated nothing, the last one, whether that is
 * there or not. Freed with sep_free; NULL without memory. */
char *sep_run_checkpoint(const char *folder);
/* A trained model of its own, from the checkpoint of that name. */
sep_status sep_run_folder_load(const sep_run_folder *folder, const char *name, sep_device *device,
                               sep_model **model) SEP_MUST_CHECK;
/* Writes what was decided into the checkpoint of that name. */
sep_status sep_run_folder_decide(const sep_run_folder *folder, const char *name,
                                 const sep_decisions *decisions) SEP_MUST_CHECK;

/* Both do nothing where nothing is kept. */
sep_status sep_run_folder_keep_settings(const sep_run_folder *folder, const char *settings) SEP_MUST_CHECK;
sep_status sep_run_folder_save(const sep_run_folder *folder, const char *name, const sep_store *store,
                               const sep_model_info *info) SEP_MUST_CHECK;

#endif
