/* Mutual information of Mattes et al. (IEEE TMI 2003): the joint histogram counts a sample once by its fixed value and
 * spreads it over four bins of the moving value, so that it has a derivative by that. */
#include "registration/metric.h"

#include "simd/elementary.h"

#include <math.h>
#include <string.h>

enum { MAX_BINS = 128 };

static void set_rows(const sep_parzen *fixed, sep_samples *s)
{
    for (int i = 0; i < s->padded; i++) {
        const float u = fmaf(s->fixed[i], fixed->scale, fixed->offset);
        const float held = u > 0.0f ? u < (float)(fixed->bins - 1) ? u : (float)(fixed->bins - 1) : 0.0f;

        s->row[i] = (int32_t)held * fixed->bins;
    }
}

/* Blocks by halves: b and b + gap, as docs/arithmetic.md's rule 2 joins them. */
static void join_blocks(float *histogram, int blocks, int elements)
{
    for (int gap = 1; gap < blocks; gap *= 2)
        for (int b = 0; b + gap < blocks; b += 2 * gap)
            for (int i = 0; i < elements; i++)
                histogram[b * elements + i] += histogram[(b + gap) * elements + i];
}

double sep_joint_histogram(sep_measure *measure, sep_samples *s)
{
    const int bins = measure->fixed.bins, elements = bins * bins, blocks = sep_samples_blocks(s);
    double total = 0.0;

    set_rows(&measure->fixed, s);
    memset(measure->histogram, 0, (size_t)blocks * (size_t)elements * sizeof(float));
#pragma omp parallel for num_threads(measure->threads) schedule(static) if (measure->threads > 1)
    for (int b = 0; b < blocks; b++) {
        const int first = b * s->block, left = s->padded - first;

        measure->simd->registration->parzen_add(&measure->moving, s->row + first, s->moving + first, s->inside + first,
                                                left < s->block ? left : s->block, measure->histogram + b * elements);
    }
    join_blocks(measure->histogram, blocks, elements);
    for (int i = 0; i < elements; i++)
        total += (double)measure->histogram[i];
    return total;
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

double sep_mutual_information(sep_measure *measure, sep_samples *samples, bool pull)
{
    const double total = sep_joint_histogram(measure, samples);
    double moving[MAX_BINS], h[3];

    entropies(measure, total, moving, h);
    if (pull) {
        set_table(measure, moving, total);
        pull_samples(measure, samples);
    }
    return -(h[0] + h[1] - h[2]);
}

double sep_measure_nmi(sep_measure *measure, sep_samples *samples)
{
    const double total = sep_joint_histogram(measure, samples);
    double moving[MAX_BINS], h[3];

    if (total <= 0.0)
        return 1.0;
    entropies(measure, total, moving, h);
    return h[2] > 0.0 ? (h[0] + h[1]) / h[2] : 1.0;
}
