/* What cross teaching shares with the methods that add to it. */
#ifndef SEPTUM_METHODS_CROSS_TEACHING_H
#define SEPTUM_METHODS_CROSS_TEACHING_H

#include "septum/methods.h"

/* Two networks learn the labels and each other's argmax; and the contrast that the run's settings choose. */
sep_status sep_build_cross_teaching(sep_step *step) SEP_MUST_CHECK;
/* The same of two networks that have been applied, without the contrast. */
void sep_learn_cross_teaching(sep_step *step, const sep_halves net[2]);

#endif
