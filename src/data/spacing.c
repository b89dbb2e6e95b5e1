/* Training scans with pixels of one size. Registrations go by the voxels that the scans had before. */
#include "data/scan.h"

/* ---- one scan ---------------------------------------------------------------------------------------------------- */

static sep_status find_resampling(const float spacing[2], const sep_scan *scan, sep_resampling *resampling)
{
    const sep_status status = sep_resampling_of(&scan->image, spacing, resampling);

    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "data.spacing: %s", scan->image_path);
}

static sep_status resample_labels(const sep_resampling *resampling, const sep_volume *image, sep_labels *labels)
{
    if (labels->data == NULL)
        return SEP_OK;
    SEP_TRY(sep_labels_resample(resampling, labels));
    sep_labels_take_geometry(labels, image);
    return SEP_OK;
}

sep_status sep_scan_resample(const float spacing[2], sep_scan *scan, bool *changed)
{
    sep_resampling resampling;

    SEP_TRY(find_resampling(spacing, scan, &resampling));
    *changed = !sep_resampling_is_none(&resampling);
    if (!*changed)
        return SEP_OK;
    SEP_TRY(sep_volume_resample(&resampling, &scan->image));
    SEP_TRY(resample_labels(&resampling, &scan->image, &scan->label));
    return resample_labels(&resampling, &scan->image, &scan->agreement);
}

/* ---- registrations ----------------------------------------------------------------------------------------------- */

typedef struct resampled_matcher {
    sep_matcher stored;
    sep_resampling scan[]; /* of each that trains */
} resampled_matcher;

static bool find(const void *registrations, int fixed, int moving, const double voxel[3], double place[3])
{
    const resampled_matcher *m = registrations;
    const sep_resampling *from = &m->scan[fixed], *to = &m->scan[moving];
    const double stored[3] = {from->columns.first + voxel[0] * from->columns.step,
                              from->rows.first + voxel[1] * from->rows.step, voxel[2]};

    if (!m->stored.find(m->stored.registrations, fixed, moving, stored, place))
        return false;
    place[0] = (place[0] - to->columns.first) / to->columns.step;
    place[1] = (place[1] - to->rows.first) / to->rows.step;
    return true;
}

static void release(const void *registrations)
{
    const resampled_matcher *m = registrations;

    if (m->stored.release != NULL)
        m->stored.release(m->stored.registrations);
    sep_free((void *)(uintptr_t)m);
}

static sep_status wrap_matcher(sep_dataset *dataset, const float spacing[2])
{
    resampled_matcher *m = sep_calloc(1, sizeof *m + (size_t)dataset->training * sizeof m->scan[0]);
    sep_status status = m != NULL ? SEP_OK : SEP_ERR_MEMORY;

    for (int i = 0; i < dataset->training && status == SEP_OK; i++)
        status = find_resampling(spacing, &dataset->scan[i], &m->scan[i]);
    if (status != SEP_OK) {
        sep_free(m);
        return status;
    }
    m->stored = dataset->matcher;
    dataset->matcher = (sep_matcher){.registrations = m, .find = find, .release = release};
    return SEP_OK;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static sep_status note(sep_dataset *dataset, const float spacing[2], int count, char *first)
{
    if (first == NULL)
        return SEP_ERR_MEMORY;
    return sep_add_line(&dataset->notes,
                        sep_format("%d of %d training scans resampled to pixels of %g x %g mm (x, y): first %s", count,
                                   dataset->training, (double)spacing[0], (double)spacing[1], first));
}

static char *describe(const sep_volume *was, const sep_scan *scan)
{
    return sep_format("%s (slices of %d x %d pixels of %g x %g mm became %d x %d)", scan->name, was->height, was->width,
                      (double)was->spacing[0], (double)was->spacing[1], scan->image.height, scan->image.width);
}

static sep_status resample_all(sep_dataset *dataset, const float spacing[2])
{
    char *first = NULL;
    int count = 0;
    sep_status status = SEP_OK;

    for (int i = 0; i < dataset->training && status == SEP_OK; i++) {
        sep_scan *scan = &dataset->scan[i];
        const sep_volume was = scan->image; /* size and geometry; the voxels go */
        bool changed;

        status = sep_scan_resample(spacing, scan, &changed);
        if (status == SEP_OK && changed && count++ == 0)
            first = describe(&was, scan);
    }
    if (status == SEP_OK && count > 0)
        status = note(dataset, spacing, count, first);
    sep_free(first);
    return status;
}

/* Prediction resamples the others, and needs to know their pixels too. */
static sep_status check_validation(const sep_dataset *dataset, const float spacing[2])
{
    sep_resampling resampling;

    for (int i = dataset->training; i < dataset->scans; i++)
        SEP_TRY(find_resampling(spacing, &dataset->scan[i], &resampling));
    return SEP_OK;
}

sep_status sep_dataset_resample(sep_dataset *dataset, const float spacing[2])
{
    if (!(spacing[0] > 0.0f))
        return SEP_OK;
    SEP_TRY(check_validation(dataset, spacing));
    if (dataset->matcher.find != NULL)
        SEP_TRY(wrap_matcher(dataset, spacing));
    return resample_all(dataset, spacing);
}
