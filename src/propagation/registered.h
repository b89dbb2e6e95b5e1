/* Private to src/propagation: registered label maps as files. */
#ifndef SEPTUM_PROPAGATION_REGISTERED_H
#define SEPTUM_PROPAGATION_REGISTERED_H

#include "septum/propagation.h"

/* sep_derivation.key of the registered labels of a scan. */
uint64_t sep_registered_key(const sep_dataset *dataset, const sep_propagation_options *options, int scan);
/* FOLDER/NAME.h5 of the wanted training scans, and the maps between all unlabelled scans and the labelled ones. */
sep_status sep_registered_write(const sep_dataset *dataset, const sep_propagation_options *options, const bool *wanted,
                                const char *registrations, const char *folder) SEP_MUST_CHECK;
/* How many of those maps the files of pairs lack; SEP_ERR_ARGUMENT or SEP_ERR_FORMAT where they are of no use. */
sep_status sep_registered_missing_maps(const sep_dataset *dataset, const sep_propagation_options *options,
                                       const char *registrations, int *maps) SEP_MUST_CHECK;

#endif
