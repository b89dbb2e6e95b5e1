/* The file of images: who has it, what of it is written, and its voxels in memory. scan_file.h has the format. */
#include "data/cache/scan_records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SIGNATURE  "septum scans"
#define VERSION    1u
#define ORDER_MARK 0x01020304u

static const double mib = 1048576.0;

/* ---- who has it -------------------------------------------------------------------------------------------------- */

static sep_status open_descriptor(sep_scan_file *file)
{
    file->descriptor = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file->descriptor < 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be opened: %s", file->path, strerror(errno));
    file->shared = flock(file->descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    return SEP_OK;
}

/* Those who read it keep it without its name. */
static sep_status leave_to_others(sep_scan_file *file)
{
    if (!file->shared)
        return SEP_OK;
    if (unlink(file->path) != 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be replaced: %s", file->path, strerror(errno));
    close(file->descriptor);
    return open_descriptor(file);
}

static sep_status start_anew(sep_scan_file *file)
{
    const sep_scan_opening o = {SIGNATURE, VERSION, ORDER_MARK, sizeof(sep_scan_head)};

    SEP_TRY(leave_to_others(file));
    file->records = 0;
    file->size = SEP_SCAN_FILE_PAGE;
    if (ftruncate(file->descriptor, 0) != 0)
        return sep_scan_fail_write(file, errno);
    return sep_scan_write_at(file, 0, &o, sizeof o);
}

static sep_status look_at(sep_scan_file *file)
{
    sep_scan_opening o = {.version = 0};
    struct stat info;

    if (fstat(file->descriptor, &info) != 0 || !S_ISREG(info.st_mode))
        return sep_fail(SEP_ERR_IO, "%s: is no regular file, which the cache of the scans must be", file->path);
    if (info.st_size == 0)
        return start_anew(file);
    const bool complete = sep_scan_read_at(file, 0, &o, sizeof o);
    if (strcmp(o.signature, SIGNATURE) != 0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: the cache of the scans must have this name, and a file of another kind has it: rename "
                        "that",
                        file->path);
    if (complete && o.version == VERSION && o.byte_order == ORDER_MARK && o.head == sizeof(sep_scan_head))
        return sep_scan_read_records(file);
    sep_log(SEP_LOG_INFO, "%s: was made by another version or on another machine, and is made anew", file->path);
    return start_anew(file);
}

static sep_status open_locked(sep_scan_file *file)
{
    char *lock = sep_format("%s.lock", file->path);
    sep_status status = lock != NULL ? sep_lock_wait(lock, file->path, &file->lock) : SEP_ERR_MEMORY;

    sep_free(lock);
    if (status == SEP_OK)
        status = open_descriptor(file);
    return status == SEP_OK ? look_at(file) : status;
}

sep_status sep_scan_file_open(const char *path, sep_scan_file **file)
{
    sep_scan_file *made = sep_calloc(1, sizeof *made);

    *file = NULL;
    if (made == NULL)
        return SEP_ERR_MEMORY;
    made->descriptor = -1;
    made->path = sep_strdup(path);
    sep_status status = made->path != NULL ? open_locked(made) : SEP_ERR_MEMORY;
    if (status != SEP_OK) {
        sep_scan_file_close(made);
        return status;
    }
    *file = made;
    return SEP_OK;
}

void sep_scan_file_close(sep_scan_file *file)
{
    if (file == NULL)
        return;
    if (file->map != NULL)
        munmap(file->map, file->mapped);
    if (file->descriptor >= 0)
        close(file->descriptor);
    sep_lock_release(file->lock);
    sep_free(file->record);
    sep_free(file->path);
    sep_free(file);
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

int sep_scan_file_find(const sep_scan_file *file, const char *name, uint64_t voxels)
{
    for (int i = 0; i < file->records; i++)
        if (file->record[i].head.voxels == voxels && strcmp(file->record[i].head.name, name) == 0)
            return i;
    return -1;
}

const sep_scan_origin *sep_scan_file_origin(const sep_scan_file *file, int number)
{
    const sep_scan_head *h = number >= 0 ? &file->record[number].head : NULL;

    return h != NULL && h->whole ? &h->origin : NULL;
}

static bool is_mostly_waste(const sep_scan_file *file, const sep_scan_use *use, int count)
{
    uint64_t used = 0;

    for (int i = 0; i < count; i++)
        used += use[i].record >= 0 ? sep_scan_record_bytes(use[i].voxels) : 0;
    return file->size - SEP_SCAN_FILE_PAGE > 2 * used;
}

static sep_status find_place(sep_scan_file *file, sep_scan_use *use)
{
    sep_scan_head h = {.voxels = use->voxels};

    if (snprintf(h.name, sizeof h.name, "%s", use->name) >= (int)sizeof h.name)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: a scan's name in it has %d bytes at most, and %.40s... has more",
                        file->path, SEP_SCAN_NAME - 1, use->name);
    use->record = file->records;
    return sep_scan_add_record(file, &h);
}

/* A disk that would be full in an hour is full now. */
static sep_status check_room(const sep_scan_file *file)
{
    struct statvfs disk;
    struct stat info;

    if (fstat(file->descriptor, &info) != 0 || fstatvfs(file->descriptor, &disk) != 0)
        return SEP_OK;
    const double there = (double)info.st_blocks * 512.0, all = (double)file->size;
    const double room = (double)disk.f_bavail * (double)disk.f_frsize, more = all > there ? all - there : 0.0;
    if (more <= room)
        return SEP_OK;
    return sep_fail(SEP_ERR_IO,
                    "%s: the cache of the scans takes %.1f MiB more on the disk there (%.1f in all), and %.1f MiB are "
                    "free: make room, or give data.memory more MiB",
                    file->path, more / mib, all / mib, room / mib);
}

/* The heads of all that will be written say that they are not whole, before the first voxel changes. */
static sep_status announce(sep_scan_file *file, const sep_scan_use *use, int count)
{
    if (ftruncate(file->descriptor, (off_t)file->size) != 0)
        return sep_scan_fail_write(file, errno);
    for (int i = 0; i < count; i++)
        if (use[i].writes) {
            file->record[use[i].record].head.whole = 0;
            SEP_TRY(sep_scan_write_head(file, &file->record[use[i].record]));
        }
    return sep_scan_settle(file);
}

sep_status sep_scan_file_prepare(sep_scan_file *file, sep_scan_use *use, int count, bool *anew)
{
    *anew = file->shared || is_mostly_waste(file, use, count);
    if (*anew)
        SEP_TRY(start_anew(file));
    for (int i = 0; i < count; i++) {
        use[i].writes = use[i].writes || *anew;
        if (*anew || use[i].record < 0)
            SEP_TRY(find_place(file, &use[i]));
    }
    SEP_TRY(check_room(file));
    return announce(file, use, count);
}

static uint64_t voxels_at(const sep_scan_record *r)
{
    return r->offset + SEP_SCAN_FILE_PAGE;
}

sep_status sep_scan_file_write(sep_scan_file *file, int number, const sep_scan_origin *origin, const float *voxels)
{
    sep_scan_record *r = &file->record[number];

    SEP_TRY(sep_scan_write_at(file, voxels_at(r), voxels, (size_t)r->head.voxels * sizeof *voxels));
    SEP_TRY(sep_scan_settle(file));
    r->head.origin = *origin;
    r->head.whole = 1;
    return sep_scan_write_head(file, r);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

sep_status sep_scan_file_map(sep_scan_file *file)
{
    void *map = mmap(NULL, (size_t)file->size, PROT_READ, MAP_SHARED, file->descriptor, 0);

    if (map == MAP_FAILED)
        return sep_fail(SEP_ERR_IO, "%s: can't be mapped: %s", file->path, strerror(errno));
    file->map = map;
    file->mapped = (size_t)file->size;
    if (flock(file->descriptor, LOCK_SH) != 0)
        sep_log(SEP_LOG_DEBUG, "%s: can't be locked: %s", file->path, strerror(errno));
    sep_lock_release(file->lock);
    file->lock = NULL;
    return SEP_OK;
}

float *sep_scan_file_voxels(const sep_scan_file *file, int number)
{
    return (float *)((char *)file->map + voxels_at(&file->record[number]));
}
