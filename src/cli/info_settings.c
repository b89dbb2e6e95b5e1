/* What septum info says of settings. */
#include "cli/info_settings.h"

#include "cli/program.h"

#include <stdio.h>

static void range_text(const sep_setting *setting, char *text, size_t size)
{
    if (setting->kind == SEP_SETTING_IS_CHOICE)
        snprintf(text, size, "%s", setting->choices);
    else if (setting->kind == SEP_SETTING_IS_BOOL)
        snprintf(text, size, "true|false");
    else
        snprintf(text, size, "%.10g to %.10g", setting->low, setting->high);
}

static void print_setting(const sep_setting *setting, double value)
{
    char text[SEP_SETTING_TEXT], range[128];

    range_text(setting, range, sizeof range);
    sep_print_line("  %s = %s   ; %s (%s)", setting->name, sep_setting_text(setting, value, text), setting->gloss,
                   range);
    if (setting->quirk != setting->fallback)
        sep_print_line("      with train.faithful: %s", sep_setting_text(setting, setting->quirk, text));
}

void sep_print_settings(const sep_setting *settings, const void *values)
{
    for (const sep_setting *s = settings; s != NULL && s->name != NULL; s++)
        print_setting(s, values != NULL ? sep_setting_get(s, values) : s->fallback);
}

json_t *sep_setting_to_json(const sep_setting *setting)
{
    char text[SEP_SETTING_TEXT], range[128];

    range_text(setting, range, sizeof range);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s}", "name", setting->name, "default",
                  sep_setting_text(setting, setting->fallback, text), "range", range, "meaning", setting->gloss);
    if (setting->quirk != setting->fallback)
        json_object_set_new(object, "faithful", json_string(sep_setting_text(setting, setting->quirk, text)));
    return object;
}

json_t *sep_setting_table_to_json(const sep_setting *settings)
{
    json_t *array = json_array();

    for (const sep_setting *s = settings; s != NULL && s->name != NULL; s++)
        json_array_append_new(array, sep_setting_to_json(s));
    return array;
}
