/* What septum info says of a configuration's memory. */
#ifndef SEPTUM_CLI_INFO_MEMORY_H
#define SEPTUM_CLI_INFO_MEMORY_H

#include "septum/train.h"

/* The plan of a training step, and what the images take where the data set is there. */
sep_status sep_print_memory(const sep_train_config *config, bool json) SEP_MUST_CHECK;

#endif
