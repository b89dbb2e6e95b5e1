/* More views of a sample, and where they lie. */
#include "data/sample.h"

#include <string.h>

static sep_shape shape_of_images(const sep_stream_request *request, const sep_stream_size *size)
{
    (void)request;
    return SEP_SHAPE(size->samples, size->height, size->width, size->channels);
}

static sep_status fill_image(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    const sep_view_request *view = &request->view;
    float *planes = sep_sample_planes(sample, values);

    if (view->own_geometry) {
        sep_placement placement = sep_placement_draw(sample, view->number);
        SEP_TRY(sep_placement_show(sample, &placement, planes, NULL));
    } else {
        memcpy(planes, sample->weak, sep_sample_values(sample) * sizeof *planes);
    }
    if (view->strong)
        sep_sample_photometry(sample, view->number, planes);
    sep_sample_finish(sample, planes, values);
    return SEP_OK;
}

const sep_batch_stream sep_view_images = {
    .name = "view", .dtype = SEP_F32, .shape = shape_of_images, .fill = fill_image};

static sep_shape shape_of_maps(const sep_stream_request *request, const sep_stream_size *size)
{
    (void)request;
    return SEP_SHAPE(size->samples, size->height, size->width, 2);
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
