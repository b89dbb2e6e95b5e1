/* What has no effect in a run of its length: see idle.h. */
#include "train/idle.h"

#include <inttypes.h>

enum { LOOKS = 16 };

/* The k-th of LOOKS moments of a run, evenly over it. */
static sep_moment look(const sep_train_config *config, int64_t k)
{
    const int64_t iteration = config->iterations * k / LOOKS - 1;

    return sep_step_moment(config, iteration < 0 ? 0 : iteration, 0);
}

static float weight_at(const sep_loss_term *term, const sep_moment *now)
{
    float weight = 0.0f;

    term->weight(now, &weight, 1);
    return weight;
}

/* Weights are pure functions of the iteration, and none comes and goes within a sixteenth of a run. */
static bool counts(const sep_train_config *config, const sep_loss_term *term)
{
    for (int64_t k = 1; k <= LOOKS; k++) {
        const sep_moment now = look(config, k);

        if (weight_at(term, &now) != 0.0f)
            return true;
    }
    return false;
}

/* Whether its weight has the run's ramp in it: it is another one where the ramp is. */
static bool has_ramp(const sep_train_config *config, const sep_loss_term *term)
{
    for (int64_t k = 1; k <= LOOKS; k++) {
        sep_moment flat = look(config, k), steep = flat;

        flat.ramp = 1.0f;
        steep.ramp = 2.0f;
        if (weight_at(term, &flat) != weight_at(term, &steep))
            return true;
    }
    return false;
}

static bool any_has_ramp(const sep_train_config *config, const sep_stages *stages)
{
    for (int i = 0; i < stages->count; i++) {
        const sep_step *step = &stages->graph[i].step;

        for (int k = 0; k < step->terms; k++)
            if (step->term[k].weight != NULL && has_ramp(config, &step->term[k]))
                return true;
    }
    return false;
}

static void warn_of_losses(const sep_train_config *config, const sep_step *step)
{
    char name[SEP_TERM_NAME];

    for (int i = 0; i < step->terms; i++) {
        if (step->term[i].weight == NULL || counts(config, &step->term[i]))
            continue;
        sep_term_name(step, i, name);
        sep_log(SEP_LOG_WARNING, "the loss '%s' counts in none of the %" PRId64 " iterations: its weight stays 0", name,
                config->iterations);
    }
}

static void warn_of_rate(int student, const sep_schedule *schedule, int64_t iterations)
{
    if (schedule->warm_up >= iterations)
        sep_log(SEP_LOG_WARNING,
                "student_%d.warm_up is %" PRId64 ": in %" PRId64 " iterations its learning rate rises only", student,
                schedule->warm_up, iterations);
}

void sep_warn_idle(const sep_train_config *config, const sep_stages *stages)
{
    for (int i = 0; i < stages->count; i++)
        warn_of_losses(config, &stages->graph[i].step);
    if (config->consistency_weight != SEP_CONSISTENCY_WEIGHT && config->method->uses_unlabelled &&
        !any_has_ramp(config, stages))
        sep_log(SEP_LOG_WARNING, "train.consistency_weight has no effect: %s weighs its losses by settings of its own",
                config->method->name);
    for (int i = 0; i < config->students; i++)
        warn_of_rate(i, &config->student[i].schedule, config->iterations);
}
