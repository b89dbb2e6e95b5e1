/* Fields of displacements as deformations. */
#ifndef SEPTUM_REGISTRATION_DISPLACEMENT_H
#define SEPTUM_REGISTRATION_DISPLACEMENT_H

#include "septum/image.h"

sep_status sep_field_copy(const sep_field *from, sep_field *to) SEP_MUST_CHECK;

/* The displacement at a world point, interpolated linearly in double; zero beyond half a voxel around the field. */
void sep_field_displacement(const sep_field *field, const double at[3], double displacement[3]);

/* How many voxels a component has. */
size_t sep_field_voxels(const sep_field *field);

#endif
