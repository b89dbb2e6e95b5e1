/* What methods share that compare a network with its moving average (Tarvainen & Valpola 2017). */
#ifndef SEPTUM_METHODS_CONSISTENCY_H
#define SEPTUM_METHODS_CONSISTENCY_H

#include "septum/methods.h"

/* A normal of that deviation, cut at +-bound, for each value; a function of the seed, the iteration and the place. */
void sep_draw_noise(const sep_moment *now, float deviation, float bound, float *values, int64_t count);

#endif
