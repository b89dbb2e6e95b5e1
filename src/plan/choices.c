/* From facts to settings. What a setting does, docs/plan.md and `septum info settings` say; why it is chosen, its
 * reason. */
#include "plan/choices.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static sep_status add(sep_plan_choices *choices, const char *key, const char *reason, const char *format, ...)
    SEP_PRINTF(4, 5);

static sep_status add(sep_plan_choices *choices, const char *key, const char *reason, const char *format, ...)
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
        return add(choices, key, reason, "%s", value);
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
        SEP_TRY(add(choices, "data.train_list", reason, "%s", data->train_list));
    if (data->validation_list != NULL)
        SEP_TRY(add(choices, "data.validation_list", data->train_list != NULL ? NULL : reason, "%s",
                    data->validation_list));
    return data->test_list == NULL
               ? SEP_OK
               : add(choices, "data.test_list", "Kept for the test at the end: nothing of these scans was looked at.",
                     "%s", data->test_list);
}

static sep_status choose_split(const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_data_config *data = facts->data;
    char reason[400];

    SEP_TRY(choose_lists(facts, choices));
    if (data->labelled_cases > 0)
        SEP_TRY(add(choices, "data.labelled_cases",
                    "So many cases count as labelled, the first of the training order. Label maps of all others that "
                    "train are not looked at.",
                    "%d", data->labelled_cases));
    if (data->validation_count > 0) {
        snprintf(reason, sizeof reason,
                 "The last %s by name validate%s: by them the best checkpoint is chosen, from them nothing is learned.",
                 data->validation_count == 1 ? "case" : "cases",
                 data->labelled_cases > 0 ? ", with label maps that do not count as labelled" : ", about one of five");
        return add(choices, "data.validation_count", reason, "%d", data->validation_count);
    }
    return SEP_OK;
}

static sep_status choose_reading(const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_label_reading *labels = &facts->data->labels;
    char text[2048] = "";
    size_t length = 0;

    if (labels->threshold > 0)
        SEP_TRY(add(choices, "data.mask_threshold",
                    "Label maps are grey pictures, black and white with edges between: from here on it is class 1.",
                    "%d", labels->threshold));
    for (int i = 0; i < labels->values.count; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%d", i > 0 ? "," : "", labels->values.value[i]);
    if (length > 0)
        SEP_TRY(add(choices, "data.label_values", "The grey levels of the label maps, in the order of the classes.",
                    "%s", text));
    if (labels->ignores && facts->data->format != SEP_DATA_NNUNET)
        SEP_TRY(add(choices, "data.ignore",
                    "Far beyond the other values: taken for what nobody annotated, which counts nowhere. Where it is a "
                    "class, give data.label_values in its place.",
                    "%d", labels->ignored));
    return SEP_OK;
}

static sep_status choose_intensity(const sep_facts *facts, sep_plan_choices *choices)
{
    enum { LOWEST_OF_CT = -100 };

    if (facts->image_low > LOWEST_OF_CT || facts->window[0] >= facts->window[1])
        return add(
            choices, "data.intensity",
            "No Hounsfield units (nothing far below 0): each scan is stretched from its darkest to its brightest "
            "voxel.",
            "min-max");
    SEP_TRY(add(choices, "data.intensity",
                "Values far below 0, as Hounsfield units of air have: CT. A window from percentile 0.5 to 99.5 of the "
                "labelled foreground.",
                "window"));
    SEP_TRY(add(choices, "data.window_low", NULL, "%d", (int)floor(facts->window[0])));
    return add(choices, "data.window_high", NULL, "%d", (int)ceil(facts->window[1]));
}

static sep_status choose_data(const sep_facts *facts, sep_plan_choices *choices)
{
    static const char *const formats[] = {"hdf5", "nnunet", "pairs"};
    const sep_data_config *data = facts->data;
    char names[600] = "Background";
    size_t length = strlen(names);

    SEP_TRY(add(choices, "data.format", "What lies in the folder.", "%s", formats[data->format]));
    SEP_TRY(add(choices, "data.folder", NULL, "%s", data->folder));
    for (int c = 1; c < facts->classes && length < sizeof names; c++)
        length += (size_t)snprintf(names + length, sizeof names - length, ", %s", facts->class_name[c]);
    SEP_TRY(add(choices, "data.classes", names, "%d", facts->classes));
    if (data->group_separator != NULL)
        SEP_TRY(add(choices, "data.group_separator",
                    "Scans whose names are equal up to here are of one case, and are never on two sides of a split.",
                    "%s", data->group_separator));
    SEP_TRY(choose_split(facts, choices));
    SEP_TRY(choose_reading(facts, choices));
    return choose_intensity(facts, choices);
}

/* ---- the picture that a network sees ----------------------------------------------------------------------------- */

typedef struct plane {
    double size[2]; /* pixels, as the network's spacing makes them */
    bool resampled;
} plane;

static plane plane_of(const sep_facts *facts)
{
    const double varies = 0.05;
    plane p = {.resampled = facts->spacing[0] > 0 && facts->spacing_spread >= varies};

    for (int axis = 0; axis < 2; axis++)
        p.size[axis] = p.resampled ? facts->extent[axis] / facts->spacing[axis] : facts->size[axis];
    return p;
}

/* Small pictures are enlarged, since their structures are small too; others lose a little. */
static int patch_of(const plane *p)
{
    enum { STEP = 32, SMALL = 96, LARGEST = 256 };
    const double low = fmin(p->size[0], p->size[1]), high = fmax(p->size[0], p->size[1]);
    const int patch = low < SMALL ? (int)ceil(fmin(high, SMALL) / STEP) * STEP : (int)(low / STEP) * STEP;

    return patch < LARGEST ? patch : LARGEST;
}

static sep_status choose_picture(const sep_facts *facts, sep_plan_choices *choices)
{
    const plane p = plane_of(facts);
    const int patch = patch_of(&p);
    const double most = 1.5;
    char reason[400];

    if (p.resampled) {
        snprintf(reason, sizeof reason,
                 "Pixels differ in size by %.0f %% (middle nine tenths): all slices are brought to the median.",
                 100 * facts->spacing_spread);
        SEP_TRY(add(choices, "data.spacing", reason, "%.3g,%.3g", facts->spacing[0], facts->spacing[1]));
    }
    if (fmax(p.size[0], p.size[1]) > most * patch) {
        snprintf(reason, sizeof reason,
                 "Slices (median %.0f x %.0f pixels) are more than one and a half patches: the network sees windows.",
                 p.size[0], p.size[1]);
        SEP_TRY(add(choices, "data.view", reason, "window"));
    }
    snprintf(reason, sizeof reason, "A multiple of 32 near the median slice, %.0f x %.0f pixels, and no more than 256.",
             p.size[0], p.size[1]);
    return add(choices, "data.patch_size", reason, "%d", patch);
}

/* ---- augmentation ------------------------------------------------------------------------------------------------ */

static sep_status choose_sides(const sep_facts *facts, sep_plan_choices *choices)
{
    static const char *const words[2][2] = {{"both", "columns"}, {"rows", "none"}}; /* [columns are sided][rows are] */
    const bool any = facts->sided[0] || facts->sided[1];
    const int axis = facts->sided[0] ? 0 : 1;
    char reason[400] = "No two classes change places in a mirror: labels do not tell left from right.";

    if (any)
        snprintf(reason, sizeof reason, "%s and %s %s.", facts->sided_class[axis][0], facts->sided_class[axis][1],
                 facts->sided_by_name ? "tell left from right by their names"
                                      : "change places in a mirror, by the label maps");
    SEP_TRY(add(choices, "augmentation.mirror", reason, "%s", words[facts->sided[0]][facts->sided[1]]));
    return add(choices, "augmentation.quarter_turns", NULL, "%s", any ? "no" : "yes");
}

static sep_status choose_augmentation(const sep_facts *facts, sep_plan_choices *choices)
{
    static const char *const often[][2] = {{"rotation_probability", "0.8"},   {"rotation", "30"},
                                           {"scale_probability", "0.8"},      {"shift_probability", "0.5"},
                                           {"elastic_probability", "0.5"},    {"bias_probability", "0.3"},
                                           {"brightness_probability", "0.3"}, {"contrast_probability", "0.3"},
                                           {"gamma_probability", "0.5"}};

    SEP_TRY(add(choices, "data.augmentation",
                "Few labelled slices are seen many times: strong augmentation, on nearly every slice.", "strong"));
    SEP_TRY(choose_sides(facts, choices));
    for (size_t i = 0; i < sizeof often / sizeof *often; i++) {
        const char *key = sep_arena_format(choices->arena, "augmentation.%s", often[i][0]);
        SEP_TRY(key != NULL
                    ? add(choices, key, i == 0 ? "As measured on ACDC with 3 labelled cases." : NULL, "%s", often[i][1])
                    : SEP_ERR_MEMORY);
    }
    return SEP_OK;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static sep_status choose_method(const sep_plan_request *request, const sep_facts *facts, const sep_method **method,
                                sep_plan_choices *choices)
{
    const bool unlabelled = facts->slices[SEP_USE_UNLABELLED] > 0;
    const char *recipe = sep_method_find("night") != NULL ? "night" : "mean-teacher";
    const char *name = request->method != NULL ? request->method : unlabelled ? recipe : "supervised";
    char reason[400];

    *method = sep_method_find(name);
    if (*method == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "there is no method '%s': `septum info methods` lists them", name);
    if ((*method)->uses_unlabelled && !unlabelled)
        return sep_fail(SEP_ERR_ARGUMENT, "%s learns from unlabelled scans too, but all are labelled", name);
    snprintf(reason, sizeof reason, "%s%d labelled cases with %d slices, %d unlabelled cases with %d.",
             request->method != NULL ? "As asked for. " : "", facts->cases[SEP_USE_LABELLED],
             facts->slices[SEP_USE_LABELLED], facts->cases[SEP_USE_UNLABELLED], facts->slices[SEP_USE_UNLABELLED]);
    return add(choices, "train.method", reason, "%s", name);
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
    for (int i = 0; i < method->students_low; i++) {
        char key[64];

        snprintf(key, sizeof key, "student_%d.net", i);
        SEP_TRY(add(choices, key, i == 0 ? "The network that few labelled cases are best learned with so far." : NULL,
                    "u-net"));
        snprintf(key, sizeof key, "student_%d.learning_rate", i);
        SEP_TRY(add(choices, key, NULL, "1e-3"));
    }
    return SEP_OK;
}

static sep_status choose_training(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_method *method;

    SEP_TRY(choose_method(request, facts, &method, choices));
    SEP_TRY(add(choices, "train.iterations", "Measured below.", "1"));
    SEP_TRY(sep_choose_batch(choices, 0, "The largest that is tried."));
    SEP_TRY(add(choices, "train.ema",
                "The mean of the last hundred steps' weights predicts better than the last weights.", "0.99"));
    SEP_TRY(add(choices, "train.validate_every",
                facts->slices[SEP_USE_VALIDATION] > 0
                    ? "Measured below."
                    : "No case validates: with so few labelled ones each is worth more for learning, and the last "
                      "checkpoint is the result. Cross-validation over folds would judge the choices; it is not built.",
                "0"));
    SEP_TRY(add(choices, "train.seed", "The same seed gives the same network, bit for bit.", "%llu",
                (unsigned long long)request->seed));
    return choose_networks(method, choices);
}

sep_status sep_choose(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
{
    SEP_TRY(choose_data(facts, choices));
    SEP_TRY(choose_picture(facts, choices));
    SEP_TRY(choose_augmentation(facts, choices));
    return choose_training(request, facts, choices);
}
