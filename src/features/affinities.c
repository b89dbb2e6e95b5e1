/* The affinities of t-SNE: for each point a search for the width of its Gaussian. */
#include "features/tsne.h"

#include "simd/choose.h"
#include "simd/elementary.h"

#include <float.h>
#include <math.h>

enum { MOST_STEPS = 64 };
#define TOLERANCE 1e-5 /* of the entropy, in nats */
/* Less counts as nothing: products with subnormal numbers take processors a hundred cycles. */
#define LEAST_AFFINITY 0x1p-100f

typedef struct search {
    const sep_distances *distances;
    const sep_simd_pointwise *kernels;
    double entropy; /* wanted */
    float *square, *weight, *product;
} search;

static float sum_of(const search *s, const float *value)
{
    float sum;

    s->kernels->channel_sum(value, 1, s->distances->count, &sum);
    return sum;
}

/* The squared distances less the smallest, so that the largest weight is 1. Returns their mean. */
static double take_squares(search *s, int index)
{
    const int count = s->distances->count;
    float least = FLT_MAX;

    sep_distances_row(s->distances, index, s->square);
    for (int j = 0; j < count; j++)
        if (j != index && s->square[j] < least)
            least = s->square[j];
    for (int j = 0; j < count; j++)
        s->square[j] -= least;
    s->square[index] = 0.0f;
    return (double)sum_of(s, s->square) / (count - 1);
}

/* The weights exp(-precision * square) and their entropy; *total is their sum. */
static double weigh(search *s, int index, double precision, float *total)
{
    const int count = s->distances->count;
    const float factor = -(float)precision;

    for (int j = 0; j < count; j++)
        s->weight[j] = factor * s->square[j];
    s->kernels->unary(SEP_EXP, 1.0f, s->weight, count, s->weight);
    s->weight[index] = 0.0f;
    for (int j = 0; j < count; j++)
        s->product[j] = s->weight[j] * s->square[j];
    *total = sum_of(s, s->weight);
    return (double)sep_logf(*total) + precision * (double)sum_of(s, s->product) / (double)*total;
}

/* Doubles or halves until both sides of the precision are known, then takes the middle. */
static float find_width(search *s, int index)
{
    const double mean = take_squares(s, index);
    double precision = mean > 0.0 ? 1.0 / mean : 1.0, low = 0.0, high = INFINITY;
    float total = 0.0f;

    for (int step = 0; step < MOST_STEPS; step++) {
        const double excess = weigh(s, index, precision, &total) - s->entropy;
        if (fabs(excess) < TOLERANCE)
            break;
        if (excess > 0.0)
            low = precision;
        else
            high = precision;
        precision = isinf(high) ? 2.0 * precision : 0.5 * (low + high);
    }
    return total;
}

static void fill_row(search *s, int index, float *affinity)
{
    const float total = find_width(s, index);

    for (int j = 0; j < s->distances->count; j++)
        affinity[j] = s->weight[j] / total;
}

static bool allocate(search *s)
{
    const size_t count = (size_t)s->distances->room;

    s->square = sep_calloc(count, sizeof *s->square);
    s->weight = sep_calloc(count, sizeof *s->weight);
    s->product = sep_calloc(count, sizeof *s->product);
    return s->square != NULL && s->weight != NULL && s->product != NULL;
}

static sep_status fill_rows(const search *common, int threads, float *affinity)
{
    const int count = common->distances->count, room = common->distances->room;
    bool failed = false;

#pragma omp parallel num_threads(threads) reduction(|| : failed)
    {
        search s = *common;
        failed = !allocate(&s);
#pragma omp for schedule(static)
        for (int i = 0; i < count; i++)
            if (!failed)
                fill_row(&s, i, affinity + (size_t)i * (size_t)room);
        sep_free(s.square);
        sep_free(s.weight);
        sep_free(s.product);
    }
    return failed ? sep_fail(SEP_ERR_MEMORY, "no memory for the affinities of points") : SEP_OK;
}

/* Each pair is met once, by the point of the lower index. */
static void make_symmetric(int count, int room, int threads, float *affinity)
{
    const float share = 0.5f / (float)count;

#pragma omp parallel for num_threads(threads) schedule(static, 16)
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++) {
            float *there = affinity + (size_t)i * (size_t)room + (size_t)j,
                  *back = affinity + (size_t)j * (size_t)room + (size_t)i;
            const float value = (*there + *back) * share;
            *there = *back = value < LEAST_AFFINITY ? 0.0f : value;
        }
}

sep_status sep_affinities(const sep_distances *distances, double perplexity, const char *simd, int threads,
                          float *affinity)
{
    const sep_simd *table;

    SEP_TRY(sep_simd_choose(simd, &table));
    const search common = {
        .distances = distances, .kernels = table->pointwise, .entropy = (double)sep_logf((float)perplexity)};
    SEP_TRY(fill_rows(&common, threads, affinity));
    make_symmetric(distances->count, distances->room, threads, affinity);
    return SEP_OK;
}
