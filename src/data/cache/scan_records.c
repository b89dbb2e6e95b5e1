/* Bytes and records of the file of images. */
#include "data/cache/scan_records.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double mib = 1048576.0;

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + SEP_SCAN_FILE_PAGE - 1) / SEP_SCAN_FILE_PAGE * SEP_SCAN_FILE_PAGE;
}

uint64_t sep_scan_record_bytes(uint64_t voxels)
{
    return SEP_SCAN_FILE_PAGE + whole_pages(voxels * sizeof(float));
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

sep_status sep_scan_fail_write(const sep_scan_file *file, int reason)
{
    if (reason != ENOSPC && reason != EDQUOT && reason != EFBIG)
        return sep_fail(SEP_ERR_IO, "%s: can't be written: %s", file->path, strerror(reason));
    return sep_fail(SEP_ERR_IO,
                    "%s: there is no room (%s) for the cache of the scans, which takes %.1f MiB in all: make room "
                    "there, or give data.memory more MiB; what is whole of it stays, and the next run goes on from it",
                    file->path, strerror(reason), (double)file->size / mib);
}

sep_status sep_scan_write_at(const sep_scan_file *file, uint64_t offset, const void *bytes, size_t count)
{
    for (const char *from = bytes; count > 0;) {
        const ssize_t part = pwrite(file->descriptor, from, count, (off_t)offset);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return sep_scan_fail_write(file, part < 0 ? errno : ENOSPC);
        from += part;
        offset += (uint64_t)part;
        count -= (size_t)part;
    }
    return SEP_OK;
}

bool sep_scan_read_at(const sep_scan_file *file, uint64_t offset, void *bytes, size_t count)
{
    return pread(file->descriptor, bytes, count, (off_t)offset) == (ssize_t)count;
}

sep_status sep_scan_settle(const sep_scan_file *file)
{
    return fdatasync(file->descriptor) == 0 ? SEP_OK : sep_scan_fail_write(file, errno);
}

static uint64_t check_of(const sep_scan_head *h)
{
    return sep_hash(SEP_HASH_START, (const char *)h + sizeof h->check, sizeof *h - sizeof h->check);
}

sep_status sep_scan_write_head(const sep_scan_file *file, sep_scan_record *r)
{
    r->head.check = check_of(&r->head);
    return sep_scan_write_at(file, r->offset, &r->head, sizeof r->head);
}

/* ---- the records that are there ---------------------------------------------------------------------------------- */

sep_status sep_scan_add_record(sep_scan_file *file, const sep_scan_head *h)
{
    if (file->records == file->capacity) {
        const int capacity = file->capacity == 0 ? 64 : 2 * file->capacity;
        sep_scan_record *larger = sep_grown(file->record, (size_t)file->records, (size_t)capacity, sizeof *larger);
        if (larger == NULL)
            return SEP_ERR_MEMORY;
        file->record = larger;
        file->capacity = capacity;
    }
    file->record[file->records++] = (sep_scan_record){.offset = file->size, .head = *h};
    file->size += sep_scan_record_bytes(h->voxels);
    return SEP_OK;
}

static bool is_head(const sep_scan_head *h)
{
    return h->check == check_of(h) && h->voxels <= (uint64_t)INT32_MAX * SEP_MOST_IMAGE_CHANNELS &&
           memchr(h->name, '\0', sizeof h->name) != NULL;
}

sep_status sep_scan_read_records(sep_scan_file *file)
{
    struct stat info;
    sep_scan_head h;

    if (fstat(file->descriptor, &info) != 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be examined: %s", file->path, strerror(errno));
    file->size = SEP_SCAN_FILE_PAGE;
    while (sep_scan_read_at(file, file->size, &h, sizeof h) && is_head(&h)) {
        const bool complete = file->size + sep_scan_record_bytes(h.voxels) <= (uint64_t)info.st_size;
        h.whole = h.whole == 1 && complete;
        SEP_TRY(sep_scan_add_record(file, &h));
    }
    return SEP_OK;
}
