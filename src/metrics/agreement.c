/* How well estimates agree with what they estimate. */
#include "septum/quality.h"

#include <math.h>
#include <stdlib.h>

static double mean_of(const double *values, int count)
{
    double sum = 0.0;

    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

static bool all_equal(const double *values, int count)
{
    for (int i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

double sep_pearson(const double *x, const double *y, int count)
{
    double xx = 0.0, yy = 0.0, xy = 0.0;

    if (count < 2 || all_equal(x, count) || all_equal(y, count))
        return (double)NAN;
    const double mean_x = mean_of(x, count), mean_y = mean_of(y, count);
    for (int i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return xx > 0.0 && yy > 0.0 ? xy / sqrt(xx * yy) : (double)NAN;
}

/* From 1 on; of equal values the mean of theirs. */
static double rank_of(const double *values, int count, int index)
{
    int below = 0, equal = 0;

    for (int i = 0; i < count; i++) {
        below += values[i] < values[index];
        equal += values[i] == values[index];
    }
    return below + (equal + 1) / 2.0;
}

sep_status sep_spearman(const double *x, const double *y, int count, double *correlation)
{
    double *rank = sep_calloc(2 * (size_t)count + 1, sizeof *rank);

    if (rank == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < count; i++) {
        rank[i] = rank_of(x, count, i);
        rank[count + i] = rank_of(y, count, i);
    }
    *correlation = sep_pearson(rank, rank + count, count);
    sep_free(rank);
    return SEP_OK;
}

double sep_auroc(const double *score, const bool *positive, int count)
{
    int64_t pairs = 0;
    double won = 0.0;

    for (int i = 0; i < count; i++)
        for (int j = 0; positive[i] && j < count; j++)
            if (!positive[j]) {
                won += score[i] > score[j] ? 1.0 : score[i] == score[j] ? 0.5 : 0.0;
                pairs++;
            }
    return pairs > 0 ? won / (double)pairs : (double)NAN;
}
