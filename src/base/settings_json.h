/* Settings as members of a JSON object. */
#ifndef SEPTUM_BASE_SETTINGS_JSON_H
#define SEPTUM_BASE_SETTINGS_JSON_H

#include "base/json.h"
#include "septum/settings.h"

/* Numbers, booleans, and a choice as its word. */
void sep_settings_to_json(const sep_setting *settings, const void *values, json_t *object);
/* What is not there stays as it is in `values`; SEP_ERR_FORMAT where a value is of another kind. */
sep_status sep_settings_from_json(const json_t *object, const sep_setting *settings, void *values) SEP_MUST_CHECK;

#endif
