/* Parameter updates on vectors. */
#include "simd/optimiser.h"

#include "simd/vector/isa.h"

static void sgd(const sep_sgd_terms *t, const float *g, int64_t count, float *p, float *m)
{
    const vec decay = vec_set1(t->decay), clip = vec_set1(t->clip), momentum = vec_set1(t->momentum);
    const vec downhill = vec_set1(-t->rate);

    for (int64_t i = 0; i < count; i += VEC_LANES) {
        int64_t n = count - i;
        vec parameter = vec_stream_up_to(p + i, n);
        vec gradient = vec_fma(decay, parameter, vec_mul(vec_stream_up_to(g + i, n), clip));
        vec moment = t->first ? gradient : vec_fma(momentum, vec_stream_up_to(m + i, n), gradient);

        vec_store_up_to(m + i, moment, n);
        vec_store_up_to(p + i, vec_fma(downhill, moment, parameter), n);
    }
}

static void adam(const sep_adam_terms *t, const float *g, int64_t count, float *p, float *m, float *v)
{
    const vec shrink = vec_set1(t->decoupled ? 1.0f - t->rate * t->decay : 1.0f);
    const vec decay = vec_set1(t->decoupled ? 0.0f : t->decay), clip = vec_set1(t->clip), rate = vec_set1(t->rate);
    const vec beta1 = vec_set1(t->beta1), beta2 = vec_set1(t->beta2), epsilon = vec_set1(t->epsilon);
    const vec rest1 = vec_set1(1.0f - t->beta1), rest2 = vec_set1(1.0f - t->beta2);
    const vec correction1 = vec_set1(t->correction1), correction2 = vec_set1(t->correction2);

    for (int64_t i = 0; i < count; i += VEC_LANES) {
        int64_t n = count - i;
        vec parameter = vec_mul(vec_stream_up_to(p + i, n), shrink);
        vec gradient = vec_fma(decay, parameter, vec_mul(vec_stream_up_to(g + i, n), clip));
        vec first = vec_fma(beta1, vec_stream_up_to(m + i, n), vec_mul(rest1, gradient));
        vec second = vec_fma(beta2, vec_stream_up_to(v + i, n), vec_mul(rest2, vec_mul(gradient, gradient)));
        vec step = vec_mul(rate, vec_div(first, correction1));
        vec size = vec_add(vec_sqrt(vec_div(second, correction2)), epsilon);

        vec_store_up_to(m + i, first, n);
        vec_store_up_to(v + i, second, n);
        vec_store_up_to(p + i, vec_sub(parameter, vec_div(step, size)), n);
    }
}

static void ema(float alpha, const float *p, int64_t count, float *average)
{
    for (int64_t i = 0; i < count; i += VEC_LANES) {
        int64_t n = count - i;
        vec value = vec_stream_up_to(p + i, n);

        vec_store_up_to(average + i, vec_fma(vec_set1(alpha), vec_sub(vec_stream_up_to(average + i, n), value), value),
                        n);
    }
}

const sep_simd_optimiser SEP_ISA_NAME(sep_optimiser) = {
    .sgd = sgd,
    .adam = adam,
    .ema = ema,
};
