/* Upsampling, nearest x2, bilinear by any whole number: one work-item an element of the result, a map. */

/* ---- bilinear ---------------------------------------------------------------------------------------------------- */

/* Output o of an axis reads `inputs` at low and high; scale = (inputs - 1) / (outputs - 1). */
typedef struct tap {
    int low, high;
    float fraction;
} tap;

tap tap_at(int o, int inputs, float scale)
{
    const float source = (float)o * scale;
    const int low = min((int)source, inputs - 1);
    const tap t = {low, min(low + 1, inputs - 1), source - (float)low};

    return t;
}

/* What input i weighs in an output that reads it. */
float weight_of(tap t, int i)
{
    const float low = t.low == i ? 1.0f - t.fraction : 0.0f;

    return t.high == i ? low + t.fraction : low;
}

/* x[N, height, width, channels] -> y[N, factor * height, factor * width, channels] */
__kernel void upsample_bilinear(TENSOR(x), TENSOR(y), const int height, const int width, const int channels,
                                const int factor, const float scale_y, const float scale_x)
{
    EACH_OF_MAP(n, oy, ox, c, factor * width, channels);
    OPEN(x);
    OPEN(y);
    const tap down = tap_at(oy, height, scale_y), across = tap_at(ox, width, scale_x);
    const long top = ((long)n * height + down.low) * width, bottom = ((long)n * height + down.high) * width;
    const float upper =
        between(across.fraction, x[(top + across.low) * channels + c], x[(top + across.high) * channels + c]);
    const float lower =
        between(across.fraction, x[(bottom + across.low) * channels + c], x[(bottom + across.high) * channels + c]);

    y[(((long)n * factor * height + oy) * factor * width + ox) * channels + c] = between(down.fraction, upper, lower);
}

/* No outputs but f (i - 1) .. f (i + 2) - 1 read input i, f being the factor: those do whose o * scale lies in
 * [i - 1, i + 1), and 1 / scale is f + (f - 1) / (inputs - 1). */
#define FIRST_READER(i)        max(factor * ((i) - 1), 0)
#define LAST_READER(i, inputs) (factor * min((i) + 2, inputs) - 1)

__kernel void upsample_bilinear_dx(TENSOR(dy), TENSOR(dx), const int height, const int width, const int channels,
                                   const int factor, const float scale_y, const float scale_x)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN(dy);
    OPEN(dx);
    float sum = ZERO(dx);

    for (int oy = FIRST_READER(row); oy <= LAST_READER(row, height); oy++) {
        const tap down = tap_at(oy, height, scale_y);
        const float weight = weight_of(down, row);
        const long line = ((long)n * factor * height + oy) * factor * width;

        if (down.low > row || down.high < row)
            continue;
        for (int ox = FIRST_READER(column); ox <= LAST_READER(column, width); ox++) {
            const tap across = tap_at(ox, width, scale_x);

            if (across.low <= column && across.high >= column)
                sum = fma(weight * weight_of(across, column), dy[(line + ox) * channels + c], sum);
        }
    }
    dx[(((long)n * height + row) * width + column) * channels + c] = sum;
}

/* ---- nearest ----------------------------------------------------------------------------------------------------- */

/* x[N, H, width, channels] -> y[N, 2 H, 2 width, channels] */
__kernel void upsample_nearest(TENSOR(x), TENSOR(y), const int width, const int channels)
{
    EACH_OF_MAP(n, oy, ox, c, 2 * width, channels);
    OPEN(x);
    OPEN(y);
    const long line = (long)n * get_global_size(1) + oy;

    y[(line * 2 * width + ox) * channels + c] = x[(line / 2 * width + ox / 2) * channels + c];
}

__kernel void upsample_nearest_dx(TENSOR(dy), TENSOR(dx), const int width, const int channels)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN(dy);
    OPEN(dx);
    const long line = (long)n * get_global_size(1) + row;
    __global const float *top = dy + (line * 4 * width + 2 * column) * channels + c;
    __global const float *bottom = top + 2 * (long)width * channels;

    dx[(line * width + column) * channels + c] = (((ZERO(dx) + top[0]) + top[channels]) + bottom[0]) + bottom[channels];
}
