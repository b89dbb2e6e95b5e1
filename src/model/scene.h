/* A volume as a network of a model is shown it, patch by patch, and where its voxels lie there. */
#ifndef SEPTUM_MODEL_SCENE_H
#define SEPTUM_MODEL_SCENE_H

#include "model/model_parts.h"

typedef struct sep_scene {
    const sep_model *model;
    const sep_net_spec *spec;
    int size[3];     /* of the volume: x, y, z */
    sep_volume seen; /* normalised, in the order and at the spacing of training */
    sep_order order;
    sep_resampling resampling; /* of the slices in that order */
    bool resampled;
} sep_scene;

/* A pixel of a window of a slice; of a slice that is seen whole, window 0 is all of it. */
typedef struct sep_scene_place {
    int z, window, y, x;
} sep_scene_place;

sep_status sep_scene_create(const sep_model *model, const sep_net_spec *spec, const sep_volume *volume,
                            sep_scene *scene) SEP_MUST_CHECK;
void sep_scene_free(sep_scene *scene);
/* Of a slice. */
int sep_scene_windows(const sep_scene *scene);
/* By the window whose middle is nearest (of equals the first); of a slice seen whole, by the pixel of the patch that
 * the label map shows at the voxel. */
sep_scene_place sep_scene_find(const sep_scene *scene, const sep_voxel *voxel);
/* `patch` has the network's size, [channels, height, width]. */
sep_status sep_scene_show(const sep_scene *scene, int z, int window, float *patch) SEP_MUST_CHECK;

#endif
