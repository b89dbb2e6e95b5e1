/* Folders as challenges hand them out: images with their label maps beside them. */
#ifndef SEP_DATA_ANNOTATED_H
#define SEP_DATA_ANNOTATED_H

#include "data/catalogue.h"

/* NAME.nii.gz with NAME_gt.nii.gz (any format, both need not have the same) in the folder and in the folders inside it,
 * as ACDC has a folder a patient. NAME without NAME_gt has no label map. What septum predict wrote beside NAME is left
 * out, which is said, and so is a series of frames (ACDC's NAME_4d.nii.gz); with `series`, its frames are scans
 * NAME_frame01, ... of its case, but for those that have a file of their own. */
sep_status sep_annotated_find(const char *folder, bool series, sep_catalogue *catalogue) SEP_MUST_CHECK;

#endif
