/* The optimisers. */
#ifndef SEPTUM_REGISTRATION_OPTIMISE_H
#define SEPTUM_REGISTRATION_OPTIMISE_H

#include "registration/search/objective.h"

typedef struct sep_descent {
    int iterations; /* at most */
    double step;    /* how far the first step moves points, in mm */
    uint32_t draw;  /* number of the first iteration's samples */
    int done;       /* iterations made */
} sep_descent;

/* Adaptive stochastic gradient descent (Klein, Pluim, Staring, Viergever, IJCV 2009): x <- x - a / (20 + k + 1) d, d
 * the scaled gradient over the samples of this iteration; time k advances by 1 where successive gradients disagree and
 * goes back by up to 0.8 where they agree, k <- max(0, k + f(-cosine)) with f a sigmoid of slope 0.1. `a` is such that
 * the first step moves points by `step`, judged by the mean of four gradients; no later step moves them farther. */
sep_status sep_asgd(const sep_objective *objective, double *parameter, sep_descent *descent) SEP_MUST_CHECK;

/* Limited-memory BFGS with 6 pairs on one draw of samples (Nocedal, Math. Comp. 1980), in scaled variables;
 * backtracking by halves until Armijo's rule holds (1e-4); ends when a step moves points by less than step / 1000. */
sep_status sep_lbfgs(const sep_objective *objective, double *parameter, sep_descent *descent) SEP_MUST_CHECK;

#endif
