/* Trained models: a checkpoint, its networks and how their input is made. */
#include "model/model_parts.h"

#include "model/checkpoint.h"

#include <string.h>

enum { SLICES_AT_ONCE = 4 };

static sep_status load(const char *path, sep_device *device, sep_model *model)
{
    sep_safetensors *file;

    SEP_TRY(sep_checkpoint_open(path, &file, &model->info));
    sep_status status = sep_store_create(device, 0, &model->store);
    if (status == SEP_OK)
        status = sep_predictor_create(model->store, model->info.spec, model->info.students, model->info.averages,
                                      SLICES_AT_ONCE, model->info.image_zoom, &model->predictor);
    if (status == SEP_OK)
        sep_predictor_see(model->predictor, model->info.view, model->info.spacing);
    if (status == SEP_ERR_MEMORY)
        status = sep_fail_within(status, "%s", path);
    if (status == SEP_OK)
        status = sep_checkpoint_restore(path, file, model->store, false);
    sep_safetensors_close(file);
    return status;
}

sep_status sep_model_load(const char *path, sep_device *device, sep_model **model)
{
    sep_model *m = sep_calloc(1, sizeof *m);

    *model = NULL;
    if (m == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = load(path, device, m);
    if (status != SEP_OK) {
        sep_model_destroy(m);
        return status;
    }
    *model = m;
    return SEP_OK;
}

void sep_model_destroy(sep_model *model)
{
    if (model == NULL)
        return;
    sep_predictor_destroy(model->predictor);
    sep_store_destroy(model->store);
    sep_model_info_free(&model->info);
    sep_free(model);
}

const sep_model_info *sep_model_get_info(const sep_model *model)
{
    return &model->info;
}

char *sep_answer_nets(const sep_model_info *info, sep_answer answer)
{
    const bool all = answer.student == SEP_ALL_STUDENTS;
    char *names = sep_strdup(info->spec[all ? 0 : answer.student].net->name);

    for (int i = 1; all && i < info->students && names != NULL; i++) {
        char *more = sep_format("%s, %s", names, info->spec[i].net->name);
        sep_free(names);
        names = more;
    }
    return names;
}

/* What came out on the turned grid, back on the volume's own. */
static sep_status turn_back(const sep_volume *volume, const sep_order *order, int classes, sep_labels *labels,
                            sep_volume *probabilities)
{
    const sep_order back = sep_order_inverse(order);

    SEP_TRY(sep_labels_reorder(labels, &back));
    sep_labels_take_geometry(labels, volume);
    for (int c = 0; probabilities != NULL && c < classes; c++) {
        SEP_TRY(sep_volume_reorder(&probabilities[c], &back));
        sep_volume_take_geometry(&probabilities[c], volume);
    }
    return SEP_OK;
}

static void free_results(int classes, sep_labels *labels, sep_volume *probabilities)
{
    sep_labels_free(labels);
    for (int c = 0; probabilities != NULL && c < classes; c++)
        sep_volume_free(&probabilities[c]);
}

static sep_status copy_volume(const sep_volume *volume, sep_volume *copy)
{
    SEP_TRY(sep_volume_create_channels(copy, volume->channels, volume->depth, volume->height, volume->width));
    sep_volume_take_geometry(copy, volume);
    memcpy(copy->data, volume->data,
           (size_t)sep_volume_channels(volume) * sep_volume_voxels(volume) * sizeof *copy->data);
    return SEP_OK;
}

/* Scans without geometry are taken for stored as those of training are; of a single slice there is nothing to cut. */
static sep_order training_order(const sep_model_info *info, const sep_volume *volume)
{
    sep_order order;

    (void)sep_orientation_order(&info->orientation, volume, &order);
    return volume->has_geometry || volume->depth == 1 ? order : sep_slice_axis_order(info->slice_axis);
}

sep_slice_axis sep_model_slice_axis(const sep_model *model, const sep_volume *volume)
{
    static const sep_slice_axis of[3] = {SEP_SLICE_AXIS_X, SEP_SLICE_AXIS_Y, SEP_SLICE_AXIS_Z};

    return of[training_order(&model->info, volume).axis[2]];
}

sep_status sep_model_see(const sep_model *model, const sep_volume *volume, sep_order *order, sep_volume *seen)
{
    SEP_TRY(sep_check_channels(model->info.spec[0].channels, volume));
    *order = training_order(&model->info, volume);
    SEP_TRY(copy_volume(volume, seen));
    sep_intensities_apply(&model->info.intensity, seen);
    sep_status status = sep_volume_reorder(seen, order);
    if (status != SEP_OK)
        sep_volume_free(seen);
    return status;
}

sep_status sep_model_segment(sep_model *model, const sep_volume *volume, const sep_segment_options *options,
                             sep_labels *labels, sep_volume *probabilities)
{
    const int classes = model->info.spec[0].classes;
    sep_volume seen;
    sep_order order;

    SEP_TRY(sep_model_see(model, volume, &order, &seen));
    sep_status status = sep_predictor_segment(model->predictor, &seen, options, labels, probabilities);
    sep_volume_free(&seen);
    SEP_TRY(status);
    status = turn_back(volume, &order, classes, labels, probabilities);
    if (status != SEP_OK)
        free_results(classes, labels, probabilities);
    return status;
}
