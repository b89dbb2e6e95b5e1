/* What the stages of a registration share: the levels, and one level's descent. */
#include "registration/search/optimise.h"
#include "registration/search/register.h"

#include <string.h>

enum { RESTARTS = 3, WORTH_SHARING = 32768 /* samples: for fewer, waking threads takes longer */ };

static sep_status choose_evaluator(const sep_registration *r, int threads, sep_level *level)
{
    const sep_volume *moving = level->moving;
    const sep_lattice volume = {moving->data, moving->width, moving->height, moving->depth};
    const sep_parzen *bins = &level->measure.moving;

    if (sep_searches_on_device(r->options.device))
        return sep_evaluator_on_device(&volume, bins, r->options.device, &level->evaluator);
    return sep_evaluator_on_host(&volume, bins, &level->samples, r->simd, threads, &level->evaluator);
}

sep_status sep_registration_level(const sep_registration *r, int i, int samples, sep_level *level)
{
    const sep_registration_options *o = &r->options;
    const int threads = samples < WORTH_SHARING ? 1 : o->threads;

    *level = (sep_level){.fixed = &r->fixed->level[i],
                         .moving = &r->moving->level[i],
                         .seed = o->seed,
                         .least = SEP_LEAST_VALID,
                         .patches = o->metric == SEP_LOCAL_CORRELATION};
    const float fixed[2] = {r->fixed->low[i], r->fixed->high[i]}, moving[2] = {r->moving->low[i], r->moving->high[i]};

    SEP_TRY(sep_samples_create(samples, &level->samples));
    sep_status status = sep_measure_create(o->metric, o->bins, fixed, moving, r->simd, &level->measure);
    if (status == SEP_OK)
        status = choose_evaluator(r, threads, level);
    if (status != SEP_OK) {
        sep_level_free(level);
        return status;
    }
    level->evaluator->lowest = moving[0];
    sep_level_pad(level);
    return SEP_OK;
}

void sep_level_free(sep_level *level)
{
    sep_evaluator_destroy(level->evaluator);
    level->evaluator = NULL;
    sep_samples_free(&level->samples);
    sep_measure_free(&level->measure);
}

sep_status sep_descend(sep_registration *r, const sep_objective *objective, int iterations, uint32_t draw,
                       double *parameter)
{
    const size_t bytes = (size_t)objective->parameters * sizeof *parameter;
    sep_descent descent = {.iterations = iterations, .step = r->options.max_step, .draw = draw};
    double *start = sep_calloc(1, bytes);
    sep_status status = SEP_ERR_NUMERIC;

    if (start == NULL)
        return SEP_ERR_MEMORY;
    memcpy(start, parameter, bytes);
    for (int attempt = 0; attempt <= RESTARTS && status == SEP_ERR_NUMERIC; attempt++) {
        memcpy(parameter, start, bytes);
        status = r->options.optimiser == SEP_LBFGS ? sep_lbfgs(objective, parameter, &descent)
                                                   : sep_asgd(objective, parameter, &descent);
        r->report->iterations += descent.done;
        descent.step /= 2.0;
    }
    sep_free(start);
    return status;
}
