/* The file of images: its records, who has it, and its voxels in memory. scan_file.h has the format. */
#include "data/cache/scan_file.h"
#include "septum/process.h"

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
#define BYTE_ORDER 0x01020304u

static const double mib = 1048576.0;

/* The whole struct is hashed and written: no padding. */
typedef struct head {
    uint64_t check; /* of all that follows */
    uint64_t voxels;
    sep_scan_origin origin;
    uint64_t whole; /* 1 */
    char name[SEP_SCAN_NAME];
} head;

typedef struct opening {
    char signature[16];
    uint32_t version, byte_order;
    uint64_t head;
} opening;

typedef struct record {
    uint64_t offset; /* of its head */
    head head;
} record;

struct sep_scan_file {
    char *path;
    int descriptor;
    sep_lock *lock; /* NULL: building is over */
    bool shared;    /* others read the file */
    uint64_t size;  /* up to the last record's end */
    record *record;
    int records, capacity;
    void *map;
    size_t mapped;
};

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + SEP_SCAN_FILE_PAGE - 1) / SEP_SCAN_FILE_PAGE * SEP_SCAN_FILE_PAGE;
}

uint64_t sep_scan_record_bytes(uint64_t voxels)
{
    return SEP_SCAN_FILE_PAGE + whole_pages(voxels * sizeof(float));
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static sep_status fail_write(const sep_scan_file *file, int reason)
{
    if (reason != ENOSPC && reason != EDQUOT && reason != EFBIG)
        return sep_fail(SEP_ERR_IO, "%s: can't be written: %s", file->path, strerror(reason));
    return sep_fail(SEP_ERR_IO,
                    "%s: there is no room (%s) for the cache of the scans, which takes %.1f MiB in all: make room "
                    "there, or give data.memory more MiB; what is whole of it stays, and the next run goes on from it",
                    file->path, strerror(reason), (double)file->size / mib);
}

static sep_status write_at(const sep_scan_file *file, uint64_t offset, const void *bytes, size_t count)
{
    for (const char *from = bytes; count > 0;) {
        const ssize_t part = pwrite(file->descriptor, from, count, (off_t)offset);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return fail_write(file, part < 0 ? errno : ENOSPC);
        from += part;
        offset += (uint64_t)part;
        count -= (size_t)part;
    }
    return SEP_OK;
}

static bool read_at(const sep_scan_file *file, uint64_t offset, void *bytes, size_t count)
{
    return pread(file->descriptor, bytes, count, (off_t)offset) == (ssize_t)count;
}

/* What is written before is on the disk before what is written after it. */
static sep_status settle(const sep_scan_file *file)
{
    return fdatasync(file->descriptor) == 0 ? SEP_OK : fail_write(file, errno);
}

static uint64_t check_of(const head *h)
{
    return sep_hash(SEP_HASH_START, (const char *)h + sizeof h->check, sizeof *h - sizeof h->check);
}

static sep_status write_head(const sep_scan_file *file, record *r)
{
    r->head.check = check_of(&r->head);
    return write_at(file, r->offset, &r->head, sizeof r->head);
}

/* ---- the records that are there ---------------------------------------------------------------------------------- */

static sep_status add_record(sep_scan_file *file, const head *h)
{
    if (file->records == file->capacity) {
        const int capacity = file->capacity == 0 ? 64 : 2 * file->capacity;
        record *larger = sep_grown(file->record, (size_t)file->records, (size_t)capacity, sizeof *larger);
        if (larger == NULL)
            return SEP_ERR_MEMORY;
        file->record = larger;
        file->capacity = capacity;
    }
    file->record[file->records++] = (record){.offset = file->size, .head = *h};
    file->size += sep_scan_record_bytes(h->voxels);
    return SEP_OK;
}

static bool is_head(const head *h)
{
    return h->check == check_of(h) && h->voxels <= (uint64_t)INT32_MAX && memchr(h->name, '\0', sizeof h->name) != NULL;
}

/* A record that the file ends within has lost voxels. */
static sep_status read_records(sep_scan_file *file)
{
    struct stat info;
    head h;

    if (fstat(file->descriptor, &info) != 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be examined: %s", file->path, strerror(errno));
    file->size = SEP_SCAN_FILE_PAGE;
    while (read_at(file, file->size, &h, sizeof h) && is_head(&h)) {
        const bool complete = file->size + sep_scan_record_bytes(h.voxels) <= (uint64_t)info.st_size;
        h.whole = h.whole == 1 && complete;
        SEP_TRY(add_record(file, &h));
    }
    return SEP_OK;
}

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
    const opening o = {SIGNATURE, VERSION, BYTE_ORDER, sizeof(head)};

    SEP_TRY(leave_to_others(file));
    file->records = 0;
    file->size = SEP_SCAN_FILE_PAGE;
    if (ftruncate(file->descriptor, 0) != 0)
        return fail_write(file, errno);
    return write_at(file, 0, &o, sizeof o);
}

static sep_status look_at(sep_scan_file *file)
{
    opening o = {.version = 0};
    struct stat info;

    if (fstat(file->descriptor, &info) != 0 || !S_ISREG(info.st_mode))
        return sep_fail(SEP_ERR_IO, "%s: is no regular file, which the cache of the scans must be", file->path);
    if (info.st_size == 0)
        return start_anew(file);
    const bool complete = read_at(file, 0, &o, sizeof o);
    if (strcmp(o.signature, SIGNATURE) != 0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: the cache of the scans must have this name, and a file of another kind has it: rename "
                        "that",
                        file->path);
    if (complete && o.version == VERSION && o.byte_order == BYTE_ORDER && o.head == sizeof(head))
        return read_records(file);
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
    const head *h = number >= 0 ? &file->record[number].head : NULL;

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
    head h = {.voxels = use->voxels};

    if (snprintf(h.name, sizeof h.name, "%s", use->name) >= (int)sizeof h.name)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: a scan's name in it has %d bytes at most, and %.40s... has more",
                        file->path, SEP_SCAN_NAME - 1, use->name);
    use->record = file->records;
    return add_record(file, &h);
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
        return fail_write(file, errno);
    for (int i = 0; i < count; i++)
        if (use[i].writes) {
            file->record[use[i].record].head.whole = 0;
            SEP_TRY(write_head(file, &file->record[use[i].record]));
        }
    return settle(file);
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

static uint64_t voxels_at(const record *r)
{
    return r->offset + SEP_SCAN_FILE_PAGE;
}

sep_status sep_scan_file_write(sep_scan_file *file, int number, const sep_scan_origin *origin, const float *voxels)
{
    record *r = &file->record[number];

    SEP_TRY(write_at(file, voxels_at(r), voxels, (size_t)r->head.voxels * sizeof *voxels));
    SEP_TRY(settle(file));
    r->head.origin = *origin;
    r->head.whole = 1;
    return write_head(file, r);
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
