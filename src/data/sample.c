/* One sample: how it lies in its slice, and what the patch then shows. */
#include "data/sample.h"

#include <string.h>

static const sep_scan *scan_of(const sep_sample *sample)
{
    return &sample->dataset->scan[sample->dataset->slice[sample->slice_id].scan];
}

/* Of the sample's slice in its scan. */
static size_t offset_of(const sep_sample *sample)
{
    const sep_scan *scan = scan_of(sample);

    return (size_t)sample->dataset->slice[sample->slice_id].z * (size_t)scan->image.height * (size_t)scan->image.width;
}

static size_t pixels_of(const sep_sample *sample)
{
    return (size_t)sample->config->height * (size_t)sample->config->width;
}

static sep_view_id view_of(const sep_sample *sample, int view)
{
    return (sep_view_id){
        .seed = sample->config->seed, .iteration = sample->iteration, .position = sample->position, .view = view};
}

sep_placement sep_placement_draw(const sep_sample *sample, int view)
{
    const sep_batch_config *config = sample->config;
    const sep_scan *scan = scan_of(sample);
    const uint8_t *foreground = scan->labelled ? scan->label.data + offset_of(sample) : NULL;
    sep_view_id id = view_of(sample, view);
    sep_placement placement = {.transform = sep_transform_draw(config->augmentation, &id)};

    if (config->augmentation == SEP_AUGMENT_STRONG)
        placement.geometry = sep_geometry_draw(&config->strong, &id, scan->image.height, scan->image.width,
                                               config->height, config->width, foreground);
    else
        placement.geometry = sep_geometry_of_transform(&placement.transform, scan->image.height, scan->image.width,
                                                       config->height, config->width);
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

static void zoom_label(const uint8_t *slice, int height, int width, const sep_batch_config *config,
                       sep_scratch *scratch, int32_t *label)
{
    size_t patch_pixels = (size_t)config->height * (size_t)config->width;

    gather_label(slice, scratch->source, (size_t)height * (size_t)width, scratch->label);
    sep_zoom_nearest_u8(scratch->label, height, width, scratch->patch, config->height, config->width);
    for (size_t i = 0; i < patch_pixels; i++)
        label[i] = scratch->patch[i];
}

static sep_status show_resized(const sep_sample *sample, const sep_transform *transform, float *image, int32_t *label)
{
    const sep_scan *scan = scan_of(sample);
    const sep_batch_config *config = sample->config;
    sep_scratch *scratch = sample->scratch;
    size_t offset = offset_of(sample);
    int height, width;

    sep_transform_size(transform, scan->image.height, scan->image.width, &height, &width);
    sep_transform_map(transform, scan->image.height, scan->image.width, scratch->source);
    gather_image(scan->image.data + offset, scratch->source, (size_t)height * (size_t)width, scratch->image);
    SEP_TRY(sep_zoom_slice(config->image_zoom, scratch->image, height, width, image, config->height, config->width));
    if (label != NULL && scan->label.data != NULL)
        zoom_label(scan->label.data + offset, height, width, config, scratch, label);
    return SEP_OK;
}

/* ---- between pixels ---------------------------------------------------------------------------------------------- */

static void show_sampled(const sep_sample *sample, const sep_geometry *geometry, float *image, int32_t *label)
{
    const sep_scan *scan = scan_of(sample);
    const sep_batch_config *config = sample->config;
    float *places = sample->scratch->places;
    size_t offset = offset_of(sample), pixels = pixels_of(sample);
    int height = scan->image.height, width = scan->image.width;

    sep_geometry_places(geometry, config->height, config->width, places);
    sep_sample_image(scan->image.data + offset, height, width, places, pixels, image);
    if (label != NULL && scan->label.data != NULL)
        sep_sample_labels(scan->label.data + offset, height, width, places, pixels, 0, label);
}

/* ---- what a patch shows ------------------------------------------------------------------------------------------ */

sep_status sep_placement_show(const sep_sample *sample, const sep_placement *placement, float *image, int32_t *label)
{
    const sep_labels *labels = &scan_of(sample)->label;
    sep_status status = SEP_OK;

    if (label != NULL && labels->data == NULL)
        memset(label, 0, pixels_of(sample) * sizeof *label);
    if (sample->config->augmentation == SEP_AUGMENT_STRONG)
        show_sampled(sample, &placement->geometry, image, label);
    else
        status = show_resized(sample, &placement->transform, image, label);
    if (label != NULL)
        mark_ignored(labels, pixels_of(sample), label);
    return status;
}

void sep_sample_photometry(const sep_sample *sample, int view, float *image)
{
    const sep_batch_config *config = sample->config;
    sep_view_id id = view_of(sample, view);

    sep_photometry_apply(&config->strong, &id, image, config->height, config->width, sample->scratch->places);
}
