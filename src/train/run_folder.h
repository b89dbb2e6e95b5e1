/* The folder of a run: its settings and checkpoints, and the lock of the one process that may write there. */
#ifndef SEPTUM_TRAIN_RUN_FOLDER_H
#define SEPTUM_TRAIN_RUN_FOLDER_H

#include "septum/model.h"
#include "septum/train.h"

typedef struct sep_run_folder {
    const char *path; /* NULL: nothing is written, and all of this does nothing */
    sep_lock *lock;
} sep_run_folder;

/* Makes the folder and takes its lock; closed in any case. */
sep_status sep_run_folder_open(const char *path, sep_run_folder *folder) SEP_MUST_CHECK;
void sep_run_folder_close(sep_run_folder *folder);

/* Begins or continues a run, as `start` says: refuses a folder that holds one, or fills the allocated store from
 * last.safetensors and `info` with where the run stands (*restored). config.ini is written when nothing speaks against
 * going on. `iterations`: where the run will end. */
sep_status sep_run_folder_begin(const sep_run_folder *folder, sep_start start, int64_t iterations, sep_store *store,
                                sep_model_info *info, bool *restored) SEP_MUST_CHECK;
/* Writes a checkpoint of that name. */
sep_status sep_run_folder_save(const sep_run_folder *folder, const char *name, const sep_store *store,
                               const sep_model_info *info) SEP_MUST_CHECK;

#endif
