/* A volume as a network of a model is shown it. */
#include "model/scene.h"

#include "model/windows.h"

#include <math.h>
#include <stdlib.h>

static sep_status resample(sep_scene *s)
{
    SEP_TRY(sep_resampling_of(&s->seen, s->model->info.spacing, &s->resampling));
    s->resampled = true;
    return sep_volume_resample(&s->resampling, &s->seen);
}

sep_status sep_scene_create(const sep_model *model, const sep_net_spec *spec, const sep_volume *volume, sep_scene *s)
{
    *s = (sep_scene){.model = model, .spec = spec, .size = {volume->width, volume->height, volume->depth}};
    SEP_TRY(sep_model_see(model, volume, &s->order, &s->seen));
    const sep_status status = model->info.spacing[0] > 0.0f ? resample(s) : SEP_OK;
    if (status != SEP_OK)
        sep_scene_free(s);
    return status;
}

void sep_scene_free(sep_scene *s)
{
    sep_volume_free(&s->seen);
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* The pixel of the resampled axis that is nearest. */
static int resampled_pixel(sep_axis_map map, int at, int size)
{
    const int pixel = (int)floor(((double)at - map.first) / map.step + 0.5);

    return pixel < 0 ? 0 : pixel < size ? pixel : size - 1;
}

static sep_voxel seen_voxel(const sep_scene *s, const sep_voxel *voxel)
{
    const int at[3] = {voxel->x, voxel->y, voxel->z};
    int to[3];

    for (int i = 0; i < 3; i++) {
        const int axis = s->order.axis[i];
        to[i] = s->order.flipped[i] ? s->size[axis] - 1 - at[axis] : at[axis];
    }
    if (s->resampled) {
        to[0] = resampled_pixel(s->resampling.columns, to[0], s->seen.width);
        to[1] = resampled_pixel(s->resampling.rows, to[1], s->seen.height);
    }
    return (sep_voxel){.x = to[0], .y = to[1], .z = to[2]};
}

/* The window whose middle is nearest (of equals the first), and the pixel's place in it. */
static int nearest_window(int size, int patch, int at, int *within)
{
    int best = 0;

    for (int i = 1; i < sep_windows_count(size, patch); i++)
        if (abs(2 * (at - sep_window_start(size, patch, i)) - patch + 1) <
            abs(2 * (at - sep_window_start(size, patch, best)) - patch + 1))
            best = i;
    *within = at - sep_window_start(size, patch, best);
    return best;
}

static int windows_across(const sep_scene *s)
{
    return sep_windows_count(s->seen.width, s->spec->width);
}

int sep_scene_windows(const sep_scene *s)
{
    return s->model->info.view == SEP_PATCH_WHOLE
               ? 1
               : sep_plane_windows(s->seen.height, s->seen.width, s->spec->height, s->spec->width);
}

sep_scene_place sep_scene_find(const sep_scene *s, const sep_voxel *voxel)
{
    const sep_voxel at = seen_voxel(s, voxel);
    sep_scene_place to = {.z = at.z};

    if (s->model->info.view == SEP_PATCH_WHOLE) {
        to.y = sep_zoom_nearest_pixel(at.y, s->spec->height, s->seen.height);
        to.x = sep_zoom_nearest_pixel(at.x, s->spec->width, s->seen.width);
        return to;
    }
    to.window = nearest_window(s->seen.height, s->spec->height, at.y, &to.y) * windows_across(s);
    to.window += nearest_window(s->seen.width, s->spec->width, at.x, &to.x);
    return to;
}

/* ---- patches ----------------------------------------------------------------------------------------------------- */

sep_status sep_scene_show(const sep_scene *s, int z, int window, float *patch)
{
    if (s->model->info.view == SEP_PATCH_WHOLE)
        return sep_patch_from_slice(&s->seen, z, s->model->info.image_zoom, s->spec->height, s->spec->width, patch);
    for (int c = 0; c < sep_volume_channels(&s->seen); c++) {
        const sep_volume channel = sep_volume_channel(&s->seen, c);
        sep_window_cut(sep_volume_slice(&channel, z), s->seen.height, s->seen.width, window, s->spec->height,
                       s->spec->width, patch + (size_t)c * (size_t)s->spec->height * (size_t)s->spec->width);
    }
    return SEP_OK;
}
