/* A folder for a test's files, made on first use and removed, with all in it, when the test program ends. */
#ifndef SEPTUM_TESTS_SUPPORT_SCRATCH_H
#define SEPTUM_TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

/* "<folder>/<name>". The text is valid until the eighth call after this one. */
const char *scratch_path(const char *name);

/* Writes the bytes to the scratch file `name` and returns its path. */
const char *scratch_file(const char *name, const void *bytes, size_t count);

#endif
