/* `septum info CONFIG.ini --samples`: a batch as the networks get it. */
#ifndef SEPTUM_CLI_INFO_SAMPLES_H
#define SEPTUM_CLI_INFO_SAMPLES_H

#include "septum/train.h"

/* Writes the page of the batch of one iteration, counted from 0. `configuration` is the file that config was read from.
 */
sep_status sep_write_samples(const sep_train_config *config, const char *configuration, uint32_t iteration,
                             const char *out) SEP_MUST_CHECK;

#endif
