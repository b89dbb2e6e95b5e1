/* Label maps and the images that they belong to: one order of voxels, one place. */
#include "data/scan.h"

sep_status sep_scan_match_label(sep_geometry_policy policy, sep_scan *scan)
{
    SEP_TRY(sep_labels_match(&scan->image, &scan->label, &scan->label_space));
    if (scan->label_space.relation != SEP_SPACE_ELSEWHERE || policy == SEP_GEOMETRY_WARN)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT,
                    "%s: the label map lies elsewhere than its image %s (%s); septum convert --like gives it the "
                    "image's place, data.geometry = warn takes it voxel by voxel",
                    scan->label_path, scan->image_path, scan->label_space.text);
}

/* The first scan of the relation and how many there are. */
static const sep_scan *find_relation(const sep_dataset *dataset, sep_space_relation relation, int *count)
{
    const sep_scan *first = NULL;

    *count = 0;
    for (int i = 0; i < dataset->scans; i++)
        if (dataset->scan[i].label_space.relation == relation) {
            first = first == NULL ? &dataset->scan[i] : first;
            ++*count;
        }
    return first;
}

sep_status sep_add_line(sep_strings *lines, char *line)
{
    sep_status status = line != NULL ? sep_strings_add(lines, line) : SEP_ERR_MEMORY;

    sep_free(line);
    return status;
}

sep_status sep_dataset_note_labels(sep_dataset *dataset)
{
    int count;
    const sep_scan *first = find_relation(dataset, SEP_SPACE_REORDERED, &count);

    if (first != NULL)
        SEP_TRY(
            sep_add_line(&dataset->notes,
                         sep_format("%d label map%s stored in another order than the image, and put into it: first %s",
                                    count, count == 1 ? "" : "s", first->name)));
    first = find_relation(dataset, SEP_SPACE_ELSEWHERE, &count);
    if (first != NULL)
        SEP_TRY(sep_add_line(&dataset->warnings,
                             sep_format("%d label map%s elsewhere than the image, taken voxel by voxel: first %s (%s)",
                                        count, count == 1 ? "" : "s", first->name, first->label_space.text)));
    return SEP_OK;
}
