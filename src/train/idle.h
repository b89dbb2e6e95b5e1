/* What has no effect in a run of its length. */
#ifndef SEPTUM_TRAIN_IDLE_H
#define SEPTUM_TRAIN_IDLE_H

#include "train/stages.h"

/* Warns of losses that count in no iteration, and of learning rates that do not come to their height: both may be
 * meant, and most often numbers of iterations were chosen for a longer run. And of a consistency weight, other than by
 * default, where no loss has it. */
void sep_warn_idle(const sep_train_config *config, const sep_stages *stages);

#endif
