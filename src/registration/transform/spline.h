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

/* Whether a point, in nodes, lies in the domain of a spline of so many nodes, [1, size - 2]. Beyond it nothing is
 * moved, as in ITK and elastix; a hundred-thousandth of a node is rounding, for grids often begin and end on voxels. */
static inline bool sep_spline_covers(const int size[3], float x, float y, float z)
{
    const float slack = 1e-5f, low = 1.0f - slack;

    return x >= low && (float)(size[0] - 2) + slack >= x && y >= low && (float)(size[1] - 2) + slack >= y && z >= low &&
           (float)(size[2] - 2) + slack >= z;
}

/* u at a world point, in double: z, y, x in rising order. False beyond the domain, where u is what it is at the border:
 * a transform moves nothing there, but looking for its inverse goes through such points. */
bool sep_spline_displacement(const sep_spline *spline, const double at[3], double displacement[3]);

/* The same function on a grid with twice the cells along the axes marked, by the two-scale relation of cubic B-splines:
 * exact. */
sep_status sep_spline_refine(sep_spline *spline, const bool twice[3]) SEP_MUST_CHECK;

#endif
