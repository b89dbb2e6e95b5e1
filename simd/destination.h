/* Where a kernel writes rows of channels. */
#ifndef SEPTUM_SIMD_DESTINATION_H
#define SEPTUM_SIMD_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sep_destination {
    float *rows;
    ptrdiff_t pitch; /* floats from a row to the next */
    bool streamed;   /* too much for the caches to hold until it is read: a hint. Then rows are 64-byte aligned and the
                      * pitch is a multiple of 16 */
} sep_destination;

static inline sep_destination sep_destination_at(sep_destination to, ptrdiff_t row)
{
    to.rows += row * to.pitch;
    return to;
}

#endif
