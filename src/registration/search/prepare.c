/* Volumes made ready for registration: checked, smoothed and shrunk. */
#include "registration/search/pyramid.h"
#include "registration/search/register.h"
#include "simd/choose.h"

#include <math.h>

static sep_status check(const sep_volume *volume, const char *name, float *low, float *high)
{
    const size_t count = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;
    sep_map inverse;

    for (size_t i = 0; i < count; i++)
        if (!isfinite(volume->data[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s has a NaN or an infinity at voxel %zu; clean it first", name, i);
    sep_volume_range(volume, low, high);
    if (!(*high > *low) || !isfinite(*high - *low))
        return sep_fail(SEP_ERR_ARGUMENT, "%s is constant: nothing in it can be aligned", name);
    if (!sep_map_invert(volume->affine, inverse))
        return sep_fail(SEP_ERR_FORMAT, "the affine of %s is singular: its voxels have no place in the world", name);
    return SEP_OK;
}

/* A small volume's pyramid is made faster than other threads wake up. */
static const size_t worth_sharing = 1u << 22;

static int threads_for(const sep_volume *volume, int threads)
{
    const size_t count = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;

    if (count < worth_sharing)
        return 1;
    return sep_thread_count(threads);
}

static sep_status build_levels(const sep_volume *volume, int threads, sep_prepared_volume *prepared)
{
    const sep_simd *simd;

    prepared->level[0] = *volume;
    SEP_TRY(sep_simd_choose(NULL, &simd));
    for (int i = 1; i < prepared->levels; i++) {
        int shrink[3];

        sep_pyramid_shrink(volume, 1 << i, shrink);
        SEP_TRY(sep_pyramid_level(volume, shrink, simd, threads, &prepared->level[i]));
        sep_volume_range(&prepared->level[i], &prepared->low[i], &prepared->high[i]);
    }
    return SEP_OK;
}

sep_status sep_prepare_volume(const sep_volume *volume, const char *name, int levels, int threads,
                              sep_prepared_volume **prepared)
{
    const int wanted = levels != 0 ? levels : SEP_DEFAULT_LEVELS;

    *prepared = NULL;
    if (wanted < 1 || wanted > SEP_MAX_LEVELS)
        return sep_fail(SEP_ERR_ARGUMENT, "%d levels: 1 to %d are allowed", wanted, SEP_MAX_LEVELS);
    float low, high;
    SEP_TRY(check(volume, name, &low, &high));
    *prepared = sep_calloc(1, sizeof **prepared);
    if (*prepared == NULL)
        return SEP_ERR_MEMORY;
    **prepared = (sep_prepared_volume){.levels = wanted, .low[0] = low, .high[0] = high};
    sep_status status = build_levels(volume, threads_for(volume, threads), *prepared);
    if (status != SEP_OK) {
        sep_prepared_free(*prepared);
        *prepared = NULL;
    }
    return status;
}

void sep_prepared_free(sep_prepared_volume *prepared)
{
    for (int i = 1; prepared != NULL && i < prepared->levels; i++)
        sep_volume_free(&prepared->level[i]);
    sep_free(prepared);
}
