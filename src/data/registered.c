/* Registered label maps in the place of labels that nobody drew. */
#include "septum/data.h"

#include "data/scan.h"

#include <string.h>

static const sep_scan *find_scan(const sep_dataset *dataset, const char *name)
{
    for (int i = 0; i < dataset->training; i++)
        if (strcmp(dataset->scan[i].name, name) == 0)
            return &dataset->scan[i];
    return NULL;
}

/* Labels may come from the scans that training may see, and from no other. What these ignore, they ignore too. */
static sep_status check_source(const sep_dataset *dataset, const sep_scan *scan, bool *ignores)
{
    const sep_scan *from = find_scan(dataset, scan->label_source);

    *ignores = from != NULL && from->label.ignores;
    if (from != NULL && from->labelled)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s: made from the labels of %s, which is no labelled training scan here",
                    scan->label_path, scan->label_source);
}

/* To which no labelled scan could be registered: nobody has annotated it. */
static sep_status take_nothing(sep_dataset *dataset, sep_scan *scan)
{
    size_t voxels = (size_t)scan->image.depth * (size_t)scan->image.height * (size_t)scan->image.width;

    SEP_TRY(sep_labels_create(&scan->label, scan->image.depth, scan->image.height, scan->image.width));
    memset(scan->label.data, SEP_IGNORED, voxels);
    scan->label.ignores = true;
    return sep_add_line(&dataset->warnings, sep_format("%s: is missing: nothing is learned from registration of %s",
                                                       scan->label_path, scan->name));
}

static sep_status take_labels(sep_dataset *dataset, const char *folder, sep_scan *scan)
{
    char *path = sep_format("%s/%s.h5", folder, scan->name);
    bool ignores;

    if (path == NULL)
        return SEP_ERR_MEMORY;
    sep_free(scan->label_path);
    scan->label_path = path;
    if (!sep_file_exists(path))
        return take_nothing(dataset, scan);
    SEP_TRY(sep_hdf5_read_source(path, &scan->label_source));
    SEP_TRY(check_source(dataset, scan, &ignores));
    SEP_TRY(sep_labels_read(path, &scan->label));
    scan->label.ignores = ignores;
    SEP_TRY(sep_scan_match_label(SEP_GEOMETRY_STRICT, scan));
    return sep_scan_check_label(scan, dataset->classes);
}

sep_status sep_dataset_take_registered(sep_dataset *dataset, const char *folder)
{
    int unlabelled = 0, taken = 0;

    for (int i = 0; i < dataset->training; i++) {
        sep_scan *scan = &dataset->scan[i];
        if (scan->labelled)
            continue;
        SEP_TRY(take_labels(dataset, folder, scan));
        unlabelled++;
        taken += scan->label_source != NULL;
    }
    if (unlabelled > 0 && taken == 0)
        return sep_fail(SEP_ERR_IO, "%s: has registered labels of none of the unlabelled training scans", folder);
    return SEP_OK;
}
