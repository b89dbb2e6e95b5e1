/* Upsampling x2 on vectors: lanes hold channels. */
#include "simd/upsampling.h"

#include "simd/vector/isa.h"

VEC_INLINE vec mix(vec fraction, vec low, vec high)
{
    return vec_fma(fraction, vec_sub(high, low), low);
}

VEC_INLINE void bilinear_row(const sep_upsample_axis *columns, const float *top, const float *bottom, float fraction,
                             int channels, sep_destination y, bool streamed)
{
    const vec fy = vec_set1(fraction);

    for (int o = 0; o < columns->outputs; o++, y.rows += y.pitch) {
        const sep_upsample_tap *tap = &columns->tap[o];
        ptrdiff_t low = (ptrdiff_t)tap->low * channels, high = (ptrdiff_t)tap->high * channels;
        const vec fx = vec_set1(tap->fraction);

        for (int c = 0; c < channels; c += VEC_LANES) {
            int n = channels - c;
            vec above = mix(fx, vec_load_up_to(top + low + c, n), vec_load_up_to(top + high + c, n));
            vec below = mix(fx, vec_load_up_to(bottom + low + c, n), vec_load_up_to(bottom + high + c, n));

            vec_deliver(y.rows + c, mix(fy, above, below), n, streamed);
        }
    }
}

static void bilinear(const sep_upsample_axis *columns, const float *top, const float *bottom, float fraction,
                     int channels, sep_destination y)
{
    if (y.streamed) {
        bilinear_row(columns, top, bottom, fraction, channels, y, true);
        vec_stream_end();
    } else {
        bilinear_row(columns, top, bottom, fraction, channels, y, false);
    }
}

/* One input pixel, one vector of its channels; dy points at those channels of output (0, 0). */
VEC_INLINE vec gather(const sep_upsample_axis *rows, const sep_upsample_axis *columns, int row, int column,
                      const float *dy, ptrdiff_t dy_pitch, int n)
{
    const sep_upsample_span across = columns->span[column], down = rows->span[row];
    const float *wx = columns->weight + across.first;
    int width = across.end - across.begin;
    vec sum = vec_zero();

    for (int oy = down.begin; oy < down.end; oy++) {
        const vec wy = vec_set1(rows->weight[down.first + oy - down.begin]);
        const float *d = dy + ((ptrdiff_t)oy * columns->outputs + across.begin) * dy_pitch;

        for (int i = 0; i < width; i++, d += dy_pitch)
            sum = vec_fma(vec_mul(wy, vec_set1(wx[i])), vec_load_up_to(d, n), sum);
    }
    return sum;
}

static void bilinear_dx(const sep_upsample_axis *rows, const sep_upsample_axis *columns, int row, const float *dy,
                        ptrdiff_t dy_pitch, int channels, float *dx)
{
    for (int x = 0; x < columns->inputs; x++, dx += channels) {
        int c = 0;

        for (; c + VEC_LANES <= channels; c += VEC_LANES)
            vec_store(dx + c, gather(rows, columns, row, x, dy + c, dy_pitch, VEC_LANES));
        if (c < channels)
            vec_store_partial(dx + c, gather(rows, columns, row, x, dy + c, dy_pitch, channels - c), channels - c);
    }
}

static void nearest_dx(const float *top, const float *bottom, int width, int channels, float *dx)
{
    for (int x = 0; x < width; x++, top += 2 * channels, bottom += 2 * channels, dx += channels) {
        for (int c = 0; c < channels; c += VEC_LANES) {
            int n = channels - c;
            vec sum = vec_add(vec_zero(), vec_load_up_to(top + c, n));

            sum = vec_add(sum, vec_load_up_to(top + channels + c, n));
            sum = vec_add(sum, vec_load_up_to(bottom + c, n));
            sum = vec_add(sum, vec_load_up_to(bottom + channels + c, n));
            vec_store_up_to(dx + c, sum, n);
        }
    }
}

const sep_simd_upsampling SEP_ISA_NAME(sep_upsampling) = {
    .bilinear = bilinear,
    .bilinear_dx = bilinear_dx,
    .nearest_dx = nearest_dx,
};
