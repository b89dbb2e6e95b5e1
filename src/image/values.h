/* Private to src/image: a volume's values become the classes that a list gives them. */
#ifndef SEPTUM_IMAGE_VALUES_H
#define SEPTUM_IMAGE_VALUES_H

#include "septum/image.h"

/* Whether the value marks what nobody annotated. */
static inline bool sep_is_unannotated(const sep_label_reading *reading, float value)
{
    return reading->ignores && value == (float)reading->ignored;
}

/* By reading->values. `labels` has the size of `from`. A value that is not in the list is an error that names `path`
 * and the voxel. */
sep_status sep_label_values_apply(const sep_label_reading *reading, const char *path, const sep_volume *from,
                                  sep_labels *labels) SEP_MUST_CHECK;

#endif
