/* `septum info loss`: the supervised losses, and what each lets one set. */
#ifndef SEPTUM_CLI_INFO_LOSS_H
#define SEPTUM_CLI_INFO_LOSS_H

#include "septum/base.h"

/* A line a loss. */
sep_status sep_print_losses(bool json) SEP_MUST_CHECK;
/* One loss, and the settings of its section. */
sep_status sep_print_loss(const char *name, bool json) SEP_MUST_CHECK;

#endif
