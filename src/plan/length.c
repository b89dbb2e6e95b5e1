/* How long a run is: as many iterations as fit, with room for validation and the end. */
#include "plan/choices.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the hours: what steps may take, and what must be left for loading and checkpoints. */
static const double STEPS = 0.90, SPARE = 0.02;
/* What validations may take beside the steps; what deciding how to predict, and labelling scans by symmetries, may take
 * of the hours. */
static const double VALIDATIONS = 0.09, DECISION = 0.05, LABELLING = 0.04;

enum { LONGEST = 30000, SHORTEST = 10, MOST_VALIDATIONS = 40 };
/* Time that one network has no use for is for a second, which brought a point at as many iterations, though within
 * noise (docs/results/acdc.md); from here on a run is about as good as the longest. */
enum { FEWEST_WITH_TWO = 20000 };
/* With fewer iterations labelled slices alone brought as much or more (docs/results/acdc.md). */
enum { FEWEST_WITH_UNLABELLED = 2000, FEWEST_WITH_ONE_CASE = 1000 };
/* How often a warm start shows each labelled slice: with fewer looks there is more to learn from labelled slices than
 * from labels of a network's own (docs/results/data-sets.md). */
enum { FEWEST_LOOKS = 150 };

/* How much a run asks of the cases that validate before it ends. */
typedef enum decision { DECIDES_NOTHING, DECIDES_WITHOUT_SYMMETRIES, DECIDES_ALL } decision;

typedef struct length {
    int64_t iterations, every;
    bool longest, mirrored; /* training shows all mirrored pictures */
    decision decides;
    bool labels_once;      /* where symmetries would take too long */
    double step, deciding; /* seconds */
    double warm_up;        /* share of the iterations */
} length;

static int64_t rounded(double iterations)
{
    const int64_t whole = (int64_t)iterations;

    return whole < SHORTEST ? SHORTEST : whole < 100 ? whole : whole / 10 * 10;
}

static void affordable_decision(double seconds, const sep_measured *measured, length *l)
{
    const double most = DECISION * seconds, all = measured->deciding, once = measured->deciding_once;

    l->decides = all <= most && l->mirrored ? DECIDES_ALL : once <= most ? DECIDES_WITHOUT_SYMMETRIES : DECIDES_NOTHING;
    l->deciding = l->decides == DECIDES_ALL ? all : l->decides == DECIDES_WITHOUT_SYMMETRIES ? once : 0;
}

/* What is done once, and a validation that takes much of the hours, leave less for steps of so many seconds. */
static length fit(double hours, bool mirrored, bool validates, const sep_measured *measured, double step)
{
    const double seconds = 3600 * hours;
    length l = {.mirrored = mirrored, .step = step};

    if (validates)
        affordable_decision(seconds, measured, &l);
    l.labels_once = measured->labelling > LABELLING * seconds && measured->labelling > measured->labelling_once;
    const double labelling = l.labels_once ? measured->labelling_once : measured->labelling;
    const double once = measured->registering + labelling + l.deciding;
    const double left = seconds * (1 - SPARE) - once - (validates ? measured->validation : 0);
    const double fitting = fmax(fmin(left, seconds * STEPS), 0.5 * seconds) / step;

    l.longest = fitting > LONGEST;
    l.iterations = l.longest ? LONGEST : rounded(fitting);
    if (!validates)
        return l;
    const double steps = (double)l.iterations * step;
    const double room = fmin(VALIDATIONS * steps, seconds * (1 - SPARE) - once - steps);
    const double affordable = room / measured->validation;
    const int times = affordable < 1 ? 1 : affordable > MOST_VALIDATIONS ? MOST_VALIDATIONS : (int)affordable;
    l.every = l.iterations / times > 0 ? l.iterations / times : 1;
    l.iterations = l.iterations / l.every * l.every;
    return l;
}

static sep_status choose_decision(const length *l, const sep_measured *measured, sep_plan_choices *choices)
{
    const bool all = l->decides == DECIDES_ALL, nothing = l->decides == DECIDES_NOTHING;
    char reason[400], duration[SEP_DURATION_TEXT];

    snprintf(reason, sizeof reason,
             "Whether %slargest components help at prediction is seen on the cases that validate, at the end: about "
             "%s%s.",
             all ? "flips and " : "",
             sep_duration_text(fmax(all ? measured->deciding : measured->deciding_once, 1), duration),
             nothing ? ", too much of the hours; a finished run decides by --resume --set train.decide=yes" : "");
    SEP_TRY(sep_choose_again(choices, "train.decide", nothing ? "no" : "yes", reason));
    if (l->decides != DECIDES_WITHOUT_SYMMETRIES)
        return SEP_OK;
    if (!l->mirrored)
        return sep_plan_add(choices, "train.decide_symmetries", "Training doesn't show all flips: none is tried.",
                            "no");
    snprintf(reason, sizeof reason, "Flips too would take about %s, too much of the hours.",
             sep_duration_text(measured->deciding, duration));
    return sep_plan_add(choices, "train.decide_symmetries", reason, "no");
}

static sep_status choose_every(const length *l, const sep_measured *measured, sep_plan_choices *choices)
{
    char value[32], reason[400], duration[SEP_DURATION_TEXT];
    const int64_t times = l->iterations / l->every;

    snprintf(value, sizeof value, "%" PRId64, l->every);
    snprintf(reason, sizeof reason, "%" PRId64 " validation%s of about %s each.", times, times == 1 ? "" : "s",
             sep_duration_text(fmax(measured->validation, 1), duration));
    return sep_choose_again(choices, "train.validate_every", value, reason);
}

static double mean_step(const sep_measured *measured, double warm_up)
{
    return warm_up * measured->warm_up_step + (1 - warm_up) * measured->step;
}

/* Night's warm start takes half of the time, for its steps are cheap and labels that a network gives are worth learning
 * when it has learned for a while (docs/results/acdc.md); yet no more than so many steps, when labelled slices have
 * long said what they can. */
static length fit_with_warm_up(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                               const sep_plan_choices *choices)
{
    const double most = 10000;
    const bool mirrored = strcmp(sep_chosen(choices, "augmentation.mirror"), "both") == 0;
    const bool validates = facts->slices[SEP_USE_VALIDATION] > 0;
    const bool warms_up = strcmp(sep_chosen(choices, "train.method"), "night") == 0;
    double warm_up = warms_up ? measured->step / (measured->step + measured->warm_up_step) : 0;

    length l = fit(request->hours, mirrored, validates, measured, mean_step(measured, warm_up));
    if (warm_up * (double)l.iterations > most) {
        const double others = ((double)l.iterations * l.step - most * measured->warm_up_step) / measured->step;

        warm_up = most / (most + others);
        l = fit(request->hours, mirrored, validates, measured, mean_step(measured, warm_up));
    }
    l.warm_up = warm_up;
    return l;
}

sep_status sep_choose_warm_up(sep_plan_choices *choices, double share)
{
    const double labels_later = 0.3, halfway = share + 0.5 * (1 - share);
    char warm_up[16], relabel[16];

    if (strcmp(sep_chosen(choices, "train.method"), "night") != 0)
        return SEP_OK;
    snprintf(warm_up, sizeof warm_up, "%.2f", share);
    snprintf(relabel, sizeof relabel, "%.2f", fmin(share + labels_later, halfway));
    SEP_TRY(sep_choose_again(choices, "night.warm_up", warm_up,
                             "Half of the time, but no more than 10,000 iterations, before it learns from its own "
                             "labels."));
    return sep_choose_again(choices, "night.relabel", relabel, "Then it labels whole volumes.");
}

static sep_status choose_labelling(const length *l, const sep_measured *measured, sep_plan_choices *choices)
{
    char reason[160], duration[SEP_DURATION_TEXT];

    if (!l->labels_once)
        return SEP_OK;
    snprintf(reason, sizeof reason, "In all mirrors and turns that would take about %s, too much of the hours.",
             sep_duration_text(measured->labelling, duration));
    return sep_plan_add(choices, "night.symmetries", reason, "no");
}

/* How often half of the hours would show each labelled slice. */
static double looks(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                    const sep_plan_choices *choices)
{
    const double steps = 0.5 * STEPS * 3600 * request->hours / measured->warm_up_step;

    return steps * strtod(sep_chosen(choices, "train.labelled_batch"), NULL) / facts->slices[SEP_USE_LABELLED];
}

bool sep_lacks_time(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                    const sep_plan_choices *choices)
{
    const sep_method *method = sep_method_find(sep_chosen(choices, "train.method"));
    const bool several = facts->cases[SEP_USE_LABELLED] > 1;
    const int fewest = several ? FEWEST_WITH_UNLABELLED : FEWEST_WITH_ONE_CASE;

    if (request->method != NULL || !method->uses_unlabelled)
        return false;
    return measured->step * fewest > STEPS * 3600 * request->hours ||
           (several && looks(request, facts, measured, choices) < FEWEST_LOOKS);
}

/* A second network costs as much as the first. */
bool sep_has_time_for_two(const sep_plan_request *request, const sep_facts *facts, const sep_measured *measured,
                          const sep_plan_choices *choices)
{
    const sep_method *method = sep_method_find(sep_chosen(choices, "train.method"));
    const length one = fit_with_warm_up(request, facts, measured, choices);

    return request->method == NULL && method->students_low == 1 && method->students_high >= 2 && one.longest &&
           2 * one.step * FEWEST_WITH_TWO <= STEPS * 3600 * request->hours;
}

sep_status sep_choose_length(const sep_plan_request *request, const sep_facts *facts, sep_measured *measured,
                             sep_plan_choices *choices)
{
    const length l = fit_with_warm_up(request, facts, measured, choices);
    char value[32], reason[400], why[160];

    measured->mean_step = l.step;
    snprintf(value, sizeof value, "%" PRId64, l.iterations);
    snprintf(why, sizeof why, "a tenth of %.3g h is left for validation and the end", request->hours);
    snprintf(reason, sizeof reason, "%.3g s a step, measured on this machine with %d thread%s: %s.", l.step,
             measured->threads, measured->threads == 1 ? "" : "s",
             l.longest ? "more would fit, but the learning rate has long done its work by then" : why);
    SEP_TRY(sep_choose_again(choices, "train.iterations", value, reason));
    SEP_TRY(sep_choose_warm_up(choices, l.warm_up));
    SEP_TRY(choose_labelling(&l, measured, choices));
    if (l.every == 0)
        return sep_choose_again(choices, "train.decide", "yes",
                                "No case validates: the label maps say of which classes only the largest component is "
                                "kept, and estimates of quality, calibrated on augmented labelled scans, are too "
                                "hopeful.");
    SEP_TRY(choose_every(&l, measured, choices));
    return choose_decision(&l, measured, choices);
}
