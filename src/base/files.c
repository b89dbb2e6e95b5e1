/* Reading whole files and line lists, looking into folders, making them. */
#include "septum/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *sep_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *sep_folder_name(const char *path)
{
    size_t end = strlen(path);

    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    return sep_format("%.*s", (int)(end - begin), path + begin);
}

bool sep_file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool sep_folder_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A name may ask for a part of a file, as "cine.nii.gz#3" does for a frame: what lies before the '#' is the file. */
static bool examine(const char *path, struct stat *info)
{
    const char *mark = strrchr(path, '#');

    if (stat(path, info) == 0)
        return true;
    if (!mark)
        return false;
    char *file = sep_format("%.*s", (int)(mark - path), path);
    const bool found = file && stat(file, info) == 0;
    sep_free(file);
    return found;
}

bool sep_same_file(const char *a, const char *b)
{
    struct stat first, second;

    return examine(a, &first) && examine(b, &second) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* The size of an open regular file: devices and pipes may never end. */
static sep_status regular_size(int descriptor, const char *path, size_t *size)
{
    struct stat info;

    if (fstat(descriptor, &info) != 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be examined: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return sep_fail(SEP_ERR_IO, "%s: is a folder, a file was expected", path);
    if (!S_ISREG(info.st_mode))
        return sep_fail(SEP_ERR_IO, "%s: is not a regular file", path);
    *size = (size_t)info.st_size;
    return SEP_OK;
}

static sep_status read_fully(int descriptor, const char *path, char *buffer, size_t size, size_t *count)
{
    size_t filled = 0;

    while (filled < size) {
        ssize_t part = read(descriptor, buffer + filled, size - filled);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return sep_fail(SEP_ERR_IO, "%s: can't be read: %s", path, strerror(errno));
        if (part == 0)
            break; /* shortened by someone while we read */
        filled += (size_t)part;
    }
    *count = filled;
    return SEP_OK;
}

static sep_status read_descriptor(int descriptor, const char *path, void **bytes, size_t *count)
{
    size_t size = 0;

    SEP_TRY(regular_size(descriptor, path, &size));
    char *buffer = sep_calloc(size + 1, 1);
    if (!buffer)
        return sep_fail_within(SEP_ERR_MEMORY, "%s", path);

    sep_status status = read_fully(descriptor, path, buffer, size, count);
    if (status != SEP_OK) {
        sep_free(buffer);
        return status;
    }
    buffer[*count] = '\0';
    *bytes = buffer;
    return SEP_OK;
}

sep_status sep_file_read(const char *path, void **bytes, size_t *count)
{
    *bytes = NULL;
    *count = 0;
    /* Without O_NONBLOCK the opening of a pipe would wait for a writer. */
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be opened: %s", path, strerror(errno));

    sep_status status = read_descriptor(descriptor, path, bytes, count);
    close(descriptor);
    return status;
}

/* ---- line lists -------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static sep_status check_text(const char *path, int number, const char *line, const char *end)
{
    for (const char *c = line; c < end; c++)
        if ((unsigned char)*c < ' ' && !is_blank(*c))
            return sep_fail(SEP_ERR_FORMAT, "%s:%d: holds the byte 0x%02x: this is no text file", path, number,
                            (unsigned)(unsigned char)*c);
    return SEP_OK;
}

/* Adds the line between `start` and `end`, which is writable. */
static sep_status add_line(sep_strings *lines, char *start, char *end)
{
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    if (start == end || *start == '#')
        return SEP_OK;
    *end = '\0';
    return sep_strings_add(lines, start);
}

size_t sep_mark_length(const char *text, size_t count)
{
    return count >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static sep_status split_lines(const char *path, char *text, size_t count, sep_strings *lines)
{
    char *stop = text + count;
    int number = 1;

    for (char *line = text + sep_mark_length(text, count); line < stop; number++) {
        char *newline = memchr(line, '\n', (size_t)(stop - line));
        char *end = newline ? newline : stop;
        SEP_TRY(check_text(path, number, line, end));
        SEP_TRY(add_line(lines, line, end));
        line = end + 1;
    }
    return SEP_OK;
}

sep_status sep_read_lines(const char *path, sep_strings *lines)
{
    void *text;
    size_t count;

    SEP_TRY(sep_file_read(path, &text, &count));
    sep_status status = split_lines(path, text, count, lines);
    sep_free(text);
    return status;
}

/* ---- folders ----------------------------------------------------------------------------------------------------- */

static sep_status make_folder(const char *path)
{
    int reason = mkdir(path, 0777) == 0 ? 0 : errno;

    if (reason == 0 || sep_folder_exists(path))
        return SEP_OK;
    return sep_fail(SEP_ERR_IO, "%s: the folder can't be made: %s", path, strerror(reason));
}

sep_status sep_make_folders(const char *path)
{
    if (path[0] == '\0')
        return sep_fail(SEP_ERR_ARGUMENT, "a folder must have a name");
    char *partial = sep_strdup(path);
    if (!partial)
        return SEP_ERR_MEMORY;

    sep_status status = SEP_OK;
    for (char *slash = strchr(partial + 1, '/'); slash && status == SEP_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_folder(partial);
        *slash = '/';
    }
    if (status == SEP_OK)
        status = make_folder(partial);
    sep_free(partial);
    return status;
}

static sep_status add_names(DIR *directory, const char *folder, const char *suffix, sep_strings *names)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno != 0)
            return sep_fail(SEP_ERR_IO, "%s: the folder can't be read: %s", folder, strerror(errno));
        if (!entry)
            return SEP_OK;
        if (entry->d_name[0] != '.' && sep_has_suffix(entry->d_name, suffix))
            SEP_TRY(sep_strings_add(names, entry->d_name));
    }
}

sep_status sep_list_folder(const char *folder, const char *suffix, sep_strings *names)
{
    DIR *directory = opendir(folder);

    if (!directory)
        return sep_fail(SEP_ERR_IO, "%s: the folder can't be opened: %s", folder, strerror(errno));
    sep_status status = add_names(directory, folder, suffix, names);
    closedir(directory);
    sep_strings_sort(names);
    return status;
}

void sep_warn_repeated(const char *list, const sep_strings *lines)
{
    if (lines->count == 1)
        sep_log(SEP_LOG_WARNING, "%s: names '%s' for the second time: it counts once", list, lines->item[0]);
    else if (lines->count > 1)
        sep_log(SEP_LOG_WARNING, "%s: '%s' and %d more lines name what is named already: each counts once", list,
                lines->item[0], lines->count - 1);
}
