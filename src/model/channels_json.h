/* Private to src/model: what a checkpoint says of the channels of images. */
#ifndef SEPTUM_MODEL_CHANNELS_JSON_H
#define SEPTUM_MODEL_CHANNELS_JSON_H

#include "base/json.h"
#include "septum/model.h"

/* {"window", "low", "high"}, and "percentiles" where it is by these. */
json_t *sep_intensity_to_json(const sep_intensity *rule);
/* "channel_intensity", a rule a channel where they have rules of their own, and "channel_names", where there are
 * several channels that have names. The one rule of all is 'intensity', which every description has. */
void sep_channels_to_json(const sep_model_info *info, json_t *root);
/* All of these; the networks are known already. */
sep_status sep_channels_from_json(const json_t *root, sep_model_info *info) SEP_MUST_CHECK;

#endif
