/* The scores of one class and of one case. */
#include "septum/metrics.h"

#include "metrics/distance.h"

#include <math.h>

#define SEP_METRIC_TEXT(name, text) text,
static const char *const metric_names[] = {SEP_METRICS(SEP_METRIC_TEXT)};
#undef SEP_METRIC_TEXT

const char *sep_metric_name(sep_metric metric)
{
    return metric_names[metric];
}

bool sep_metric_in_mm(sep_metric metric)
{
    return metric == SEP_METRIC_HD_MM || metric == SEP_METRIC_HD95_MM || metric == SEP_METRIC_ASSD_MM;
}

/* Voxels low .. high - 1 along z, y, x. */
typedef struct box {
    int low[3], high[3];
} box;

static void box_include(box *b, int z, int y, int x)
{
    const int at[3] = {z, y, x};
    for (int axis = 0; axis < 3; axis++) {
        if (at[axis] < b->low[axis])
            b->low[axis] = at[axis];
        if (at[axis] >= b->high[axis])
            b->high[axis] = at[axis] + 1;
    }
}

/* Whether the voxel belongs to the predicted mask: what the reference ignores belongs to none. */
static bool is_predicted(const sep_labels *prediction, const sep_labels *reference, size_t voxel, int label)
{
    return prediction->data[voxel] == label && !sep_labels_ignore(reference, voxel);
}

/* Counts the voxels of both masks and finds the box that holds them. */
static box count_voxels(const sep_labels *prediction, const sep_labels *reference, int label, sep_class_score *score)
{
    box b = {{reference->depth, reference->height, reference->width}, {0, 0, 0}};
    size_t at = 0;
    for (int z = 0; z < reference->depth; z++)
        for (int y = 0; y < reference->height; y++)
            for (int x = 0; x < reference->width; x++, at++) {
                bool in_prediction = is_predicted(prediction, reference, at, label);
                bool in_reference = reference->data[at] == label;
                if (!in_prediction && !in_reference)
                    continue;
                score->prediction_voxels += in_prediction;
                score->reference_voxels += in_reference;
                score->common_voxels += in_prediction && in_reference;
                box_include(&b, z, y, x);
            }
    return b;
}

static sep_status crop_masks(const sep_labels *prediction, const sep_labels *reference, int label, const box *b,
                             sep_mask_pair *pair)
{
    pair->depth = b->high[0] - b->low[0];
    pair->height = b->high[1] - b->low[1];
    pair->width = b->high[2] - b->low[2];
    pair->bits = sep_calloc((size_t)pair->depth * (size_t)pair->height * (size_t)pair->width, 1);
    if (!pair->bits)
        return SEP_ERR_MEMORY;
    uint8_t *to = pair->bits;
    for (int z = b->low[0]; z < b->high[0]; z++)
        for (int y = b->low[1]; y < b->high[1]; y++) {
            size_t row = ((size_t)z * (size_t)reference->height + (size_t)y) * (size_t)reference->width;
            for (int x = b->low[2]; x < b->high[2]; x++) {
                bool in_prediction = is_predicted(prediction, reference, row + (size_t)x, label);
                bool in_reference = reference->data[row + (size_t)x] == label;
                *to++ = (uint8_t)((in_prediction ? SEP_IN_PREDICTION : 0) | (in_reference ? SEP_IN_REFERENCE : 0));
            }
        }
    return SEP_OK;
}

static void set_value(sep_class_score *score, sep_metric metric, double value)
{
    for (int policy = 0; policy < SEP_EMPTY_COUNT; policy++)
        score->value[policy][metric] = value;
}

static void set_distances(sep_class_score *score, const sep_surface_distances *voxels, const sep_surface_distances *mm)
{
    set_value(score, SEP_METRIC_HD, voxels->hd);
    set_value(score, SEP_METRIC_HD95, voxels->hd95);
    set_value(score, SEP_METRIC_ASSD, voxels->assd);
    set_value(score, SEP_METRIC_HD_MM, mm->hd);
    set_value(score, SEP_METRIC_HD95_MM, mm->hd95);
    set_value(score, SEP_METRIC_ASSD_MM, mm->assd);
}

static sep_status score_distances(const sep_labels *reference, sep_mask_pair *pair, sep_class_score *score)
{
    const double unit[3] = {1, 1, 1};
    const double spacing[3] = {reference->spacing[0], reference->spacing[1], reference->spacing[2]};
    bool same = spacing[0] == 1 && spacing[1] == 1 && spacing[2] == 1;
    sep_surface_distances voxels, mm;

    const bool flat[3] = {reference->width == 1, reference->height == 1, reference->depth == 1};

    sep_mark_surfaces(pair, flat);
    SEP_TRY(sep_measure_surfaces(pair, unit, &voxels));
    mm = voxels;
    if (!same)
        SEP_TRY(sep_measure_surfaces(pair, spacing, &mm));
    set_distances(score, &voxels, &mm);
    return SEP_OK;
}

static double diagonal(const sep_labels *grid, double x, double y, double z)
{
    double dx = (grid->width - 1) * x, dy = (grid->height - 1) * y, dz = (grid->depth - 1) * z;
    return sqrt(dx * dx + dy * dy + dz * dz);
}

/* The table of metrics.h; the score is still all zeros. */
static void score_empty(const sep_labels *grid, sep_class_score *score)
{
    double *strict = score->value[SEP_EMPTY_STRICT], *medpy = score->value[SEP_EMPTY_MEDPY];
    if (score->prediction_voxels == 0 && score->reference_voxels == 0) {
        strict[SEP_METRIC_DICE] = 1;
        return;
    }
    if (score->reference_voxels == 0)
        medpy[SEP_METRIC_DICE] = 1;
    double voxels = diagonal(grid, 1, 1, 1), mm = diagonal(grid, grid->spacing[0], grid->spacing[1], grid->spacing[2]);
    for (sep_metric metric = SEP_METRIC_HD; metric < SEP_METRIC_COUNT; metric++)
        strict[metric] = sep_metric_in_mm(metric) ? mm : voxels;
}

static sep_status check_grids(const sep_labels *prediction, const sep_labels *reference)
{
    if (prediction->depth != reference->depth || prediction->height != reference->height ||
        prediction->width != reference->width)
        return sep_fail(SEP_ERR_SHAPE, "the prediction is %d x %d x %d voxels, the reference %d x %d x %d",
                        prediction->depth, prediction->height, prediction->width, reference->depth, reference->height,
                        reference->width);
    for (int axis = 0; axis < 3; axis++)
        if (!(reference->spacing[axis] > 0) || isinf(reference->spacing[axis]))
            return sep_fail(SEP_ERR_FORMAT, "the reference's voxel spacing along %c is %g, not a length", "xyz"[axis],
                            (double)reference -> spacing[axis]);
    return SEP_OK;
}

/* All but the distances between masks that both have voxels; false where there are none to take. */
static bool score_overlap(const sep_labels *prediction, const sep_labels *reference, int label, sep_class_score *score,
                          box *b)
{
    *score = (sep_class_score){0};
    *b = count_voxels(prediction, reference, label, score);
    if (score->prediction_voxels == 0 || score->reference_voxels == 0) {
        score_empty(reference, score);
        return false;
    }
    set_value(score, SEP_METRIC_DICE,
              2.0 * (double)score->common_voxels / (double)(score->prediction_voxels + score->reference_voxels));
    return true;
}

sep_status sep_score_class(const sep_labels *prediction, const sep_labels *reference, int label, sep_class_score *score)
{
    sep_mask_pair pair;
    box b;

    SEP_TRY(check_grids(prediction, reference));
    if (!score_overlap(prediction, reference, label, score, &b))
        return SEP_OK;
    SEP_TRY(crop_masks(prediction, reference, label, &b, &pair));
    sep_status status = score_distances(reference, &pair, score);
    sep_free(pair.bits);
    return status;
}

static sep_status check_levels(const sep_labels *labels, const char *which)
{
    sep_label_counts counts = {0};
    sep_label_counts_add(&counts, labels);
    return sep_label_counts_check(&counts, which);
}

static sep_status check_labels(const sep_labels *labels, int classes, const char *which)
{
    size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;
    for (size_t i = 0; i < voxels; i++)
        if (labels->data[i] >= classes && !sep_labels_ignore(labels, i)) {
            SEP_TRY(check_levels(labels, which));
            return sep_fail(SEP_ERR_FORMAT, "the %s holds label %d, but there are only %d classes (0 .. %d)", which,
                            labels->data[i], classes, classes - 1);
        }
    return SEP_OK;
}

static sep_status check_case(const sep_labels *prediction, const sep_labels *reference, int classes)
{
    if (classes < 2 || classes > 256)
        return sep_fail(SEP_ERR_ARGUMENT, "%d classes: there must be 2 to 256, the background among them", classes);
    if (reference->ignores && classes > SEP_IGNORED)
        return sep_fail(SEP_ERR_ARGUMENT, "%d classes: where voxels are ignored, there can be %d at most", classes,
                        SEP_IGNORED);
    SEP_TRY(check_grids(prediction, reference));
    SEP_TRY(check_labels(prediction, classes, "prediction"));
    return check_labels(reference, classes, "reference");
}

sep_status sep_score_case(const sep_labels *prediction, const sep_labels *reference, int classes,
                          sep_class_score *scores)
{
    SEP_TRY(check_case(prediction, reference, classes));
    for (int label = 1; label < classes; label++)
        SEP_TRY(sep_score_class(prediction, reference, label, &scores[label - 1]));
    return SEP_OK;
}

sep_status sep_score_overlaps(const sep_labels *prediction, const sep_labels *reference, int classes,
                              sep_class_score *scores)
{
    box b;

    SEP_TRY(check_case(prediction, reference, classes));
    for (int label = 1; label < classes; label++)
        (void)score_overlap(prediction, reference, label, &scores[label - 1], &b);
    return SEP_OK;
}
