/* Several models as one: the mean of their probabilities, and how far they disagree. */
#include "septum/model.h"

#include "simd/elementary.h"

#include <string.h>

void sep_prediction_free(sep_prediction *prediction)
{
    for (int c = 0; c < prediction->classes; c++)
        sep_volume_free(&prediction->probability[c]);
    sep_volume_free(&prediction->disagreement);
    sep_labels_free(&prediction->labels);
    *prediction = (sep_prediction){0};
}

/* ---- whether they fit -------------------------------------------------------------------------------------------- */

static int classes_of(const sep_model *model)
{
    return sep_model_get_info(model)->spec[0].classes;
}

static sep_status check_pair(const sep_model_info *first, const sep_model_info *other, const char *first_path,
                             const char *path)
{
    if (other->class_names.count != first->class_names.count)
        return sep_fail(SEP_ERR_ARGUMENT, "%s tells %d classes apart, %s %d: only models of the same can be averaged",
                        path, other->class_names.count, first_path, first->class_names.count);
    if (other->spec[0].channels != first->spec[0].channels)
        return sep_fail(SEP_ERR_ARGUMENT, "%s looks at images of %d channels, %s of %d: they can't be averaged", path,
                        other->spec[0].channels, first_path, first->spec[0].channels);
    for (int c = 0; c < first->class_names.count; c++)
        if (strcmp(other->class_names.item[c], first->class_names.item[c]) != 0)
            return sep_fail(SEP_ERR_ARGUMENT,
                            "class %d is '%s' in %s and '%s' in %s: only models of the same classes can be averaged", c,
                            other->class_names.item[c], path, first->class_names.item[c], first_path);
    return SEP_OK;
}

sep_status sep_models_check(sep_model *const *model, const char *const *path, int count)
{
    for (int i = 1; i < count; i++)
        SEP_TRY(check_pair(sep_model_get_info(model[0]), sep_model_get_info(model[i]), path[0], path[i]));
    return SEP_OK;
}

/* ---- entropies --------------------------------------------------------------------------------------------------- */

static size_t voxels_of(const sep_prediction *p)
{
    return (size_t)p->labels.depth * (size_t)p->labels.height * (size_t)p->labels.width;
}

/* Of one voxel's probabilities, divided by that of all classes alike. */
static float entropy_of(const sep_volume *probability, int classes, size_t voxel)
{
    float sum = 0.0f;

    for (int c = 0; c < classes; c++) {
        const float p = probability[c].data[voxel];
        if (p > 0.0f)
            sum -= p * sep_logf(p);
    }
    return sum / sep_logf((float)classes);
}

sep_status sep_prediction_uncertainty(const sep_prediction *p, sep_volume *uncertainty)
{
    SEP_TRY(sep_volume_create_on(&p->probability[0], uncertainty));
    for (size_t i = 0, voxels = voxels_of(p); i < voxels; i++) {
        const float entropy = entropy_of(p->probability, p->classes, i);
        uncertainty->data[i] = entropy < 1.0f ? entropy : 1.0f;
    }
    return SEP_OK;
}

/* ---- the mean ---------------------------------------------------------------------------------------------------- */

static void add_entropies(const sep_volume *probability, int classes, sep_volume *sum)
{
    const size_t voxels = (size_t)sum->depth * (size_t)sum->height * (size_t)sum->width;

    for (size_t i = 0; i < voxels; i++)
        sum->data[i] += entropy_of(probability, classes, i);
}

static void add_probabilities(sep_prediction *p, const sep_volume *more)
{
    for (int c = 0; c < p->classes; c++)
        for (size_t i = 0, voxels = voxels_of(p); i < voxels; i++)
            p->probability[c].data[i] += more[c].data[i];
}

static sep_status add_model(sep_model *model, const sep_segment_options *options, const sep_volume *volume,
                            sep_prediction *p)
{
    sep_volume probability[SEP_MOST_CLASSES] = {0};
    sep_labels labels;

    SEP_TRY(sep_model_segment(model, volume, options, &labels, probability));
    sep_labels_free(&labels);
    if (p->disagreement.data != NULL)
        add_entropies(probability, p->classes, &p->disagreement);
    add_probabilities(p, probability);
    for (int c = 0; c < p->classes; c++)
        sep_volume_free(&probability[c]);
    return SEP_OK;
}

/* Of the sums over models. */
static void take_means(sep_prediction *p, int models)
{
    for (int c = 0; c < p->classes; c++)
        for (size_t i = 0, voxels = voxels_of(p); i < voxels; i++)
            p->probability[c].data[i] /= (float)models;
}

static void take_labels(sep_prediction *p)
{
    for (size_t i = 0, voxels = voxels_of(p); i < voxels; i++) {
        int best = 0;
        for (int c = 1; c < p->classes; c++)
            if (p->probability[c].data[i] > p->probability[best].data[i])
                best = c;
        p->labels.data[i] = (uint8_t)best;
    }
}

/* In place of the sums of entropies. Rounding alone could make it negative. */
static void take_disagreement(sep_prediction *p, int models)
{
    for (size_t i = 0, voxels = voxels_of(p); i < voxels; i++) {
        float *at = &p->disagreement.data[i];
        const float information = entropy_of(p->probability, p->classes, i) - *at / (float)models;
        *at = information > 0.0f ? information : 0.0f;
    }
}

static sep_status segment_all(sep_model *const *model, const sep_segment_options *options, int count,
                              const sep_volume *volume, bool disagrees, sep_prediction *p)
{
    SEP_TRY(sep_model_segment(model[0], volume, &options[0], &p->labels, p->probability));
    if (disagrees) {
        SEP_TRY(sep_volume_create_on(volume, &p->disagreement));
        add_entropies(p->probability, p->classes, &p->disagreement);
    }
    for (int i = 1; i < count; i++)
        SEP_TRY(add_model(model[i], &options[i], volume, p));
    if (count > 1) {
        take_means(p, count);
        take_labels(p);
    }
    if (disagrees)
        take_disagreement(p, count);
    return SEP_OK;
}

sep_status sep_models_segment(sep_model *const *model, const sep_segment_options *options, int count,
                              const sep_volume *volume, bool disagrees, sep_prediction *prediction)
{
    *prediction = (sep_prediction){.classes = classes_of(model[0])};
    sep_status status = segment_all(model, options, count, volume, disagrees, prediction);
    if (status != SEP_OK)
        sep_prediction_free(prediction);
    return status;
}
