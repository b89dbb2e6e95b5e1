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

static sep_status take_labels(const sep_dataset *dataset, const char *folder, sep_scan *scan)
{
    char *path = sep_format("%s/%s.h5", folder, scan->name);
    bool ignores;

    if (path == NULL)
        return SEP_ERR_MEMORY;
    sep_free(scan->label_path);
    scan->label_path = path;
    if (!sep_file_exists(path))
        return sep_fail(SEP_ERR_IO, "%s: is missing: every unlabelled training scan needs registered labels", path);
    SEP_TRY(sep_hdf5_read_source(path, &scan->label_source));
    SEP_TRY(check_source(dataset, scan, &ignores));
    SEP_TRY(sep_labels_read(path, &scan->label));
    scan->label.ignores = ignores;
    SEP_TRY(sep_scan_match_label(SEP_GEOMETRY_STRICT, scan));
    return sep_scan_check_label(scan, dataset->classes);
}

sep_status sep_dataset_take_registered(sep_dataset *dataset, const char *folder)
{
    for (int i = 0; i < dataset->training; i++)
        if (!dataset->scan[i].labelled)
            SEP_TRY(take_labels(dataset, folder, &dataset->scan[i]));
    return SEP_OK;
}
