/* septum: tensors and notes in a file of the safetensors format, which most other software of the field reads too.
 *
 * The format: 8 bytes little-endian length, a JSON header of that length, then the tensors' bytes. The header names for
 * each tensor its element type, its shape and its place [begin, end) in the bytes; "__metadata__" maps strings to
 * strings (here: notes). The tensors fill the bytes without gaps. */
#ifndef SEPTUM_SAFETENSORS_H
#define SEPTUM_SAFETENSORS_H

#include "septum/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, bytes): the element types that the format and we know. */
#define SEP_STORED_TYPES(X)                                                                                            \
    X(F64, 8)                                                                                                          \
    X(F32, 4)                                                                                                          \
    X(F16, 2)                                                                                                          \
    X(BF16, 2)                                                                                                         \
    X(I64, 8)                                                                                                          \
    X(I32, 4)                                                                                                          \
    X(I16, 2)                                                                                                          \
    X(I8, 1)                                                                                                           \
    X(U8, 1)                                                                                                           \
    X(BOOL, 1)

typedef enum sep_stored_type {
#define X(name, bytes) SEP_STORED_##name,
    SEP_STORED_TYPES(X)
#undef X
        SEP_STORED_TYPE_COUNT
} sep_stored_type;

const char *sep_stored_type_name(sep_stored_type type); /* as the format spells it: "F32" */
size_t sep_stored_type_size(sep_stored_type type);      /* bytes of an element */

/* ---- reading ----------------------------------------------------------------------------------------------------- */

typedef struct sep_stored_tensor {
    const char *name;
    sep_stored_type type;
    int rank;        /* as stored: may be more than SEP_MAX_RANK, such a tensor can be listed but not read as a shape */
    sep_shape shape; /* where the rank allows it, else empty; axes of 0 elements are possible */
    size_t count;    /* elements */
    const void *data; /* count elements, little-endian, at any alignment */
} sep_stored_tensor;

/* A file that is whole in memory, all of its header checked. Everything handed out lives until sep_safetensors_close.
 */
typedef struct sep_safetensors sep_safetensors;

/* Errors (naming file and cause): no such file; truncated; header longer than the file, or not JSON, or with fields
 * that are missing or of the wrong kind; an unknown element type; a place that is out of range, overlaps another,
 * leaves a gap or does not fit the shape. `*file` is NULL then. */
sep_status sep_safetensors_open(const char *path, sep_safetensors **file) SEP_MUST_CHECK;

/* The same from memory, which stays the caller's and must outlive the result; `name` stands for the path in errors. */
sep_status sep_safetensors_parse(const char *name, const void *bytes, size_t count,
                                 sep_safetensors **file) SEP_MUST_CHECK;
void sep_safetensors_close(sep_safetensors *file);

int sep_safetensors_count(const sep_safetensors *file);
const sep_stored_tensor *sep_safetensors_at(const sep_safetensors *file, int index); /* in the order of the bytes */
const sep_stored_tensor *sep_safetensors_find(const sep_safetensors *file, const char *name); /* NULL: there is none */

/* Copies a tensor out: `shape` is what it must have. read_f32 takes F64, F32, F16 and BF16 (rounded to nearest where
 * they are wider); read_f16 F16 alone, as it is (sep_half_of); read_i32 takes the integer types and BOOL, and fails on
 * a value that needs more than 32 bits. */
sep_status sep_safetensors_read_f32(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                    float *values) SEP_MUST_CHECK;
sep_status sep_safetensors_read_f16(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                    uint16_t *values) SEP_MUST_CHECK;
sep_status sep_safetensors_read_i32(const sep_safetensors *file, const char *name, const sep_shape *shape,
                                    int32_t *values) SEP_MUST_CHECK;

/* The note of that key; NULL: there is none. Notes are numbered 0 .. note_count-1 in the order of the file. */
const char *sep_safetensors_note(const sep_safetensors *file, const char *key);
int sep_safetensors_note_count(const sep_safetensors *file);
void sep_safetensors_note_at(const sep_safetensors *file, int index, const char **key, const char **value);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* Collects tensors and notes, then writes them at once. The same content in the same order gives the same bytes. */
typedef struct sep_safetensors_writer sep_safetensors_writer;
sep_safetensors_writer *sep_safetensors_writer_create(void); /* NULL: no memory */

/* Names are copied; data is not, and must stay as it is until it is written. Errors: a name given twice, or not UTF-8.
 */
sep_status sep_safetensors_add(sep_safetensors_writer *writer, const char *name, sep_stored_type type,
                               const sep_shape *shape, const void *data) SEP_MUST_CHECK;
/* The same of a tensor that is asked for piece by piece while the file is written: `source` fills `bytes` with `count`
 * bytes of it from byte `offset` on. */
typedef sep_status sep_safetensors_source(void *context, size_t offset, size_t count, void *bytes);
sep_status sep_safetensors_add_source(sep_safetensors_writer *writer, const char *name, sep_stored_type type,
                                      const sep_shape *shape, sep_safetensors_source *source,
                                      void *context) SEP_MUST_CHECK;
sep_status sep_safetensors_add_note(sep_safetensors_writer *writer, const char *key, const char *value) SEP_MUST_CHECK;

/* Beside and renamed, like sep_file_write_atomic; the data goes from its place to the disk without a copy in between.
 */
sep_status sep_safetensors_write(const sep_safetensors_writer *writer, const char *path) SEP_MUST_CHECK;
void sep_safetensors_writer_destroy(sep_safetensors_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
