/* Elementwise operations: one work-item an element. `count` elements; a work-item beyond them leaves. */

/* b has `others` elements and is repeated. */
__kernel void add(TENSOR(a), TENSOR(b), TENSOR(y), const long count, const long others)
{
    EACH(i, count);
    OPEN(a);
    OPEN(b);
    OPEN(y);

    y[i] = a[i] + b[i % others];
}

__kernel void mul(TENSOR(a), TENSOR(b), TENSOR(y), const long count, const long others)
{
    EACH(i, count);
    OPEN(a);
    OPEN(b);
    OPEN(y);

    y[i] = a[i] * b[i % others];
}

__kernel void scale(TENSOR(x), TENSOR(y), const long count, const float factor)
{
    EACH(i, count);
    OPEN(x);
    OPEN(y);

    y[i] = x[i] * factor;
}

__kernel void fill(TENSOR(y), const long count, const float value)
{
    EACH(i, count);
    OPEN(y);

    y[i] = value;
}

__kernel void activate(TENSOR(x), TENSOR(y), const long count, const int activation, const float slope)
{
    EACH(i, count);
    OPEN(x);
    OPEN(y);

    y[i] = activated(activation, slope, x[i]);
}

__kernel void activate_dx(TENSOR(x), TENSOR(dy), TENSOR(dx), const long count, const int activation, const float slope)
{
    EACH(i, count);
    OPEN(x);
    OPEN(dy);
    OPEN(dx);

    dx[i] = dy[i] * activation_slope(activation, slope, x[i]);
}

/* A draw decides for `size` elements: 1, or those of a sample. */
__kernel void dropout(TENSOR(x), TENSOR(y), const long count, const long size, const float probability,
                      const float factor, RANDOM)
{
    EACH(i, count);
    OPEN(x);
    OPEN(y);

    y[i] = keeps(seed, iteration, stream, probability, i / size) ? x[i] * factor : 0.0f;
}

/* Word i: bit j says whether element 32 i + j < elements is kept. */
__kernel void dropout_bits(INDICES(bits), const long words, const long elements, const float probability, RANDOM)
{
    EACH(i, words);
    OPEN_INDICES(bits);
    uint word = 0;

    for (int j = 0; j < 32 && 32 * i + j < elements; j++)
        word |= (uint)keeps(seed, iteration, stream, probability, 32 * i + j) << j;
    bits[i] = (int)word;
}
