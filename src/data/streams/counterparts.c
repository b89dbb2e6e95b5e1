/* What a labelled scan shows at a sample's height, for who registers the two. Image and label are drawn alike. */
#include "data/sample.h"

static sep_shape shape_of_images(const sep_stream_request *request, const sep_stream_size *size)
{
    (void)request;
    return SEP_SHAPE(size->samples, size->height, size->width, size->channels);
}

static sep_shape shape_of_labels(const sep_stream_request *request, const sep_stream_size *size)
{
    (void)request;
    return SEP_SHAPE(size->samples, size->height, size->width);
}

/* How many labelled scans there are beside that one. */
static int count_others(const sep_dataset *dataset, int own)
{
    int count = 0;

    for (int i = 0; i < dataset->training; i++)
        count += dataset->scan[i].labelled && i != own;
    return count;
}

/* The n-th of them. */
static int find_other(const sep_dataset *dataset, int own, int n)
{
    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].labelled && i != own && n-- == 0)
            return i;
    return own;
}

/* The plane at the same share of the height, of two the upper; of a single plane, the middle. */
static int plane_at(int z, int depth, int other_depth)
{
    return depth > 1 ? (2 * z * (other_depth - 1) + depth - 1) / (2 * (depth - 1)) : other_depth / 2;
}

/* A sample that is that of the labelled scan; a labelled one's own, if no other scan is labelled. */
static sep_sample counterpart_of(const sep_sample *sample)
{
    const sep_dataset *dataset = sample->dataset;
    const sep_slice slice = *sep_shown_slice(sample, &sample->placement);
    const int others = count_others(dataset, slice.scan);
    sep_sample other = *sample;
    uint32_t words[4];

    if (others == 0)
        return other;
    sep_random_words(&(sep_random){.seed = sample->config->seed,
                                   .stream = sep_stream("data.counterparts"),
                                   .iteration = sample->iteration},
                     (uint64_t)sample->position, words);
    const int scan = find_other(dataset, slice.scan, (int)(words[0] % (uint32_t)others));
    const int plane = plane_at(slice.z, dataset->scan[slice.scan].image.depth, dataset->scan[scan].image.depth);
    other.slice_id = sep_slice_id(dataset, scan, plane);
    return other;
}

static float ratio(int size, int other_size)
{
    return size > 1 ? (float)(other_size - 1) / (float)(size - 1) : 1.0f;
}

/* The same places, corners on corners; a window's pixels keep their size. */
static void fit_geometry(const sep_volume *from, const sep_volume *to, sep_patch_view view, sep_geometry *geometry)
{
    const float scale[2] = {ratio(from->height, to->height), ratio(from->width, to->width)};

    for (int axis = 0; axis < 2; axis++) {
        geometry->centre[axis] *= scale[axis];
        if (view == SEP_PATCH_WINDOW)
            continue;
        for (int k = 0; k < 2; k++)
            geometry->matrix[axis][k] *= scale[axis];
        for (int k = 0; k < SEP_ELASTIC_NODES * SEP_ELASTIC_NODES; k++)
            geometry->bend[axis][k] *= scale[axis];
    }
}

static sep_status show(const sep_sample *sample, float *planes, int32_t *label)
{
    const sep_dataset *dataset = sample->dataset;
    const sep_sample other = counterpart_of(sample);
    const sep_volume *from = &dataset->scan[sep_shown_slice(sample, &sample->placement)->scan].image,
                     *to = &dataset->scan[dataset->slice[other.slice_id].scan].image;
    sep_placement placement = sample->placement;

    placement.carried = 0;
    fit_geometry(from, to, sample->config->view, &placement.geometry);
    return sep_placement_show(&other, &placement, planes, label);
}

static sep_status fill_image(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    float *planes = sep_sample_planes(sample, values);

    (void)request;
    SEP_TRY(show(sample, planes, NULL));
    sep_sample_finish(sample, planes, values);
    return SEP_OK;
}

static sep_status fill_label(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    (void)request;
    return show(sample, NULL, values);
}

/* Label maps that are carried into other scans and compared there as wholes have no gaps. */
static sep_status check_labels(const sep_dataset *dataset)
{
    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *scan = &dataset->scan[i];
        if (sep_scan_has_labels(scan) && sep_labels_count_ignored(&scan->label) > 0)
            return sep_fail(SEP_ERR_ARGUMENT,
                            "%s: voxels of its label map are ignored, but the method compares whole label maps",
                            scan->name);
    }
    return SEP_OK;
}

const sep_batch_stream sep_counterpart_images = {
    .name = "counterpart", .dtype = SEP_F32, .shape = shape_of_images, .fill = fill_image};
const sep_batch_stream sep_counterpart_labels = {.name = "counterpart's labels",
                                                 .dtype = SEP_I32,
                                                 .shape = shape_of_labels,
                                                 .check = check_labels,
                                                 .fill = fill_label};
