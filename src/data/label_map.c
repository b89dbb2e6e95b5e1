/* A data set's label maps, read as its configuration says. */
#include "data/scan.h"

static int largest_class(const sep_labels *labels)
{
    const size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;
    int largest = 0;

    for (size_t i = 0; i < voxels; i++)
        if (labels->data[i] > largest && !sep_labels_ignore(labels, i))
            largest = labels->data[i];
    return largest;
}

/* Class indices among masks of 0 and 255: cut by the masks' threshold they would be background, and nobody would see
 * it. What can't be read as indices is a mask that shows nothing. */
static sep_status check_empty_mask(const char *path, const sep_label_reading *reading)
{
    sep_label_reading as_indices = *reading;
    sep_labels labels;

    as_indices.threshold = 0;
    if (sep_labels_read_as(path, &as_indices, &labels) != SEP_OK)
        return SEP_OK;
    const int largest = largest_class(&labels);
    sep_labels_free(&labels);
    if (largest == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT,
                    "%s: its largest value is %d, below data.mask_threshold = %d: all of it would be background. Make "
                    "class indices of the other label maps too (septum convert --labels --threshold %d), and leave "
                    "mask_threshold out",
                    path, largest, reading->threshold, reading->threshold);
}

sep_status sep_label_map_read(const char *path, const sep_label_reading *reading, sep_labels *labels)
{
    SEP_TRY(sep_labels_read_as(path, reading, labels));
    const sep_status status =
        reading->threshold > 0 && largest_class(labels) == 0 ? check_empty_mask(path, reading) : SEP_OK;
    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}
