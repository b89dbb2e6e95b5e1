/* Settings as tables: reading a struct by the table of its members. */
#include "septum/settings.h"

#include "base/options_store.h"

#include <string.h>

enum { MOST_CHOICES = 16 };

static sep_status read_int(sep_options *options, const char *key, const sep_setting *setting, void *member)
{
    int64_t value;

    SEP_TRY(sep_options_int(options, key, (int64_t)setting->fallback, (int64_t)setting->low, (int64_t)setting->high,
                            &value));
    *(int *)member = (int)value;
    return SEP_OK;
}

static sep_status read_float(sep_options *options, const char *key, const sep_setting *setting, void *member)
{
    double value;

    SEP_TRY(sep_options_float(options, key, setting->fallback, setting->low, setting->high, &value));
    *(float *)member = (float)value;
    return SEP_OK;
}

/* Parts the words of `choices`, in place. */
static int split_choices(char *choices, const char *name[MOST_CHOICES])
{
    int count = 0;

    for (char *rest = choices, *word; count < MOST_CHOICES && (word = strtok_r(rest, "|", &rest)) != NULL;)
        name[count++] = word;
    return count;
}

static sep_status read_choice(sep_options *options, const char *key, const sep_setting *setting, void *member)
{
    const char *name[MOST_CHOICES];
    char *choices = sep_strdup(setting->choices);

    if (choices == NULL)
        return SEP_ERR_MEMORY;
    int count = split_choices(choices, name);
    sep_status status = sep_options_choice(options, key, name[(int)setting->fallback], name, count, (int *)member);
    sep_free(choices);
    return status;
}

static sep_status read_setting(sep_options *options, const char *key, const sep_setting *setting, void *member)
{
    switch (setting->kind) {
    case SEP_SETTING_IS_INT:
        return read_int(options, key, setting, member);
    case SEP_SETTING_IS_FLOAT:
        return read_float(options, key, setting, member);
    case SEP_SETTING_IS_BOOL:
        return sep_options_bool(options, key, setting->fallback != 0.0, member);
    case SEP_SETTING_IS_CHOICE:
        break;
    }
    return read_choice(options, key, setting, member);
}

sep_status sep_settings_read(sep_options *options, const char *section, const sep_setting *settings, void *values)
{
    for (const sep_setting *setting = settings; setting != NULL && setting->name != NULL; setting++) {
        char *key = sep_format("%s.%s", section, setting->name);
        if (key == NULL)
            return SEP_ERR_MEMORY;
        sep_status status = read_setting(options, key, setting, (char *)values + setting->offset);
        sep_free(key);
        SEP_TRY(status);
    }
    return SEP_OK;
}

/* The word at place `quirk` of the setting's choices. */
static sep_status set_quirk(sep_options *options, const char *key, const sep_setting *setting)
{
    char word[SEP_SETTING_TEXT];
    char *assignment = sep_format("%s=%s", key, sep_setting_text(setting, setting->quirk, word));

    if (assignment == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = sep_options_set(options, assignment);
    sep_free(assignment);
    return status;
}

sep_status sep_settings_take_quirks(sep_options *options, const char *section, const sep_setting *settings)
{
    for (const sep_setting *setting = settings; setting != NULL && setting->name != NULL; setting++) {
        if (setting->quirk == setting->fallback)
            continue;
        char *key = sep_format("%s.%s", section, setting->name);
        if (key == NULL)
            return SEP_ERR_MEMORY;
        sep_status status = SEP_OK;
        if (sep_option_find(options, key) == NULL)
            status = set_quirk(options, key, setting);
        sep_free(key);
        SEP_TRY(status);
    }
    return SEP_OK;
}
