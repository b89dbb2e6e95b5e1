/* Registered label maps in the place of labels that nobody drew. */
#include "septum/data.h"

#include "data/scan.h"

#include <string.h>

int sep_dataset_find(const sep_dataset *dataset, const char *name, size_t length)
{
    for (int i = 0; i < dataset->training; i++)
        if (strlen(dataset->scan[i].name) == length && strncmp(dataset->scan[i].name, name, length) == 0)
            return i;
    return -1;
}

/* The name at the beginning of `names` and its length; what follows it, or NULL after the last. */
static const char *next_name(const char *names, size_t *length)
{
    *length = strcspn(names, "\n");
    return names[*length] == '\n' ? names + *length + 1 : NULL;
}

uint64_t sep_registered_inputs(const sep_dataset *dataset, int scan, const char *sources)
{
    uint64_t hash = sep_hash(SEP_HASH_START, &dataset->scan[scan].image_hash, sizeof(uint64_t));
    size_t length;

    for (const char *name = sources, *next; name != NULL; name = next) {
        next = next_name(name, &length);
        const int from = sep_dataset_find(dataset, name, length);
        hash = sep_hash(hash, name, length);
        if (from >= 0)
            hash = sep_hash(hash, &dataset->scan[from].label_hash, sizeof(uint64_t));
    }
    return hash;
}

/* Labels may come from the scans that training may see, and from no other. What these ignore, they ignore too. */
static sep_status check_source(const sep_dataset *dataset, const char *name, size_t length, sep_scan *scan)
{
    const int from = sep_dataset_find(dataset, name, length);

    if (from < 0 || !dataset->scan[from].labelled)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: made from the labels of %.*s, which is no labelled training scan here",
                        scan->label_path, (int)length, name);
    scan->label.ignores = scan->label.ignores || dataset->scan[from].label.ignores;
    return SEP_OK;
}

static sep_status check_sources(const sep_dataset *dataset, const char *sources, sep_scan *scan)
{
    size_t length;

    for (const char *name = sources, *next; name != NULL; name = next) {
        next = next_name(name, &length);
        SEP_TRY(check_source(dataset, name, length, scan));
    }
    return SEP_OK;
}

/* Files of before hashes were kept say nothing. What has no source ignores all of its voxels. */
static sep_status check_derivation(const sep_dataset *dataset, int index, const sep_derivation *from, sep_scan *scan)
{
    if (strcmp(from->sources, SEP_NO_SOURCE) == 0)
        scan->label.ignores = true;
    else
        SEP_TRY(check_sources(dataset, from->sources, scan));
    if (from->inputs == 0 || from->inputs == sep_registered_inputs(dataset, index, from->sources))
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "%s: was made of another image of %s, or of other label maps of its sources, than this dataset "
                    "has: make it anew with septum propagate --unlabelled",
                    scan->label_path, scan->name);
}

/* Files without it were made by one registration each. */
static sep_status read_agreement(sep_scan *scan)
{
    const sep_label_reading reading = {.dataset = "agreement"};
    sep_scan place = {.image = scan->image, .image_path = scan->image_path, .label_path = scan->label_path};
    bool has;

    SEP_TRY(sep_hdf5_has(scan->label_path, "agreement", &has));
    if (!has)
        return SEP_OK;
    SEP_TRY(sep_labels_read_as(scan->label_path, &reading, &place.label));
    sep_status status = sep_scan_match_label(SEP_GEOMETRY_STRICT, &place);
    if (status == SEP_OK)
        status = sep_scan_check_label(&place, 256);
    scan->agreement = place.label;
    return status;
}

static sep_status read_labels(const sep_dataset *dataset, int index, const sep_derivation *from, sep_scan *scan)
{
    SEP_TRY(sep_labels_read(scan->label_path, &scan->label));
    SEP_TRY(check_derivation(dataset, index, from, scan));
    SEP_TRY(sep_scan_match_label(SEP_GEOMETRY_STRICT, scan));
    SEP_TRY(sep_scan_check_label(scan, dataset->classes));
    return read_agreement(scan);
}

static sep_status take_labels(const sep_dataset *dataset, const char *folder, int index, sep_scan *scan)
{
    char *path = sep_format("%s/%s.h5", folder, scan->name);
    sep_derivation from;

    if (path == NULL)
        return SEP_ERR_MEMORY;
    sep_free(scan->label_path);
    scan->label_path = path;
    if (!sep_file_exists(path))
        return sep_fail(SEP_ERR_IO, "%s: is missing: every unlabelled training scan needs registered labels", path);
    SEP_TRY(sep_hdf5_read_derivation(path, &from));
    scan->label_source = from.sources;
    scan->label_key = from.key;
    return read_labels(dataset, index, &from, scan);
}

sep_status sep_dataset_take_registered(sep_dataset *dataset, const char *folder)
{
    for (int i = 0; i < dataset->training; i++)
        if (!dataset->scan[i].labelled)
            SEP_TRY(take_labels(dataset, folder, i, &dataset->scan[i]));
    return SEP_OK;
}
