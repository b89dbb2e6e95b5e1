/* Files written beside and renamed: a reader sees the old file or the new one, never half of one. */
#include "septum/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sep_atomic_file {
    char *path, *temporary;
    FILE *stream;
    sep_status status; /* of the first failure */
};

static sep_status fail_write(sep_atomic_file *file)
{
    file->status = sep_fail(SEP_ERR_IO, "%s: can't be written: %s", file->temporary, strerror(errno));
    return file->status;
}

static void free_file(sep_atomic_file *file)
{
    sep_free(file->path);
    sep_free(file->temporary);
    sep_free(file);
}

static sep_status open_temporary(sep_atomic_file *file, const char *path)
{
    file->path = sep_strdup(path);
    file->temporary = sep_format("%s.tmp", path);
    if (!file->path || !file->temporary)
        return SEP_ERR_MEMORY;

    file->stream = fopen(file->temporary, "wb");
    if (!file->stream)
        return sep_fail(SEP_ERR_IO, "%s: can't be created: %s", file->temporary, strerror(errno));
    return SEP_OK;
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

/* A rename lives in the folder: without this a power cut could undo it. Some file systems can't; the rename holds then
 * as far as they let it. */
static void sync_folder_of(const char *path)
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

static sep_status flush_to_disk(sep_atomic_file *file)
{
    if (file->status == SEP_OK && (fflush(file->stream) != 0 || fsync(fileno(file->stream)) != 0))
        fail_write(file);
    if (fclose(file->stream) != 0 && file->status == SEP_OK)
        fail_write(file);
    file->stream = NULL;
    return file->status;
}

sep_status sep_atomic_commit(sep_atomic_file *file)
{
    sep_status status = flush_to_disk(file);

    if (status == SEP_OK && rename(file->temporary, file->path) != 0)
        status = sep_fail(SEP_ERR_IO, "%s: can't be put in place: %s", file->path, strerror(errno));
    if (status == SEP_OK)
        sync_folder_of(file->path);
    else
        remove(file->temporary);
    free_file(file);
    return status;
}

void sep_atomic_abort(sep_atomic_file *file)
{
    if (!file)
        return;
    fclose(file->stream);
    remove(file->temporary);
    free_file(file);
}

sep_status sep_file_write_atomic(const char *path, const void *bytes, size_t count)
{
    sep_atomic_file *file;

    SEP_TRY(sep_atomic_begin(path, &file));
    sep_atomic_write(file, bytes, count);
    return sep_atomic_commit(file);
}
