/* Files that lie in the folder of the images, and are called after one, but are its label maps. */
#ifndef SEP_DATA_LABEL_NAMES_H
#define SEP_DATA_LABEL_NAMES_H

#include "septum/image.h"

/* An annotator's label map of NAME is NAME_gt. */
#define SEP_ANNOTATION_ENDING "_gt"

/* The names of the files without their suffixes, in their order. */
sep_status sep_image_stems(const sep_strings *files, sep_strings *stems) SEP_MUST_CHECK;
/* Whether the stem is that of what septum predict writes beside an image where nobody says otherwise: NAME_seg or
 * NAME_seg_uncertainty, where the image NAME (or NAME_0000, as nnU-Net has it) is one of the stems. */
bool sep_is_prediction(const sep_strings *stems, const char *stem);
/* Whether it is NAME_gt where the image NAME is one of them. */
bool sep_is_annotation(const sep_strings *stems, const char *stem);
/* Warns of files that were left out of a folder's images by such a name; says nothing of none. */
void sep_warn_label_maps(const char *folder, const sep_strings *left_out);

#endif
