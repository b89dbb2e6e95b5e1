/* What the search computes at every step over a level's samples: by the processor's kernels or on a device, with the
 * same bits. Metric and problems above do not know which. */
#ifndef SEPTUM_REGISTRATION_EVALUATOR_H
#define SEPTUM_REGISTRATION_EVALUATOR_H

#include "registration/search/samples.h"
#include "septum/device.h"
#include "simd/simd.h"

typedef struct sep_evaluator sep_evaluator;

/* One way to compute it. Sums over samples are those of blocks; the kernels are those of simd/registration.h. */
typedef struct sep_evaluator_kind {
    void (*destroy)(sep_evaluator *e);
    /* The samples were drawn: at, row. */
    sep_status (*draw)(sep_evaluator *e, const sep_samples *s);
    /* spline by coefficient[3][nodes] (NULL without a grid), affine by `map`, the border, linear: sets moving, inside,
     * beyond where the border holds points, and the gradient, which may stay on the device. What fills up the last
     * group gets 0. */
    sep_status (*look_up)(sep_evaluator *e, sep_samples *s, const float map[3][4], const float *coefficient);
    /* histogram[bins][bins] of what was last looked up: parzen_add of each block, joined by rule 2 of
     * docs/arithmetic.md. */
    sep_status (*histogram)(sep_evaluator *e, const sep_samples *s, float *histogram);
    /* sum[blocks][3][nodes]: spline_adjoint of affine by `back` of force * gradient + spring * beyond. The gradient is
     * used up. */
    sep_status (*spread)(sep_evaluator *e, sep_samples *s, float spring, const float back[3][4], float *sum);
    /* sum[blocks][3][4]: affine_adjoint of the forces, by the samples' own points. */
    sep_status (*map_gradient)(sep_evaluator *e, const sep_samples *s, float (*sum)[3][4]);
} sep_evaluator_kind;

struct sep_evaluator {
    const sep_evaluator_kind *by;
    sep_lattice moving;
    sep_parzen parzen;     /* bins of the moving value */
    sep_control_grid grid; /* of the deformation, size 0: none; does not change after the first draw */
    sep_border border;
    float lowest; /* value of the moving volume */
};

/* `moving` must outlive the evaluator. Samples as many and in such blocks as `samples`. */
sep_status sep_evaluator_on_host(const sep_lattice *moving, const sep_parzen *parzen, const sep_samples *samples,
                                 const sep_simd *simd, int threads, sep_evaluator **evaluator) SEP_MUST_CHECK;
/* `device` has kernels for it. */
sep_status sep_evaluator_on_device(const sep_lattice *moving, const sep_parzen *parzen, sep_device *device,
                                   sep_evaluator **evaluator) SEP_MUST_CHECK;

/* Whether a device that may be NULL has kernels for it. */
static inline bool sep_searches_on_device(const sep_device *device)
{
    return device != NULL && device->backend->search != NULL;
}

static inline void sep_evaluator_destroy(sep_evaluator *e) /* NULL is fine */
{
    if (e != NULL)
        e->by->destroy(e);
}

#endif
