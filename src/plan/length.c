/* How long a run is: as many iterations as fit, with room for validation and the end. */
#include "plan/choices.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Of the hours: what steps may take, and what validations may. The rest is for loading, checkpoints and the end. */
static const double STEPS = 0.90, VALIDATIONS = 0.08;

enum { LONGEST = 30000, SHORTEST = 10, MOST_VALIDATIONS = 40 };

typedef struct length {
    int64_t iterations, every;
    bool longest;
} length;

static int64_t rounded(double iterations)
{
    const int64_t whole = (int64_t)iterations;

    return whole < SHORTEST ? SHORTEST : whole < 100 ? whole : whole / 10 * 10;
}

/* A validation that takes much of the hours is done once, at the end, and steps leave it its time. */
static length fit(double hours, bool validates, const sep_measured *measured)
{
    const double seconds = 3600 * hours;
    const double left = validates ? seconds * (STEPS + VALIDATIONS) - measured->validation : seconds * STEPS;
    const double fitting = fmax(fmin(left, seconds * STEPS), 0.5 * seconds) / measured->step;
    length l = {.iterations = rounded(fitting), .longest = fitting > LONGEST};

    if (l.longest)
        l.iterations = LONGEST;
    if (!validates)
        return l;
    const double affordable = VALIDATIONS * (double)l.iterations * measured->step / STEPS / measured->validation;
    const int times = affordable < 1 ? 1 : affordable > MOST_VALIDATIONS ? MOST_VALIDATIONS : (int)affordable;
    l.every = l.iterations / times > 0 ? l.iterations / times : 1;
    l.iterations = l.iterations / l.every * l.every;
    return l;
}

static sep_status choose_every(const length *l, const sep_measured *measured, sep_choices *choices)
{
    char value[32], reason[400], duration[SEP_DURATION_TEXT];
    const int64_t times = l->iterations / l->every;

    snprintf(value, sizeof value, "%" PRId64, l->every);
    snprintf(reason, sizeof reason, "%" PRId64 " validation%s of about %s each.", times, times == 1 ? "" : "s",
             sep_duration_text(fmax(measured->validation, 1), duration));
    return sep_choose_again(choices, "train.validate_every", value, reason);
}

sep_status sep_choose_length(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                             sep_choices *choices)
{
    const length l = fit(request->hours, facts->slices[SEP_USE_VALIDATION] > 0, measured);
    char value[32], reason[400], why[160];

    snprintf(value, sizeof value, "%" PRId64, l.iterations);
    snprintf(why, sizeof why, "a tenth of %.3g h is left for validation and the end", request->hours);
    snprintf(reason, sizeof reason, "%.3g s a step, measured on this machine with %d thread%s: %s.", measured->step,
             measured->threads, measured->threads == 1 ? "" : "s",
             l.longest ? "more would fit, but the learning rate has long done its work by then" : why);
    SEP_TRY(sep_choose_again(choices, "train.iterations", value, reason));
    return l.every > 0 ? choose_every(&l, measured, choices) : SEP_OK;
}
