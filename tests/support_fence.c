/* Fenced memory for tests; see support_fence.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "support_fence.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/cpu/kernels.h"

#define PATTERN 0x5a /* of every byte around an operand */
#define MARGIN  128  /* bytes on both sides of an operand that touches no fence */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

sep_buffer *support_fence_create(size_t bytes, support_place place, int misalignment, size_t *offset)
{
    size_t page = page_size(), shift = MARGIN + (size_t)misalignment * sizeof(float);
    size_t room = (bytes + shift + MARGIN + page - 1) / page * page;
    char *memory = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sep_buffer *buffer = malloc(sizeof *buffer);

    assert_true(memory != MAP_FAILED);
    assert_non_null(buffer);
    assert_int_equal(mprotect(memory + page, room, PROT_READ | PROT_WRITE), 0);
    *buffer = (sep_buffer){.bytes = memory + page, .size = room};
    memset(buffer->bytes, PATTERN, room);
    *offset = place == SUPPORT_LOW ? 0 : place == SUPPORT_HIGH ? room - bytes : shift;
    return buffer;
}

void support_fence_check(const sep_buffer *buffer, size_t offset, size_t bytes)
{
    for (size_t i = 0; i < buffer->size; i++)
        if ((i < offset || i >= offset + bytes) && buffer->bytes[i] != PATTERN)
            fail_msg("memory %s an operand was written to, at byte %lld from it", i < offset ? "before" : "after",
                     i < offset ? (long long)i - (long long)offset : (long long)(i - offset - bytes));
}

void support_fence_check_gap(const sep_buffer *buffer, size_t offset, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (buffer->bytes[offset + i] != PATTERN)
            fail_msg("memory between the rows of an operand was written to");
}

void support_fence_destroy(sep_buffer *buffer)
{
    size_t page = page_size();

    munmap(buffer->bytes - page, buffer->size + 2 * page);
    free(buffer);
}
