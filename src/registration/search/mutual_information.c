/* Mutual information of Mattes et al. (IEEE TMI 2003): the joint histogram counts a sample once by its fixed value and
 * spreads it over four bins of the moving value, so that it has a derivative by that. */
#include "registration/search/metric.h"

#include "simd/elementary.h"

#include <math.h>
#include <string.h>

enum { MAX_BINS = 128 };

void sep_measure_set_rows(const sep_measure *measure, sep_samples *s)
{
    const sep_parzen *fixed = &measure->fixed;

    for (int i = 0; i < s->padded; i++) {
        const float u = fmaf(s->fixed[i], fixed->scale, fixed->offset);
        const float held = u > 0.0f ? u < (float)(fixed->bins - 1) ? u : (float)(fixed->bins - 1) : 0.0f;

        s->row[i] = (int32_t)held * fixed->bins;
    }
}

/* The histogram of the samples that count, and its sum. */
static sep_status count_pairs(sep_measure *measure, sep_evaluator *evaluator, const sep_samples *s, double *total)
{
    const int elements = measure->fixed.bins * measure->fixed.bins;

    SEP_TRY(evaluator->by->histogram(evaluator, s, measure->histogram));
    *total = 0.0;
    for (int i = 0; i < elements; i++)
        *total += (double)measure->histogram[i];
    return SEP_OK;
}

static void marginals(const float *histogram, int bins, double fixed[MAX_BINS], double moving[MAX_BINS])
{
    memset(fixed, 0, MAX_BINS * sizeof *fixed);
    memset(moving, 0, MAX_BINS * sizeof *moving);
    for (int f = 0; f < bins; f++)
        for (int m = 0; m < bins; m++) {
            fixed[f] += (double)histogram[f * bins + m];
            moving[m] += (double)histogram[f * bins + m];
        }
}

/* Minus the sum of p log p over counts that add up to `total`: in nats, the logarithm that is the same everywhere. */
static double entropy_term(double count, double total)
{
    const double p = count / total;

    return p > 0.0 ? -p * (double)sep_logf((float)p) : 0.0;
}

/* Element (f, m) of the table is minus d(information)/d(count): -log(p(f, m) / p(m)) / total. What the fixed marginal
 * and the total would add is the same for all bins of a row, and a sample's weights always sum to one. */
static void set_table(sep_measure *measure, const double moving[MAX_BINS], double total)
{
    const int bins = measure->fixed.bins;

    for (int f = 0; f < bins; f++)
        for (int m = 0; m < bins; m++) {
            const float count = measure->histogram[f * bins + m];

            measure->table[f * bins + m] =
                count > 0.0f ? -sep_logf((float)((double)count / moving[m])) / (float)total : 0.0f;
        }
}

static void pull_samples(sep_measure *measure, sep_samples *s)
{
    measure->simd->registration->parzen_force(&measure->moving, measure->table, s->row, s->moving, s->inside, s->padded,
                                              s->force);
}

/* Entropies of the fixed, the moving and both values. */
static void entropies(const sep_measure *measure, double total, double moving[MAX_BINS], double h[3])
{
    const int bins = measure->fixed.bins;
    double fixed[MAX_BINS];

    marginals(measure->histogram, bins, fixed, moving);
    memset(h, 0, 3 * sizeof *h);
    for (int b = 0; b < bins; b++) {
        h[0] += entropy_term(fixed[b], total);
        h[1] += entropy_term(moving[b], total);
    }
    for (int i = 0; i < bins * bins; i++)
        h[2] += entropy_term((double)measure->histogram[i], total);
}

sep_status sep_mutual_information(sep_measure *measure, sep_evaluator *evaluator, sep_samples *samples, bool pull,
                                  double *cost)
{
    double total, moving[MAX_BINS], h[3];

    SEP_TRY(count_pairs(measure, evaluator, samples, &total));
    entropies(measure, total, moving, h);
    if (pull) {
        set_table(measure, moving, total);
        pull_samples(measure, samples);
    }
    *cost = -(h[0] + h[1] - h[2]);
    return SEP_OK;
}

sep_status sep_measure_nmi(sep_measure *measure, sep_evaluator *evaluator, const sep_samples *samples, double *nmi)
{
    double total, moving[MAX_BINS], h[3];

    *nmi = 1.0;
    SEP_TRY(count_pairs(measure, evaluator, samples, &total));
    if (total <= 0.0)
        return SEP_OK;
    entropies(measure, total, moving, h);
    *nmi = h[2] > 0.0 ? (h[0] + h[1]) / h[2] : 1.0;
    return SEP_OK;
}
