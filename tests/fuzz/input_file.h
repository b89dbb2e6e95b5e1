/* For targets that read files: the input as a file in a folder of its own, which goes when the program ends. */
#ifndef SEPTUM_TESTS_FUZZ_INPUT_FILE_H
#define SEPTUM_TESTS_FUZZ_INPUT_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char input_folder[512], input_path[600];

static void remove_input(void)
{
    unlink(input_path);
    rmdir(input_folder);
}

/* The path of a file called `name` that holds the bytes. */
static const char *input_file(const char *name, const uint8_t *bytes, size_t count)
{
    if (input_folder[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(input_folder, sizeof input_folder, "%s/septum-fuzz.XXXXXX", parent && parent[0] ? parent : "/tmp");
        if (!mkdtemp(input_folder))
            abort();
        snprintf(input_path, sizeof input_path, "%s/%s", input_folder, name);
        atexit(remove_input);
    }
    FILE *file = fopen(input_path, "wb");
    if (!file || (count > 0 && fwrite(bytes, 1, count, file) != count) || fclose(file) != 0)
        abort();
    return input_path;
}

#endif
