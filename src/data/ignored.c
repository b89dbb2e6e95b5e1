/* What of the labelled scans nobody annotated. */
#include "data/scan.h"

sep_status sep_take_ignored(const sep_catalogue *catalogue, sep_label_reading *labels)
{
    if (!catalogue->ignores)
        return SEP_OK;
    if (labels->ignores && labels->ignored != catalogue->ignored)
        return sep_fail(SEP_ERR_ARGUMENT, "data.ignore is %d, but dataset.json gives 'ignore' the value %d",
                        labels->ignored, catalogue->ignored);
    labels->ignores = true;
    labels->ignored = (uint16_t)catalogue->ignored;
    return SEP_OK;
}

static void count_annotated(const sep_labels *labels, int64_t *annotated, int64_t *voxels)
{
    const int64_t count = (int64_t)labels->depth * labels->height * labels->width;

    *annotated += count - (int64_t)sep_labels_count_ignored(labels);
    *voxels += count;
}

sep_status sep_dataset_note_ignored(sep_dataset *dataset)
{
    int64_t annotated = 0, voxels = 0;
    int scans = 0;

    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].labelled && dataset->scan[i].label.ignores) {
            count_annotated(&dataset->scan[i].label, &annotated, &voxels);
            scans++;
        }
    if (annotated == voxels)
        return SEP_OK;
    if (annotated == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "no voxel of the %d labelled scans is annotated: all are ignored", scans);
    return sep_add_line(&dataset->notes,
                        sep_format("%.1f%% of the voxels of %d labelled scans are annotated, the rest is ignored",
                                   100.0 * (double)annotated / (double)voxels, scans));
}
