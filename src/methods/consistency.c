/* What methods share that compare a network with its moving average. */
#include "methods/consistency.h"

#include "simd/random.h"

void sep_draw_noise(const sep_moment *now, float deviation, float bound, float *values, int64_t count)
{
    const sep_random random = sep_moment_random(now, "mean_teacher.noise");

    sep_random_normals(&random, 0, count, values);
    for (int64_t i = 0; i < count; i++) {
        float value = deviation * values[i];
        values[i] = value > bound ? bound : value < -bound ? -bound : value;
    }
}
