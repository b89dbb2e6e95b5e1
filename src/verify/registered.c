#include "verify/registered.h"

#include <string.h>

static bool find(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    (void)registrations;
    (void)fixed;
    (void)moving;
    memcpy(place, voxel, 3 * sizeof *place);
    place[0] += 1.0;
    return true;
}

static sep_status take_labels(const sep_scan *from, sep_scan *scan)
{
    const sep_labels *label = &from->label;

    SEP_TRY(sep_labels_create(&scan->label, label->depth, label->height, label->width));
    memcpy(scan->label.data, label->data, (size_t)label->depth * (size_t)label->height * (size_t)label->width);
    scan->label_source = sep_strdup(from->name);
    return scan->label_source != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_phantoms_register(sep_dataset *dataset)
{
    int labelled = 0;

    for (int i = 0; i < dataset->training; i++)
        labelled += dataset->scan[i].labelled;
    for (int i = labelled; i < dataset->training; i++)
        SEP_TRY(take_labels(&dataset->scan[i % labelled], &dataset->scan[i]));
    dataset->matcher = (sep_matcher){.registrations = dataset, .find = find};
    return SEP_OK;
}
