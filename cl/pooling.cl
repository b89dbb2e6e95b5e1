/* 2x2 max pooling: one work-item an output of the pooling, which is the map [N, H, width, channels]. x is
 * [N, 2 H, 2 width, channels]. */

/* Element 0 of the four lies at `corner`, tap t at TAP(t) from there. */
#define TAP(t) (((t) / 2 * 2 * (long)width + (t) % 2) * channels)

__kernel void max_pool(TENSOR(x), TENSOR(y), const int width, const int channels)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN(x);
    OPEN(y);
    const long line = (long)n * get_global_size(1) + row;
    const long corner = (line * 4 * width + 2 * column) * channels + c;
    float best = x[corner];

    for (int t = 1; t < 4; t++) {
        const float value = x[corner + TAP(t)];
        best = value > best ? value : best;
    }
    y[(line * width + column) * channels + c] = best;
}

__kernel void max_pool_dx(TENSOR(x), TENSOR(dy), TENSOR(sum), TENSOR(dx), const int width, const int channels,
                          const int adds)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN(x);
    OPEN(dy);
    OPEN(sum);
    OPEN(dx);
    const long line = (long)n * get_global_size(1) + row;
    const long corner = (line * 4 * width + 2 * column) * channels + c;
    const float gradient = dy[(line * width + column) * channels + c];
    float best = x[corner];
    int first = 0;

    for (int t = 1; t < 4; t++) {
        const float value = x[corner + TAP(t)];
        first = value > best ? t : first;
        best = value > best ? value : best;
    }
    for (int t = 0; t < 4; t++) {
        const float routed = t == first ? gradient : 0.0f;
        dx[corner + TAP(t)] = adds ? sum[corner + TAP(t)] + routed : routed;
    }
}
