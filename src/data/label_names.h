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
/* The images among the files of a folder: all but those two; a warning says what was left out. */
sep_status sep_take_images(const char *folder, const sep_strings *files, sep_strings *images) SEP_MUST_CHECK;
/* The files in a folder of label maps: where one is NAME_gt beside its image, only what is called so; else all that
 * sep_image_list has. */
sep_status sep_list_label_maps(const char *folder, sep_strings *labels) SEP_MUST_CHECK;
/* Warns of files that were left out of a folder's images by such a name; says nothing of none. */
void sep_warn_label_maps(const char *folder, const sep_strings *left_out);

#endif
