/* What commands say of files that lie in one space, or don't. */
#ifndef SEPTUM_CLI_SPACE_H
#define SEPTUM_CLI_SPACE_H

#include "septum/data.h"

/* Brings a label map into the voxel order of the grid that it belongs to, and says so; where it lies elsewhere, says
 * that with the numbers and changes nothing. The line begins with `name`; `labels_are` and `grid_is` are its words:
 * "the prediction", "the reference". */
sep_status sep_match_in_space(const char *name, const char *labels_are, sep_labels *labels, const char *grid_is,
                              const sep_volume *grid) SEP_MUST_CHECK;
/* Says so where only one of two images that are brought together knows the size of its voxels. */
void sep_warn_of_unknown_spacing(const char *fixed, bool fixed_known, const char *moving, bool moving_known);
/* How many cases, scans and slices were loaded, what was changed in their order, and what was let pass. */
void sep_log_dataset(const sep_dataset *dataset);

#endif
