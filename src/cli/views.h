/* What septum register and septum transform write of a transform besides itself. */
#ifndef SEPTUM_CLI_VIEWS_H
#define SEPTUM_CLI_VIEWS_H

#include "cli/options.h"
#include "cli/outputs.h"
#include "septum/registration.h"

extern const char *sep_field_option, *sep_jacobian_option;

/* Rows of an option table. */
#define SEP_VIEW_OPTIONS                                                                                               \
    {"field", 0, "FILE", "write the transform as a field of displacements (.nii.gz), for elastix, ANTs, 3D Slicer",    \
     .string = &sep_field_option},                                                                                     \
    {                                                                                                                  \
        "jacobian", 0, "IMAGE", "write the determinants of the transform's derivative: below 1 where it shrinks",      \
            .string = &sep_jacobian_option                                                                             \
    }

/* Before long work: whether the options' files have the suffixes of their formats. */
sep_status sep_check_views(void) SEP_MUST_CHECK;
void sep_declare_views(sep_outputs *files);
/* Writes the files that the options ask for, on the grid of a volume. */
sep_status sep_write_views(const sep_spatial_transform *transform, const sep_volume *grid) SEP_MUST_CHECK;
/* "Jacobian determinant 0.71 to 1.43, mean 1.02; 0 % of the voxels folded" */
void sep_print_jacobian(const sep_jacobian *jacobian);

#endif
