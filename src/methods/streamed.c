/* What a method has the loader make. */
#include "septum/methods.h"

static sep_node *stream(sep_step *step, const sep_stream_request *request)
{
    const sep_shape *image = sep_node_shape(step->image);
    int samples = sep_rows_count(request->rows, step->labelled, step->unlabelled);

    if (samples == 0 || step->image == NULL)
        return NULL;
    for (int i = 0; i < step->streams; i++)
        if (sep_stream_request_equal(&step->streamed[i].request, request))
            return step->streamed[i].node;
    if (step->streams == SEP_MAX_STREAMS)
        return sep_graph_fail(step->graph, SEP_ERR_ARGUMENT, "a method asks for more than %d streams", SEP_MAX_STREAMS);
    sep_shape shape = request->stream->shape(
        request, &(sep_stream_size){samples, image->dim[1], image->dim[2], image->dim[3], step->spec[0].classes});
    sep_node *node = sep_input(step->graph, request->stream->name, shape, request->stream->dtype);
    if (node != NULL)
        step->streamed[step->streams++] = (sep_streamed_input){*request, node};
    return node;
}

sep_node *sep_streamed(sep_step *step, const sep_batch_stream *kind, sep_rows rows)
{
    return stream(step, &(sep_stream_request){.stream = kind, .rows = rows});
}

sep_node *sep_view_image(sep_step *step, sep_rows rows, sep_view_request view)
{
    if (view.number < 0 || view.number >= SEP_MAX_VIEWS)
        return sep_graph_fail(step->graph, SEP_ERR_ARGUMENT, "a sample has views 0 to %d, not %d", SEP_MAX_VIEWS - 1,
                              view.number);
    if (!view.strong && !view.own_geometry)
        view.number = 0; /* nothing of it is drawn for the view */
    return stream(step, &(sep_stream_request){.stream = &sep_view_images, .rows = rows, .view = view});
}

/* Photometry leaves places alone: one map for weak and strong. */
sep_node *sep_view_map(sep_step *step, sep_rows rows, sep_view_request view)
{
    if (!view.own_geometry)
        return sep_graph_fail(step->graph, SEP_ERR_ARGUMENT, "view %d lies as the image does: it needs no map",
                              view.number);
    view.strong = false;
    return stream(step, &(sep_stream_request){.stream = &sep_view_maps, .rows = rows, .view = view});
}

sep_node *sep_match_rows(sep_step *step, sep_match_request match)
{
    int samples = step->labelled + step->unlabelled;

    if (match.partner < 0 || match.partner >= SEP_MAX_STREAMS || match.slots < samples || match.slots % samples != 0 ||
        match.shrink < 1)
        return sep_graph_fail(step->graph, SEP_ERR_ARGUMENT, "no memory of %d slots has a partner %d of %d samples",
                              match.slots, match.partner, samples);
    return stream(step, &(sep_stream_request){.stream = &sep_matches, .rows = SEP_ROWS_ALL, .match = match});
}
