/* Memory of the CPU backend. Large buffers are aligned to huge pages and ask for them: kernels that walk over several
 * rows of an image at once then miss the processor's table of pages less often. */
#define _DEFAULT_SOURCE /* madvise */

#include "device/cpu/buffer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static void *allocate_huge(size_t bytes)
{
    void *memory = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);

    if (!memory) {
        sep_fail(SEP_ERR_MEMORY, "out of memory: %zu bytes (%.1f MiB) asked for", bytes, (double)bytes / (1 << 20));
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* without them it is only slower */
#endif
    return memset(memory, 0, bytes);
}

sep_buffer *sep_cpu_buffer_create(sep_device *device, size_t bytes)
{
    sep_buffer *buffer = sep_calloc(1, sizeof *buffer);

    (void)device;
    if (!buffer)
        return NULL;
    buffer->bytes = bytes >= 4 * HUGE_PAGE ? allocate_huge(bytes) : sep_calloc(bytes ? bytes : 1, 1);
    buffer->size = bytes;
    if (!buffer->bytes) {
        sep_free(buffer);
        return NULL;
    }
    return buffer;
}

void sep_cpu_buffer_destroy(sep_device *device, sep_buffer *buffer)
{
    (void)device;
    if (!buffer)
        return;
    sep_free(buffer->bytes);
    sep_free(buffer);
}
