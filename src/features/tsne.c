/* t-SNE: gradient descent with momentum and gains, as its authors do it. */
#include "features/tsne.h"

#include "septum/process.h"

#include <math.h>

#define EXAGGERATION    12.0f /* of the affinities, at first: clusters form and find their places */
#define EARLY_MOMENTUM  0.5f
#define MOMENTUM        0.8f
#define LEAST_GAIN      0.01f
#define START_DEVIATION 1e-4
enum { ITERATIONS = 1000, PERPLEXITY = 30, LEAST_POINTS = 4, REPORT_EVERY = 10 };

typedef struct descent {
    sep_forces forces;
    float *gain[2], *velocity[2], *memory;
    float rate;
    int iterations, threads;
} descent;

/* ---- memory ------------------------------------------------------------------------------------------------------ */

enum { ARRAYS = 10 }; /* two each of place, pull, push, gain, velocity */

static sep_status allocate(descent *d, int count, int room)
{
    const uint64_t pairs = (uint64_t)count * (uint64_t)room;

    if (sep_memory_check(pairs * sizeof(float)) != SEP_OK)
        return sep_fail_within(SEP_ERR_MEMORY, "the pairs of %d points", count);
    d->forces.count = count;
    d->forces.room = room;
    d->forces.near = sep_calloc((size_t)count, sizeof *d->forces.near);
    d->memory = sep_calloc(ARRAYS * (size_t)room, sizeof *d->memory);
    if (d->forces.near == NULL || d->memory == NULL)
        return SEP_ERR_MEMORY;
    for (int axis = 0; axis < 2; axis++) {
        float *at = d->memory + (size_t)axis * (ARRAYS / 2) * (size_t)room;
        d->forces.place[axis] = at;
        d->forces.pull[axis] = at + (size_t)room;
        d->forces.push[axis] = at + 2 * (size_t)room;
        d->gain[axis] = at + 3 * (size_t)room;
        d->velocity[axis] = at + 4 * (size_t)room;
    }
    return SEP_OK;
}

/* ---- the descent ------------------------------------------------------------------------------------------------- */

static void begin(descent *d, const double *start)
{
    const int count = d->forces.count;
    double squares = 0.0;

    for (int i = 0; i < count; i++)
        squares += start[2 * i] * start[2 * i];
    const double deviation = sqrt(squares / count), scale = deviation > 0.0 ? START_DEVIATION / deviation : 1.0;
    for (int axis = 0; axis < 2; axis++)
        for (int i = 0; i < d->forces.room; i++) {
            d->forces.place[axis][i] = i < count ? (float)(start[2 * i + axis] * scale) : SEP_FAR;
            d->gain[axis][i] = 1.0f;
        }
}

static void move_point(descent *d, int axis, int i, float exaggeration, float momentum)
{
    const float gradient = exaggeration * d->forces.pull[axis][i] - d->forces.push[axis][i] / (float)d->forces.sum;
    float *gain = &d->gain[axis][i], *velocity = &d->velocity[axis][i];

    *gain = (gradient > 0.0f) != (*velocity > 0.0f) ? *gain + 0.2f : *gain * 0.8f;
    *gain = *gain < LEAST_GAIN ? LEAST_GAIN : *gain;
    *velocity = momentum * *velocity - d->rate * *gain * gradient;
    d->forces.place[axis][i] += *velocity;
}

static void centre(descent *d, int axis)
{
    float *place = d->forces.place[axis];
    double sum = 0.0;

    for (int i = 0; i < d->forces.count; i++)
        sum += (double)place[i];
    const float mean = (float)(sum / d->forces.count);
    for (int i = 0; i < d->forces.count; i++)
        place[i] -= mean;
}

static void step(descent *d, bool early)
{
    sep_forces_find(&d->forces, d->threads);
    for (int axis = 0; axis < 2; axis++) {
        for (int i = 0; i < d->forces.count; i++)
            move_point(d, axis, i, early ? EXAGGERATION : 1.0f, early ? EARLY_MOMENTUM : MOMENTUM);
        centre(d, axis);
    }
}

static sep_status descend(descent *d)
{
    sep_progress *progress = sep_progress_start("t-SNE", d->iterations, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < d->iterations && status == SEP_OK; i++) {
        step(d, i < d->iterations / 4);
        if ((i + 1) % REPORT_EVERY == 0)
            sep_progress_update(progress, i + 1, NULL);
        status = sep_stop_check();
    }
    sep_progress_finish(progress);
    return status;
}

/* ---- together ---------------------------------------------------------------------------------------------------- */

static double choose_perplexity(const sep_tsne_options *options, int count)
{
    const double wanted = options->perplexity > 0.0 ? options->perplexity : PERPLEXITY;

    return fmin(wanted, (count - 1) / 3.0);
}

/* The authors' code takes 200, which makes few points jump about and is slow for many (Belkina et al. 2019). */
static float choose_rate(int count)
{
    return fmaxf((float)count / EXAGGERATION, fminf((float)count, 200.0f));
}

static sep_status run(descent *d, const sep_distances *distances, const double *start, const sep_tsne_options *options,
                      sep_tsne_result *result)
{
    float *affinity = sep_calloc((size_t)distances->count * (size_t)distances->room, sizeof *affinity);
    sep_status status = affinity != NULL ? SEP_OK : SEP_ERR_MEMORY;

    d->forces.affinity = affinity;
    if (status == SEP_OK)
        status = sep_affinities(distances, result->perplexity, options->simd, d->threads, affinity);
    if (status == SEP_OK) {
        begin(d, start);
        status = descend(d);
    }
    if (status == SEP_OK) {
        sep_forces_find(&d->forces, d->threads);
        status = sep_forces_divergence(&d->forces, options->simd, d->threads, &result->divergence);
    }
    sep_free(affinity);
    return status;
}

static sep_status take_places(const descent *d, sep_tsne_result *result)
{
    for (int axis = 0; axis < 2; axis++) {
        result->place[axis] = sep_calloc((size_t)d->forces.count, sizeof *result->place[axis]);
        if (result->place[axis] == NULL)
            return SEP_ERR_MEMORY;
        for (int i = 0; i < d->forces.count; i++)
            result->place[axis][i] = d->forces.place[axis][i];
    }
    return SEP_OK;
}

sep_status sep_tsne(const float *feature, int count, int channels, const double *start, const sep_tsne_options *options,
                    sep_tsne_result *result)
{
    descent d = {.iterations = options->iterations > 0 ? options->iterations : ITERATIONS,
                 .threads = sep_thread_count(options->threads),
                 .rate = choose_rate(count)};
    sep_distances distances;

    *result = (sep_tsne_result){.perplexity = choose_perplexity(options, count)};
    if (count < LEAST_POINTS)
        return sep_fail(SEP_ERR_ARGUMENT, "%d points are too few for t-SNE: it takes %d", count, LEAST_POINTS);
    SEP_TRY(sep_distances_create(feature, count, channels, false, &distances));
    sep_status status = allocate(&d, count, distances.room);
    if (status == SEP_OK)
        status = run(&d, &distances, start, options, result);
    if (status == SEP_OK)
        status = take_places(&d, result);
    if (status != SEP_OK)
        sep_tsne_free(result);
    sep_distances_free(&distances);
    sep_free(d.forces.near);
    sep_free(d.memory);
    return status;
}

void sep_tsne_free(sep_tsne_result *result)
{
    sep_free(result->place[0]);
    sep_free(result->place[1]);
    *result = (sep_tsne_result){0};
}
