/* Checkpoints: the store's tensors and the model's description in one safetensors file. */
#ifndef SEPTUM_MODEL_CHECKPOINT_H
#define SEPTUM_MODEL_CHECKPOINT_H

#include "septum/model.h"
#include "septum/safetensors.h"

/* Writes all tensors, optimiser state included, beside `path` and renames. SEP_ERR_NUMERIC, and what was there stays,
 * where a tensor holds a value that is not finite. */
sep_status sep_checkpoint_write(const char *path, const sep_store *store, const sep_model_info *info) SEP_MUST_CHECK;
/* Opens a checkpoint and reads its description, which is then within the limits of networks and names the tensors that
 * are there; their sum is compared where the file has one. *file is closed with sep_safetensors_close. */
sep_status sep_checkpoint_open(const char *path, sep_safetensors **file, sep_model_info *info) SEP_MUST_CHECK;
/* The same of a file that is open, and stays so; and whether one is a checkpoint at all, by its notes. */
sep_status sep_checkpoint_describe(const char *path, const sep_safetensors *file, sep_model_info *info) SEP_MUST_CHECK;
bool sep_checkpoint_is(const sep_safetensors *file);
/* Gives the checkpoint that lies at `path` other decisions: all else stays as it is, byte for byte. */
sep_status sep_checkpoint_decide(const char *path, const sep_decisions *decisions) SEP_MUST_CHECK;
/* Fills the allocated tensors of `store` from the file; optimiser state only if `with_optimiser`. An error when one is
 * missing or of another shape (the store is of another network), or holds a value that is not finite. */
sep_status sep_checkpoint_restore(const char *path, const sep_safetensors *file, sep_store *store,
                                  bool with_optimiser) SEP_MUST_CHECK;
/* One tensor of the store from the file's tensor of that name. */
sep_status sep_checkpoint_restore_tensor(const char *path, const sep_safetensors *file, const char *name,
                                         sep_store *store, sep_tensor *tensor) SEP_MUST_CHECK;
/* FNV-1a over names and bytes of all tensors in the order of the file: what a run says that it started from. */
uint64_t sep_checkpoint_hash(const sep_safetensors *file);

#endif
