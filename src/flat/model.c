/* Trained models, for other languages. */
#include "septum/flat.h"

#include "flat/grid.h"
#include "septum/device.h"
#include "septum/model.h"

#include <string.h>

struct sep_flat_model {
    sep_device *device;
    sep_model *model;
    const sep_model_info *info;
};

sep_status sep_flat_model_open(const char *path, int threads, sep_flat_model **model)
{
    *model = sep_calloc(1, sizeof **model);
    sep_status status = *model != NULL ? sep_cpu_create(threads, NULL, &(*model)->device) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_model_load(path, (*model)->device, &(*model)->model);
    if (status == SEP_OK) {
        (*model)->info = sep_model_get_info((*model)->model);
        return SEP_OK;
    }
    sep_flat_model_close(*model);
    *model = NULL;
    return status;
}

void sep_flat_model_close(sep_flat_model *model)
{
    if (model == NULL)
        return;
    sep_model_destroy(model->model);
    sep_device_destroy(model->device);
    sep_free(model);
}

int sep_flat_model_classes(const sep_flat_model *model)
{
    return model->info->spec[0].classes;
}

int sep_flat_model_channels(const sep_flat_model *model)
{
    return model->info->spec[0].channels;
}

const char *sep_flat_model_class_name(const sep_flat_model *model, int class_index)
{
    const sep_strings *names = &model->info->class_names;

    return class_index >= 0 && class_index < names->count ? names->item[class_index] : NULL;
}

static void take(const sep_flat_model *model, const sep_prediction *prediction, size_t voxels, uint8_t *labels,
                 float *probabilities)
{
    memcpy(labels, prediction->labels.data, voxels);
    for (int c = 0; probabilities != NULL && c < sep_flat_model_classes(model); c++)
        memcpy(probabilities + (size_t)c * voxels, prediction->probability[c].data, voxels * sizeof *probabilities);
}

sep_status sep_flat_model_segment(sep_flat_model *model, const float *image, int channels, const int32_t size[3],
                                  const double *affine, uint8_t *labels, float *probabilities)
{
    const sep_decisions *decided = &model->info->decisions;
    const sep_segment_options how = {.answer = model->info->best, .tta = decided->tta, .smooth = decided->smooth};
    sep_prediction prediction;
    sep_volume volume;

    SEP_TRY(sep_flat_volume(image, channels, size, affine, &volume));
    SEP_TRY(sep_volume_check_finite("the image", &volume));
    sep_status status = sep_models_segment(&model->model, &how, 1, &volume, false, &prediction);
    if (status != SEP_OK)
        return sep_fail_within(status, "the image");
    status = sep_labels_keep_largest(&prediction.labels, decided->largest);
    if (status == SEP_OK)
        take(model, &prediction, sep_volume_voxels(&volume), labels, probabilities);
    sep_prediction_free(&prediction);
    return status;
}
