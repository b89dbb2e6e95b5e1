/* A penalty on how a B-spline displacement changes volumes. */
#ifndef SEPTUM_REGISTRATION_JACOBIAN_PENALTY_H
#define SEPTUM_REGISTRATION_JACOBIAN_PENALTY_H

#include "septum/registration.h"

/* Below this determinant the penalty goes on as a straight line, so that a fold is pulled apart by a finite force. */
#define SEP_LEAST_DETERMINANT 0.1

/* Mean of (log det(I + du/dx))^2 (Rohlfing et al. 2003 took the absolute value) over eight points of each cell, a
 * quarter of a cell from its sides. Adds weight * its derivative to `gradient` (may be NULL; laid out as `parameter`,
 * component after component, in mm) and returns weight * the mean. Sums over 512 points in rising order, then over
 * those sums, in double; log is sep_logf. `work`: sep_jacobian_penalty_work doubles. */
double sep_jacobian_penalty(const sep_spline *grid, const double *parameter, double weight, int threads, double *work,
                            double *gradient);
size_t sep_jacobian_penalty_work(const sep_spline *grid);

#endif
