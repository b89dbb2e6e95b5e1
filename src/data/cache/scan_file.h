/* Private to src/data: the file that images of scans lie in, ready for training, where memory is too small for all.
 *
 * A cache of this machine, no format to exchange: numbers are as the processor has them, structs as the compiler lays
 * them out. A page (4096 bytes) says what the file is:
 *
 *     offset 0   16 bytes  "septum scans", zeros
 *            16  uint32    version of what follows
 *            20  uint32    0x01020304, which tells the byte order
 *            24  uint64    bytes of a record's head
 *
 * Records follow one behind the other, each a page with its head (sep_scan_head in scan_records.h; its first number is
 * a hash of the rest) and then the voxels, float32, x fastest, filled up to whole pages, so that they lie on a page's
 * boundary when the file is mapped. A record is whole once its head says so, which is written when the voxels are on
 * the disk: whatever kills a process leaves records that are whole, and others that are made again. The file is as long
 * as its records from the first on; what lies behind the last head that is one does not count.
 *
 * One process at a time builds: it holds PATH.lock. Who reads holds a shared lock on the file itself, and nothing is
 * written to a file that another has locked: it is left to those who read it, and a new one takes its name. */
#ifndef SEPTUM_DATA_SCAN_FILE_H
#define SEPTUM_DATA_SCAN_FILE_H

#include "septum/data.h"

enum { SEP_SCAN_FILE_PAGE = 4096, SEP_SCAN_NAME = 1024 };

/* What a record was made of. */
typedef struct sep_scan_origin {
    uint64_t source;   /* of the files that the image is read from (sep_image_fingerprint) */
    uint64_t settings; /* of what was done to it, and the grid that this ended in */
    uint64_t hash;     /* the scan's image_hash */
} sep_scan_origin;

typedef struct sep_scan_file sep_scan_file;

/* Bytes that a record takes in the file, and the file before its first. */
uint64_t sep_scan_record_bytes(uint64_t voxels);

/* Waits for another that builds. A file of other contents than septum's is refused; one of another version or byte
 * order is made anew. */
sep_status sep_scan_file_open(const char *path, sep_scan_file **file) SEP_MUST_CHECK;
/* Lets go of the voxels, too. NULL is fine. */
void sep_scan_file_close(sep_scan_file *file);

/* The record of that name and size; -1: there is none. NULL comes back where it is not whole. */
int sep_scan_file_find(const sep_scan_file *file, const char *name, uint64_t voxels);
const sep_scan_origin *sep_scan_file_origin(const sep_scan_file *file, int number);

/* Declares which records are used and which of them will be written (a new one has number -1, and gets one). Before
 * anything is written, the disk is looked at. Where others read the file, or most of it is of no use any more, all
 * records are to be written: *anew. */
typedef struct sep_scan_use {
    const char *name;
    uint64_t voxels;
    int record;
    bool writes;
} sep_scan_use;
sep_status sep_scan_file_prepare(sep_scan_file *file, sep_scan_use *use, int count, bool *anew) SEP_MUST_CHECK;
/* From any thread, each record by one. */
sep_status sep_scan_file_write(sep_scan_file *file, int number, const sep_scan_origin *origin,
                               const float *voxels) SEP_MUST_CHECK;

/* The end of building: maps the file, and has others build and read. */
sep_status sep_scan_file_map(sep_scan_file *file) SEP_MUST_CHECK;
float *sep_scan_file_voxels(const sep_scan_file *file, int number); /* not to be written to */

#endif
