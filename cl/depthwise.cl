/* Depthwise convolution, stride 1, same size: output channel j of M * C reads input channel j % C. Weights
 * [kernel][kernel][M * C]. Neighbouring work-items take neighbouring channels. */

#define PADDED(py, px) ((py) >= 0 && (py) < height && (px) >= 0 && (px) < width)

/* One work-item an output channel and pixel: a chain from bias, or +0, over (ky, kx). */
__kernel void depthwise(TENSOR(x), TENSOR(w), TENSOR(bias), TENSOR(y), const int has_bias, const int height,
                        const int width, const int channels, const int out_channels, const int kernel_size)
{
    EACH_OF_MAP(n, py, px, j, width, out_channels);
    const long pixel = ((long)n * height + py) * width + px;
    const int pad = kernel_size / 2;

    OPEN(x);
    OPEN(w);
    OPEN(bias);
    OPEN(y);
    float acc = has_bias ? bias[j] : ZERO(y);

    for (int ky = 0; ky < kernel_size; ky++)
        for (int kx = 0; kx < kernel_size; kx++) {
            const int dy = ky - pad, dx = kx - pad;
            const bool inside = PADDED(py + dy, px + dx);
            const float value = inside ? x[(pixel + (long)dy * width + dx) * channels + j % channels] : 0.0f;

            acc = fma(value, w[(ky * kernel_size + kx) * out_channels + j], acc);
        }
    y[pixel * out_channels + j] = acc;
}

/* One work-item an input channel and pixel: a chain from +0 over (m, ky, kx). */
__kernel void depthwise_dx(TENSOR(dy), TENSOR(w), TENSOR(dx), const int height, const int width, const int channels,
                           const int out_channels, const int kernel_size)
{
    EACH_OF_MAP(n, py, px, c, width, channels);
    const long pixel = ((long)n * height + py) * width + px;
    const int pad = kernel_size / 2;
    float acc = ZERO(dx);

    OPEN(dy);
    OPEN(w);
    OPEN(dx);
    for (int j = c; j < out_channels; j += channels)
        for (int ky = 0; ky < kernel_size; ky++)
            for (int kx = 0; kx < kernel_size; kx++) {
                const int down = pad - ky, right = pad - kx;
                const bool inside = PADDED(py + down, px + right);
                const float value = inside ? dy[(pixel + (long)down * width + right) * out_channels + j] : 0.0f;

                acc = fma(value, w[(ky * kernel_size + kx) * out_channels + j], acc);
            }
    dx[pixel * channels + c] = acc;
}

/* partial[block][tap][j]: one work-item an element, a chain from +0 over the block's image rows (n, y) and their pixels. */
__kernel void depthwise_dw(TENSOR(x), TENSOR(dy), TENSOR(partial), const int image_rows, const int height,
                           const int width, const int channels, const int out_channels, const int kernel_size,
                           const int block_rows)
{
    const int j = get_global_id(0), taps = kernel_size * kernel_size;
    const int tap = get_global_id(1) % taps, block = get_global_id(1) / taps, pad = kernel_size / 2;
    const int down = tap / kernel_size - pad, right = tap % kernel_size - pad;
    float acc = ZERO(partial);

    if (j >= out_channels)
        return;
    OPEN(x);
    OPEN(dy);
    OPEN(partial);
    for (int row = block * block_rows; row < min(image_rows, (block + 1) * block_rows); row++)
        for (int px = 0; px < width; px++) {
            const long pixel = (long)row * width + px;
            const bool inside = PADDED(row % height + down, px + right);
            const float value = inside ? x[(pixel + (long)down * width + right) * channels + j % channels] : 0.0f;

            acc = fma(value, dy[pixel * out_channels + j], acc);
        }
    partial[((long)block * taps + tap) * out_channels + j] = acc;
}
