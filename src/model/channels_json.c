/* The channels of a model's images, to JSON and back. */
#include "model/channels_json.h"

#include <math.h>

json_t *sep_intensity_to_json(const sep_intensity *rule)
{
    json_t *object = json_pack("{s:b, s:f, s:f}", "window", rule->kind == SEP_INTENSITY_WINDOW, "low",
                               (double)rule->low, "high", (double)rule->high);

    if (object != NULL && rule->kind == SEP_INTENSITY_PERCENTILES)
        json_object_set_new(object, "percentiles", json_true());
    return object;
}

void sep_channels_to_json(const sep_model_info *info, json_t *root)
{
    const int channels = info->spec[0].channels;
    json_t *rules = info->intensity.rules > 1 ? json_array() : NULL;
    json_t *names = channels > 1 && info->channel_names.count == channels ? json_array() : NULL;

    for (int c = 0; rules != NULL && c < channels; c++)
        json_array_append_new(rules, sep_intensity_to_json(&info->intensity.rule[c]));
    for (int c = 0; names != NULL && c < channels; c++)
        json_array_append_new(names, json_string(info->channel_names.item[c]));
    if (rules != NULL)
        json_object_set_new(root, "channel_intensity", rules);
    if (names != NULL)
        json_object_set_new(root, "channel_names", names);
}

static sep_status read_float(const json_t *object, const char *key, float *value)
{
    *value = (float)json_number_value(json_object_get(object, key));
    return isfinite(*value) ? SEP_OK : sep_fail(SEP_ERR_FORMAT, "'%s' is not finite", key);
}

static sep_status rule_from_json(const json_t *object, sep_intensity *rule)
{
    rule->kind = json_is_true(json_object_get(object, "window"))        ? SEP_INTENSITY_WINDOW
                 : json_is_true(json_object_get(object, "percentiles")) ? SEP_INTENSITY_PERCENTILES
                                                                        : SEP_INTENSITY_MIN_MAX;
    SEP_TRY(read_float(object, "low", &rule->low));
    SEP_TRY(read_float(object, "high", &rule->high));
    if (rule->kind == SEP_INTENSITY_WINDOW && !(rule->low < rule->high))
        return sep_fail(SEP_ERR_FORMAT, "the intensity window ends where it begins, or before");
    return SEP_OK;
}

static sep_status check_count(const char *what, size_t count, int channels)
{
    if (count == (size_t)channels)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT, "%zu %s for %d channels", count, what, channels);
}

static sep_status rules_from_json(const json_t *array, int channels, sep_intensities *intensity)
{
    SEP_TRY(check_count("rules of intensity", json_array_size(array), channels));
    intensity->rules = channels;
    for (int c = 0; c < channels; c++)
        SEP_TRY(rule_from_json(json_array_get(array, (size_t)c), &intensity->rule[c]));
    return SEP_OK;
}

static sep_status names_from_json(const json_t *array, int channels, sep_strings *names)
{
    SEP_TRY(check_count("names", json_array_size(array), channels));
    for (int c = 0; c < channels; c++) {
        const char *name = json_string_value(json_array_get(array, (size_t)c));
        if (name == NULL)
            return sep_fail(SEP_ERR_FORMAT, "the name of channel %d is not text", c);
        SEP_TRY(sep_strings_add(names, name));
    }
    return SEP_OK;
}

sep_status sep_channels_from_json(const json_t *root, sep_model_info *info)
{
    const json_t *rules = json_object_get(root, "channel_intensity"), *names = json_object_get(root, "channel_names");
    const int channels = info->spec[0].channels;

    if (channels > SEP_MOST_IMAGE_CHANNELS)
        return sep_fail(SEP_ERR_FORMAT, "images of %d channels: %d are possible", channels, SEP_MOST_IMAGE_CHANNELS);
    SEP_TRY(rule_from_json(json_object_get(root, "intensity"), &info->intensity.rule[0]));
    if (rules != NULL)
        SEP_TRY(rules_from_json(rules, channels, &info->intensity));
    return names != NULL ? names_from_json(names, channels, &info->channel_names) : SEP_OK;
}
