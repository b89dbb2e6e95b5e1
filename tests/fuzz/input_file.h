/* For targets that read files: the input as a file in a folder of its own, which goes when the program ends. */
#ifndef SEPTUM_TESTS_FUZZ_INPUT_FILE_H
#define SEPTUM_TESTS_FUZZ_INPUT_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_INPUT_FILES = 4 };

static char input_folder[512], input_path[MOST_INPUT_FILES][600];
static int input_files;

static void remove_input(void)
{
    for (int i = 0; i < input_files; i++) {
        unlink(input_path[i]);
        *strrchr(input_path[i], '/') = '\0';
        rmdir(input_path[i]); /* once the last file is gone */
    }
    rmdir(input_folder);
}

static void make_input_folder(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(input_folder, sizeof input_folder, "%s/septum-fuzz.XXXXXX", parent && parent[0] ? parent : "/tmp");
    if (!mkdtemp(input_folder))
        abort();
    atexit(remove_input);
}

/* The place of a file called `name`; in a folder inside the input's, where the name has one. */
static const char *find_input(const char *name)
{
    char path[600];

    if (input_folder[0] == '\0')
        make_input_folder();
    snprintf(path, sizeof path, "%s/%s", input_folder, name);
    for (int i = 0; i < input_files; i++)
        if (strcmp(input_path[i], path) == 0)
            return input_path[i];
    if (input_files == MOST_INPUT_FILES)
        abort();
    strcpy(input_path[input_files], path);
    *strrchr(path, '/') = '\0';
    mkdir(path, 0700);
    return input_path[input_files++];
}

/* The path of a file called `name` that holds the bytes. */
static const char *input_file(const char *name, const uint8_t *bytes, size_t count)
{
    const char *path = find_input(name);
    FILE *file = fopen(path, "wb");

    if (!file || (count > 0 && fwrite(bytes, 1, count, file) != count) || fclose(file) != 0)
        abort();
    return path;
}

#endif
