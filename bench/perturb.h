/* Known random transforms for registrations to find again. */
#ifndef SEPTUM_BENCH_PERTURB_H
#define SEPTUM_BENCH_PERTURB_H

#include "septum/registration.h"

typedef enum bench_perturbation_kind {
    BENCH_TRANSLATION, /* by `size` voxels in a random direction */
    BENCH_ROTATION,    /* by `size` degrees about a random axis through the centre */
    BENCH_SCALE,       /* along each axis by a factor (1 + size / 100)^u, the largest |u| being 1 */
    BENCH_TOGETHER,    /* all three */
    BENCH_BSPLINE,     /* displaced by `size` voxels in the mean over the body; then all three, of BENCH_MILD */
    BENCH_PERTURBATIONS
} bench_perturbation_kind;

#define BENCH_MILD 2.0

typedef struct bench_perturbation {
    bench_perturbation_kind kind;
    double size;
} bench_perturbation;

extern const char *const bench_perturbation_names[BENCH_PERTURBATIONS];
extern const char *const bench_perturbation_units[BENCH_PERTURBATIONS];

/* Voxels with more than a tenth of the range of values above the lowest. */
float bench_body_threshold(const sep_volume *volume);
/* Mean length, in voxels, of f(x) - g(x) over the body, every third voxel along x and y: how far apart two transforms
 * of the volume's world are. Lengths are those of vectors whose components are in voxels of the volume. Infinite
 * where there is no body: the perturbation moved it out of the volume. */
double bench_mean_distance(const sep_volume *volume, const sep_spatial_transform *f, const sep_spatial_transform *g);

/* Trial number `trial` of a perturbation of the volume's world. Stacks of fewer than 32 slices, which are much thicker
 * than their pixels, are moved and deformed within their planes. Freed with sep_spatial_free. */
sep_status bench_perturb(const bench_perturbation *perturbation, const sep_volume *volume, int trial,
                         sep_spatial_transform *transform) SEP_MUST_CHECK;

#endif
