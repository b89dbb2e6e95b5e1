/* The file under a name of its own that is written before it takes the place of another. */
#ifndef SEPTUM_BASE_TEMPORARY_FILE_H
#define SEPTUM_BASE_TEMPORARY_FILE_H

#include "septum/base.h"

/* Makes a new, empty file beside `path`, ".NAME.septum-PROCESS-NUMBER.tmp", and opens it for writing: `*temporary` is
 * its path, freed with sep_free. It never is a file, or a link, that was there before. While it is open it is locked
 * (flock), which is how one that a killed process left behind is told from one that is being written: the first call of
 * a thread for a folder removes those of that folder. */
sep_status sep_temporary_create(const char *path, char **temporary, int *descriptor) SEP_MUST_CHECK;

#endif
