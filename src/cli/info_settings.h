/* What septum info says of settings. */
#ifndef SEPTUM_CLI_INFO_SETTINGS_H
#define SEPTUM_CLI_INFO_SETTINGS_H

#include "septum/settings.h"

#include <jansson.h>

/* A line each, with the values of the struct at `values`; NULL: what they are where they are not given. */
void sep_print_settings(const sep_setting *settings, const void *values);
/* Name, default, range and meaning. */
json_t *sep_setting_to_json(const sep_setting *setting);
/* The same of all of a table. */
json_t *sep_setting_table_to_json(const sep_setting *settings);

#endif
