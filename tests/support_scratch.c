/* See support_scratch.h. */
#include "support_scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static char folder[PATH_SIZE / 4];

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void remove_tree(const char *path)
{
    DIR *directory = opendir(path);

    for (const struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        char inner[PATH_SIZE];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            continue;
        if (lstat(inner, &info) == 0 && S_ISDIR(info.st_mode))
            remove_tree(inner);
        else
            unlink(inner);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static void remove_folder(void)
{
    remove_tree(folder);
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/septum-test.XXXXXX", parent && parent[0] ? parent : "/tmp");
    if (!mkdtemp(folder))
        give_up(folder);
    atexit(remove_folder);
}

const char *scratch_path(const char *name)
{
    static char paths[8][PATH_SIZE];
    static int next;
    char *path = paths[next++ % 8];

    if (folder[0] == '\0')
        make_folder();
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

const char *scratch_file(const char *name, const void *bytes, size_t count)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0)
        give_up(path);
    return path;
}
