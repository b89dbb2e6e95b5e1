/* Standard normals, one after the other. */
#include "simd/random.h"

static void normals(const sep_random *random, uint64_t first, int64_t count, float *values)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = sep_random_normal(random, first + (uint64_t)i);
}

const sep_simd_random sep_random_generic = {.normals = normals};
