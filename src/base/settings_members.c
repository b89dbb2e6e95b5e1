/* Settings as tables: one member of a struct, by the row of its table. */
#include "septum/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- as numbers -------------------------------------------------------------------------------------------------- */

double sep_setting_get(const sep_setting *setting, const void *values)
{
    const void *member = (const char *)values + setting->offset;

    switch (setting->kind) {
    case SEP_SETTING_IS_FLOAT:
        return (double)*(const float *)member;
    case SEP_SETTING_IS_BOOL:
        return *(const bool *)member ? 1.0 : 0.0;
    case SEP_SETTING_IS_INT:
    case SEP_SETTING_IS_CHOICE:
        break;
    }
    return *(const int *)member;
}

void sep_setting_put(const sep_setting *setting, void *values, double value)
{
    void *member = (char *)values + setting->offset;

    switch (setting->kind) {
    case SEP_SETTING_IS_FLOAT:
        *(float *)member = (float)value;
        return;
    case SEP_SETTING_IS_BOOL:
        *(bool *)member = value != 0.0;
        return;
    case SEP_SETTING_IS_INT:
    case SEP_SETTING_IS_CHOICE:
        break;
    }
    *(int *)member = (int)value;
}

/* ---- choices ----------------------------------------------------------------------------------------------------- */

/* The word at that place, up to the next '|' or the end; NULL: there are fewer. */
static const char *word_at(const char *choices, int place)
{
    for (int i = 0; i < place && choices != NULL; i++) {
        choices = strchr(choices, '|');
        choices = choices != NULL ? choices + 1 : NULL;
    }
    return choices;
}

int sep_setting_place(const sep_setting *setting, const char *word)
{
    const char *at;

    for (int i = 0; (at = word_at(setting->choices, i)) != NULL; i++)
        if (strlen(word) == strcspn(at, "|") && strncmp(at, word, strlen(word)) == 0)
            return i;
    return -1;
}

/* ---- as text ----------------------------------------------------------------------------------------------------- */

/* The shortest that reads back as the same float. */
static void write_float(float value, char text[SEP_SETTING_TEXT])
{
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, SEP_SETTING_TEXT, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            return;
    }
}

const char *sep_setting_text(const sep_setting *setting, double value, char text[SEP_SETTING_TEXT])
{
    const char *word = setting->kind == SEP_SETTING_IS_CHOICE ? word_at(setting->choices, (int)value) : NULL;

    if (word != NULL)
        snprintf(text, SEP_SETTING_TEXT, "%.*s", (int)strcspn(word, "|"), word);
    else if (setting->kind == SEP_SETTING_IS_BOOL)
        snprintf(text, SEP_SETTING_TEXT, "%s", value != 0.0 ? "true" : "false");
    else if (setting->kind == SEP_SETTING_IS_FLOAT)
        write_float((float)value, text);
    else
        snprintf(text, SEP_SETTING_TEXT, "%.0f", value);
    return text;
}

/* ---- bounds ------------------------------------------------------------------------------------------------------ */

/* A member is a float, and so are its bounds: 0.2 is not beyond 0.2. */
static bool is_possible(const sep_setting *setting, double value)
{
    if (setting->kind == SEP_SETTING_IS_CHOICE)
        return value >= 0.0 && word_at(setting->choices, (int)value) != NULL;
    if (setting->kind == SEP_SETTING_IS_FLOAT)
        return value >= (double)(float)setting->low && value <= (double)(float)setting->high;
    return value >= setting->low && value <= setting->high;
}

sep_status sep_setting_check(const sep_setting *setting, double value)
{
    if (is_possible(setting, value))
        return SEP_OK;
    if (setting->kind == SEP_SETTING_IS_CHOICE)
        return sep_fail(SEP_ERR_ARGUMENT, "'%s' is none of %s", setting->name, setting->choices);
    return sep_fail(SEP_ERR_ARGUMENT, "'%s' is %.10g: %.10g to %.10g are possible", setting->name, value, setting->low,
                    setting->high);
}

sep_status sep_settings_check(const sep_setting *settings, const void *values)
{
    for (const sep_setting *s = settings; s != NULL && s->name != NULL; s++)
        SEP_TRY(sep_setting_check(s, sep_setting_get(s, values)));
    return SEP_OK;
}
