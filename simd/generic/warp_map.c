/* Warping of maps in plain C: the definition. */
#include "simd/warp_map.h"

#include "simd/generic/sampling.h"

/* Where pixel c of the row points. */
static void locate(const sep_warp_row *row, int c, place *down, place *across)
{
    *down = find((float)row->row + row->move[2 * c], row->height);
    *across = find((float)c + row->move[2 * c + 1], row->width);
}

static sep_warp_taps taps_of(place down, place across)
{
    const float wr[2] = {1.0f - down.fraction, down.fraction}, wc[2] = {1.0f - across.fraction, across.fraction};
    sep_warp_taps taps = {.low_row = down.low, .rows = down.next, .low_column = across.low, .columns = across.next};

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            taps.weight[i][j] = wr[i] * wc[j];
    return taps;
}

static void values(const sep_warp_row *row, const float *x, float *y)
{
    const int channels = row->channels;
    const ptrdiff_t line = (ptrdiff_t)row->width * channels;

    for (int c = 0; c < row->width; c++, y += channels) {
        place down, across;
        locate(row, c, &down, &across);
        const sep_warp_taps t = taps_of(down, across);
        const float *from = x + t.low_row * line + (ptrdiff_t)t.low_column * channels;

        for (int k = 0; k < channels; k++) {
            y[k] = 0.0f;
            for (int i = 0; i <= t.rows; i++)
                for (int j = 0; j <= t.columns; j++)
                    y[k] = fmaf(t.weight[i][j], from[i * line + j * channels + k], y[k]);
        }
    }
}

static void slopes(const sep_warp_row *row, const float *x, const float *dy, float *dmove)
{
    const int channels = row->channels;
    const ptrdiff_t line = (ptrdiff_t)row->width * channels;

    for (int c = 0; c < row->width; c++, dy += channels) {
        place down, across;
        locate(row, c, &down, &across);
        const float *x00 = x + down.low * line + (ptrdiff_t)across.low * channels, *x10 = x00 + down.next * line;
        const ptrdiff_t next = (ptrdiff_t)across.next * channels;
        float by_row = 0.0f, by_column = 0.0f;

        for (int k = 0; k < channels; k++) {
            const float a = x00[k], b = x00[next + k], d = x10[k], e = x10[next + k];

            by_row = fmaf(dy[k], mix(across.fraction, d - a, e - b), by_row);
            by_column = fmaf(dy[k], mix(down.fraction, b - a, e - d), by_column);
        }
        dmove[2 * c] = down.moves > 0.0f ? by_row : 0.0f;
        dmove[2 * c + 1] = across.moves > 0.0f ? by_column : 0.0f;
    }
}

static void spread(const sep_warp_row *row, const float *dy, int first, int end, float *dx)
{
    for (int c = 0; c < row->width; c++) {
        place down, across;
        locate(row, c, &down, &across);
        const sep_warp_taps taps = taps_of(down, across);

        sep_warp_spread(row, &taps, dy + (ptrdiff_t)c * row->channels, first, end, dx);
    }
}

const sep_simd_warp_map sep_warp_map_generic = {
    .values = values,
    .slopes = slopes,
    .spread = spread,
};
