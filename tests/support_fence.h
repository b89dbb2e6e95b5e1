/* Device memory for tests between two pages that nobody may touch: a kernel that reads or writes beyond its operand
 * crashes on the fence, and what it writes between operand and fence is found afterwards. */
#ifndef SEPTUM_TESTS_SUPPORT_FENCE_H
#define SEPTUM_TESTS_SUPPORT_FENCE_H

#include "support.h"

/* Where the operand lies: it begins at the lower fence, ends at the upper one, or lies between, 128 bytes and so many
 * floats (0 .. 15) from the start of a page. */
typedef enum support_place { SUPPORT_BETWEEN, SUPPORT_LOW, SUPPORT_HIGH } support_place;

/* A buffer of the CPU for `bytes` at *offset; the rest is filled with a pattern. */
sep_buffer *support_fence_create(size_t bytes, support_place place, int misalignment, size_t *offset);
/* Fails when the pattern around the operand has changed. */
void support_fence_check(const sep_buffer *buffer, size_t offset, size_t bytes);
/* Fails when `bytes` between two rows of an operand, filled with the pattern, have changed. */
void support_fence_check_gap(const sep_buffer *buffer, size_t offset, size_t bytes);
void support_fence_destroy(sep_buffer *buffer);

#endif
