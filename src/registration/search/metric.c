/* Mean squares and correlations of the sampled values; mutual information is in mutual_information.c. Sums are doubles
 * over rising samples: a few thousand, which is cheaper than sharing them among threads. */
#include "registration/search/metric.h"

#include <math.h>
#include <string.h>

/* ---- making ------------------------------------------------------------------------------------------------------ */

static sep_parzen bins_over(const float range[2], int bins)
{
    const float scale = (float)(bins - 4) / (range[1] - range[0]);

    return (sep_parzen){.bins = bins, .scale = scale, .offset = 2.0f - range[0] * scale};
}

/* Of a volume's range: rounding of its values alone makes no more. */
static double flat_variance(const float range[2])
{
    const double width = (double)range[1] - (double)range[0];

    return 1e-12 * width * width;
}

sep_status sep_measure_create(sep_registration_metric metric, int bins, const float fixed[2], const float moving[2],
                              const sep_simd *simd, sep_measure *measure)
{
    const size_t elements = (size_t)bins * (size_t)bins;

    memset(measure, 0, sizeof *measure);
    measure->metric = metric;
    measure->simd = simd;
    measure->fixed = bins_over(fixed, bins);
    measure->moving = bins_over(moving, bins);
    measure->fixed_flat = flat_variance(fixed);
    measure->moving_flat = flat_variance(moving);
    measure->histogram = sep_calloc(elements, sizeof(float));
    measure->table = sep_calloc(elements, sizeof(float));
    if (measure->histogram != NULL && measure->table != NULL)
        return SEP_OK;
    sep_measure_free(measure);
    return SEP_ERR_MEMORY;
}

void sep_measure_free(sep_measure *measure)
{
    sep_free(measure->histogram);
    sep_free(measure->table);
    memset(measure, 0, sizeof *measure);
}

/* ---- mean squares ------------------------------------------------------------------------------------------------ */

static double mean_squares(sep_samples *s)
{
    double sum = 0.0;

    for (int i = 0; i < s->padded; i++) {
        const double error = s->inside[i] > 0.0f ? (double)s->moving[i] - (double)s->fixed[i] : 0.0;

        sum += error * error;
        s->force[i] = (float)(2.0 * error / s->count);
    }
    return sum / s->count;
}

/* ---- correlation ------------------------------------------------------------------------------------------------- */

/* Means, and sums of products of what differs from them, of samples first .. first + count - 1 that are inside. */
typedef struct moments {
    double inside, fixed, moving, ff, mm, fm;
} moments;

static moments moments_of(const sep_samples *s, int first, int count)
{
    moments m = {0};

    for (int i = first; i < first + count; i++) {
        m.inside += (double)s->inside[i];
        m.fixed += (double)s->fixed[i] * (double)s->inside[i];
        m.moving += (double)s->moving[i] * (double)s->inside[i];
    }
    m.fixed /= m.inside > 0.0 ? m.inside : 1.0;
    m.moving /= m.inside > 0.0 ? m.inside : 1.0;
    for (int i = first; i < first + count; i++) {
        const double in = (double)s->inside[i], f = ((double)s->fixed[i] - m.fixed) * in,
                     v = ((double)s->moving[i] - m.moving) * in;

        m.ff += f * f;
        m.mm += v * v;
        m.fm += f * v;
    }
    return m;
}

/* Forces of slope * d(correlation of these samples). */
static void pull_correlation(sep_samples *s, int first, int count, const moments *m, double slope)
{
    const double scale = slope / sqrt(m->ff * m->mm), along = m->fm / m->mm;

    for (int i = first; i < first + count; i++)
        s->force[i] = (float)(scale * (double)s->inside[i] *
                              (((double)s->fixed[i] - m->fixed) - along * ((double)s->moving[i] - m->moving)));
}

static bool varies(const sep_measure *measure, const moments *m)
{
    return m->ff > measure->fixed_flat * m->inside && m->mm > measure->moving_flat * m->inside;
}

static double correlation(const sep_measure *measure, sep_samples *s)
{
    const moments m = moments_of(s, 0, s->padded);

    memset(s->force, 0, (size_t)s->padded * sizeof *s->force);
    if (!varies(measure, &m))
        return 0.0;
    pull_correlation(s, 0, s->padded, &m, -1.0);
    return -m.fm / sqrt(m.ff * m.mm);
}

/* Minus the mean over patches of the squared correlation; a patch that is flat or not whole inside counts as 0. */
static double local_correlation(const sep_measure *measure, sep_samples *s)
{
    const int patches = s->padded / SEP_SAMPLE_GROUP;
    double sum = 0.0;

    memset(s->force, 0, (size_t)s->padded * sizeof *s->force);
    for (int first = 0; first < s->padded; first += SEP_SAMPLE_GROUP) {
        const moments m = moments_of(s, first, SEP_SAMPLE_GROUP);

        if (m.inside < SEP_SAMPLE_GROUP || !varies(measure, &m))
            continue;
        const double r = m.fm / sqrt(m.ff * m.mm);
        sum += r * r;
        pull_correlation(s, first, SEP_SAMPLE_GROUP, &m, -2.0 * r / patches);
    }
    return -sum / patches;
}

/* ---- the choice -------------------------------------------------------------------------------------------------- */

sep_status sep_measure_cost(sep_measure *measure, sep_evaluator *evaluator, sep_samples *samples, bool pull,
                            double *cost)
{
    switch (measure->metric) {
    case SEP_CORRELATION:
        *cost = correlation(measure, samples);
        return SEP_OK;
    case SEP_LOCAL_CORRELATION:
        *cost = local_correlation(measure, samples);
        return SEP_OK;
    case SEP_MEAN_SQUARES:
        *cost = mean_squares(samples);
        return SEP_OK;
    case SEP_MUTUAL_INFORMATION:
        break;
    }
    return sep_mutual_information(measure, evaluator, samples, pull, cost);
}
