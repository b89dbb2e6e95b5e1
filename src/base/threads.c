/* How many threads work. */
#include "septum/base.h"

#include <omp.h>

int sep_thread_count(int asked)
{
    return asked > 0 ? asked : omp_get_max_threads();
}
