/* Farthest-first choice of scans, weighed with their uncertainty. */
#include "features/suggestions.h"

#include <math.h>

typedef struct choice {
    const sep_seen_scan *scan;
    int count, channels;
    double *deviation; /* of each channel over all scans */
    double *nearest;   /* of each scan: distance to the nearest that is labelled or suggested; INFINITY: none is */
    bool *open;        /* may be suggested */
    double most_uncertain, farthest;
} choice;

/* ---- distances --------------------------------------------------------------------------------------------------- */

static void measure_channel(const choice *c, int channel)
{
    double sum = 0.0, squares = 0.0;

    for (int i = 0; i < c->count; i++)
        sum += (double)c->scan[i].feature[channel];
    const double mean = sum / c->count;
    for (int i = 0; i < c->count; i++) {
        const double difference = (double)c->scan[i].feature[channel] - mean;
        squares += difference * difference;
    }
    c->deviation[channel] = sqrt(squares / c->count);
}

static double distance(const choice *c, int a, int b)
{
    double squares = 0.0;

    for (int k = 0; k < c->channels; k++) {
        const double difference = (double)c->scan[a].feature[k] - (double)c->scan[b].feature[k];
        if (c->deviation[k] > 0.0)
            squares += difference / c->deviation[k] * (difference / c->deviation[k]);
    }
    return sqrt(squares / c->channels);
}

/* From now on the others are compared with this scan, too. */
static void compare_with(const choice *c, int taken)
{
    for (int i = 0; i < c->count; i++)
        c->nearest[i] = fmin(c->nearest[i], distance(c, i, taken));
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static void close_case(const choice *c, int group)
{
    for (int i = 0; i < c->count; i++)
        if (c->scan[i].group == group)
            c->open[i] = false;
}

static void begin(choice *c, bool one_a_case)
{
    for (int k = 0; k < c->channels; k++)
        measure_channel(c, k);
    for (int i = 0; i < c->count; i++) {
        c->nearest[i] = INFINITY;
        c->open[i] = !c->scan[i].labelled;
    }
    for (int i = 0; i < c->count; i++) {
        if (c->scan[i].labelled)
            compare_with(c, i);
        if (c->scan[i].labelled && one_a_case)
            close_case(c, c->scan[i].group);
    }
    for (int i = 0; i < c->count; i++) {
        if (c->scan[i].labelled)
            continue;
        c->most_uncertain = fmax(c->most_uncertain, c->scan[i].uncertainty);
        if (isfinite(c->nearest[i]))
            c->farthest = fmax(c->farthest, c->nearest[i]);
    }
}

static double score(const choice *c, double weight, int i)
{
    const double doubt = c->most_uncertain > 0.0 ? c->scan[i].uncertainty / c->most_uncertain : 0.0;
    const double novelty = c->farthest > 0.0 ? c->nearest[i] / c->farthest : 0.0;

    return weight * doubt + (1.0 - weight) * novelty;
}

/* False where no scan is left. */
static bool find_best(const choice *c, double weight, sep_suggestion *best)
{
    *best = (sep_suggestion){.scan = -1};
    for (int i = 0; i < c->count; i++) {
        const double own = c->open[i] ? score(c, weight, i) : 0.0;
        if (c->open[i] && (best->scan < 0 || own > best->score))
            *best = (sep_suggestion){.scan = i, .score = own, .distance = c->nearest[i]};
    }
    return best->scan >= 0;
}

static void choose(choice *c, double weight, bool one_a_case, int wanted, sep_suggestion *suggestion, int *found)
{
    begin(c, one_a_case);
    while (*found < wanted && find_best(c, weight, &suggestion[*found])) {
        const int taken = suggestion[(*found)++].scan;
        c->open[taken] = false;
        if (one_a_case)
            close_case(c, c->scan[taken].group);
        compare_with(c, taken);
    }
}

sep_status sep_suggest(const sep_seen_scan *scan, int count, int channels, double weight, bool one_a_case, int wanted,
                       sep_suggestion *suggestion, int *found)
{
    choice c = {.scan = scan,
                .count = count,
                .channels = channels,
                .deviation = sep_calloc((size_t)channels, sizeof(double)),
                .nearest = sep_calloc((size_t)count, sizeof(double)),
                .open = sep_calloc((size_t)count, sizeof(bool))};
    const bool room = c.deviation != NULL && c.nearest != NULL && c.open != NULL;

    *found = 0;
    if (room)
        choose(&c, weight, one_a_case, wanted, suggestion, found);
    sep_free(c.deviation);
    sep_free(c.nearest);
    sep_free(c.open);
    return room ? SEP_OK : SEP_ERR_MEMORY;
}
