#define _DEFAULT_SOURCE /* readlink, setenv */
#include "cli/waiting.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Turns of the waiting loop, some 30 microseconds: longer than most loops' ends lie apart. With 1,000 small steps took
 * 15 to 30 % longer on a quiet machine, with 30,000 the gain on a busy one was half gone. */
#define TURNS "10000"

void sep_wait_briefly(char **argv)
{
    char self[PATH_MAX];

    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
        return;
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return;
    self[length] = '\0';
    if (setenv("GOMP_SPINCOUNT", TURNS, 1) == 0)
        execv(self, argv);
}
