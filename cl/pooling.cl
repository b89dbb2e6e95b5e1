/* Max pooling. 2x2: one work-item an output of the pooling, which is the map [N, H, width, channels]. x is
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

/* ---- any kernel -------------------------------------------------------------------------------------------------- */

#define WINDOW_PARAMETERS                                                                                              \
    const int height, const int width, const int pooled_height, const int pooled_width, const int channels,            \
        const int kernel_size, const int stride, const int padding

/* The flat pixel (within the sample) of the first maximum among the taps of output (p, q). */
int first_maximum(__global const float *x, const int p, const int q, const int c, WINDOW_PARAMETERS)
{
    const int top = p * stride - padding, left = q * stride - padding;
    int best = -1;

    for (int y = max(top, 0); y < min(top + kernel_size, height); y++)
        for (int t = max(left, 0); t < min(left + kernel_size, width); t++) {
            const int pixel = y * width + t;
            if (best < 0 || x[(long)pixel * channels + c] > x[(long)best * channels + c])
                best = pixel;
        }
    return best;
}

#define WINDOW height, width, pooled_height, pooled_width, channels, kernel_size, stride, padding

__kernel void max_pool2d(TENSOR(x), TENSOR(y), WINDOW_PARAMETERS)
{
    EACH_OF_MAP(n, p, q, c, pooled_width, channels);
    OPEN(x);
    OPEN(y);
    __global const float *const sample = x + (long)n * height * width * channels;

    y[(((long)n * pooled_height + p) * pooled_width + q) * channels + c] =
        sample[(long)first_maximum(sample, p, q, c, WINDOW) * channels + c];
}

/* One work-item an input pixel's channel: over the outputs that have it among their taps. */
__kernel void max_pool2d_dx(TENSOR(x), TENSOR(dy), TENSOR(dx), WINDOW_PARAMETERS)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN(x);
    OPEN(dy);
    OPEN(dx);
    __global const float *const sample = x + (long)n * height * width * channels;
    const int pixel = row * width + column;
    const int above = row + padding - kernel_size + 1, before = column + padding - kernel_size + 1;
    float sum = ZERO(x);

    for (int p = above > 0 ? (above + stride - 1) / stride : 0; p < pooled_height && p * stride - padding <= row; p++)
        for (int q = before > 0 ? (before + stride - 1) / stride : 0;
             q < pooled_width && q * stride - padding <= column; q++)
            if (first_maximum(sample, p, q, c, WINDOW) == pixel)
                sum = sum + dy[(((long)n * pooled_height + p) * pooled_width + q) * channels + c];
    dx[((long)n * height * width + pixel) * channels + c] = sum;
}
