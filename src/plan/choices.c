/* From facts to settings. What a setting does, docs/plan.md and `septum info settings` say; why it is chosen, its
 * reason. */
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

/* ---- the data ---------------------------------------------------------------------------------------------------- */

static sep_status choose_lists(const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_data_config *data = facts->data;
    const char *reason = facts->own_lists ? "The split that comes with the data." : "The split that was asked for.";

    if (data->train_list != NULL)
        SEP_TRY(sep_plan_add(choices, "data.train_list", reason, "%s", data->train_list));
    if (data->validation_list != NULL)
        SEP_TRY(sep_plan_add(choices, "data.validation_list", data->train_list != NULL ? NULL : reason, "%s",
                             data->validation_list));
    return data->test_list == NULL ? SEP_OK
                                   : sep_plan_add(choices, "data.test_list",
                                                  "Kept for the test at the end: nothing of these scans was looked at.",
                                                  "%s", data->test_list);
}

/* A list of the plan's own would contradict one that names the same scans for training. */
static sep_status choose_validation(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_data_config *data = facts->data;
    const bool listed = request->own_validation_list != NULL && data->train_list == NULL;
    char reason[400];

    snprintf(reason, sizeof reason,
             "The last %s by name%s: the best checkpoint is chosen by what it does there, and nothing is learned "
             "from it. %s",
             data->validation_count == 1 ? "case validates" : "cases validate",
             data->labelled_cases > 0 ? ", with label maps that do not count as labelled" : ", about one of five",
             listed ? "They are listed, so that they stay when more scans get label maps."
                    : "Before more scans get label maps, name those that validate in a file for "
                      "data.validation_list, or others will.");
    if (listed)
        return sep_plan_add(choices, "data.validation_list", reason, "%s", request->own_validation_list);
    return sep_plan_add(choices, "data.validation_count", reason, "%d", data->validation_count);
}

static sep_status choose_split(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_data_config *data = facts->data;

    SEP_TRY(choose_lists(facts, choices));
    if (data->labelled_cases > 0)
        SEP_TRY(sep_plan_add(
            choices, "data.labelled_cases",
            "So many cases count as labelled, the first of the training order. Label maps of all others that "
            "train are not looked at.",
            "%d", data->labelled_cases));
    return data->validation_count > 0 ? choose_validation(request, facts, choices) : SEP_OK;
}

/* What each class is called in the label maps. */
static sep_status choose_names(const sep_label_reading *labels, sep_plan_choices *choices)
{
    char values[2048] = "", colours[2048] = "";
    size_t length = 0;

    for (int i = 0; i < labels->values.count; i++)
        length += (size_t)snprintf(values + length, sizeof values - length, "%s%d", i > 0 ? "," : "",
                                   labels->values.value[i]);
    if (length > 0)
        SEP_TRY(sep_plan_add(choices, "data.label_values",
                             "The grey levels of the label maps, in the order of the classes.", "%s", values));
    length = 0;
    for (int i = 0; i < labels->colours.count; i++)
        length += (size_t)snprintf(colours + length, sizeof colours - length, "%s%06x", i > 0 ? "," : "",
                                   (unsigned)labels->colours.colour[i]);
    return length == 0 ? SEP_OK
                       : sep_plan_add(choices, "data.label_colours",
                                      "The colours of the label maps, in the order of the classes.", "%s", colours);
}

static sep_status choose_reading(const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_label_reading *labels = &facts->data->labels;

    if (labels->threshold > 0)
        SEP_TRY(sep_plan_add(
            choices, "data.mask_threshold",
            "Label maps are grey pictures, black and white with edges between: from here on it is class 1.", "%d",
            labels->threshold));
    SEP_TRY(choose_names(labels, choices));
    if (labels->ignores && facts->data->format != SEP_DATA_NNUNET)
        SEP_TRY(sep_plan_add(
            choices, "data.ignore",
            "Far beyond the other values: taken for what nobody annotated, which counts nowhere. Where it is a "
            "class, give data.label_values in its place.",
            "%d", labels->ignored));
    return SEP_OK;
}

static sep_status choose_data(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    static const char *const formats[] = {"hdf5", "nnunet", "pairs"};
    const sep_data_config *data = facts->data;
    const char *names = "Background";

    SEP_TRY(sep_plan_add(choices, "data.format", "What lies in the folder.", "%s", formats[data->format]));
    SEP_TRY(sep_plan_add(choices, "data.folder", NULL, "%s", data->folder));
    for (int c = 1; c < facts->classes && names != NULL; c++)
        names = sep_arena_format(choices->arena, "%s, %s", names, facts->class_name[c]);
    SEP_TRY(sep_plan_add(choices, "data.classes", names, "%d", facts->classes));
    if (data->group_separator != NULL)
        SEP_TRY(sep_plan_add(
            choices, "data.group_separator",
            "Scans whose names are equal up to here are of one case, and are never on two sides of a split.", "%s",
            data->group_separator));
    SEP_TRY(choose_split(request, facts, choices));
    SEP_TRY(choose_reading(facts, choices));
    return sep_choose_values(facts, choices);
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
    const bool labels = method->uses_unlabelled && method->takes_registered;

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
    SEP_TRY(choose_data(request, facts, choices));
    SEP_TRY(sep_choose_picture(facts, choices));
    SEP_TRY(sep_choose_augmentation(facts, choices));
    return choose_training(request, facts, choices);
}
