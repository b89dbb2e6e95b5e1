/* Settings as tables: a struct to JSON and back. */
#include "base/settings_json.h"

static json_t *member_to_json(const sep_setting *setting, const void *values)
{
    const double value = sep_setting_get(setting, values);
    char text[SEP_SETTING_TEXT];

    switch (setting->kind) {
    case SEP_SETTING_IS_INT:
        return json_integer((json_int_t)value);
    case SEP_SETTING_IS_FLOAT:
        return json_real(value);
    case SEP_SETTING_IS_BOOL:
        return json_boolean(value != 0.0);
    case SEP_SETTING_IS_CHOICE:
        break;
    }
    return json_string(sep_setting_text(setting, value, text));
}

void sep_settings_to_json(const sep_setting *settings, const void *values, json_t *object)
{
    for (const sep_setting *s = settings; s != NULL && s->name != NULL; s++)
        json_object_set_new(object, s->name, member_to_json(s, values));
}

static sep_status fail_kind(const sep_setting *setting, const char *kind)
{
    return sep_fail(SEP_ERR_FORMAT, "'%s' is not %s", setting->name, kind);
}

static sep_status value_of_json(const sep_setting *setting, const json_t *json, double *value)
{
    switch (setting->kind) {
    case SEP_SETTING_IS_INT:
        *value = (double)json_integer_value(json);
        return json_is_integer(json) ? SEP_OK : fail_kind(setting, "a whole number");
    case SEP_SETTING_IS_FLOAT:
        *value = json_number_value(json);
        return json_is_number(json) ? SEP_OK : fail_kind(setting, "a number");
    case SEP_SETTING_IS_BOOL:
        *value = json_is_true(json) ? 1.0 : 0.0;
        return json_is_boolean(json) ? SEP_OK : fail_kind(setting, "true or false");
    case SEP_SETTING_IS_CHOICE:
        break;
    }
    *value = json_is_string(json) ? sep_setting_place(setting, json_string_value(json)) : -1.0;
    return SEP_OK;
}

sep_status sep_settings_from_json(const json_t *object, const sep_setting *settings, void *values)
{
    for (const sep_setting *s = settings; s != NULL && s->name != NULL; s++) {
        const json_t *json = json_object_get(object, s->name);
        double value;
        if (json == NULL)
            continue;
        SEP_TRY(value_of_json(s, json, &value));
        SEP_TRY(sep_setting_check(s, value));
        sep_setting_put(s, values, value);
    }
    return SEP_OK;
}
