/* Bootstrap intervals. */
#include "study/bootstrap.h"

#include <math.h>

struct sep_bootstrap {
    int units, draws;
    uint32_t *drawn; /* [draws][units] */
    double *mean;    /* [draws] */
};

static void draw(sep_bootstrap *b)
{
    sep_random random = {.stream = sep_stream("bootstrap")};

    for (int d = 0; d < b->draws; d++) {
        random.iteration = (uint32_t)d;
        for (int i = 0; i < b->units; i++)
            b->drawn[(size_t)d * (size_t)b->units + (size_t)i] =
                sep_random_below(&random, (uint64_t)i, (uint32_t)b->units);
    }
}

sep_status sep_bootstrap_create(int units, int draws, sep_bootstrap **bootstrap)
{
    sep_bootstrap *b = sep_calloc(1, sizeof *b);

    *bootstrap = NULL;
    if (b == NULL)
        return SEP_ERR_MEMORY;
    *b = (sep_bootstrap){.units = units, .draws = draws};
    b->drawn = sep_calloc((size_t)draws, (size_t)units * sizeof *b->drawn);
    b->mean = sep_calloc((size_t)draws, sizeof *b->mean);
    if (b->drawn == NULL || b->mean == NULL) {
        sep_bootstrap_destroy(b);
        return SEP_ERR_MEMORY;
    }
    draw(b);
    *bootstrap = b;
    return SEP_OK;
}

void sep_bootstrap_destroy(sep_bootstrap *bootstrap)
{
    if (bootstrap == NULL)
        return;
    sep_free(bootstrap->drawn);
    sep_free(bootstrap->mean);
    sep_free(bootstrap);
}

static double mean_of_draw(const sep_bootstrap *b, int d, const double *sum, const int *count)
{
    const uint32_t *drawn = b->drawn + (size_t)d * (size_t)b->units;
    double total = 0;
    int values = 0;

    for (int i = 0; i < b->units; i++) {
        total += sum[drawn[i]];
        values += count[drawn[i]];
    }
    return total / values;
}

double sep_percentile(const double *sorted, int count, double share)
{
    const double place = share * (count - 1);
    const int below = (int)place, above = below + 1 < count ? below + 1 : below;

    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

void sep_bootstrap_interval(sep_bootstrap *bootstrap, const double *sum, const int *count, double share, double *low,
                            double *high)
{
    bool finite = bootstrap->units > 1;

    *low = *high = NAN;
    for (int i = 0; i < bootstrap->units; i++)
        finite = finite && isfinite(sum[i]);
    if (!finite)
        return;
    for (int d = 0; d < bootstrap->draws; d++)
        bootstrap->mean[d] = mean_of_draw(bootstrap, d, sum, count);
    sep_sort_doubles(bootstrap->mean, (size_t)bootstrap->draws);
    *low = sep_percentile(bootstrap->mean, bootstrap->draws, (1 - share) / 2);
    *high = sep_percentile(bootstrap->mean, bootstrap->draws, (1 + share) / 2);
}
