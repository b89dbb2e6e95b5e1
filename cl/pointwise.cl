/* Functions of one number and of two: simd/functions.h, one work-item an element. Sums and largest elements of rows: one
 * work-item a row. */

/* In the order of sep_function (septum/operation.h). */
enum { F_EXP, F_LN, F_SQRT, F_SQUARE, F_ABS, F_SIGMOID, F_POWER, F_PLUS, F_SUBTRACT, F_MULTIPLY, F_DIVIDE, F_MINIMUM,
       F_MAXIMUM, F_LESS };

float power_of(float x, float exponent)
{
    if (exponent == 0.0f)
        return 1.0f;
    return x > 0.0f ? sep_expf(exponent * sep_logf(x)) : 0.0f;
}

float sigmoid_of(float x)
{
    return QUOTIENT(1.0f, 1.0f + sep_expf(0.0f - x));
}

float unary_value(int function, float exponent, float x)
{
    switch (function) {
    case F_EXP:
        return sep_expf(x);
    case F_LN:
        return sep_logf(x);
    case F_SQRT:
        return ROOT(x);
    case F_SQUARE:
        return x * x;
    case F_ABS:
        return x < 0.0f ? 0.0f - x : x;
    case F_SIGMOID:
        return sigmoid_of(x);
    default:
        return power_of(x, exponent);
    }
}

float unary_slope(int function, float exponent, float x)
{
    switch (function) {
    case F_EXP:
        return sep_expf(x);
    case F_LN:
        return QUOTIENT(1.0f, x);
    case F_SQRT:
        return QUOTIENT(0.5f, ROOT(x));
    case F_SQUARE:
        return x + x;
    case F_ABS:
        return x < 0.0f ? -1.0f : x > 0.0f ? 1.0f : 0.0f;
    case F_SIGMOID:
        return sigmoid_of(x) * (1.0f - sigmoid_of(x));
    default:
        return exponent * power_of(x, exponent - 1.0f);
    }
}

float binary_value(int function, float a, float b)
{
    switch (function) {
    case F_PLUS:
        return a + b;
    case F_SUBTRACT:
        return a - b;
    case F_MULTIPLY:
        return a * b;
    case F_DIVIDE:
        return QUOTIENT(a, b);
    case F_MINIMUM:
        return b > a ? a : b;
    case F_MAXIMUM:
        return b > a ? b : a;
    default:
        return b > a ? 1.0f : 0.0f;
    }
}

__kernel void unary(TENSOR(x), TENSOR(y), const long count, const int function, const float exponent)
{
    EACH(i, count);
    OPEN(x);
    OPEN(y);

    y[i] = unary_value(function, exponent, x[i]);
}

__kernel void unary_dx(TENSOR(x), TENSOR(dy), TENSOR(dx), const long count, const int function, const float exponent)
{
    EACH(i, count);
    OPEN(x);
    OPEN(dy);
    OPEN(dx);

    dx[i] = dy[i] * unary_slope(function, exponent, x[i]);
}

/* `length` elements of a share one of b, of which there are `others`; these are repeated. */
__kernel void binary(TENSOR(a), TENSOR(b), TENSOR(y), const long count, const int function, const long others,
                     const long length)
{
    EACH(i, count);
    OPEN(a);
    OPEN(b);
    OPEN(y);

    y[i] = binary_value(function, a[i], b[i / length % others]);
}

__kernel void channel_sum(TENSOR(x), TENSOR(sum), const long rows, const int channels)
{
    EACH(r, rows);
    OPEN(x);
    OPEN(sum);
    float lane[16];

    for (int j = 0; j < 16; j++)
        lane[j] = ZERO(x);
    for (int c = 0; c < channels; c++)
        lane[c % 16] += x[r * channels + c];
    for (int half_way = 8; half_way > 0; half_way /= 2)
        for (int j = 0; j < half_way; j++)
            lane[j] += lane[j + half_way];
    sum[r] = lane[0];
}

int first_largest(__global const float *row, int channels)
{
    int best = 0;

    for (int c = 1; c < channels; c++)
        best = row[c] > row[best] ? c : best;
    return best;
}

__kernel void channel_max(TENSOR(x), TENSOR(y), const long rows, const int channels)
{
    EACH(r, rows);
    OPEN(x);
    OPEN(y);

    y[r] = x[r * channels + first_largest(x + r * channels, channels)];
}

__kernel void channel_max_dx(TENSOR(x), TENSOR(dy), TENSOR(dx), const long rows, const int channels)
{
    EACH(r, rows);
    OPEN(x);
    OPEN(dy);
    OPEN(dx);
    const int best = first_largest(x + r * channels, channels);

    for (int c = 0; c < channels; c++)
        dx[r * channels + c] = c == best ? dy[r] : 0.0f;
}
