/* What validation decided, in a checkpoint's description. */
#include "model/decisions.h"

#include <limits.h>
#include <math.h>
#include <string.h>

void sep_decisions_to_json(const sep_decisions *decisions, json_t *root)
{
    const sep_calibration *calibration = &decisions->calibration;
    json_t *classes;

    if (root == NULL || !decisions->known)
        return;
    classes = json_array();
    for (int c = 1; c < SEP_MOST_CLASSES; c++)
        if (decisions->largest[c])
            json_array_append_new(classes, json_integer(c));
    json_object_set_new(root, "tta", json_string(sep_tta_name(decisions->tta)));
    if (decisions->smooth)
        json_object_set_new(root, "smooth", json_true());
    json_object_set_new(root, "components", classes);
    if (calibration->cases > 0)
        json_object_set_new(root, "calibration",
                            json_pack("{s:i, s:b, s:f, s:f}", "cases", calibration->cases, "augmented",
                                      calibration->augmented, "slope", calibration->slope, "intercept",
                                      calibration->intercept));
}

static sep_status tta_from_json(const json_t *value, bool square, sep_tta *tta)
{
    const char *name = json_string_value(value);

    for (int i = SEP_TTA_NONE; name != NULL && i <= SEP_TTA_ALL; i++)
        if (strcmp(name, sep_tta_name((sep_tta)i)) == 0 && (i != SEP_TTA_ALL || square)) {
            *tta = (sep_tta)i;
            return SEP_OK;
        }
    return sep_fail(SEP_ERR_FORMAT, "'tta' is none of none, flips and, for square patches, all");
}

static sep_status components_from_json(const json_t *array, int classes, bool *largest)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        const json_int_t class_index = json_integer_value(item);
        if (!json_is_integer(item) || class_index < 1 || class_index >= classes)
            return sep_fail(SEP_ERR_FORMAT, "'components' names a class that is not in the foreground");
        largest[class_index] = true;
    }
    return SEP_OK;
}

static sep_status calibration_from_json(const json_t *object, sep_calibration *calibration)
{
    const json_int_t cases = json_integer_value(json_object_get(object, "cases"));
    const double slope = json_number_value(json_object_get(object, "slope")),
                 intercept = json_number_value(json_object_get(object, "intercept"));

    if (object == NULL)
        return SEP_OK;
    if (cases < 1 || cases > INT_MAX || !(slope >= 0.0) || !isfinite(slope) || !isfinite(intercept))
        return sep_fail(SEP_ERR_FORMAT, "'calibration' is no rising line");
    *calibration = (sep_calibration){.cases = (int)cases,
                                     .augmented = json_is_true(json_object_get(object, "augmented")),
                                     .slope = slope,
                                     .intercept = intercept};
    return SEP_OK;
}

sep_status sep_decisions_from_json(const json_t *root, int classes, bool square, sep_decisions *decisions)
{
    const json_t *tta = json_object_get(root, "tta");

    decisions->known = tta != NULL;
    if (tta == NULL)
        return SEP_OK;
    SEP_TRY(tta_from_json(tta, square, &decisions->tta));
    decisions->smooth = json_is_true(json_object_get(root, "smooth"));
    SEP_TRY(components_from_json(json_object_get(root, "components"), classes, decisions->largest));
    return calibration_from_json(json_object_get(root, "calibration"), &decisions->calibration);
}
