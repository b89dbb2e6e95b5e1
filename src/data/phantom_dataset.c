#include "data/phantom_dataset.h"

#include <string.h>

static void fold_labels(sep_labels *label, int classes)
{
    size_t voxels = (size_t)label->depth * (size_t)label->height * (size_t)label->width;

    for (size_t i = 0; i < voxels; i++)
        label->data[i] = (uint8_t)(label->data[i] % classes);
}

static sep_status draw_phantoms(const sep_phantom_dataset *asked, sep_volume *image, sep_labels *label)
{
    for (int i = 0; i < asked->training + asked->validation; i++) {
        SEP_TRY(sep_phantom_cardiac(&asked->phantom, i, SEP_END_DIASTOLE, &image[i], &label[i]));
        if (i >= asked->labelled && i < asked->training)
            sep_labels_free(&label[i]);
        else
            fold_labels(&label[i], asked->classes);
    }
    return SEP_OK;
}

sep_status sep_phantom_dataset_create(const sep_phantom_dataset *asked, sep_dataset **dataset)
{
    size_t scans = (size_t)asked->training + (size_t)asked->validation;
    sep_volume *image = sep_calloc(scans, sizeof *image);
    sep_labels *label = sep_calloc(scans, sizeof *label);
    sep_status status = image != NULL && label != NULL ? draw_phantoms(asked, image, label) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_dataset_from_memory(asked->classes, image, label, asked->training, asked->validation, dataset);
    for (size_t i = 0; i < scans && image != NULL && label != NULL; i++) { /* what was not taken */
        sep_volume_free(&image[i]);
        sep_labels_free(&label[i]);
    }
    sep_free(image);
    sep_free(label);
    return status;
}

/* ---- registration ------------------------------------------------------------------------------------------------ */

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

sep_status sep_phantom_dataset_register(sep_dataset *dataset)
{
    int labelled = 0;

    for (int i = 0; i < dataset->training; i++)
        labelled += dataset->scan[i].labelled;
    for (int i = labelled; i < dataset->training; i++)
        SEP_TRY(take_labels(&dataset->scan[i % labelled], &dataset->scan[i]));
    dataset->matcher = (sep_matcher){.registrations = dataset, .find = find};
    return SEP_OK;
}
