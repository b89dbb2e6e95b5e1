/* What several families share: correctly rounded division and square root, work-items, activations, random
 * numbers, lane sums. The definitions are those of septum/operation.h and simd/. */

/* ---- division and square root ------------------------------------------------------------------------------------ */

/* Where the compiler has no option for it: the quotient nearest to the true one, from one that is nearly so. The
 * remainder of a candidate is exact in one fma. */
#ifdef SEP_ROUND_DIVISION
#define QUOTIENT(a, b) rounded_quotient(a, b)
#define ROOT(x)        rounded_root(x)
float rounded_quotient(float a, float b)
{
    float q = a / b;
    float above = nextafter(q, INFINITY), below = nextafter(q, -INFINITY);
    float r = fabs(fma(-q, b, a));

    if (!isfinite(q) || q == 0.0f)
        return q;
    if (fabs(fma(-above, b, a)) < r)
        return above;
    return fabs(fma(-below, b, a)) < r ? below : q;
}
float rounded_root(float x)
{
    float y = sqrt(x);
    float r = fma(-y, y, x), half_step = 0.5f * (nextafter(y, INFINITY) - y);

    if (!isfinite(y) || y == 0.0f)
        return y;
    /* y is right where x lies between (y - h)^2 and (y + h)^2; h^2 is far below what counts. */
    if (r > 2.0f * y * half_step)
        return nextafter(y, INFINITY);
    return r < -2.0f * y * half_step ? nextafter(y, 0.0f) : y;
}
#else
#define QUOTIENT(a, b) ((a) / (b))
#define ROOT(x)        sqrt(x)
#endif

/* ---- work-items -------------------------------------------------------------------------------------------------- */

/* One work-item for each i < count. */
#define EACH(i, count)                                                                                                 \
    const long i = get_global_id(0);                                                                                   \
    if (i >= (count))                                                                                                  \
        return

/* One for each element of a map [N, H, width, channels], launched by sep_cl_run_map. H is get_global_size(1). */
#define EACH_OF_MAP(n, y, x, c, width, channels)                                                                       \
    const int n = get_global_id(2), y = get_global_id(1), x = (int)get_global_id(0) / (channels);                      \
    const int c = (int)get_global_id(0) - x * (channels);                                                              \
    if (x >= (width))                                                                                                  \
        return

/* Of a row of class scores; a row without a label counts nowhere in a loss. */
bool has_label(int label, int channels)
{
    return label >= 0 && label < channels;
}

/* i / n; a 64-bit division takes a GPU several times as long as one of 32 bits. */
long index_quotient(long i, int n)
{
    return i <= UINT_MAX ? (uint)i / (uint)n : i / n;
}

/* ---- interpolation ---------------------------------------------------------------------------------------------- */

float between(float fraction, float low, float high)
{
    return fma(fraction, high - low, low);
}

/* ---- activations: simd/activation.h ------------------------------------------------------------------------------ */

#define ACTIVATION_NONE  0
#define ACTIVATION_RELU  1
#define ACTIVATION_LEAKY 2
#define ACTIVATION_GELU  3
#define SQRT_HALF          0x1.6a09e6p-1f
#define NORMAL_DENSITY_AT0 0x1.988454p-2f
#define NORMAL_FLAT        (-8.0f)

float normal_cdf(float x)
{
    return 0.5f * (1.0f + sep_erff(x * SQRT_HALF));
}

float normal_density(float x)
{
    return x > NORMAL_FLAT ? NORMAL_DENSITY_AT0 * sep_expf(-0.5f * (x * x)) : 0.0f;
}

float activated(int activation, float slope, float x)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return x > 0.0f ? x : 0.0f;
    case ACTIVATION_LEAKY:
        return x > 0.0f ? x : x * slope;
    case ACTIVATION_GELU:
        return x * normal_cdf(x);
    default:
        return x;
    }
}

float activation_slope(int activation, float slope, float x)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return x > 0.0f ? 1.0f : 0.0f;
    case ACTIVATION_LEAKY:
        return x > 0.0f ? 1.0f : slope;
    case ACTIVATION_GELU:
        return fma(x, normal_density(x), normal_cdf(x));
    default:
        return 1.0f;
    }
}

/* ---- random numbers: Philox4x32-10, src/base/random.c ------------------------------------------------------------ */

#define RANDOM const ulong seed, const uint iteration, const uint stream

uint4 random_words(ulong seed, uint iteration, uint stream, ulong index)
{
    uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
    uint4 c = (uint4)((uint)index, (uint)(index >> 32), iteration, stream);

    for (int round = 0; round < 10; round++) {
        ulong product0 = (ulong)0xD2511F53U * c.x, product1 = (ulong)0xCD9E8D57U * c.z;
        c = (uint4)((uint)(product1 >> 32) ^ c.y ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c.w ^ key1,
                    (uint)product0);
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
    return c;
}

/* Whether dropout keeps an element. */
bool keeps(ulong seed, uint iteration, uint stream, float probability, ulong element)
{
    uint4 words = random_words(seed, iteration, stream, element / 4);
    bool even = element % 2 == 0; /* by halves: oclgrind 21.10 gets a chain of four choices wrong */
    uint word = element % 4 < 2 ? (even ? words.x : words.y) : (even ? words.z : words.w);

    return (float)(word >> 8) * 0x1p-24f >= probability;
}

/* ---- lane sums: one row by 16 work-items ------------------------------------------------------------------------- */

/* Joins the partial sums of 16 neighbouring work-items of a group, lane = get_local_id(0) % 16, and gives all of them
 * the sum. All work-items of the group must come here. `room`: a float for each of them. */
float join_lanes(float part, __local float *room)
{
    const int id = get_local_id(0), lane = id % 16;

    room[id] = part;
    for (int half_way = 8; half_way > 0; half_way /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (lane < half_way)
            room[id] += room[id + half_way];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    part = room[id - lane];
    barrier(CLK_LOCAL_MEM_FENCE); /* before anyone writes there again */
    return part;
}

/* The same by one work-item, which has all 16 partial sums. */
float join_own_lanes(float *part)
{
    for (int l = 0; l < 8; l++)
        part[l] += part[l + 8];
    for (int l = 0; l < 4; l++)
        part[l] += part[l + 4];
    return (part[0] + part[2]) + (part[1] + part[3]);
}

/* Does `statement` for the elements c < channels of `lanes` lanes of a row, from lane `first` on; l counts the lanes.
 * Unrolled, so that an array over l needs no memory. `lanes` is a constant. */
#define EACH_OF_LANES(c, l, first, lanes, channels, statement)                                                         \
    for (int base = first; base < (channels); base += 16) {                                                            \
        _Pragma("unroll 16") for (int l = 0; l < (lanes); l++)                                                         \
        {                                                                                                              \
            const int c = base + l;                                                                                    \
            if (c < (channels))                                                                                        \
                statement;                                                                                             \
        }                                                                                                              \
    }
