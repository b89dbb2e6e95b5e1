/* From slice ids to the arrays of a batch: draw, transform, resize. */
#include "data/batch.h"

#include <string.h>

/* ---- slices and patches ------------------------------------------------------------------------------------------ */

static sep_status zoom_image(sep_zoom zoom, const float *slice, int height, int width, float *patch, int patch_height,
                             int patch_width)
{
    if (zoom == SEP_ZOOM_CUBIC)
        return sep_zoom_cubic_f32(slice, height, width, patch, patch_height, patch_width);
    if (zoom == SEP_ZOOM_LINEAR)
        sep_zoom_linear_f32(slice, height, width, patch, patch_height, patch_width);
    else
        sep_zoom_nearest_f32(slice, height, width, patch, patch_height, patch_width);
    return SEP_OK;
}

static size_t plane_offset(int z, int height, int width)
{
    return (size_t)z * (size_t)height * (size_t)width;
}

sep_status sep_patch_from_slice(const sep_volume *volume, int z, sep_zoom zoom, int height, int width, float *patch)
{
    const float *slice = volume->data + plane_offset(z, volume->height, volume->width);

    return zoom_image(zoom, slice, volume->height, volume->width, patch, height, width);
}

void sep_slice_from_patch(const uint8_t *patch, int height, int width, sep_labels *labels, int z)
{
    uint8_t *slice = labels->data + plane_offset(z, labels->height, labels->width);

    sep_zoom_nearest_u8(patch, height, width, slice, labels->height, labels->width);
}

/* ---- scratch and batches ----------------------------------------------------------------------------------------- */

static size_t largest_slice(const sep_dataset *dataset)
{
    size_t largest = 1;

    for (int i = 0; i < dataset->training; i++) {
        size_t pixels = (size_t)dataset->scan[i].image.height * (size_t)dataset->scan[i].image.width;

        largest = pixels > largest ? pixels : largest;
    }
    return largest;
}

sep_status sep_scratch_create(const sep_dataset *dataset, const sep_batch_config *config, sep_scratch *scratch)
{
    size_t pixels = largest_slice(dataset);

    *scratch = (sep_scratch){
        .source = sep_calloc(pixels, sizeof *scratch->source),
        .image = sep_calloc(pixels, sizeof *scratch->image),
        .label = sep_calloc(pixels, sizeof *scratch->label),
        .patch = sep_calloc((size_t)config->height * (size_t)config->width, sizeof *scratch->patch),
        .places = sep_calloc(2 * (size_t)config->height * (size_t)config->width, sizeof *scratch->places),
    };
    return scratch->source && scratch->image && scratch->label && scratch->patch && scratch->places ? SEP_OK
                                                                                                    : SEP_ERR_MEMORY;
}

void sep_scratch_free(sep_scratch *scratch)
{
    sep_free(scratch->source);
    sep_free(scratch->image);
    sep_free(scratch->label);
    sep_free(scratch->patch);
    sep_free(scratch->places);
    *scratch = (sep_scratch){0};
}

sep_status sep_batch_create(const sep_batch_config *config, sep_batch *batch)
{
    size_t pixels = (size_t)config->height * (size_t)config->width;

    *batch = (sep_batch){
        .count = config->labelled_batch + config->unlabelled_batch,
        .labelled = config->labelled_batch,
        .height = config->height,
        .width = config->width,
    };
    batch->slice_id = sep_calloc((size_t)batch->count, sizeof *batch->slice_id);
    batch->image = sep_calloc((size_t)batch->count * pixels, sizeof *batch->image);
    batch->label = sep_calloc((size_t)batch->count * pixels, sizeof *batch->label);
    return batch->slice_id && batch->image && batch->label ? SEP_OK : SEP_ERR_MEMORY;
}

void sep_batch_free(sep_batch *batch)
{
    sep_free(batch->slice_id);
    sep_free(batch->image);
    sep_free(batch->label);
    *batch = (sep_batch){0};
}

/* ---- one sample -------------------------------------------------------------------------------------------------- */

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

/* In a batch, -1 is no class. */
static void mark_ignored(const sep_labels *labels, size_t pixels, int32_t *label)
{
    for (size_t i = 0; labels->ignores && i < pixels; i++)
        label[i] = label[i] == SEP_IGNORED ? -1 : label[i];
}

static void fill_label(const uint8_t *slice, int height, int width, const sep_batch_config *config,
                       sep_scratch *scratch, int32_t *label)
{
    size_t patch_pixels = (size_t)config->height * (size_t)config->width;

    gather_label(slice, scratch->source, (size_t)height * (size_t)width, scratch->label);
    sep_zoom_nearest_u8(scratch->label, height, width, scratch->patch, config->height, config->width);
    for (size_t i = 0; i < patch_pixels; i++)
        label[i] = scratch->patch[i];
}

static sep_status fill_sample(const sep_dataset *dataset, const sep_batch_config *config, int slice_id,
                              const sep_transform *transform, sep_scratch *scratch, float *image, int32_t *label)
{
    const sep_slice *slice = &dataset->slice[slice_id];
    const sep_scan *scan = &dataset->scan[slice->scan];
    size_t offset = plane_offset(slice->z, scan->image.height, scan->image.width);
    int height, width;

    sep_transform_size(transform, scan->image.height, scan->image.width, &height, &width);
    sep_transform_map(transform, scan->image.height, scan->image.width, scratch->source);
    gather_image(scan->image.data + offset, scratch->source, (size_t)height * (size_t)width, scratch->image);
    SEP_TRY(zoom_image(config->image_zoom, scratch->image, height, width, image, config->height, config->width));
    if (scan->label.data != NULL)
        fill_label(scan->label.data + offset, height, width, config, scratch, label);
    else
        memset(label, 0, (size_t)config->height * (size_t)config->width * sizeof *label);
    mark_ignored(&scan->label, (size_t)config->height * (size_t)config->width, label);
    return SEP_OK;
}

static void fill_strong(const sep_dataset *dataset, const sep_batch_config *config, int slice_id, const sep_view *view,
                        sep_scratch *scratch, float *image, int32_t *label)
{
    const sep_slice *slice = &dataset->slice[slice_id];
    const sep_scan *scan = &dataset->scan[slice->scan];
    int height = scan->image.height, width = scan->image.width;
    size_t offset = plane_offset(slice->z, height, width), pixels = (size_t)config->height * (size_t)config->width;
    const uint8_t *labels = scan->label.data != NULL ? scan->label.data + offset : NULL;
    sep_geometry geometry =
        sep_geometry_draw(&config->strong, view, height, width, config->height, config->width, labels);

    sep_geometry_places(&geometry, config->height, config->width, scratch->places);
    sep_sample_image(scan->image.data + offset, height, width, scratch->places, pixels, image);
    if (labels != NULL)
        sep_sample_labels(labels, height, width, scratch->places, pixels, 0, label);
    else
        memset(label, 0, pixels * sizeof *label);
    mark_ignored(&scan->label, pixels, label);
    sep_photometry_apply(&config->strong, view, image, config->height, config->width, scratch->places);
}

sep_status sep_batch_fill(const sep_sampler *sampler, const sep_batch_config *config, uint32_t iteration,
                          sep_scratch *scratch, sep_batch *batch)
{
    size_t pixels = (size_t)config->height * (size_t)config->width;

    batch->iteration = iteration;
    SEP_TRY(sep_sampler_batch(sampler, iteration, batch->slice_id, batch->slice_id + batch->labelled));
    for (int i = 0; i < batch->count; i++) {
        float *image = batch->image + (size_t)i * pixels;
        int32_t *label = batch->label + (size_t)i * pixels;
        if (config->augmentation == SEP_AUGMENT_STRONG) {
            sep_view view = {.seed = config->seed, .iteration = iteration, .position = i};
            fill_strong(sampler->dataset, config, batch->slice_id[i], &view, scratch, image, label);
            continue;
        }
        sep_transform transform = sep_transform_draw(config->augmentation, config->seed, iteration, i);
        SEP_TRY(fill_sample(sampler->dataset, config, batch->slice_id[i], &transform, scratch, image, label));
    }
    return SEP_OK;
}
