/* One line per method; each is defined in the file of its name. */
#ifndef SEPTUM_METHODS_TABLE_H
#define SEPTUM_METHODS_TABLE_H

#include "septum/methods.h"

extern const sep_method sep_supervised, sep_cross_teaching;

#endif
