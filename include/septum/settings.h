/* septum: settings as tables. A struct of settings is described by a table, a row a member; reading them from an option
 * file goes by that table, so that a new setting is one line. */
#ifndef SEPTUM_SETTINGS_H
#define SEPTUM_SETTINGS_H

#include "septum/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sep_setting_kind {
    SEP_SETTING_IS_INT,
    SEP_SETTING_IS_FLOAT,
    SEP_SETTING_IS_BOOL,
    SEP_SETTING_IS_CHOICE
} sep_setting_kind;

typedef struct sep_setting {
    const char *name; /* NULL ends a table */
    size_t offset;
    sep_setting_kind kind; /* of an int, float or bool; a choice is an int or an enum: the place of the word */
    double fallback, low, high;
    const char *choices; /* "poly|constant" */
    const char *gloss;   /* one line, no capital, no full stop */
    double quirk;        /* what released code has; the fallback where that is ours */
} sep_setting;

/* Rows: of a member of a struct `type`; a choice's `fallback` is the place of a word of `choices`. A quirk is a choice
 * for which released code has another place than ours: train.faithful takes that one. */
#define SEP_SETTING(type, member, kind, fallback, low, high, choices, gloss, quirk)                                    \
    SEP_SETTING_NAMED(#member, type, member, kind, fallback, low, high, choices, gloss, quirk)
/* Of a member of a member, which goes by another name. */
#define SEP_SETTING_NAMED(name, type, member, kind, fallback, low, high, choices, gloss, quirk)                        \
    {                                                                                                                  \
        name, offsetof(type, member), kind, fallback, low, high, choices, gloss, quirk                                 \
    }
#define SEP_SETTING_INT(type, member, fallback, low, high, gloss)                                                      \
    SEP_SETTING(type, member, SEP_SETTING_IS_INT, fallback, low, high, NULL, gloss, fallback)
#define SEP_SETTING_FLOAT(type, member, fallback, low, high, gloss)                                                    \
    SEP_SETTING(type, member, SEP_SETTING_IS_FLOAT, fallback, low, high, NULL, gloss, fallback)
#define SEP_SETTING_BOOL(type, member, fallback, gloss)                                                                \
    SEP_SETTING(type, member, SEP_SETTING_IS_BOOL, fallback, 0, 1, NULL, gloss, fallback)
#define SEP_SETTING_CHOICE(type, member, choices, fallback, gloss)                                                     \
    SEP_SETTING(type, member, SEP_SETTING_IS_CHOICE, fallback, 0, 0, choices, gloss, fallback)
#define SEP_SETTING_QUIRK(type, member, choices, fallback, quirk, gloss)                                               \
    SEP_SETTING(type, member, SEP_SETTING_IS_CHOICE, fallback, 0, 0, choices, gloss, quirk)

/* Fills the struct at `values` from the keys "<section>.<name>"; errors are those of the look-ups (sep_options_int and
 * its kin). `settings` may be NULL. */
sep_status sep_settings_read(sep_options *options, const char *section, const sep_setting *settings,
                             void *values) SEP_MUST_CHECK;
/* SEP_ERR_ARGUMENT, naming it, where a member of the struct at `values` lies outside its bounds. */
sep_status sep_settings_check(const sep_setting *settings, const void *values) SEP_MUST_CHECK;

/* One member as a number: of a bool 0 or 1, of a choice the place of the word. */
sep_status sep_setting_check(const sep_setting *setting, double value) SEP_MUST_CHECK;
double sep_setting_get(const sep_setting *setting, const void *values);
void sep_setting_put(const sep_setting *setting, void *values, double value);
/* The place of a word among a choice's; -1: it is none of them. */
int sep_setting_place(const sep_setting *setting, const char *word);
/* Such a number as an option file has it: "16", "0.7", "true", "bilinear". Returns `text`. */
#define SEP_SETTING_TEXT 64
const char *sep_setting_text(const sep_setting *setting, double value, char text[SEP_SETTING_TEXT]);

/* Sets what has a quirk and is not given to its value in released code; to be called before the settings are read. */
sep_status sep_settings_take_quirks(sep_options *options, const char *section,
                                    const sep_setting *settings) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
