/* 2x2 max pooling on vectors: lanes hold channels. */
#include "simd/pooling.h"

#include "simd/vector/isa.h"

static void max(const float *top, const float *bottom, int width, int channels, float *y)
{
    for (int q = 0; q < width; q++, top += 2 * channels, bottom += 2 * channels, y += channels) {
        for (int c = 0; c < channels; c += VEC_LANES) {
            int n = channels - c;
            vec best = vec_load_up_to(top + c, n);

            best = vec_max(vec_load_up_to(top + channels + c, n), best);
            best = vec_max(vec_load_up_to(bottom + c, n), best);
            best = vec_max(vec_load_up_to(bottom + channels + c, n), best);
            vec_store_up_to(y + c, best, n);
        }
    }
}

/* Each later tap that is greater takes dy from the one that had it. */
VEC_INLINE void route(const float *const x[4], const float *dy, int n, float *const dx[4])
{
    vec best = vec_load_up_to(x[0], n), given[4] = {vec_load_up_to(dy, n), vec_zero(), vec_zero(), vec_zero()};
    const vec d = given[0];

    VEC_UNROLL
    for (int tap = 1; tap < 4; tap++) {
        vec value = vec_load_up_to(x[tap], n);
        vec_mask greater = vec_gt(value, best);

        VEC_UNROLL
        for (int earlier = 0; earlier < tap; earlier++)
            given[earlier] = vec_select(greater, vec_zero(), given[earlier]);
        given[tap] = vec_select(greater, d, vec_zero());
        best = vec_select(greater, value, best);
    }
    VEC_UNROLL
    for (int tap = 0; tap < 4; tap++)
        vec_store_up_to(dx[tap], given[tap], n);
}

static void max_dx(const float *top, const float *bottom, const float *dy, int width, int channels, float *dx_top,
                   float *dx_bottom)
{
    for (int q = 0; q < width; q++) {
        for (int c = 0; c < channels; c += VEC_LANES) {
            ptrdiff_t at = (ptrdiff_t)2 * q * channels + c, next = at + channels;

            route((const float *const[4]){top + at, top + next, bottom + at, bottom + next},
                  dy + (ptrdiff_t)q * channels + c, channels - c,
                  (float *const[4]){dx_top + at, dx_top + next, dx_bottom + at, dx_bottom + next});
        }
    }
}

const sep_simd_pooling SEP_ISA_NAME(sep_pooling) = {
    .max = max,
    .max_dx = max_dx,
};
