/* NumPy's format 1.0: a magic word, the length of the header, a Python dictionary padded with blanks so that the values
 * begin at a multiple of 64 bytes, the values. */
#include "features/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the stored bytes are little-endian and are written as they are"
#endif

/* What precedes the values. A dictionary of one or two axes needs more than 64 bytes and less than 128. */
enum { HEADER = 128, PREFIX = 10 };

static void fill_header(const char *type, int64_t rows, int64_t columns, char header[HEADER])
{
    char shape[48];

    if (columns > 0)
        snprintf(shape, sizeof shape, "%" PRId64 ", %" PRId64, rows, columns);
    else
        snprintf(shape, sizeof shape, "%" PRId64 ",", rows);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", PREFIX); /* 0x76: HEADER - PREFIX */
    int length = snprintf(header + PREFIX, HEADER - PREFIX, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                          type, shape);
    memset(header + PREFIX + length, ' ', (size_t)(HEADER - PREFIX - length));
    header[HEADER - 1] = '\n';
}

sep_status sep_npy_write(const char *path, sep_npy_type type, const void *values, int64_t rows, int64_t columns)
{
    const size_t size = type == SEP_NPY_F32 ? sizeof(float) : 1;
    char header[HEADER];
    sep_atomic_file *file;

    fill_header(type == SEP_NPY_F32 ? "<f4" : "|u1", rows, columns, header);
    SEP_TRY(sep_atomic_begin(path, &file));
    sep_atomic_write(file, header, HEADER);
    sep_atomic_write(file, values, (size_t)rows * (size_t)(columns > 0 ? columns : 1) * size);
    return sep_atomic_commit(file);
}
