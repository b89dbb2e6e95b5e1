/* From slice ids to the arrays of a batch. */
#include "data/sample.h"

#include <string.h>

/* ---- slices and patches ------------------------------------------------------------------------------------------ */

sep_status sep_zoom_slice(sep_zoom zoom, const float *slice, int height, int width, float *patch, int patch_height,
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
    const size_t pixels = (size_t)height * (size_t)width;

    for (int c = 0; c < sep_volume_channels(volume); c++) {
        const sep_volume channel = sep_volume_channel(volume, c);
        SEP_TRY(sep_zoom_slice(zoom, sep_volume_slice(&channel, z), volume->height, volume->width,
                               patch + (size_t)c * pixels, height, width));
    }
    return SEP_OK;
}

void sep_slice_from_patch(const uint8_t *patch, int height, int width, sep_labels *labels, int z)
{
    uint8_t *slice = labels->data + plane_offset(z, labels->height, labels->width);

    sep_zoom_nearest_u8(patch, height, width, slice, labels->height, labels->width);
}

/* ---- scratch and batches ----------------------------------------------------------------------------------------- */

static size_t patch_pixels(const sep_batch_config *config)
{
    return (size_t)config->height * (size_t)config->width;
}

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
    const size_t pixels = largest_slice(dataset), patch = patch_pixels(config);
    const size_t values = patch * (size_t)dataset->channels;

    *scratch = (sep_scratch){
        .source = sep_calloc(pixels, sizeof *scratch->source),
        .image = sep_calloc(pixels, sizeof *scratch->image),
        .label = sep_calloc(pixels, sizeof *scratch->label),
        .agreed = sep_calloc(pixels, sizeof *scratch->agreed),
        .patch = sep_calloc(patch, sizeof *scratch->patch),
        .shown = sep_calloc(patch, sizeof *scratch->shown),
        .weak = sep_calloc(values, sizeof *scratch->weak),
        .planes = sep_calloc(values, sizeof *scratch->planes),
        .places = sep_calloc(8 * patch, sizeof *scratch->places),
    };
    if (!scratch->source || !scratch->image || !scratch->label || !scratch->agreed || !scratch->patch ||
        !scratch->shown || !scratch->weak || !scratch->planes || !scratch->places)
        return SEP_ERR_MEMORY;
    memset(scratch->agreed, UINT8_MAX, pixels);
    return SEP_OK;
}

void sep_scratch_free(sep_scratch *scratch)
{
    sep_free(scratch->source);
    sep_free(scratch->image);
    sep_free(scratch->label);
    sep_free(scratch->agreed);
    sep_free(scratch->patch);
    sep_free(scratch->shown);
    sep_free(scratch->weak);
    sep_free(scratch->planes);
    sep_free(scratch->places);
    sep_free(scratch->history);
    *scratch = (sep_scratch){0};
}

static sep_status create_streams(const sep_dataset *dataset, const sep_batch_config *config, sep_batch *batch)
{
    for (int i = 0; i < config->streams; i++) {
        const sep_stream_request *request = &config->stream[i];
        int rows = sep_rows_count(request->rows, config->labelled_batch, config->unlabelled_batch);
        const sep_stream_size size = {rows, config->height, config->width, dataset->channels, dataset->classes};
        sep_shape shape = request->stream->shape(request, &size);
        batch->stream[i] = sep_calloc((size_t)sep_shape_count(&shape), sizeof(float));
        if (batch->stream[i] == NULL)
            return SEP_ERR_MEMORY;
    }
    return SEP_OK;
}

sep_status sep_batch_create(const sep_dataset *dataset, const sep_batch_config *config, sep_batch *batch)
{
    size_t pixels = (size_t)config->height * (size_t)config->width;

    *batch = (sep_batch){
        .count = config->labelled_batch + config->unlabelled_batch,
        .labelled = config->labelled_batch,
        .height = config->height,
        .width = config->width,
        .channels = dataset->channels,
    };
    batch->slice_id = sep_calloc((size_t)batch->count, sizeof *batch->slice_id);
    batch->image = sep_calloc((size_t)batch->count * pixels * (size_t)batch->channels, sizeof *batch->image);
    batch->label = sep_calloc((size_t)batch->count * pixels, sizeof *batch->label);
    batch->sample = sep_calloc((size_t)batch->count, sizeof *batch->sample);
    if (!batch->slice_id || !batch->image || !batch->label || !batch->sample)
        return SEP_ERR_MEMORY;
    return create_streams(dataset, config, batch);
}

void sep_batch_free(sep_batch *batch)
{
    sep_free(batch->slice_id);
    sep_free(batch->image);
    sep_free(batch->label);
    sep_free(batch->sample);
    for (int i = 0; i < SEP_MAX_STREAMS; i++)
        sep_free(batch->stream[i]);
    *batch = (sep_batch){0};
}

/* ---- one sample -------------------------------------------------------------------------------------------------- */

static sep_status fill_streams(const sep_sample *sample, sep_batch *batch)
{
    const sep_batch_config *config = sample->config;
    int row;

    for (int i = 0; i < config->streams; i++) {
        const sep_stream_request *request = &config->stream[i];
        const sep_stream_size size = {1, config->height, config->width, batch->channels, sample->dataset->classes};
        sep_shape one = request->stream->shape(request, &size);
        if (!sep_rows_find(request->rows, batch->labelled, sample->position, &row))
            continue;
        float *values = (float *)batch->stream[i] + (size_t)row * (size_t)sep_shape_count(&one);
        SEP_TRY(request->stream->fill(sample, request, values));
    }
    return SEP_OK;
}

static sep_status fill_sample(sep_sample *sample, float *image, int32_t *label)
{
    const bool strong = sample->config->augmentation == SEP_AUGMENT_STRONG;
    float *planes = sep_sample_planes(sample, image);

    sample->image = image;
    sample->weak = planes;
    sample->label = label;
    sample->placement = sep_placement_draw(sample, 0);
    SEP_TRY(sep_placement_show(sample, &sample->placement, planes, label));
    if (strong || planes != image) /* views are made of it when the planes show others */
        sample->weak = memcpy(sample->scratch->weak, planes, sep_sample_values(sample) * sizeof *planes);
    if (strong)
        sep_sample_photometry(sample, 0, planes);
    sep_sample_finish(sample, planes, image);
    return SEP_OK;
}

sep_status sep_batch_fill(const sep_sampler *sampler, const sep_batch_config *config, uint32_t iteration,
                          sep_scratch *scratch, sep_batch *batch)
{
    size_t pixels = patch_pixels(config);

    batch->iteration = iteration;
    SEP_TRY(sep_sampler_batch(sampler, iteration, batch->slice_id, batch->slice_id + batch->labelled));
    for (int i = 0; i < batch->count; i++) {
        sep_sample *sample = &batch->sample[i];
        *sample = (sep_sample){.dataset = sampler->dataset,
                               .config = config,
                               .iteration = iteration,
                               .position = i,
                               .slice_id = batch->slice_id[i],
                               .scratch = scratch};
        SEP_TRY(fill_sample(sample, batch->image + (size_t)i * sep_sample_values(sample),
                            batch->label + (size_t)i * pixels));
        SEP_TRY(fill_streams(sample, batch));
        sample->weak = NULL;
        sample->scratch = NULL;
    }
    return SEP_OK;
}
