/* One sample: how it lies in its slice, and what the patch then shows. */
#include "data/carried.h"

#include <string.h>

const sep_scan *sep_sample_scan(const sep_sample *sample)
{
    return &sample->dataset->scan[sample->dataset->slice[sample->slice_id].scan];
}

/* Of the sample's slice in its scan. */
static size_t offset_of(const sep_sample *sample)
{
    const sep_scan *scan = sep_sample_scan(sample);

    return (size_t)sample->dataset->slice[sample->slice_id].z * (size_t)scan->image.height * (size_t)scan->image.width;
}

size_t sep_sample_pixels(const sep_sample *sample)
{
    return (size_t)sample->config->height * (size_t)sample->config->width;
}

size_t sep_sample_values(const sep_sample *sample)
{
    return sep_sample_pixels(sample) * (size_t)sample->dataset->channels;
}

float *sep_sample_planes(const sep_sample *sample, float *image)
{
    return sample->dataset->channels > 1 ? sample->scratch->planes : image;
}

void sep_sample_finish(const sep_sample *sample, const float *planes, float *image)
{
    if (planes != image)
        sep_interleave(planes, sep_sample_pixels(sample), sample->dataset->channels, image);
}

int sep_slice_id(const sep_dataset *dataset, int scan, int z)
{
    int id = z;

    for (int i = 0; i < scan; i++)
        id += dataset->scan[i].image.depth;
    return id;
}

static sep_view_id view_of(const sep_sample *sample, int view)
{
    return (sep_view_id){
        .seed = sample->config->seed, .iteration = sample->iteration, .position = sample->position, .view = view};
}

const sep_slice *sep_shown_slice(const sep_sample *sample, const sep_placement *placement)
{
    return &sample->dataset->slice[placement->carried > 0 ? placement->carried - 1 : sample->slice_id];
}

static sep_geometry draw_whole(const sep_batch_config *config, const sep_view_id *id, const sep_transform *transform,
                               const sep_volume *image, const uint8_t *foreground)
{
    if (config->augmentation == SEP_AUGMENT_STRONG)
        return sep_geometry_draw(&config->strong, id, image->height, image->width, config->height, config->width,
                                 foreground);
    return sep_geometry_of_transform(transform, image->height, image->width, config->height, config->width);
}

static sep_geometry draw_window(const sep_batch_config *config, const sep_view_id *id, const sep_transform *transform,
                                const sep_volume *image, const uint8_t *foreground)
{
    if (config->augmentation == SEP_AUGMENT_STRONG)
        return sep_geometry_draw_window(&config->strong, id, image->height, image->width, config->height, config->width,
                                        foreground);
    sep_geometry geometry = sep_geometry_window_of_transform(transform, image->height, image->width);
    sep_geometry_place_window(id, config->strong.foreground, 0.0f, image->height, image->width, config->height,
                              config->width, foreground, &geometry);
    return geometry;
}

sep_placement sep_placement_draw(const sep_sample *sample, int view)
{
    const sep_batch_config *config = sample->config;
    const sep_scan *scan = sep_sample_scan(sample);
    sep_view_id id = view_of(sample, view);
    sep_placement placement = {.transform = sep_transform_draw(config->augmentation, &id),
                               .carried = sep_carried_draw(sample)};
    const uint8_t *foreground = scan->labelled && placement.carried == 0 ? scan->label.data + offset_of(sample) : NULL;
    const sep_volume *image = &sample->dataset->scan[sep_shown_slice(sample, &placement)->scan].image;

    placement.geometry = config->view == SEP_PATCH_WINDOW
                             ? draw_window(config, &id, &placement.transform, image, foreground)
                             : draw_whole(config, &id, &placement.transform, image, foreground);
    return placement;
}

/* In a batch, -1 is no class. */
static void mark_ignored(const sep_labels *labels, size_t pixels, int32_t *label)
{
    for (size_t i = 0; labels->ignores && i < pixels; i++)
        label[i] = label[i] == SEP_IGNORED ? -1 : label[i];
}

/* ---- by whole pixels, and resized -------------------------------------------------------------------------------- */

static void gather_image(const float *slice, const int32_t *source, size_t pixels, float *out)
{
    for (size_t i = 0; i < pixels; i++)
        out[i] = source[i] < 0 ? 0.0f : slice[source[i]];
}

static void gather_label(const uint8_t *slice, const int32_t *source, size_t pixels, uint8_t *out)
{
    for (size_t i = 0; i < pixels; i++)
        out[i] = source[i] < 0 ? 0 : slice[source[i]];
}

static void zoom_bytes(const uint8_t *slice, int height, int width, const sep_batch_config *config,
                       sep_scratch *scratch, int32_t *values)
{
    size_t patch_pixels = (size_t)config->height * (size_t)config->width;

    gather_label(slice, scratch->source, (size_t)height * (size_t)width, scratch->label);
    sep_zoom_nearest_u8(scratch->label, height, width, scratch->patch, config->height, config->width);
    for (size_t i = 0; i < patch_pixels; i++)
        values[i] = scratch->patch[i];
}

/* ---- either way -------------------------------------------------------------------------------------------------- */

/* Between pixels, or by whole ones and resized. */
static bool is_sampled(const sep_sample *sample)
{
    return sample->config->augmentation == SEP_AUGMENT_STRONG || sample->config->view == SEP_PATCH_WINDOW;
}

/* What each pixel of the patch shows, into the scratch. */
static void find_places(const sep_sample *sample, const sep_placement *placement)
{
    const sep_volume *volume = &sep_sample_scan(sample)->image;
    const sep_batch_config *config = sample->config;

    if (is_sampled(sample))
        sep_geometry_places(&placement->geometry, config->height, config->width, sample->scratch->places);
    if (placement->carried > 0)
        sep_carried_places(sample, placement);
    if (!is_sampled(sample))
        sep_transform_map(&placement->transform, volume->height, volume->width, sample->scratch->source);
}

/* Those below are shown where find_places said. */
static sep_status show_channel(const sep_sample *sample, const sep_placement *placement, int channel, float *image)
{
    const sep_volume volume = sep_volume_channel(&sep_sample_scan(sample)->image, channel);
    const sep_batch_config *config = sample->config;
    const float *slice = volume.data + offset_of(sample);
    sep_scratch *scratch = sample->scratch;
    int height, width;

    if (placement->carried > 0) {
        sep_carried_image(sample, placement, channel, image);
        return SEP_OK;
    }
    if (is_sampled(sample)) {
        sep_sample_image(slice, volume.height, volume.width, scratch->places, sep_sample_pixels(sample), image);
        return SEP_OK;
    }
    sep_transform_size(&placement->transform, volume.height, volume.width, &height, &width);
    gather_image(slice, scratch->source, (size_t)height * (size_t)width, scratch->image);
    return sep_zoom_slice(config->image_zoom, scratch->image, height, width, image, config->height, config->width);
}

static sep_status show_image(const sep_sample *sample, const sep_placement *placement, float *planes)
{
    const size_t pixels = sep_sample_pixels(sample);

    for (int c = 0; c < sample->dataset->channels; c++)
        SEP_TRY(show_channel(sample, placement, c, planes + (size_t)c * pixels));
    return SEP_OK;
}

static void show_bytes(const sep_sample *sample, const sep_placement *placement, const uint8_t *slice, int32_t *values)
{
    const sep_volume *volume = &sample->dataset->scan[sep_shown_slice(sample, placement)->scan].image;
    sep_scratch *scratch = sample->scratch;
    int height, width;

    if (is_sampled(sample)) {
        sep_sample_labels(slice, volume->height, volume->width, scratch->places, sep_sample_pixels(sample), 0, values);
        return;
    }
    sep_transform_size(&placement->transform, volume->height, volume->width, &height, &width);
    zoom_bytes(slice, height, width, sample->config, scratch, values);
}

/* ---- what a patch shows ------------------------------------------------------------------------------------------ */

sep_status sep_placement_show(const sep_sample *sample, const sep_placement *placement, float *planes, int32_t *label)
{
    const sep_labels *labels = &sep_sample_scan(sample)->label;

    find_places(sample, placement);
    if (planes != NULL)
        SEP_TRY(show_image(sample, placement, planes));
    if (label == NULL)
        return SEP_OK;
    if (labels->data == NULL)
        memset(label, 0, sep_sample_pixels(sample) * sizeof *label);
    else if (placement->carried > 0)
        sep_carried_bytes(sample, labels->data, label);
    else
        show_bytes(sample, placement, labels->data + offset_of(sample), label);
    mark_ignored(labels, sep_sample_pixels(sample), label);
    return SEP_OK;
}

void sep_sample_agreement(const sep_sample *sample, float *agreement)
{
    const uint8_t *voxels = sep_sample_scan(sample)->agreement.data;
    int32_t *shown = sample->scratch->shown;

    find_places(sample, &sample->placement);
    show_bytes(sample, &sample->placement, voxels != NULL ? voxels + offset_of(sample) : sample->scratch->agreed,
               shown);
    for (size_t i = 0; i < sep_sample_pixels(sample); i++)
        agreement[i] = (float)shown[i] / 255.0f;
}

void sep_sample_photometry(const sep_sample *sample, int view, float *planes)
{
    const sep_batch_config *config = sample->config;
    sep_view_id id = view_of(sample, view);

    for (int c = 0; c < sample->dataset->channels; c++) {
        id.channel = c;
        sep_photometry_apply(&config->strong, &id, planes + (size_t)c * sep_sample_pixels(sample), config->height,
                             config->width, sample->scratch->places);
    }
}
