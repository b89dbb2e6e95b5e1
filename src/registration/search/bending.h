/* The bending energy of a B-spline displacement. */
#ifndef SEPTUM_REGISTRATION_BENDING_H
#define SEPTUM_REGISTRATION_BENDING_H

#include "septum/registration.h"

/* Mean over the knots (inner nodes) of the squared second derivatives of all three components, mixed ones counted twice
 * (Rueckert et al. 1999), by world millimetres along the grid's axes: in mm^-2, times its longest spacing squared, so
 * that a weight means the same on every level. Adds weight * energy's derivative to `gradient` (may be NULL; laid out
 * as `parameter`, component after component) and returns weight * energy. `work`: sep_bending_work doubles. */
double sep_bending(const sep_spline *grid, const double *parameter, double weight, double *work, double *gradient);
size_t sep_bending_work(const sep_spline *grid);

#endif
