/* `septum info method`: the ways of learning, and what each lets one set. */
#include "cli/info_method.h"

#include "base/json.h"
#include "cli/program.h"
#include "septum/methods.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The word at a place of "poly|constant". */
static const char *word_at(const char *choices, int place, char *word, size_t size)
{
    while (place-- > 0 && *choices != '\0')
        choices += strcspn(choices, "|") + 1;
    snprintf(word, size, "%.*s", (int)strcspn(choices, "|"), choices);
    return word;
}

/* A value of the setting as an INI has it. */
static const char *value_text(const sep_setting *setting, double value, char *text, size_t size)
{
    if (setting->kind == SEP_SETTING_IS_CHOICE)
        return word_at(setting->choices, (int)value, text, size);
    if (setting->kind == SEP_SETTING_IS_BOOL)
        snprintf(text, size, "%s", value != 0.0 ? "true" : "false");
    else
        snprintf(text, size, "%.10g", value);
    return text;
}

static void range_text(const sep_setting *setting, char *text, size_t size)
{
    if (setting->kind == SEP_SETTING_IS_CHOICE)
        snprintf(text, size, "%s", setting->choices);
    else if (setting->kind == SEP_SETTING_IS_BOOL)
        snprintf(text, size, "true|false");
    else
        snprintf(text, size, "%.10g to %.10g", setting->low, setting->high);
}

static void print_setting(const sep_setting *setting)
{
    char value[64], range[128], quirk[64];

    value_text(setting, setting->fallback, value, sizeof value);
    range_text(setting, range, sizeof range);
    sep_print_line("  %s = %s   ; %s (%s)", setting->name, value, setting->gloss, range);
    if (setting->quirk != setting->fallback)
        sep_print_line("      with train.faithful: %s", value_text(setting, setting->quirk, quirk, sizeof quirk));
}

static json_t *setting_to_json(const sep_setting *setting)
{
    char value[64], range[128], quirk[64];

    range_text(setting, range, sizeof range);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "name", setting->name, "default",
                               value_text(setting, setting->fallback, value, sizeof value), "range", range, "meaning",
                               setting->gloss);
    if (setting->quirk != setting->fallback)
        json_object_set_new(object, "faithful", json_string(value_text(setting, setting->quirk, quirk, sizeof quirk)));
    return object;
}

static json_t *method_to_json(const sep_method *method)
{
    json_t *settings = json_array();

    for (const sep_setting *s = method->settings; s != NULL && s->name != NULL; s++)
        json_array_append_new(settings, setting_to_json(s));
    return json_pack("{s:s, s:s, s:i, s:i, s:b, s:o}", "name", method->name, "summary", method->summary, "students_low",
                     method->students_low, "students_high", method->students_high, "uses_unlabelled",
                     method->uses_unlabelled, "settings", settings);
}

sep_status sep_print_methods(bool json)
{
    if (json) {
        json_t *methods = json_array();
        for (int i = 0; sep_methods[i] != NULL; i++)
            json_array_append_new(methods, method_to_json(sep_methods[i]));
        return sep_print_json(methods);
    }
    for (int i = 0; sep_methods[i] != NULL; i++)
        sep_print_line("%-16s %s", sep_methods[i]->name, sep_methods[i]->summary);
    return SEP_OK;
}

sep_status sep_print_method(const char *name, bool json)
{
    const sep_method *method = sep_method_find(name);

    if (method == NULL)
        return sep_usage_error("info method: there is none called '%s'; `septum info method` lists them", name);
    if (json)
        return sep_print_json(method_to_json(method));
    sep_print_line("%s: %s", method->name, method->summary);
    if (method->students_low == method->students_high)
        sep_print_line("networks: %d ([student_0] ...); unlabelled slices: %s", method->students_low,
                       method->uses_unlabelled ? "yes" : "no");
    else
        sep_print_line("networks: %d to %d ([student_0] ...); unlabelled slices: %s", method->students_low,
                       method->students_high, method->uses_unlabelled ? "yes" : "no");
    if (method->settings != NULL)
        sep_print_line("[%s]", method->name);
    for (const sep_setting *s = method->settings; s != NULL && s->name != NULL; s++)
        print_setting(s);
    return SEP_OK;
}
