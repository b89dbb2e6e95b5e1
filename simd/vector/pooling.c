/* Max pooling on vectors: lanes hold channels. */
#include "simd/pooling.h"

#include <stdbool.h>

#include "simd/vector/isa.h"

static void max(const float *top, const float *bottom, ptrdiff_t x_pitch, int width, int channels, float *y)
{
    for (int q = 0; q < width; q++, top += 2 * x_pitch, bottom += 2 * x_pitch, y += channels) {
        for (int c = 0; c < channels; c += VEC_LANES) {
            int n = channels - c;
            vec best = vec_load_up_to(top + c, n);

            best = vec_max(vec_load_up_to(top + x_pitch + c, n), best);
            best = vec_max(vec_load_up_to(bottom + c, n), best);
            best = vec_max(vec_load_up_to(bottom + x_pitch + c, n), best);
            vec_store_up_to(y + c, best, n);
        }
    }
}

/* One vector of channels of output pixel q. Each later tap that is greater takes dy from the one that had it. */
VEC_INLINE void route(const sep_pooling_rows *r, bool adding, int q, int c, int n)
{
    const vec dy = vec_load_up_to(r->dy + (ptrdiff_t)q * r->channels + c, n);
    vec best = vec_load_up_to(r->x[0] + 2 * q * r->x_pitch + c, n), given[4] = {dy, vec_zero(), vec_zero(), vec_zero()};

    VEC_UNROLL
    for (int tap = 1; tap < 4; tap++) {
        vec value = vec_load_up_to(r->x[tap / 2] + (2 * q + tap % 2) * r->x_pitch + c, n);
        vec_mask greater = vec_gt(value, best);

        VEC_UNROLL
        for (int earlier = 0; earlier < tap; earlier++)
            given[earlier] = vec_select(greater, vec_zero(), given[earlier]);
        given[tap] = vec_select(greater, dy, vec_zero());
        best = vec_select(greater, value, best);
    }
    VEC_UNROLL
    for (int tap = 0; tap < 4; tap++) {
        ptrdiff_t pixel = 2 * q + tap % 2;

        if (adding)
            given[tap] = vec_add(vec_load_up_to(r->sum[tap / 2] + pixel * r->sum_pitch + c, n), given[tap]);
        vec_store_up_to(r->dx[tap / 2] + pixel * r->channels + c, given[tap], n);
    }
}

VEC_INLINE void route_row(const sep_pooling_rows *r, bool adding)
{
    for (int q = 0; q < r->width; q++)
        for (int c = 0; c < r->channels; c += VEC_LANES)
            route(r, adding, q, c, r->channels - c);
}

static void max_dx(const sep_pooling_rows *rows)
{
    if (rows->sum[0])
        route_row(rows, true);
    else
        route_row(rows, false);
}

static void window(const float *const *x, int taps, int channels, float *y)
{
    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;
        vec best = vec_load_up_to(x[0] + c, n);

        for (int t = 1; t < taps; t++)
            best = vec_max(vec_load_up_to(x[t] + c, n), best);
        vec_store_up_to(y + c, best, n);
    }
}

/* The taps' numbers are kept as floats, beside the values that they belong to. */
static void window_dx(const float *const *x, int taps, int channels, const float *dy, float *const *dx)
{
    for (int c = 0; c < channels; c += VEC_LANES) {
        int n = channels - c;
        vec best = vec_load_up_to(x[0] + c, n), first = vec_zero(), given = vec_load_up_to(dy + c, n);

        for (int t = 1; t < taps; t++) {
            vec value = vec_load_up_to(x[t] + c, n);
            vec_mask greater = vec_gt(value, best);

            best = vec_select(greater, value, best);
            first = vec_select(greater, vec_set1((float)t), first);
        }
        for (int t = 0; t < taps; t++) {
            vec routed = vec_select(vec_eq(first, vec_set1((float)t)), given, vec_zero());

            vec_store_up_to(dx[t] + c, vec_add(vec_load_up_to(dx[t] + c, n), routed), n);
        }
    }
}

const sep_simd_pooling SEP_ISA_NAME(sep_pooling) = {
    .max = max,
    .max_dx = max_dx,
    .window = window,
    .window_dx = window_dx,
};
