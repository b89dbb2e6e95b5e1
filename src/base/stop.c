/* Requests to stop: one flag, which the handler of a signal may set. */
#include "septum/process.h"

#include <stdatomic.h>

static atomic_bool requested;

void sep_stop_request(void)
{
    atomic_store(&requested, true);
}

bool sep_stop_requested(void)
{
    return atomic_load(&requested);
}

void sep_stop_clear(void)
{
    atomic_store(&requested, false);
}

sep_status sep_stop_check(void)
{
    return sep_stop_requested() ? sep_fail(SEP_ERR_INTERRUPTED, "stopped") : SEP_OK;
}
