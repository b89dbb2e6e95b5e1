/* Temporary files: unique, locked while they are written, and cleared away when whoever wrote them was killed. */
#define _DEFAULT_SOURCE /* flock */
#include "base/temporary_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MARK        ".septum-"
#define ENDING      ".tmp"
#define NAME_BYTES  180 /* of the name that is kept: names of files have 255 bytes at most */
#define MOST_TRIES  1000
#define SEEN_FOLDER 8

/* ---- what killed processes left ---------------------------------------------------------------------------------- */

static const char *skip(const char *text, int (*belongs)(int))
{
    while (belongs((unsigned char)*text))
        text++;
    return text;
}

/* ".NAME.septum-PROCESS-NUMBER.tmp", as name_temporary writes it. */
static bool is_temporary_name(const char *name)
{
    const char *mark = NULL;

    if (name[0] != '.')
        return false;
    for (const char *at = strstr(name, MARK); at; at = strstr(at + 1, MARK))
        mark = at;
    if (!mark)
        return false;
    const char *process = mark + strlen(MARK), *end = skip(process, isdigit);
    if (end == process || *end != '-')
        return false;
    const char *number = end + 1;
    end = skip(number, isxdigit);
    return end == number + 16 && strcmp(end, ENDING) == 0;
}

/* The files in a folder; folders in it are none of ours. */
static void remove_files_in(int folder)
{
    int descriptor = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);

    if (!directory) {
        if (descriptor >= 0)
            close(descriptor);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(folder, entry->d_name, 0);
    closedir(directory);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whoever holds the lock writes the file or removes it. Removed is only what the name still stands for once the lock is
 * ours: a plain file with one name, or a folder. */
static void remove_if_stale(int folder, const char *name)
{
    struct stat opened, named;
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (descriptor < 0)
        return;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &opened) == 0 &&
        fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && is_same_file(&opened, &named)) {
        if (S_ISREG(opened.st_mode) && opened.st_nlink == 1)
            unlinkat(folder, name, 0);
        if (S_ISDIR(opened.st_mode)) {
            remove_files_in(descriptor);
            unlinkat(folder, name, AT_REMOVEDIR);
        }
    }
    close(descriptor);
}

static void remove_stale_files(const char *folder)
{
    DIR *directory = opendir(folder);

    if (!directory)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (is_temporary_name(entry->d_name))
            remove_if_stale(dirfd(directory), entry->d_name);
    closedir(directory);
}

/* Looking through a large folder before each file would cost more than the files: a thread looks once. */
static void clear_folder(const char *folder)
{
    static _Thread_local struct stat seen[SEEN_FOLDER];
    static _Thread_local int next;
    struct stat info;

    if (stat(folder, &info) != 0)
        return;
    for (int i = 0; i < SEEN_FOLDER; i++)
        if (is_same_file(&seen[i], &info))
            return;
    seen[next] = info;
    next = (next + 1) % SEEN_FOLDER;
    remove_stale_files(folder);
}

/* ---- a new one --------------------------------------------------------------------------------------------------- */

/* Differs between calls, between processes and, as far as clocks go, between machines that share a folder. Two that are
 * equal all the same are noticed when the file is made. */
static uint64_t fresh_number(void)
{
    static atomic_uint_fast64_t counter;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t parts[] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid(),
                              atomic_fetch_add(&counter, 1)};
    return sep_hash(SEP_HASH_START, parts, sizeof parts);
}

static char *name_temporary(const char *path)
{
    const char *name = sep_file_name(path);

    return sep_format("%.*s.%.*s" MARK "%ld-%016llx" ENDING, (int)(name - path), path, NAME_BYTES, name, (long)getpid(),
                      (unsigned long long)fresh_number());
}

/* Whether the file is ours now: between its making and the lock another process may have taken it for a stale one. A
 * file system without locks refuses them to all, so that nothing is taken for stale there. */
static bool keep(int descriptor)
{
    struct stat info;
    bool taken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    return !taken && fstat(descriptor, &info) == 0 && info.st_nlink > 0;
}

/* Makes and opens what the name is for; -1 where that fails (errno). */
typedef int (*maker)(const char *temporary);

static int make_file(const char *temporary)
{
    return open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

/* Before it is open and locked another process may take it for a stale one: the name counts as taken then. */
static int make_folder(const char *temporary)
{
    if (mkdir(temporary, 0777) != 0)
        return -1;
    int descriptor = open(temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        errno = EEXIST;
    return descriptor;
}

/* *descriptor is -1 where another name must be tried. */
static sep_status try_name(const char *temporary, const char *path, maker make, int *descriptor)
{
    *descriptor = make(temporary);
    if (*descriptor < 0 && errno == EEXIST)
        return SEP_OK;
    if (*descriptor < 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be created: %s", path, strerror(errno));
    if (!keep(*descriptor)) {
        close(*descriptor);
        *descriptor = -1;
    }
    return SEP_OK;
}

static sep_status make_under_new_name(const char *path, maker make, char **temporary, int *descriptor)
{
    for (int i = 0; i < MOST_TRIES; i++) {
        *temporary = name_temporary(path);
        if (!*temporary)
            return SEP_ERR_MEMORY;
        sep_status status = try_name(*temporary, path, make, descriptor);
        if (status == SEP_OK && *descriptor >= 0)
            return SEP_OK;
        sep_free(*temporary);
        *temporary = NULL;
        SEP_TRY(status);
    }
    return sep_fail(SEP_ERR_IO, "%s: can't be created: no name for its temporary file is free", path);
}

static sep_status create(const char *path, maker make, char **temporary, int *descriptor)
{
    const size_t length = (size_t)(sep_file_name(path) - path);
    char *folder = length > 0 ? sep_format("%.*s", (int)length, path) : sep_strdup(".");

    *temporary = NULL;
    if (!folder)
        return SEP_ERR_MEMORY;
    clear_folder(folder);
    sep_free(folder);
    return make_under_new_name(path, make, temporary, descriptor);
}

sep_status sep_temporary_create(const char *path, char **temporary, int *descriptor)
{
    return create(path, make_file, temporary, descriptor);
}

sep_status sep_temporary_folder_create(const char *path, sep_temporary_folder *folder)
{
    return create(path, make_folder, &folder->path, &folder->descriptor);
}

void sep_temporary_folder_remove(sep_temporary_folder *folder)
{
    remove_files_in(folder->descriptor);
    rmdir(folder->path);
    close(folder->descriptor);
    sep_free(folder->path);
}
