/* Files written beside and renamed: a reader sees the old file or the new one, never half of one. */
#include "base/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sep_atomic_file {
    char *path, *temporary;
    FILE *stream;
    sep_status status; /* of the first failure */
};

static sep_status fail_write(sep_atomic_file *file)
{
    file->status = sep_fail(SEP_ERR_IO, "%s: can't be written: %s", file->path, strerror(errno));
    return file->status;
}

static void free_file(sep_atomic_file *file)
{
    sep_free(file->path);
    sep_free(file->temporary);
    sep_free(file);
}

/* The temporary file takes the name's place, whatever stood there: of a device or a pipe nothing would be left. */
static sep_status check_place(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return SEP_OK;
    if (S_ISDIR(info.st_mode))
        return sep_fail(SEP_ERR_IO, "%s: is a folder; give the name of a file", path);
    return sep_fail(SEP_ERR_IO, "%s: is a device or a pipe, which a file would replace; give the name of a file", path);
}

static void discard(sep_atomic_file *file)
{
    remove(file->temporary);
    fclose(file->stream);
    free_file(file);
}

static sep_status open_temporary(sep_atomic_file *file, const char *path)
{
    int descriptor = -1;

    file->path = sep_strdup(path);
    if (!file->path)
        return SEP_ERR_MEMORY;
    SEP_TRY(check_place(path));
    SEP_TRY(sep_temporary_create(path, &file->temporary, &descriptor));
    file->stream = fdopen(descriptor, "wb");
    if (file->stream)
        return SEP_OK;
    sep_status status =
        sep_fail(errno == ENOMEM ? SEP_ERR_MEMORY : SEP_ERR_IO, "%s: can't be created: %s", path, strerror(errno));
    remove(file->temporary);
    close(descriptor);
    return status;
}

sep_status sep_atomic_begin(const char *path, sep_atomic_file **file)
{
    *file = sep_calloc(1, sizeof **file);
    if (!*file)
        return SEP_ERR_MEMORY;

    sep_status status = open_temporary(*file, path);
    if (status != SEP_OK) {
        free_file(*file);
        *file = NULL;
    }
    return status;
}

sep_status sep_atomic_write(sep_atomic_file *file, const void *bytes, size_t count)
{
    if (file->status == SEP_OK && count > 0 && fwrite(bytes, 1, count, file->stream) != count)
        return fail_write(file);
    return file->status;
}

sep_status sep_atomic_print(sep_atomic_file *file, const char *format, ...)
{
    va_list arguments;

    if (file->status != SEP_OK)
        return file->status;
    va_start(arguments, format);
    int length = vfprintf(file->stream, format, arguments);
    va_end(arguments);
    return length < 0 ? fail_write(file) : SEP_OK;
}

void sep_sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? sep_format("%.*s", (int)(slash - path + 1), path) : sep_strdup(".");
    int descriptor = folder ? open(folder, O_RDONLY | O_CLOEXEC) : -1;

    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    sep_free(folder);
}

static sep_status rename_to(const char *temporary, const char *path)
{
    if (rename(temporary, path) == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_IO, "%s: can't be put in place: %s", path, strerror(errno));
}

sep_status sep_put_in_place(const char *temporary, const char *path)
{
    SEP_TRY(check_place(path));
    return rename_to(temporary, path);
}

static sep_status flush_to_disk(sep_atomic_file *file)
{
    if (file->status == SEP_OK && (fflush(file->stream) != 0 || fsync(fileno(file->stream)) != 0))
        fail_write(file);
    return file->status;
}

/* The file is renamed while it is open, and so locked: nobody takes it for one that was left behind. What closing could
 * find, fsync has found. */
sep_status sep_atomic_commit(sep_atomic_file *file)
{
    sep_status status = flush_to_disk(file);

    if (status == SEP_OK)
        status = rename_to(file->temporary, file->path);
    if (status != SEP_OK) {
        discard(file);
        return status;
    }
    sep_sync_folder_of(file->path);
    fclose(file->stream);
    free_file(file);
    return SEP_OK;
}

void sep_atomic_abort(sep_atomic_file *file)
{
    if (file)
        discard(file);
}

sep_status sep_file_write_atomic(const char *path, const void *bytes, size_t count)
{
    sep_atomic_file *file;

    SEP_TRY(sep_atomic_begin(path, &file));
    sep_atomic_write(file, bytes, count);
    return sep_atomic_commit(file);
}
