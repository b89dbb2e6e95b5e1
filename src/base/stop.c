/* The wish that long work should end. */
#include "septum/base.h"

#include <signal.h>

static volatile sig_atomic_t requested;

void sep_request_stop(void)
{
    requested = 1;
}

bool sep_stop_requested(void)
{
    return requested != 0;
}

void sep_clear_stop(void)
{
    requested = 0;
}
