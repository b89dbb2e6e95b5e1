/* Parameter updates in plain C: the definition. */
#include "simd/optimiser.h"

#include <math.h>

static void sgd(const sep_sgd_terms *t, const float *g, int64_t count, float *p, float *m)
{
    for (int64_t i = 0; i < count; i++) {
        float gradient = fmaf(t->decay, p[i], g[i] * t->clip);

        m[i] = t->first ? gradient : fmaf(t->momentum, m[i], gradient);
        p[i] = fmaf(-t->rate, m[i], p[i]);
    }
}

static void adam(const sep_adam_terms *t, const float *g, int64_t count, float *p, float *m, float *v)
{
    float shrink = t->decoupled ? 1.0f - t->rate * t->decay : 1.0f, decay = t->decoupled ? 0.0f : t->decay;

    for (int64_t i = 0; i < count; i++) {
        float parameter = p[i] * shrink;
        float gradient = fmaf(decay, parameter, g[i] * t->clip);

        m[i] = fmaf(t->beta1, m[i], (1.0f - t->beta1) * gradient);
        v[i] = fmaf(t->beta2, v[i], (1.0f - t->beta2) * (gradient * gradient));
        p[i] = parameter - (t->rate * (m[i] / t->correction1)) / (sqrtf(v[i] / t->correction2) + t->epsilon);
    }
}

static void ema(float alpha, const float *p, int64_t count, float *average)
{
    for (int64_t i = 0; i < count; i++)
        average[i] = fmaf(alpha, average[i] - p[i], p[i]);
}

const sep_simd_optimiser sep_optimiser_generic = {
    .sgd = sgd,
    .adam = adam,
    .ema = ema,
};
