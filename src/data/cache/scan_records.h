/* Private to src/data/cache: the file of images from within. scan_file.h has the format. */
#ifndef SEPTUM_DATA_SCAN_RECORDS_H
#define SEPTUM_DATA_SCAN_RECORDS_H

#include "data/cache/scan_file.h"
#include "septum/process.h"

/* The whole struct is hashed and written: no padding. */
typedef struct sep_scan_head {
    uint64_t check; /* of all that follows */
    uint64_t voxels;
    sep_scan_origin origin;
    uint64_t whole; /* 1 */
    char name[SEP_SCAN_NAME];
} sep_scan_head;

typedef struct sep_scan_opening {
    char signature[16];
    uint32_t version, byte_order;
    uint64_t head;
} sep_scan_opening;

typedef struct sep_scan_record {
    uint64_t offset; /* of its head */
    sep_scan_head head;
} sep_scan_record;

struct sep_scan_file {
    char *path;
    int descriptor;
    sep_lock *lock; /* NULL: building is over */
    bool shared;    /* others read the file */
    uint64_t size;  /* up to the last record's end */
    sep_scan_record *record;
    int records, capacity;
    void *map;
    size_t mapped;
};

/* Of an errno: a disk without room is told with what the file takes. */
sep_status sep_scan_fail_write(const sep_scan_file *file, int reason);
sep_status sep_scan_write_at(const sep_scan_file *file, uint64_t offset, const void *bytes,
                             size_t count) SEP_MUST_CHECK;
bool sep_scan_read_at(const sep_scan_file *file, uint64_t offset, void *bytes, size_t count);
/* What is written before is on the disk before what is written after it. */
sep_status sep_scan_settle(const sep_scan_file *file) SEP_MUST_CHECK;

sep_status sep_scan_write_head(const sep_scan_file *file, sep_scan_record *r) SEP_MUST_CHECK;
/* At the end, in memory alone. */
sep_status sep_scan_add_record(sep_scan_file *file, const sep_scan_head *h) SEP_MUST_CHECK;
/* Finds those of an open file. One that the file ends within has lost voxels. */
sep_status sep_scan_read_records(sep_scan_file *file) SEP_MUST_CHECK;

#endif
