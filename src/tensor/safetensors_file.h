/* What a safetensors file is in memory, shared by the parser of its header (safetensors_header.c), the look-ups
 * (safetensors.c) and the copies (safetensors_copy.c). */
#ifndef SEP_TENSOR_SAFETENSORS_FILE_H
#define SEP_TENSOR_SAFETENSORS_FILE_H

#include "base/json.h"
#include "septum/safetensors.h"

#define SEP_STORED_NOTES_KEY "__metadata__" /* of the header, whose other keys are tensors */

typedef struct sep_stored_note {
    const char *key, *value;
} sep_stored_note;

struct sep_safetensors {
    char *name; /* the path, for error texts */
    void *owned_bytes;
    json_t *header; /* keeps the strings alive */
    sep_stored_tensor *tensors;
    const sep_stored_tensor **by_name;
    int count;
    sep_stored_note *notes;
    int note_count;
};

/* The type of that name; false where there is none. */
bool sep_stored_type_find(const char *name, sep_stored_type *type);

/* Fills header, tensors and notes from the bytes of the file, all of it checked: see sep_safetensors_open. The error
 * text does not name the file, and what was made by then is in `file`. */
sep_status sep_safetensors_parse_bytes(sep_safetensors *file, const char *bytes, size_t count) SEP_MUST_CHECK;

/* Orders pointers to tensors by name. */
int sep_stored_compare_names(const void *a, const void *b);

#endif
