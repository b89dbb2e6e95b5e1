/* Private to src/propagation: registered label maps as files. */
#ifndef SEPTUM_PROPAGATION_REGISTERED_H
#define SEPTUM_PROPAGATION_REGISTERED_H

#include "septum/propagation.h"

/* sep_derivation.key of the registered labels of a scan. */
uint64_t sep_registered_key(const sep_dataset *dataset, const sep_propagation_options *options, int scan);
/* FOLDER/NAME.h5 of the wanted training scans. */
sep_status sep_registered_write(const sep_dataset *dataset, const sep_propagation_options *options, const bool *wanted,
                                const char *registrations, const char *folder) SEP_MUST_CHECK;

#endif
