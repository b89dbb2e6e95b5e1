/* Networks as tests name them. */
#ifndef SEPTUM_TESTS_SUPPORT_NET_H
#define SEPTUM_TESTS_SUPPORT_NET_H

#include "septum/nets.h"

/* The published network of that name but for `settings` ("base = 4\nno_dropout = true"); a size of 0: as published.
 * Failures end the running cmocka test. */
sep_net_spec support_net(const char *name, const char *settings, int classes, int height, int width);

#endif
