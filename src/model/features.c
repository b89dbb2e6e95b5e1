/* The features that a network makes of single voxels: one of a model's networks, one slice at a time, with one of its
 * maps kept beside the logits. */
#include "model/model_parts.h"
#include "model/scene.h"
#include "model/scores.h"

#include "septum/process.h"

#include <string.h>

struct sep_features {
    const sep_model *model;
    const sep_net_spec *spec;
    sep_network_graph network;
    sep_node *node;              /* of the map */
    int height, width, channels; /* of the map */
    float *patch;                /* channel by channel, */
    float *image;                /* and as the network sees it */
    float *map, *logits;
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
    uint64_t values = patch_pixels(f) * (2 * (size_t)f->spec->channels + (size_t)f->spec->classes) + map_values(f);
    sep_memory_plan plan;

    SEP_TRY(sep_graph_plan(f->network.graph, &plan));
    if (sep_store_device(f->model->store)->memory == 0)
        values += (plan.activations + plan.packed + plan.inputs) / sizeof(float);
    return sep_memory_check(values * sizeof(float));
}

static sep_status allocate(sep_features *f)
{
    SEP_TRY(check_memory(f));
    f->patch = sep_calloc(patch_pixels(f) * (size_t)f->spec->channels, sizeof *f->patch);
    f->image = sep_calloc(patch_pixels(f) * (size_t)f->spec->channels, sizeof *f->image);
    f->logits = sep_calloc(patch_pixels(f) * (size_t)f->spec->classes, sizeof *f->logits);
    f->map = sep_calloc(map_values(f), sizeof *f->map);
    if (f->patch == NULL || f->image == NULL || f->logits == NULL || f->map == NULL)
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
    sep_free(features->image);
    sep_free(features->map);
    sep_free(features->logits);
    sep_free(features);
}

int sep_features_channels(const sep_features *features)
{
    return features->channels;
}

/* ---- voxels ------------------------------------------------------------------------------------------------------ */

static void take(const sep_features *f, int y, int x, float *feature, uint8_t *predicted)
{
    const size_t pixel = (size_t)y * (size_t)f->spec->width + (size_t)x;
    const size_t cell =
        (size_t)(y / (f->spec->height / f->height)) * (size_t)f->width + (size_t)(x / (f->spec->width / f->width));

    memcpy(feature, f->map + cell * (size_t)f->channels, (size_t)f->channels * sizeof *feature);
    *predicted = sep_class_of_pixel(f->logits + pixel * (size_t)f->spec->classes, 1, f->spec->classes);
}

static sep_status run_window(sep_features *f, const sep_scene *s, int z, int window)
{
    sep_graph *graph = f->network.graph;
    sep_step_info step = {0};

    SEP_TRY(sep_stop_check());
    SEP_TRY(sep_scene_show(s, z, window, f->patch));
    sep_interleave(f->patch, patch_pixels(f), f->spec->channels, f->image);
    SEP_TRY(sep_feed(graph, f->network.image, f->image));
    SEP_TRY(sep_graph_run(graph, &step));
    SEP_TRY(sep_fetch(graph, f->node, f->map));
    return sep_fetch(graph, f->network.output.logits, f->logits);
}

static sep_status take_window(sep_features *f, const sep_scene *s, int z, int window, const sep_scene_place *where,
                              int count, float *feature, uint8_t *predicted)
{
    bool ran = false;

    for (int i = 0; i < count; i++) {
        if (where[i].z != z || where[i].window != window)
            continue;
        if (!ran)
            SEP_TRY(run_window(f, s, z, window));
        ran = true;
        take(f, where[i].y, where[i].x, feature + (size_t)i * (size_t)f->channels, &predicted[i]);
    }
    return SEP_OK;
}

static sep_status take_all(sep_features *f, const sep_scene *s, const sep_scene_place *where, int count, float *feature,
                           uint8_t *predicted)
{
    const int windows = sep_scene_windows(s);

    for (int z = 0; z < s->seen.depth; z++)
        for (int window = 0; window < windows; window++)
            SEP_TRY(take_window(f, s, z, window, where, count, feature, predicted));
    return SEP_OK;
}

sep_status sep_features_at(sep_features *f, const sep_volume *volume, const sep_voxel *voxel, int count, float *feature,
                           uint8_t *predicted)
{
    sep_scene s;

    SEP_TRY(sep_scene_create(f->model, f->spec, volume, &s));
    sep_scene_place *where = sep_calloc((size_t)count, sizeof *where);
    for (int i = 0; where != NULL && i < count; i++)
        where[i] = sep_scene_find(&s, &voxel[i]);
    const sep_status status = where != NULL ? take_all(f, &s, where, count, feature, predicted) : SEP_ERR_MEMORY;
    sep_free(where);
    sep_scene_free(&s);
    return status;
}
