/* What of a data set is read, and how: section [data] but for what a network sees of a slice. */
#include "plan/choices.h"

#include <stdio.h>

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

static sep_status choose_slice_axis(const sep_facts *facts, sep_plan_choices *choices)
{
    const sep_slice_axis axis = facts->data->slice_axis;
    const char *name = sep_slice_axis_names[axis];

    if (axis == SEP_SLICE_AXIS_Z)
        return SEP_OK;
    return sep_plan_add(
        choices, "data.slice_axis",
        sep_arena_format(choices->arena,
                         facts->spacing[0] > 0
                             ? "Most scans have their thick slices along %s as they are stored."
                             : "The files do not say how scans lie; most are far shorter along %s, so that "
                               "slices will follow each other along it.",
                         name),
        "%s", name);
}

sep_status sep_choose_data(const sep_plan_request *request, const sep_facts *facts, sep_plan_choices *choices)
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
    SEP_TRY(choose_slice_axis(facts, choices));
    SEP_TRY(choose_split(request, facts, choices));
    SEP_TRY(choose_reading(facts, choices));
    return sep_choose_values(facts, choices);
}
