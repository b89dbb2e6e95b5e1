/* Many short timings of a piece of work. */
#include "bench/measure.h"

#include <time.h>

enum { FEWEST = 5, FEWEST_LONG = 3, MOST = 2000 };
#define SAMPLE_SECONDS 50e-6
#define QUEUE_SECONDS  2e-3 /* a sample of work that is enqueued: the wait at its end costs microseconds */
#define REFILL_SECONDS 2e-3
#define LONG_SECONDS   5e-3

double bench_thread_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- statistics ---------------------------------------------------------------------------------------------------
 */

/* Between the two nearest of the sorted samples. */
static double quantile(const double *sample, int count, double share)
{
    double position = share * (count - 1);
    int below = (int)position, above = below + 1 < count ? below + 1 : below;

    return sample[below] + (position - below) * (sample[above] - sample[below]);
}

bench_timing bench_timing_of(double *sample, int count)
{
    sep_sort_doubles(sample, (size_t)count);
    return (bench_timing){.median = quantile(sample, count, 0.5),
                          .low = quantile(sample, count, 0.25),
                          .high = quantile(sample, count, 0.75),
                          .fastest = sample[0],
                          .samples = count};
}

/* ---- timing -------------------------------------------------------------------------------------------------------
 */

/* One side of the comparison. */
typedef struct side {
    const bench_work *work;
    double sample[MOST];
    int runs;    /* in a sample */
    int fewest;  /* samples: what takes long is disturbed by less */
    bool refill; /* short enough for a run before each sample, so that the other side leaves nothing in the caches */
} side;

static sep_status run_all(const bench_work *work, int runs)
{
    for (int i = 0; i < runs; i++)
        SEP_TRY(work->run(work->context));
    return work->finish ? work->finish(work->context) : SEP_OK;
}

static sep_status time_runs(const side *s, int runs, bench_clock *clock, double *seconds)
{
    if (s->refill)
        SEP_TRY(run_all(s->work, 1));

    double start = clock();
    SEP_TRY(run_all(s->work, runs));
    *seconds = (clock() - start) / runs;
    return SEP_OK;
}

/* The first run pays for page faults, the second says how many make a sample. */
static sep_status warm_up(side *s, bench_clock *clock)
{
    double seconds = 0.0, sample = s->work->finish ? QUEUE_SECONDS : SAMPLE_SECONDS;

    for (int i = 0; i < 2; i++)
        SEP_TRY(time_runs(s, 1, clock, &seconds));
    s->fewest = seconds < LONG_SECONDS ? FEWEST : FEWEST_LONG;
    s->refill = seconds < REFILL_SECONDS;
    s->runs = seconds < sample ? (int)(sample / (seconds + 1e-9)) + 1 : 1;
    return SEP_OK;
}

static sep_status sample_in_turn(side *sides, int count, double seconds, bench_clock *clock, int *taken)
{
    double end = clock() + seconds;
    int fewest = FEWEST;

    for (int k = 0; k < count; k++) {
        SEP_TRY(warm_up(&sides[k], clock));
        fewest = sides[k].fewest < fewest ? sides[k].fewest : fewest;
    }
    for (*taken = 0; *taken < MOST && (*taken < fewest || clock() < end); ++*taken)
        for (int k = 0; k < count; k++)
            SEP_TRY(time_runs(&sides[k], sides[k].runs, clock, &sides[k].sample[*taken]));
    return SEP_OK;
}

sep_status bench_measure(const bench_work *ours, const bench_work *peer, double seconds, bench_clock *clock,
                         bench_timing *our_timing, bench_timing *peer_timing)
{
    side *sides = sep_calloc(2, sizeof *sides);
    int taken = 0;

    if (sides == NULL)
        return SEP_ERR_MEMORY;
    sides[0].work = ours;
    sides[1].work = peer;
    sep_status status = sample_in_turn(sides, peer ? 2 : 1, seconds, clock, &taken);
    if (status == SEP_OK) {
        *our_timing = bench_timing_of(sides[0].sample, taken);
        *peer_timing = peer ? bench_timing_of(sides[1].sample, taken) : (bench_timing){0};
    }
    sep_free(sides);
    return status;
}
