/* Control grids of cubic B-splines over a volume: making, refining, evaluating. */
#ifndef SEPTUM_REGISTRATION_SPLINE_H
#define SEPTUM_REGISTRATION_SPLINE_H

#include "septum/registration.h"

#include <stddef.h>

/* Zero coefficients over the first `cells` intervals of each axis that the volume's voxel centres span; an axis of one
 * voxel counts as one wide. */
sep_status sep_spline_create(const sep_volume *over, const int cells[3], sep_spline *spline) SEP_MUST_CHECK;
/* Zero coefficients for the sizes set. */
sep_status sep_spline_allocate(sep_spline *spline) SEP_MUST_CHECK;
sep_status sep_spline_copy(const sep_spline *from, sep_spline *to) SEP_MUST_CHECK;
void sep_spline_free(sep_spline *spline);
size_t sep_spline_nodes(const sep_spline *spline);

/* u at a world point, in double: z, y, x in rising order. */
void sep_spline_displacement(const sep_spline *spline, const double at[3], double displacement[3]);

/* The same function on a grid with twice the cells along the axes marked, by the two-scale relation of cubic B-splines:
 * exact. */
sep_status sep_spline_refine(sep_spline *spline, const bool twice[3]) SEP_MUST_CHECK;

#endif
