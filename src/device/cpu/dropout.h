/* The dropout of a call, from its attributes and stream and the step's seed and iteration. */
#ifndef SEPTUM_DEVICE_CPU_DROPOUT_H
#define SEPTUM_DEVICE_CPU_DROPOUT_H

#include "septum/device.h"
#include "simd/dropout.h"

static inline sep_dropout sep_cpu_dropout_of(const sep_call *call, const sep_step_info *step)
{
    float probability = call->attributes.probability;

    return (sep_dropout){.random = {.seed = step->seed, .stream = call->stream, .iteration = step->iteration},
                         .probability = probability,
                         .scale = 1.0f / (1.0f - probability)};
}

#endif
