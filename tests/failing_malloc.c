/* Preloaded, it lets allocations fail: tests/end_to_end/failing_memory.sh. Counting starts when the program's libraries
 * are there, so that N is an allocation of the program or of a library that it calls.
 *
 *     FAIL_AT=N      allocation N (the first is 0) gets no memory
 *     FAIL_FROM=N    all from N on get none
 *     FAIL_COUNT=FILE  how many there were is written to FILE at the end
 *
 * Memory comes from glibc's own functions behind those that are replaced here. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_long count;
static long fail_at = -1, fail_from = -1;
static bool counting;

static long number_in(const char *name)
{
    const char *text = getenv(name);

    return text ? atol(text) : -1;
}

__attribute__((constructor)) static void start(void)
{
    fail_at = number_in("FAIL_AT");
    fail_from = number_in("FAIL_FROM");
    counting = true;
}

__attribute__((destructor)) static void finish(void)
{
    const char *path = getenv("FAIL_COUNT");
    char text[32];
    int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&count));

    if (file >= 0 && write(file, text, (size_t)length) == length)
        close(file);
}

static bool fails(void)
{
    if (!counting)
        return false;
    long number = atomic_fetch_add(&count, 1);
    if (number != fail_at && (fail_from < 0 || number < fail_from))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *taken = fails() ? NULL : __libc_memalign(alignment, size);

    if (!taken)
        return ENOMEM;
    *memory = taken;
    return 0;
}
