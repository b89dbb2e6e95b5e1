/* From facts to settings. What a setting does, docs/plan.md says; why it is chosen, its reason. */
#include "plan/choices.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the list ---------------------------------------------------------------------------------------------------- */

sep_status sep_plan_add(sep_plan_choices *choices, const char *key, const char *reason, const char *format, ...)
{
    char value[4096];
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof value || choices->count == SEP_MOST_CHOICES)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: its value is too long", key);
    choices->choice[choices->count++] =
        (sep_plan_choice){.key = sep_arena_format(choices->arena, "%s", key),
                          .value = sep_arena_format(choices->arena, "%s", value),
                          .reason = reason != NULL ? sep_arena_format(choices->arena, "%s", reason) : NULL};
    return sep_arena_failed(choices->arena) ? SEP_ERR_MEMORY : SEP_OK;
}

static sep_plan_choice *find(const sep_plan_choices *choices, const char *key)
{
    for (int i = 0; i < choices->count; i++)
        if (strcmp(choices->choice[i].key, key) == 0)
            return (sep_plan_choice *)&choices->choice[i];
    return NULL;
}

const char *sep_chosen(const sep_plan_choices *choices, const char *key)
{
    const sep_plan_choice *choice = find(choices, key);
    return choice != NULL ? choice->value : NULL;
}

sep_status sep_choose_again(sep_plan_choices *choices, const char *key, const char *value, const char *reason)
{
    sep_plan_choice *choice = find(choices, key);

    if (choice == NULL)
        return sep_plan_add(choices, key, reason, "%s", value);
    choice->value = sep_arena_format(choices->arena, "%s", value);
    choice->reason = sep_arena_format(choices->arena, "%s", reason);
    return sep_arena_failed(choices->arena) ? SEP_ERR_MEMORY : SEP_OK;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static sep_status choose_method(const sep_plan_request *request, const sep_facts *facts, const sep_method **method,
                                sep_plan_choices *choices)
{
    const bool unlabelled = facts->slices[SEP_USE_UNLABELLED] > 0, takes = unlabelled && !choices->hurried;
    const char *recipe = sep_method_find("night") != NULL ? "night" : "mean-teacher";
    const char *name = request->method != NULL ? request->method : takes ? recipe : "supervised";
    char reason[400];

    *method = sep_method_find(name);
    if ((*method)->uses_unlabelled && !unlabelled)
        return sep_fail(SEP_ERR_ARGUMENT, "%s learns from unlabelled scans too, but all are labelled", name);
    snprintf(reason, sizeof reason, "%s%d labelled cases with %d slices, %d unlabelled cases with %d.%s",
             request->method != NULL ? "As asked for. " : "", facts->cases[SEP_USE_LABELLED],
             facts->slices[SEP_USE_LABELLED], facts->cases[SEP_USE_UNLABELLED], facts->slices[SEP_USE_UNLABELLED],
             choices->hurried
                 ? " Into the hours fit too few iterations for labels of the unlabelled ones to bring anything: "
                   "give more, or --method."
                 : "");
    return sep_plan_add(choices, "train.method", reason, "%s", name);
}

sep_status sep_choose_batch(sep_plan_choices *choices, int halvings, const char *reason)
{
    const sep_method *method = sep_method_find(sep_chosen(choices, "train.method"));
    enum { LARGEST = 8 };
    char number[16];

    snprintf(number, sizeof number, "%d", LARGEST >> halvings);
    SEP_TRY(sep_choose_again(choices, "train.labelled_batch", number, reason));
    return method->uses_unlabelled
               ? sep_choose_again(choices, "train.unlabelled_batch", number, "As many as labelled ones.")
               : SEP_OK;
}

static sep_status choose_networks(const sep_method *method, sep_plan_choices *choices)
{
    const int networks = choices->two ? 2 : method->students_low;

    if (networks > method->students_low)
        SEP_TRY(sep_plan_add(choices, "train.students",
                             "The hours are enough for two networks that teach each other; the mean of both answers.",
                             "%d", networks));
    for (int i = 0; i < networks; i++) {
        char key[64];

        snprintf(key, sizeof key, "student_%d.net", i);
        SEP_TRY(sep_plan_add(choices, key,
                             i == 0 ? "The network that few labelled cases are best learned with so far." : NULL,
                             "u-net"));
        snprintf(key, sizeof key, "student_%d.learning_rate", i);
        SEP_TRY(sep_plan_add(choices, key, NULL, "1e-3"));
    }
    return SEP_OK;
}

/* So few labelled cases that the shapes of the others' organs are not known from them; and scans, not pictures; and
 * others there are. */
static bool wants_registration(const sep_facts *facts)
{
    enum { FEW_CASES = 2, FEW_SLICES = 3 };

    return facts->slices[SEP_USE_UNLABELLED] > 0 && facts->cases[SEP_USE_LABELLED] <= FEW_CASES &&
           facts->training_cases > 1 && facts->depth >= FEW_SLICES;
}

static sep_status choose_registered_labels(sep_plan_choices *choices)
{
    SEP_TRY(sep_plan_add(choices, "train.registered",
                         "At first the unlabelled images are learned by the labels that registration gives them.",
                         "yes"));
    return sep_plan_add(choices, "registration.transform", "The best fit of one labelled case.", "bspline");
}

/* A method that learns from labelled scans alone is for a run in a hurry, not for one that asked for it. */
static sep_status choose_registration(const sep_facts *facts, const sep_method *method, sep_plan_choices *choices)
{
    const bool labels = method->uses_unlabelled && (method->compares || method->takes_registered);

    if (!wants_registration(facts) || !(labels || choices->hurried))
        return SEP_OK;
    SEP_TRY(sep_plan_add(choices, "data.registered",
                         "With so few labelled cases it helps to register them with all others.", "auto"));
    SEP_TRY(sep_plan_add(choices, "augmentation.registered_probability",
                         "Labelled images are often shown in the shape of another case.", "0.7"));
    SEP_TRY(labels ? choose_registered_labels(choices)
                   : sep_plan_add(choices, "registration.transform", "All that shapes are taken from.", "affine"));
    return sep_plan_add(choices, "registration.vote", NULL, "1");
}

static sep_status choose_training(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_method *method;

    SEP_TRY(choose_method(request, facts, &method, choices));
    SEP_TRY(sep_plan_add(choices, "train.iterations", "Measured below.", "1"));
    SEP_TRY(sep_choose_warm_up(choices, 0.5));
    SEP_TRY(sep_choose_batch(choices, 0, "The largest that is tried."));
    SEP_TRY(sep_plan_add(choices, "train.ema",
                         "The mean of the last hundred steps' weights predicts better than the last weights.", "0.99"));
    SEP_TRY(
        sep_plan_add(choices, "train.validate_every",
                     facts->slices[SEP_USE_VALIDATION] > 0
                         ? "Measured below."
                         : "No case validates: with so few labelled ones each is worth more for learning, and the last "
                           "checkpoint is the result.",
                     "0"));
    SEP_TRY(sep_plan_add(choices, "train.seed", "The same seed gives the same network, bit for bit.", "%llu",
                         (unsigned long long)request->seed));
    SEP_TRY(choose_registration(facts, method, choices));
    return choose_networks(method, choices);
}

sep_status sep_choose(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    SEP_TRY(sep_choose_data(request, facts, choices));
    SEP_TRY(sep_choose_picture(facts, choices));
    SEP_TRY(sep_choose_augmentation(facts, choices));
    return choose_training(request, facts, choices);
}
