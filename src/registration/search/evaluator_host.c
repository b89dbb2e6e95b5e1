/* The search's evaluations by the processor's kernels, blocks of samples side by side on threads. */
#include "registration/search/evaluator.h"

#include <string.h>

typedef struct host {
    sep_evaluator base;
    const sep_simd_registration *kernels;
    int threads;
    float *deformed;   /* [3][samples]: points after the deformation, in voxels; owned */
    float *histograms; /* [blocks][bins][bins]; owned */
} host;

static void destroy(sep_evaluator *e)
{
    host *h = (host *)e;

    sep_free(h->deformed);
    sep_free(h->histograms);
    sep_free(h);
}

static sep_status draw(sep_evaluator *e, const sep_samples *s)
{
    (void)e;
    (void)s;
    return SEP_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* Samples of a block. */
static int size_of(const sep_samples *s, int block)
{
    const int left = s->padded - block * s->block;

    return left < s->block ? left : s->block;
}

static void deform(const host *h, const sep_samples *s, int block, const float *coefficient)
{
    const int *size = h->base.grid.size, first = block * s->block;
    const ptrdiff_t nodes = (ptrdiff_t)size[0] * size[1] * size[2];
    const float *const c[3] = {coefficient, coefficient + nodes, coefficient + 2 * nodes};
    const float *const at[3] = {s->at[0] + first, s->at[1] + first, s->at[2] + first};
    float *to = h->deformed + first;

    h->kernels->spline(&h->base.grid, c, at, size_of(s, block),
                       (float *const[3]){to, to + s->padded, to + 2 * (ptrdiff_t)s->padded});
}

/* Takes `count` points back to half a voxel outside the border. */
static void hold_points(const sep_lattice *volume, int count, float *const moved[3], float *const beyond[3])
{
    const int size[3] = {volume->width, volume->height, volume->depth};

    for (int i = 0; i < 3; i++) {
        const float high = (float)size[i] - 0.5f;

        for (int k = 0; k < count; k++) {
            const float at = moved[i][k], least = at > -0.5f ? at : -0.5f;

            moved[i][k] = least < high ? least : high;
            beyond[i][k] = at - moved[i][k];
        }
    }
}

/* What linear found, as the border wants it. */
static void apply_border(const sep_evaluator *e, sep_samples *s, int first, int count)
{
    float *inside = s->inside + first, *moving = s->moving + first;

    for (int k = 0; k < count && e->border == SEP_BORDER_LOWEST; k++)
        moving[k] = inside[k] > 0.0f ? moving[k] : e->lowest;
    for (int k = first; k < first + count && e->border == SEP_BORDER_HELD; k++)
        s->inside[k] = s->beyond[0][k] == 0.0f && s->beyond[1][k] == 0.0f && s->beyond[2][k] == 0.0f ? 1.0f : 0.0f;
}

static void interpolate(const host *h, sep_samples *s, int block, const float map[3][4], bool deformed)
{
    const int first = block * s->block, count = size_of(s, block);
    const float *bent = h->deformed + first;
    const float *const at[3] = {deformed ? bent : s->at[0] + first, deformed ? bent + s->padded : s->at[1] + first,
                                deformed ? bent + 2 * (ptrdiff_t)s->padded : s->at[2] + first};
    float *const moved[3] = {s->moved[0] + first, s->moved[1] + first, s->moved[2] + first};
    float *const gradient[3] = {s->gradient[0] + first, s->gradient[1] + first, s->gradient[2] + first};

    h->kernels->affine(map, at, count, moved);
    if (h->base.border == SEP_BORDER_HELD)
        hold_points(&h->base.moving, count, moved,
                    (float *const[3]){s->beyond[0] + first, s->beyond[1] + first, s->beyond[2] + first});
    h->kernels->linear(&h->base.moving, (const float *const *)moved, count, s->moving + first, gradient,
                       s->inside + first);
    apply_border(&h->base, s, first, count);
}

static sep_status look_up(sep_evaluator *e, sep_samples *s, const float map[3][4], const float *coefficient)
{
    const host *h = (const host *)e;

#pragma omp parallel for num_threads(h->threads) schedule(static) if (h->threads > 1)
    for (int b = 0; b < sep_samples_blocks(s); b++) {
        if (coefficient != NULL)
            deform(h, s, b, coefficient);
        interpolate(h, s, b, map, coefficient != NULL);
    }
    /* It was placed nowhere, but a map can bring that anywhere. */
    for (int i = s->count; i < s->padded; i++)
        s->inside[i] = s->moving[i] = s->beyond[0][i] = s->beyond[1][i] = s->beyond[2][i] = 0.0f;
    return SEP_OK;
}

/* ---- the joint histogram ----------------------------------------------------------------------------------------- */

/* Blocks by halves: b and b + gap. */
static void join_blocks(float *histogram, int blocks, int elements)
{
    for (int gap = 1; gap < blocks; gap *= 2)
        for (int b = 0; b + gap < blocks; b += 2 * gap)
            for (int i = 0; i < elements; i++)
                histogram[b * elements + i] += histogram[(b + gap) * elements + i];
}

static sep_status histogram(sep_evaluator *e, const sep_samples *s, float *to)
{
    const host *h = (const host *)e;
    const int blocks = sep_samples_blocks(s), elements = e->parzen.bins * e->parzen.bins;

    memset(h->histograms, 0, (size_t)blocks * (size_t)elements * sizeof(float));
#pragma omp parallel for num_threads(h->threads) schedule(static) if (h->threads > 1)
    for (int b = 0; b < blocks; b++) {
        const int first = b * s->block;

        h->kernels->parzen_add(&e->parzen, s->row + first, s->moving + first, s->inside + first, size_of(s, b),
                               h->histograms + b * elements);
    }
    join_blocks(h->histograms, blocks, elements);
    memcpy(to, h->histograms, (size_t)elements * sizeof *to);
    return SEP_OK;
}

/* ---- derivatives ------------------------------------------------------------------------------------------------- */

/* What pulls at the deformed points replaces the samples' gradients. */
static sep_status spread(sep_evaluator *e, sep_samples *s, float spring, const float back[3][4], float *sum)
{
    const host *h = (const host *)e;
    const size_t nodes = (size_t)e->grid.size[0] * (size_t)e->grid.size[1] * (size_t)e->grid.size[2];

    memset(sum, 0, 3 * nodes * (size_t)sep_samples_blocks(s) * sizeof *sum);
#pragma omp parallel for num_threads(h->threads) schedule(static) if (h->threads > 1)
    for (int b = 0; b < sep_samples_blocks(s); b++) {
        const int first = b * s->block, count = size_of(s, b);
        const float *const at[3] = {s->at[0] + first, s->at[1] + first, s->at[2] + first};
        float *const pull[3] = {s->gradient[0] + first, s->gradient[1] + first, s->gradient[2] + first};
        float *own = sum + (size_t)b * 3 * nodes;

        for (int i = 0; i < 3; i++)
            for (int k = 0; k < count; k++)
                pull[i][k] = s->force[first + k] * pull[i][k] + spring * s->beyond[i][first + k];
        h->kernels->affine(back, (const float *const *)pull, count, pull);
        h->kernels->spline_adjoint(&e->grid, at, (const float *const *)pull, count,
                                   (float *const[3]){own, own + nodes, own + 2 * nodes});
    }
    return SEP_OK;
}

static sep_status map_gradient(sep_evaluator *e, const sep_samples *s, float (*sum)[3][4])
{
    const host *h = (const host *)e;

    for (int b = 0; b < sep_samples_blocks(s); b++) {
        const int first = b * s->block;
        const float *const gradient[3] = {s->gradient[0] + first, s->gradient[1] + first, s->gradient[2] + first};
        const float *const at[3] = {s->at[0] + first, s->at[1] + first, s->at[2] + first};

        h->kernels->affine_adjoint(s->force + first, gradient, at, size_of(s, b), sum[b]);
    }
    return SEP_OK;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

sep_status sep_evaluator_on_host(const sep_lattice *moving, const sep_parzen *parzen, const sep_samples *samples,
                                 const sep_simd *simd, int threads, sep_evaluator **evaluator)
{
    static const sep_evaluator_kind kind = {destroy, draw, look_up, histogram, spread, map_gradient};
    const size_t elements = (size_t)parzen->bins * (size_t)parzen->bins;
    host *h = sep_calloc(1, sizeof *h);

    *evaluator = (sep_evaluator *)h;
    if (h == NULL)
        return SEP_ERR_MEMORY;
    *h = (host){.base = {.by = &kind, .moving = *moving, .parzen = *parzen},
                .kernels = simd->registration,
                .threads = threads,
                .deformed = sep_calloc(3 * (size_t)samples->padded, sizeof(float)),
                .histograms = sep_calloc(elements * (size_t)sep_samples_blocks(samples), sizeof(float))};
    if (h->deformed != NULL && h->histograms != NULL)
        return SEP_OK;
    destroy(*evaluator);
    *evaluator = NULL;
    return SEP_ERR_MEMORY;
}
