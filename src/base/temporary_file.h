/* The file under a name of its own that is written before it takes the place of another. */
#ifndef SEPTUM_BASE_TEMPORARY_FILE_H
#define SEPTUM_BASE_TEMPORARY_FILE_H

#include "septum/base.h"

/* Makes a new, empty file beside `path`, ".NAME.septum-PROCESS-NUMBER.tmp", and opens it for writing: `*temporary` is
 * its path, freed with sep_free. It never is a file, or a link, that was there before. While it is open it is locked
 * (flock), which is how one that a killed process left behind is told from one that is being written: the first call of
 * a thread for a folder removes those of that folder. */
sep_status sep_temporary_create(const char *path, char **temporary, int *descriptor) SEP_MUST_CHECK;

/* The same for several files that belong together: a folder beside `path`, locked while it is open. What a killed
 * process left of it is removed like a file, with the files in it. */
typedef struct sep_temporary_folder {
    char *path;
    int descriptor;
} sep_temporary_folder;
sep_status sep_temporary_folder_create(const char *path, sep_temporary_folder *folder) SEP_MUST_CHECK;
void sep_temporary_folder_remove(sep_temporary_folder *folder); /* and the files in it */

/* Renames a finished temporary file; fails where `path` is a folder, a device or a pipe. */
sep_status sep_put_in_place(const char *temporary, const char *path) SEP_MUST_CHECK;
/* A rename lives in the folder: without this a power cut could undo it. Some file systems can't; the rename holds then
 * as far as they let it. */
void sep_sync_folder_of(const char *path);

#endif
