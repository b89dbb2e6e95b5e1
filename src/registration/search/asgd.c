/* Adaptive stochastic gradient descent. */
#include "registration/search/optimise.h"

#include "simd/elementary.h"

#include <math.h>
#include <string.h>

enum { SHIFT = 20, TRIALS = 4 };

static double dot(const double *a, const double *b, int count)
{
    double sum = 0.0;

    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static double cosine(const double *a, const double *b, int count)
{
    const double product = sqrt(dot(a, a, count) * dot(b, b, count));

    return product > 0.0 ? dot(a, b, count) / product : 0.0;
}

/* From -0.8 to 1, 0 at 0. */
static double sigmoid(double x)
{
    const double low = -0.8, high = 1.0;

    return low + (high - low) / (1.0 - high / low * (double)sep_expf((float)(-x / 0.1)));
}

/* The gradient and the scaled direction of one draw. */
static sep_status look(const sep_objective *o, const double *parameter, uint32_t draw, double *gradient,
                       double *direction)
{
    double cost;

    SEP_TRY(o->cost(o->context, parameter, draw, &cost, gradient));
    memcpy(direction, gradient, (size_t)o->parameters * sizeof *direction);
    o->scale(o->context, parameter, direction);
    return SEP_OK;
}

static sep_status find_gain(const sep_objective *o, const double *parameter, const sep_descent *descent,
                            double *gradient, double *direction, double *gain)
{
    double length = 0.0;

    for (uint32_t t = 0; t < TRIALS; t++) {
        SEP_TRY(look(o, parameter, descent->draw + t, gradient, direction));
        length += o->length(o->context, parameter, direction) / TRIALS;
    }
    *gain = length > 0.0 && isfinite(length) ? descent->step * (SHIFT + 1) / length : 0.0;
    return SEP_OK;
}

static sep_status descend(const sep_objective *o, double *parameter, sep_descent *descent, double *gradient,
                          double *direction, double *before)
{
    const int n = o->parameters;
    double gain, time = 0.0;

    SEP_TRY(find_gain(o, parameter, descent, gradient, direction, &gain));
    for (int k = 0; k < descent->iterations; k++) {
        SEP_TRY(look(o, parameter, descent->draw + (uint32_t)k, gradient, direction));
        if (k > 0) {
            time += sigmoid(-cosine(direction, before, n));
            time = time > 0.0 ? time : 0.0;
        }
        const double length = o->length(o->context, parameter, direction), step = gain / (SHIFT + time + 1.0);
        const double held = step * length > descent->step ? descent->step / length : step;
        for (int i = 0; i < n; i++)
            parameter[i] -= held * direction[i];
        memcpy(before, direction, (size_t)n * sizeof *before);
        descent->done++;
    }
    return SEP_OK;
}

sep_status sep_asgd(const sep_objective *objective, double *parameter, sep_descent *descent)
{
    const size_t n = (size_t)objective->parameters;
    double *work = sep_calloc(3 * n, sizeof *work);

    descent->done = 0;
    if (work == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = descend(objective, parameter, descent, work, work + n, work + 2 * n);
    sep_free(work);
    return status;
}
