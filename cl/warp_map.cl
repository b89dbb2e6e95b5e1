/* Warping of maps [N, H, W, C] by move [N, H, W, 2]: a work-item an element, if not said otherwise. */

float tap_weight(const float fraction, const int tap)
{
    return tap == 0 ? 1.0f - fraction : fraction;
}

/* Pixel (n, y, x) and where it points. */
#define LOCATE(n, y, x, height, width)                                                                                 \
    const long pixel = ((long)(n) * (height) + (y)) * (width) + (x);                                                   \
    const axis_place down = find((float)(y) + move[2 * pixel], height);                                                \
    const axis_place across = find((float)(x) + move[2 * pixel + 1], width)

__kernel void warp_map(TENSOR(x), TENSOR(move), TENSOR(out), const int width, const int channels)
{
    EACH_OF_MAP(n, row, column, k, width, channels);
    OPEN(x);
    OPEN(move);
    OPEN(out);
    const int height = get_global_size(1);
    LOCATE(n, row, column, height, width);
    const long first = ((long)n * height + down.low) * width + across.low;
    float sum = ZERO(x);

    for (int i = 0; i <= down.next; i++)
        for (int j = 0; j <= across.next; j++)
            sum = fma(tap_weight(down.fraction, i) * tap_weight(across.fraction, j),
                      x[(first + (long)i * width + j) * channels + k], sum);
    out[pixel * channels + k] = sum;
}

/* A work-item a pixel. */
__kernel void warp_map_dmove(TENSOR(x), TENSOR(move), TENSOR(dy), TENSOR(dmove), const int width, const int channels)
{
    EACH_OF_MAP(n, row, column, nothing, width, 1);
    OPEN(x);
    OPEN(move);
    OPEN(dy);
    OPEN(dmove);
    const int height = get_global_size(1);
    LOCATE(n, row, column, height, width);
    __global const float *top = x + (((long)n * height + down.low) * width + across.low) * channels;
    __global const float *bottom = top + (long)down.next * width * channels;
    const int next = across.next * channels;
    float by_row = ZERO(x), by_column = ZERO(x);

    for (int k = 0; k < channels; k++) {
        const float a = top[k], b = top[next + k], d = bottom[k], e = bottom[next + k], g = dy[pixel * channels + k];

        by_row = fma(g, between(across.fraction, d - a, e - b), by_row);
        by_column = fma(g, between(down.fraction, b - a, e - d), by_column);
    }
    dmove[2 * pixel] = down.moves ? by_row : 0.0f;
    dmove[2 * pixel + 1] = across.moves ? by_column : 0.0f;
}

/* ---- the adjoint: each pixel has a list of those that have it for their first tap, in row-major order ------------ */

/* A work-item a row: the least and the largest row of its pixels' first taps. */
__kernel void warp_map_bounds(TENSOR(move), INDICES(bounds), const long rows, const int height, const int width)
{
    EACH(line, rows);
    OPEN(move);
    OPEN_INDICES(bounds);
    const int n = index_quotient(line, height), row = line - (long)n * height;
    int least = height, largest = -1;

    for (int column = 0; column < width; column++) {
        const int low = find((float)row + move[2 * (line * width + column)], height).low;

        least = min(least, low);
        largest = max(largest, low);
    }
    bounds[2 * line] = least;
    bounds[2 * line + 1] = largest;
}

/* A work-item a row: its pixels' lists, from behind. head[pixel] is the first of its list, next[pixel] the one behind
 * it, as numbers within the sample; -1 where there is none. */
__kernel void warp_map_links(TENSOR(move), INDICES(bounds), INDICES(head), INDICES(next), const long rows,
                         const int height, const int width)
{
    EACH(line, rows);
    OPEN(move);
    OPEN_INDICES(bounds);
    OPEN_INDICES(head);
    OPEN_INDICES(next);
    const int n = index_quotient(line, height), own = line - (long)n * height;
    const long sample = (long)n * height * width;

    __global int *const first = head + line * width;

    for (int column = 0; column < width; column++)
        first[column] = -1;
    for (int y = height - 1; y >= 0; y--) {
        const long from = (long)n * height + y;

        if (own < bounds[2 * from] || own > bounds[2 * from + 1])
            continue;
        for (int x = width - 1; x >= 0; x--) {
            LOCATE(n, y, x, height, width);

            if (down.low != own)
                continue;
            next[pixel] = first[across.low];
            first[across.low] = pixel - sample;
        }
    }
}

/* The lists of the four pixels that begin the taps this one is among, merged. */
__kernel void warp_map_dx(TENSOR(move), TENSOR(dy), INDICES(head), INDICES(next), TENSOR(dx), const int width,
                      const int channels)
{
    EACH_OF_MAP(n, row, column, k, width, channels);
    OPEN(move);
    OPEN(dy);
    OPEN_INDICES(head);
    OPEN_INDICES(next);
    OPEN(dx);
    const int height = get_global_size(1);
    const long sample = (long)n * height * width;
    int first[4];
    float sum = ZERO(dx);

    for (int tap = 0; tap < 4; tap++) {
        const int y = row - tap / 2, x = column - tap % 2;

        first[tap] = y >= 0 && x >= 0 ? head[sample + (long)y * width + x] : -1;
    }
    for (;;) {
        int tap = -1;

        for (int i = 0; i < 4; i++)
            if (first[i] >= 0 && (tap < 0 || first[i] < first[tap]))
                tap = i;
        if (tap < 0)
            break;
        LOCATE(n, first[tap] / width, first[tap] % width, height, width);

        sum = fma(tap_weight(down.fraction, tap / 2) * tap_weight(across.fraction, tap % 2), dy[pixel * channels + k],
                  sum);
        first[tap] = next[pixel];
    }
    dx[(sample + (long)row * width + column) * channels + k] = sum;
}
