/* Nothing that a command is given is overwritten, and what can't be written is said before the work. */
#ifndef SEPTUM_CLI_OUTPUTS_H
#define SEPTUM_CLI_OUTPUTS_H

#include "septum/data.h"

/* What a command reads and what it will write. Zero-initialise. The first failure sticks, and sep_outputs_check reports
 * it, so that nobody checks every line. NULL paths are left out. */
typedef struct sep_outputs {
    sep_strings in, out, below; /* of `below` the folders will be made */
    sep_status status;
} sep_outputs;

void sep_reads(sep_outputs *o, const char *path);
/* Into a folder that is there. */
void sep_writes(sep_outputs *o, const char *path);
/* Into a folder that is made where it is not there. */
void sep_writes_below(sep_outputs *o, const char *path);
/* The same of a path that was made for it, NULL without memory: freed here. */
void sep_writes_made(sep_outputs *o, char *path);
/* "FOLDER/NAME" */
void sep_reads_in(sep_outputs *o, const char *folder, const char *name);
void sep_writes_in(sep_outputs *o, const char *folder, const char *name);
/* All files of a folder, if it is there, whose names end in `suffix`. */
void sep_reads_folder(sep_outputs *o, const char *folder, const char *suffix);
/* "FOLDER/NAME.SUFFIX" */
void sep_writes_as(sep_outputs *o, const char *folder, const char *name, const char *suffix);
/* A configuration of a dataset, and the files that the dataset was read from. */
void sep_reads_dataset(sep_outputs *o, const char *configuration, const sep_data_config *config,
                       const sep_dataset *dataset);

/* Before any work: fails where a file that is read would be replaced, two files would be written to one place, or one
 * to where nothing can be written: a folder that is missing, is none or may not be written to, or its own place. Files
 * are told apart by what they are (device and inode) and those that are not there yet by their folder and their name,
 * so that the spelling of a path, links and second names do not matter. Frees `o` in any case. */
sep_status sep_outputs_check(sep_outputs *o) SEP_MUST_CHECK;

#endif
