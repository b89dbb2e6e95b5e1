/* The features that a network makes of single voxels: one of a model's networks, one slice at a time, with one of its
 * maps kept beside the logits. */
#include "model/model_parts.h"

#include "septum/process.h"

#include <string.h>

struct sep_features {
    const sep_model *model;
    const sep_net_spec *spec;
    sep_network_graph network;
    sep_node *node;              /* of the map */
    int height, width, channels; /* of the map */
    float *patch, *map, *logits;
};

/* ---- the network ------------------------------------------------------------------------------------------------- */

static void choose_map(sep_features *f, sep_feature_map map)
{
    const sep_net_output *output = &f->network.output;

    f->node = map == SEP_FEATURES_FULL ? output->full : map == SEP_FEATURES_QUARTER ? output->quarter : output->eighth;
    sep_keep(f->network.graph, f->node);
    const sep_shape *shape = sep_node_shape(f->node);
    f->height = (int)shape->dim[1];
    f->width = (int)shape->dim[2];
    f->channels = (int)shape->dim[3];
}

static size_t patch_pixels(const sep_features *f)
{
    return (size_t)f->spec->height * (size_t)f->spec->width;
}

static size_t map_values(const sep_features *f)
{
    return (size_t)f->height * (size_t)f->width * (size_t)f->channels;
}

static sep_status check_memory(const sep_features *f)
{
    uint64_t values = patch_pixels(f) * (1 + (size_t)f->spec->classes) + map_values(f);
    sep_memory_plan plan;

    SEP_TRY(sep_graph_plan(f->network.graph, &plan));
    if (sep_store_device(f->model->store)->memory == 0)
        values += (plan.activations + plan.inputs) / sizeof(float);
    return sep_memory_check(values * sizeof(float));
}

static sep_status allocate(sep_features *f)
{
    SEP_TRY(check_memory(f));
    f->patch = sep_calloc(patch_pixels(f), sizeof *f->patch);
    f->logits = sep_calloc(patch_pixels(f) * (size_t)f->spec->classes, sizeof *f->logits);
    f->map = sep_calloc(map_values(f), sizeof *f->map);
    if (f->patch == NULL || f->logits == NULL || f->map == NULL)
        return SEP_ERR_MEMORY;
    return sep_graph_compile(f->network.graph);
}

static sep_status build(sep_features *f, sep_answer answer, sep_feature_map map)
{
    const sep_model_info *info = &f->model->info;
    const int network = answer.average ? info->students + answer.student : answer.student;

    f->spec = &info->spec[answer.student];
    SEP_TRY(sep_network_build(f->model->store, info->spec, info->students, network, 1, &f->network));
    choose_map(f, map);
    return allocate(f);
}

sep_status sep_features_open(sep_model *model, sep_answer answer, sep_feature_map map, sep_features **features)
{
    *features = NULL;
    SEP_TRY(sep_answer_check(answer, model->info.students, model->info.averages));
    if (answer.student == SEP_ALL_STUDENTS)
        return sep_fail(SEP_ERR_ARGUMENT, "features are those of one network, not of all");
    if (model->info.view != SEP_PATCH_WHOLE || model->info.spacing[0] > 0.0f)
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "the model sees slices %s: features are those of whole slices as they are stored",
                        model->info.view != SEP_PATCH_WHOLE ? "in windows (data.view)" : "resampled (data.spacing)");
    sep_features *f = sep_calloc(1, sizeof *f);
    if (f == NULL)
        return SEP_ERR_MEMORY;
    f->model = model;
    sep_status status = build(f, answer, map);
    if (status != SEP_OK) {
        sep_features_close(f);
        return status;
    }
    *features = f;
    return SEP_OK;
}

void sep_features_close(sep_features *features)
{
    if (features == NULL)
        return;
    sep_graph_destroy(features->network.graph);
    sep_free(features->patch);
    sep_free(features->map);
    sep_free(features->logits);
    sep_free(features);
}

int sep_features_channels(const sep_features *features)
{
    return features->channels;
}

/* ---- voxels ------------------------------------------------------------------------------------------------------ */

/* Where a voxel of the volume lies in what the networks see. */
static sep_voxel seen_voxel(const sep_volume *volume, const sep_order *order, const sep_voxel *voxel)
{
    const int at[3] = {voxel->x, voxel->y, voxel->z}, size[3] = {volume->width, volume->height, volume->depth};
    int to[3];

    for (int i = 0; i < 3; i++) {
        const int axis = order->axis[i];
        to[i] = order->flipped[i] ? size[axis] - 1 - at[axis] : at[axis];
    }
    return (sep_voxel){.x = to[0], .y = to[1], .z = to[2]};
}

static uint8_t largest(const float *logits, int classes)
{
    int best = 0;

    for (int c = 1; c < classes; c++)
        if (logits[c] > logits[best])
            best = c;
    return (uint8_t)best;
}

/* By the pixel of the patch that the label map shows at the voxel. */
static void take(const sep_features *f, const sep_volume *seen, const sep_voxel *at, float *feature, uint8_t *predicted)
{
    const int y = sep_zoom_nearest_pixel(at->y, f->spec->height, seen->height),
              x = sep_zoom_nearest_pixel(at->x, f->spec->width, seen->width);
    const size_t pixel = (size_t)y * (size_t)f->spec->width + (size_t)x;
    const size_t cell =
        (size_t)(y / (f->spec->height / f->height)) * (size_t)f->width + (size_t)(x / (f->spec->width / f->width));

    memcpy(feature, f->map + cell * (size_t)f->channels, (size_t)f->channels * sizeof *feature);
    *predicted = largest(f->logits + pixel * (size_t)f->spec->classes, f->spec->classes);
}

static sep_status run_slice(sep_features *f, const sep_volume *seen, int z)
{
    sep_graph *graph = f->network.graph;
    sep_step_info step = {0};

    SEP_TRY(sep_stop_check());
    SEP_TRY(sep_patch_from_slice(seen, z, f->model->info.image_zoom, f->spec->height, f->spec->width, f->patch));
    SEP_TRY(sep_feed(graph, f->network.image, f->patch));
    SEP_TRY(sep_graph_run(graph, &step));
    SEP_TRY(sep_fetch(graph, f->node, f->map));
    return sep_fetch(graph, f->network.output.logits, f->logits);
}

/* The voxels of slice z of what is seen. */
static sep_status take_slice(sep_features *f, const sep_volume *volume, const sep_order *order, const sep_volume *seen,
                             int z, const sep_voxel *voxel, int count, float *feature, uint8_t *predicted)
{
    bool ran = false;

    for (int i = 0; i < count; i++) {
        const sep_voxel at = seen_voxel(volume, order, &voxel[i]);
        if (at.z != z)
            continue;
        if (!ran)
            SEP_TRY(run_slice(f, seen, z));
        ran = true;
        take(f, seen, &at, feature + (size_t)i * (size_t)f->channels, &predicted[i]);
    }
    return SEP_OK;
}

sep_status sep_features_at(sep_features *f, const sep_volume *volume, const sep_voxel *voxel, int count, float *feature,
                           uint8_t *predicted)
{
    sep_volume seen;
    sep_order order;

    SEP_TRY(sep_model_see(f->model, volume, &order, &seen));
    sep_status status = SEP_OK;
    for (int z = 0; z < seen.depth && status == SEP_OK; z++)
        status = take_slice(f, volume, &order, &seen, z, voxel, count, feature, predicted);
    sep_volume_free(&seen);
    return status;
}
