/* Aligned zeroed memory, and the arena: many small objects that live and die together. */
#define _DEFAULT_SOURCE /* madvise */
#include "septum/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

/* The memory of a network in pages of 2 MiB, where the system has them: one of 4 KiB a row of pixels costs kernels that
 * are bound by memory a sixth of their speed. A refusal is no failure. */
static void *allocate(size_t bytes)
{
    size_t alignment = bytes < 2 * HUGE_PAGE ? SEP_ALIGNMENT : HUGE_PAGE;
    void *memory = aligned_alloc(alignment, round_up(bytes, alignment)); /* C11 asks for a multiple */

#ifdef MADV_HUGEPAGE
    if (memory && bytes >= 2 * HUGE_PAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

/* Memory for `count` elements, and how many bytes it has; NULL with the error's text. */
static void *reserve(size_t count, size_t size, size_t *bytes)
{
    if (size != 0 && count > (PTRDIFF_MAX - SEP_ALIGNMENT) / size) {
        sep_fail(SEP_ERR_MEMORY, "%zu elements of %zu bytes do not fit in memory", count, size);
        return NULL;
    }

    /* Never 0 bytes: aligned_alloc may answer NULL to that, which would read as a failure. */
    *bytes = round_up(count * size != 0 ? count * size : 1, SEP_ALIGNMENT);
    void *memory = allocate(*bytes);
    if (!memory)
        sep_fail(SEP_ERR_MEMORY, "out of memory: %zu bytes (%.1f MiB) asked for", *bytes, (double)*bytes / (1 << 20));
    return memory;
}

void *sep_malloc(size_t count, size_t size)
{
    size_t bytes;

    return reserve(count, size, &bytes);
}

void *sep_calloc(size_t count, size_t size)
{
    size_t bytes;
    void *memory = reserve(count, size, &bytes);

    return memory ? memset(memory, 0, bytes) : NULL;
}

void sep_free(void *memory)
{
    free(memory);
}

void *sep_grown(void *array, size_t count, size_t capacity, size_t size)
{
    void *larger = sep_calloc(capacity, size);

    if (larger == NULL)
        return NULL;
    if (count > 0)
        memcpy(larger, array, count * size);
    sep_free(array);
    return larger;
}

/* ---- arena ------------------------------------------------------------------------------------------------------- */

#define ARENA_BLOCK_SIZE ((size_t)64 * 1024)

/* A block begins with this header, padded to the alignment; the objects follow. */
typedef struct arena_block {
    struct arena_block *next;
    size_t used, size;
} arena_block;

struct sep_arena {
    arena_block *blocks; /* the newest first: the only one that is filled further */
    bool failed;
};

sep_arena *sep_arena_create(void)
{
    return sep_calloc(1, sizeof(sep_arena));
}

static arena_block *add_block(sep_arena *arena, size_t object_size)
{
    size_t header = round_up(sizeof(arena_block), SEP_ALIGNMENT);
    size_t size = header + (object_size > ARENA_BLOCK_SIZE ? object_size : ARENA_BLOCK_SIZE);
    arena_block *block = sep_calloc(1, size);

    if (!block)
        return NULL;
    block->used = header;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *sep_arena_alloc(sep_arena *arena, size_t size)
{
    if (size > PTRDIFF_MAX / 2) {
        sep_fail(SEP_ERR_MEMORY, "%zu bytes do not fit in memory", size);
        return NULL;
    }

    arena_block *block = arena->blocks;
    size_t rounded = round_up(size, SEP_ALIGNMENT);
    if (!block || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    arena->failed = arena->failed || !block;
    if (!block)
        return NULL;

    void *memory = (char *)block + block->used;
    block->used += rounded;
    return memory;
}

bool sep_arena_failed(const sep_arena *arena)
{
    return arena->failed;
}

char *sep_arena_format(sep_arena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : sep_arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;

    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void sep_arena_destroy(sep_arena *arena)
{
    if (!arena)
        return;
    for (arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        sep_free(block);
    }
    sep_free(arena);
}
