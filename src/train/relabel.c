/* Unlabelled scans labelled by a run's own networks. */
#include "train/relabel.h"

#include "septum/process.h"

#include <stdio.h>
#include <string.h>

enum { MOST_SOURCES = 60000 }; /* bytes of names that a label map says */

struct sep_relabelled {
    sep_dataset dataset; /* the run's, but for its scans */
    const sep_dataset *origin;
};

/* ---- whose labels are whose -------------------------------------------------------------------------------------- */

/* The scan without labels: those of the run's data set stay there, our own are freed. */
static void drop_labels(sep_relabelled *r, int i)
{
    sep_scan *scan = &r->dataset.scan[i];

    if (scan->label.data != r->origin->scan[i].label.data) {
        sep_labels_free(&scan->label);
        sep_labels_free(&scan->agreement);
        sep_free(scan->label_path);
        sep_free(scan->label_source);
    }
    scan->label = scan->agreement = (sep_labels){0};
    scan->label_path = scan->label_source = NULL;
}

static sep_status ignore_all(sep_scan *scan)
{
    const sep_volume *image = &scan->image;

    SEP_TRY(sep_labels_create(&scan->label, image->depth, image->height, image->width));
    sep_labels_take_geometry(&scan->label, image);
    scan->label.ignores = true;
    memset(scan->label.data, SEP_IGNORED, (size_t)image->depth * (size_t)image->height * (size_t)image->width);
    return SEP_OK;
}

static bool is_ours(const sep_relabelled *r, int scan)
{
    return scan < r->dataset.training && !r->dataset.scan[scan].labelled;
}

void sep_relabelled_destroy(sep_relabelled *relabelled)
{
    if (relabelled == NULL)
        return;
    for (int i = 0; i < relabelled->dataset.scans; i++)
        if (is_ours(relabelled, i))
            drop_labels(relabelled, i);
    sep_free(relabelled->dataset.scan);
    sep_free(relabelled);
}

static sep_status take_scans(sep_relabelled *r, const sep_dataset *dataset)
{
    r->dataset = *dataset;
    r->dataset.scan = sep_calloc((size_t)dataset->scans, sizeof *dataset->scan);
    if (r->dataset.scan == NULL) {
        r->dataset.scans = r->dataset.training = 0;
        return SEP_ERR_MEMORY;
    }
    memcpy(r->dataset.scan, dataset->scan, (size_t)dataset->scans * sizeof *dataset->scan);
    for (int i = 0; i < dataset->training; i++)
        if (is_ours(r, i) && dataset->scan[i].label.data == NULL) {
            drop_labels(r, i);
            SEP_TRY(ignore_all(&r->dataset.scan[i]));
        }
    return SEP_OK;
}

sep_status sep_relabelled_create(const sep_method *method, const sep_dataset *dataset, sep_relabelled **relabelled)
{
    *relabelled = NULL;
    if (method->relabels == 0 || dataset->unlabelled_slices == 0)
        return SEP_OK;
    sep_relabelled *r = sep_calloc(1, sizeof *r);
    if (r == NULL)
        return SEP_ERR_MEMORY;
    r->origin = dataset;
    const sep_status status = take_scans(r, dataset);
    if (status != SEP_OK) {
        sep_relabelled_destroy(r);
        return status;
    }
    *relabelled = r;
    return SEP_OK;
}

const sep_dataset *sep_relabelled_dataset(const sep_relabelled *relabelled, const sep_dataset *dataset)
{
    return relabelled != NULL ? &relabelled->dataset : dataset;
}

/* ---- labelling --------------------------------------------------------------------------------------------------- */

/* The symmetries that augmentation shows, and the networks therefore know. */
static sep_tta symmetries_shown(const sep_batch_config *batch)
{
    const bool strong = batch->augmentation == SEP_AUGMENT_STRONG;
    const bool mirrored = strong ? batch->strong.mirror == SEP_MIRROR_BOTH : batch->augmentation != SEP_AUGMENT_NONE;
    const bool turned = strong ? batch->strong.quarter_turns : mirrored;

    if (!mirrored)
        return SEP_TTA_NONE;
    return turned && batch->height == batch->width ? SEP_TTA_ALL : SEP_TTA_FLIPS;
}

sep_segment_options sep_relabelled_way(const sep_train_config *config)
{
    const sep_method *method = config->method;
    const bool symmetric =
        method->labels_by_symmetries != NULL && method->labels_by_symmetries(&config->method_options);

    return (sep_segment_options){
        .answer = {.student = SEP_ALL_STUDENTS, .average = config->ema > 0.0f},
        .tta = symmetric ? symmetries_shown(&config->batch) : SEP_TTA_NONE,
        .smooth = symmetric,
    };
}

static sep_status take_confidence(const sep_volume *confidence, sep_labels *agreement)
{
    const size_t voxels = (size_t)confidence->depth * (size_t)confidence->height * (size_t)confidence->width;

    SEP_TRY(sep_labels_create(agreement, confidence->depth, confidence->height, confidence->width));
    sep_labels_take_geometry(agreement, confidence);
    for (size_t i = 0; i < voxels; i++)
        agreement->data[i] = (uint8_t)(255.0f * confidence->data[i] + 0.5f);
    return SEP_OK;
}

static sep_status label_scan(sep_relabelled *r, int i, const sep_labelling *l)
{
    sep_scan *scan = &r->dataset.scan[i];
    sep_volume confidence;

    drop_labels(r, i);
    SEP_TRY(sep_predictor_segment_surely(l->predictor, &scan->image, &l->how, &scan->label, &confidence));
    sep_status status = sep_labels_keep_largest(&scan->label, NULL);
    if (status == SEP_OK)
        status = take_confidence(&confidence, &scan->agreement);
    sep_volume_free(&confidence);
    return status;
}

/* The names of the labelled scans, from which all that the networks know comes: as many as there is room for. */
static char *labelled_names(const sep_dataset *dataset)
{
    char *names = sep_strdup("");

    for (int i = 0; i < dataset->training && names != NULL; i++) {
        const char *name = dataset->scan[i].name;
        if (!dataset->scan[i].labelled || strlen(names) + strlen(name) + 1 > MOST_SOURCES)
            continue;
        char *longer = sep_format("%s%s%s", names, names[0] != '\0' ? "\n" : "", name);
        sep_free(names);
        names = longer;
    }
    return names;
}

static sep_status keep(const sep_scan *scan, char *sources, const char *folder)
{
    const sep_derivation from = {.sources = sources};
    char *path = sep_format("%s/%s.h5", folder, scan->name);
    const sep_status status =
        path != NULL ? sep_hdf5_write_derived(path, &scan->label, &scan->agreement, &from) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

static void show(const sep_labelling *l, int scan, int scans)
{
    char note[64];

    snprintf(note, sizeof note, "labelling scan %d of %d", scan, scans);
    sep_progress_update(l->progress, l->iteration, note);
}

static sep_status make_all(sep_relabelled *r, const sep_labelling *l, char *sources)
{
    int scans = 0, begun = 0;

    for (int i = 0; i < r->dataset.training; i++)
        scans += is_ours(r, i);
    for (int i = 0; i < r->dataset.training; i++) {
        if (!is_ours(r, i))
            continue;
        SEP_TRY(sep_stop_check());
        show(l, ++begun, scans);
        SEP_TRY(label_scan(r, i, l));
        if (l->folder != NULL)
            SEP_TRY(keep(&r->dataset.scan[i], sources, l->folder));
    }
    return SEP_OK;
}

sep_status sep_relabelled_make(sep_relabelled *relabelled, const sep_labelling *labelling)
{
    if (labelling->folder != NULL)
        SEP_TRY(sep_make_folders(labelling->folder));
    char *sources = labelled_names(&relabelled->dataset);
    const sep_status status = sources != NULL ? make_all(relabelled, labelling, sources) : SEP_ERR_MEMORY;
    sep_free(sources);
    return status;
}

sep_status sep_relabelled_read(sep_relabelled *relabelled, const char *folder)
{
    for (int i = 0; i < relabelled->dataset.training; i++)
        if (is_ours(relabelled, i))
            drop_labels(relabelled, i);
    return sep_dataset_take_registered(&relabelled->dataset, folder);
}
