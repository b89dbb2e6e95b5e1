/* What septum predict writes beside a label map. */
#include "cli/predict_maps.h"

#include <stdio.h>

/* Where a map of the case goes, beside its label map: NAME_<what>.nii.gz. NULL without memory. */
static char *map_path(const char *labels_path, const char *what)
{
    char *stem = sep_image_stem(labels_path);
    int folder = (int)(sep_file_name(labels_path) - labels_path);
    char *path = stem != NULL ? sep_format("%.*s%s_%s.nii.gz", folder, labels_path, stem, what) : NULL;

    sep_free(stem);
    return path;
}

static char *probability_path(const char *labels_path, int class_index)
{
    char what[32];

    snprintf(what, sizeof what, "probability_%d", class_index);
    return map_path(labels_path, what);
}

/* Frees the path. */
static sep_status write_map(char *path, const sep_volume *map)
{
    sep_status status = path != NULL ? sep_volume_write(path, map) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

static sep_status write_uncertainty(const char *labels_path, const sep_prediction *p)
{
    sep_volume map;

    SEP_TRY(sep_prediction_uncertainty(p, &map));
    sep_status status = write_map(map_path(labels_path, "uncertainty"), &map);
    sep_volume_free(&map);
    if (status == SEP_OK && p->disagreement.data != NULL)
        status = write_map(map_path(labels_path, "disagreement"), &p->disagreement);
    return status;
}

sep_status sep_maps_write(const sep_maps_wanted *wanted, const char *labels_path, const sep_prediction *p)
{
    for (int c = 0; wanted->probabilities && c < p->classes; c++)
        SEP_TRY(write_map(probability_path(labels_path, c), &p->probability[c]));
    return wanted->uncertainty ? write_uncertainty(labels_path, p) : SEP_OK;
}

void sep_maps_declare(const sep_maps_wanted *wanted, sep_outputs *o, const sep_asked_models *models, const char *to)
{
    for (int c = 0; wanted->probabilities && c < sep_models_classes(models); c++)
        sep_writes_made(o, probability_path(to, c));
    if (wanted->uncertainty)
        sep_writes_made(o, map_path(to, "uncertainty"));
    if (wanted->uncertainty && models->count > 1)
        sep_writes_made(o, map_path(to, "disagreement"));
}
