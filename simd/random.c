/* Random numbers for code that has no device at hand. */
#include "simd/random.h"

#include "simd/choose.h"

void sep_random_normals(const sep_random *random, uint64_t first, int64_t count, float *values)
{
    sep_simd_best()->random->normals(random, first, count, values);
}
