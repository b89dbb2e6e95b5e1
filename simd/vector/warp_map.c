/* Warping of maps on vectors: lanes hold pixels of the row. */
#include "simd/warp_map.h"

#include "simd/vector/sampling.h"

/* VEC_LANES pixels; those behind the row's end are its last once more. */
typedef struct lanes {
    vec_int pixel; /* in the row */
    place down, across;
    vec_int low; /* the first tap's first channel in the sample */
} lanes;

VEC_INLINE lanes locate(const sep_warp_row *row, int first)
{
    int32_t pixel[VEC_LANES];
    lanes l;

    for (int i = 0; i < VEC_LANES; i++)
        pixel[i] = first + i < row->width ? first + i : row->width - 1;
    l.pixel = vec_int_load(pixel);
    const vec_int at = vec_int_add(l.pixel, l.pixel);
    l.down = find(vec_add(vec_set1((float)row->row), vec_gather(row->move, at)), row->height);
    l.across = find(vec_add(vec_from_int(l.pixel), vec_gather(row->move + 1, at)), row->width);
    const vec_int tap = vec_int_add(vec_int_mul(l.down.low, vec_int_set1(row->width)), l.across.low);
    l.low = vec_int_mul(tap, vec_int_set1(row->channels));
    return l;
}

VEC_INLINE void weights_of(const lanes *l, vec weight[2][2])
{
    const vec one = vec_set1(1.0f), wr[2] = {vec_sub(one, l->down.fraction), l->down.fraction},
              wc[2] = {vec_sub(one, l->across.fraction), l->across.fraction};

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            weight[i][j] = vec_mul(wr[i], wc[j]);
}

/* The first n lanes, `step` floats apart. */
VEC_INLINE void put(float *to, int step, vec v, int n)
{
    float value[VEC_LANES];

    if (step == 1) {
        vec_store_up_to(to, v, n);
        return;
    }
    vec_store(value, v);
    for (int i = 0; i < n && i < VEC_LANES; i++)
        to[(ptrdiff_t)i * step] = value[i];
}

static void values(const sep_warp_row *row, const float *x, float *y)
{
    const int channels = row->channels;
    const ptrdiff_t line = (ptrdiff_t)row->width * channels;

    for (int first = 0; first < row->width; first += VEC_LANES) {
        const lanes l = locate(row, first);
        vec weight[2][2];

        weights_of(&l, weight);
        for (int k = 0; k < channels; k++) {
            vec sum = vec_zero();

            for (int i = 0; i <= l.down.next; i++)
                for (int j = 0; j <= l.across.next; j++)
                    sum = vec_fma(weight[i][j], vec_gather(x + i * line + (ptrdiff_t)j * channels + k, l.low), sum);
            put(y + (ptrdiff_t)first * channels + k, channels, sum, row->width - first);
        }
    }
}

VEC_INLINE vec where_moving(place p, vec v)
{
    return vec_select(vec_eq(p.moves, vec_set1(1.0f)), v, vec_zero());
}

static void slopes(const sep_warp_row *row, const float *x, const float *dy, float *dmove)
{
    const int channels = row->channels;

    for (int first = 0; first < row->width; first += VEC_LANES) {
        const lanes l = locate(row, first);
        const vec_int of_dy = vec_int_mul(l.pixel, vec_int_set1(channels));
        const ptrdiff_t below = (ptrdiff_t)l.down.next * row->width * channels;
        const ptrdiff_t beside = (ptrdiff_t)l.across.next * channels;
        vec by_row = vec_zero(), by_column = vec_zero();

        for (int k = 0; k < channels; k++) {
            const float *p = x + k;
            const vec a = vec_gather(p, l.low), b = vec_gather(p + beside, l.low), d = vec_gather(p + below, l.low),
                      e = vec_gather(p + below + beside, l.low), g = vec_gather(dy + k, of_dy);

            by_row = vec_fma(g, mix(l.across.fraction, vec_sub(d, a), vec_sub(e, b)), by_row);
            by_column = vec_fma(g, mix(l.down.fraction, vec_sub(b, a), vec_sub(e, d)), by_column);
        }
        put(dmove + 2 * (ptrdiff_t)first, 2, where_moving(l.down, by_row), row->width - first);
        put(dmove + 2 * (ptrdiff_t)first + 1, 2, where_moving(l.across, by_column), row->width - first);
    }
}

/* Lanes meet where they point to one pixel, so they are added one by one. */
static void spread(const sep_warp_row *row, const float *dy, int first, int end, float *dx)
{
    for (int c = 0; c < row->width; c += VEC_LANES) {
        const lanes l = locate(row, c);
        int32_t low_row[VEC_LANES], low_column[VEC_LANES];
        float weights[2][2][VEC_LANES];
        vec weight[2][2];

        vec_int_store(low_row, l.down.low);
        vec_int_store(low_column, l.across.low);
        weights_of(&l, weight);
        for (int i = 0; i < 4; i++)
            vec_store(weights[i / 2][i % 2], weight[i / 2][i % 2]);
        for (int i = 0; i < VEC_LANES && c + i < row->width; i++) {
            const sep_warp_taps taps = {low_row[i],
                                        l.down.next,
                                        low_column[i],
                                        l.across.next,
                                        {{weights[0][0][i], weights[0][1][i]}, {weights[1][0][i], weights[1][1][i]}}};

            sep_warp_spread(row, &taps, dy + (ptrdiff_t)(c + i) * row->channels, first, end, dx);
        }
    }
}

const sep_simd_warp_map SEP_ISA_NAME(sep_warp_map) = {
    .values = values,
    .slopes = slopes,
    .spread = spread,
};
