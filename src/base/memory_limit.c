/* How much memory a file may ask for. */
#include "septum/base.h"

#include <sys/resource.h>
#include <unistd.h>

static uint64_t chosen; /* 0: three quarters of what the machine has */

static uint64_t machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < bytes)
        bytes = limit.rlim_cur;
    return bytes;
}

uint64_t sep_memory_limit(void)
{
    return chosen != 0 ? chosen : machine_memory() / 4 * 3;
}

void sep_memory_set_limit(uint64_t bytes)
{
    chosen = bytes;
}

sep_status sep_memory_check(uint64_t bytes)
{
    uint64_t limit = sep_memory_limit();

    if (bytes <= limit)
        return SEP_OK;
    return sep_fail(SEP_ERR_MEMORY, "would take %.1f GiB of memory; the limit is %.1f GiB (--memory-limit changes it)",
                    (double)bytes / (1 << 30), (double)limit / (1 << 30));
}
