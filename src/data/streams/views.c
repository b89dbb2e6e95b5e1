/* More views of a sample, and where they lie. */
#include "data/sample.h"

#include <string.h>

static sep_shape shape_of_images(const sep_stream_request *request, int samples, int height, int width, int classes)
{
    (void)request;
    (void)classes;
    return SEP_SHAPE(samples, height, width, 1);
}

static sep_status fill_image(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    const sep_batch_config *config = sample->config;
    const sep_view_request *view = &request->view;
    float *image = values;

    if (view->own_geometry) {
        sep_placement placement = sep_placement_draw(sample, view->number);
        SEP_TRY(sep_placement_show(sample, &placement, image, NULL));
    } else {
        memcpy(image, sample->weak, (size_t)config->height * (size_t)config->width * sizeof *image);
    }
    if (view->strong)
        sep_sample_photometry(sample, view->number, image);
    return SEP_OK;
}

const sep_batch_stream sep_view_images = {
    .name = "view", .dtype = SEP_F32, .shape = shape_of_images, .fill = fill_image};

static sep_shape shape_of_maps(const sep_stream_request *request, int samples, int height, int width, int classes)
{
    (void)request;
    (void)classes;
    return SEP_SHAPE(samples, height, width, 2);
}

static sep_status fill_map(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    const sep_batch_config *config = sample->config;
    const sep_view_request *view = &request->view;
    sep_placement placement = sep_placement_draw(sample, view->own_geometry ? view->number : 0);

    sep_geometry_between(&sample->placement.geometry, &placement.geometry, config->height, config->width, values,
                         sample->scratch->places);
    return SEP_OK;
}

const sep_batch_stream sep_view_maps = {
    .name = "map of a view", .dtype = SEP_F32, .shape = shape_of_maps, .fill = fill_map};
