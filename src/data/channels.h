/* Private to src/data: how many channels the images of a dataset have, and the settings that are about them. */
#ifndef SEPTUM_DATA_CHANNELS_H
#define SEPTUM_DATA_CHANNELS_H

#include "data/catalogue.h"

/* data.channels, data.shown_channel, data.registration_channel, data.intensity and its windows. */
sep_status sep_channels_read(sep_options *options, sep_data_config *config) SEP_MUST_CHECK;
/* How many channels each image has, as the configuration and the dataset say. An error names the first case that lacks
 * one. */
sep_status sep_channels_choose(const sep_data_config *config, const sep_catalogue *catalogue,
                               int *channels) SEP_MUST_CHECK;
/* Their number (config->channels, chosen), names, and which are shown and register, into the dataset. */
sep_status sep_dataset_take_channels(const sep_data_config *config, const sep_catalogue *catalogue,
                                     sep_dataset *dataset) SEP_MUST_CHECK;
/* Of the channel that registers. */
uint64_t sep_registration_hash(const sep_data_config *config, const sep_volume *image);

#endif
