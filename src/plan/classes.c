/* What the values of label maps stand for, where no dataset.json says it. */
#include "plan/survey.h"

#include "data/scan.h"

#include <string.h>

enum { MASK_THRESHOLD = 128, NOBODY = 255, MOST_INDICES = 128 };

/* What the values of the label maps are, of all of them and one by one. */
typedef struct found_values {
    sep_label_counts counts;
    int grey;             /* maps of grey levels, as 0 and 255 */
    int indices;          /* maps of class indices */
    const sep_entry *one; /* of these */
    bool mixed;           /* one of these holds 255 beside them */
} found_values;

static int largest_below(const sep_label_counts *counts, int bound)
{
    int value = bound - 1;

    while (value > 0 && counts->voxels[value] == 0)
        value--;
    return value;
}

static void add_labels(const sep_labels *labels, const sep_entry *entry, found_values *found)
{
    sep_label_counts own = {0};

    sep_label_counts_add(&own, labels);
    for (int value = 0; value < 256; value++)
        found->counts.voxels[value] += own.voxels[value];
    if (sep_label_counts_check(&own, entry->label_path) != SEP_OK) {
        found->grey++;
    } else if (largest_below(&own, NOBODY) > 0) {
        found->one = found->indices++ == 0 ? entry : found->one;
        found->mixed = found->mixed || own.voxels[NOBODY] > 0;
    }
}

static sep_status count_values(const sep_survey *survey, found_values *found)
{
    sep_progress *progress = sep_progress_start("label maps", survey->scans, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < survey->scans && status == SEP_OK; i++) {
        sep_labels labels = {0};

        if (survey->scan[i].use != SEP_USE_UNLABELLED)
            status = sep_labels_read_as(survey->scan[i].entry->label_path, &survey->data.labels, &labels);
        if (status == SEP_OK && labels.data != NULL)
            add_labels(&labels, survey->scan[i].entry, found);
        sep_labels_free(&labels);
        sep_progress_update(progress, i + 1, survey->scan[i].entry->name);
    }
    sep_progress_finish(progress);
    return status;
}

/* Grey levels: few of them are classes one by one, many a mask with soft edges. */
static void read_grey(const sep_label_counts *counts, sep_label_reading *labels, int *classes)
{
    enum { FEW = 16 };
    sep_label_values values = {.count = 1};

    for (int value = 1; value < 256; value++)
        if (counts->voxels[value] > 0 && values.count++ < SEP_MOST_LABEL_VALUES)
            values.value[values.count - 1] = (uint16_t)value;
    if (values.count > FEW || (values.count == 2 && values.value[1] >= MASK_THRESHOLD)) {
        labels->threshold = MASK_THRESHOLD;
        *classes = 2;
    } else {
        labels->values = values;
        *classes = values.count;
    }
}

static bool is_picture(const char *path)
{
    return sep_has_suffix(path, ".png") || sep_has_suffix(path, ".jpg") || sep_has_suffix(path, ".jpeg");
}

/* Pictures of masks in which most values up to the largest are missing: grey levels one by one, or, where they are
 * many, soft edges and what JPEG makes of a mask. */
static sep_status check_sparse(sep_survey *survey, const sep_label_counts *counts, int *classes)
{
    enum { FEW = 16, MOST = 64 };
    const char *some = NULL;
    int values = 0;

    for (int i = 0; i < survey->scans && some == NULL; i++)
        if (survey->scan[i].use != SEP_USE_UNLABELLED)
            some = survey->scan[i].entry->label_path;

    for (int value = 0; value < *classes; value++)
        values += counts->voxels[value] > 0;
    if (some == NULL || !is_picture(some) || *classes <= FEW)
        return SEP_OK;
    if (values > MOST)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: the label maps hold %d values up to %d, too many for classes: masks with soft edges, or "
                        "stored as JPEG? --threshold N takes them for masks of two classes; --values says which value "
                        "is which class",
                        survey->data.folder, values, *classes - 1);
    if (values <= FEW && 2 * values < *classes)
        read_grey(counts, &survey->data.labels, classes);
    return SEP_OK;
}

/* Where most label maps hold grey levels alone and others class indices alone, both can't be read by one rule, and 255
 * is not what nobody annotated. */
static sep_status check_alike(const found_values *found)
{
    if (found->indices == 0 || found->mixed || found->grey <= found->indices)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT,
                    "%s: holds class indices (%d of the label maps do), but %d hold grey levels (up to %d): "
                    "septum convert --labels with --threshold N or --values 0,N,... makes class indices of these",
                    found->one->label_path, found->indices, found->grey, largest_below(&found->counts, 256));
}

/* As the request says; 0: it says nothing. */
static int given_classes(const sep_label_reading *labels)
{
    return labels->threshold > 0 ? 2 : labels->values.count + labels->colours.count;
}

static sep_status read_values(sep_survey *survey, int *classes)
{
    found_values found = {0};
    const sep_label_counts *counts = &found.counts;

    SEP_TRY(count_values(survey, &found));
    if (sep_label_counts_check(counts, survey->data.folder) != SEP_OK) {
        read_grey(counts, &survey->data.labels, classes);
        return SEP_OK;
    }
    SEP_TRY(check_alike(&found));
    *classes = largest_below(counts, 256) + 1;
    const int below = largest_below(counts, NOBODY);
    if (counts->voxels[NOBODY] > 0 && below < MOST_INDICES) {
        survey->data.labels.ignores = true;
        survey->data.labels.ignored = NOBODY;
        *classes = below + 1;
    }
    return check_sparse(survey, counts, classes);
}

sep_status sep_survey_classes(sep_survey *survey)
{
    const sep_strings *names = &survey->catalogue.class_names;
    int classes = survey->catalogue.classes;

    if (classes == 0)
        classes = given_classes(&survey->data.labels);
    if (classes == 0)
        SEP_TRY(read_values(survey, &classes));
    if (classes < 2)
        return sep_fail(SEP_ERR_FORMAT, "%s: the label maps have no class but the background", survey->data.folder);
    survey->classes = survey->data.classes = classes;
    survey->class_name = sep_arena_alloc(survey->arena, (size_t)classes * sizeof *survey->class_name);
    for (int c = 0; survey->class_name != NULL && c < classes; c++)
        survey->class_name[c] = c < names->count ? names->item[c]
                                : c == 0         ? "background"
                                                 : sep_arena_format(survey->arena, "class %d", c);
    return sep_arena_failed(survey->arena) ? SEP_ERR_MEMORY : SEP_OK;
}
