#include "data/carried.h"

#include "data/augment/draw.h"

#include <math.h>

/* ---- which slice ------------------------------------------------------------------------------------------------- */

static bool is_carried(const sep_sample *sample, const sep_draw *draw)
{
    const sep_batch_config *config = sample->config;

    return config->augmentation == SEP_AUGMENT_STRONG && sep_sample_scan(sample)->labelled &&
           sep_draw_chance(draw, 0, config->strong.registered_probability);
}

/* Where a voxel of scan `from` lies in scan `to`, if one knows the way back, too. */
static bool find_both_ways(const sep_dataset *data, int from, int to, const double voxel[3], double place[3])
{
    const sep_matcher *m = &data->matcher;
    double back[3];

    return m->find(m->registrations, from, to, voxel, place) && m->find(m->registrations, to, from, place, back);
}

static void middle_of(const sep_volume *image, double z, double voxel[3])
{
    voxel[0] = 0.5 * (image->width - 1);
    voxel[1] = 0.5 * (image->height - 1);
    voxel[2] = z;
}

/* The plane of scan `to` in which the middle of slice `from` lies; -1: in none. */
static int plane_in(const sep_dataset *data, const sep_slice *from, int to)
{
    double middle[3], place[3];

    middle_of(&data->scan[from->scan].image, (double)from->z, middle);
    if (!find_both_ways(data, from->scan, to, middle, place))
        return -1;
    long plane = lround(place[2]);
    return plane >= 0 && plane < data->scan[to].image.depth ? (int)plane : -1;
}

static bool is_another_patients(const sep_dataset *data, int scan, int other)
{
    return data->scan[scan].group != data->scan[other].group;
}

static bool can_be_carried(const sep_dataset *data, int scan)
{
    const sep_volume *image = &data->scan[scan].image;
    double middle[3], place[3];

    middle_of(image, 0.5 * (image->depth - 1), middle);
    for (int to = 0; to < data->training; to++)
        if (is_another_patients(data, scan, to) && find_both_ways(data, scan, to, middle, place))
            return true;
    return false;
}

sep_status sep_carried_check(const sep_dataset *dataset)
{
    if (dataset->matcher.registrations == NULL)
        return sep_fail(
            SEP_ERR_ARGUMENT,
            "augmentation.registered_probability: there are no registrations of the scans: make a file by septum "
            "register --all and name it in data.registrations; data.registered = auto registers unlabelled scans only");
    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].labelled && can_be_carried(dataset, i))
            return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "augmentation.registered_probability: no labelled scan is registered with one of another patient "
                    "both ways (septum propagate --transform bspline keeps such pairs in FILE-affine.h5)");
}

int sep_carried_draw(const sep_sample *sample)
{
    const sep_dataset *data = sample->dataset;
    const sep_view_id id = {.seed = sample->config->seed, .iteration = sample->iteration, .position = sample->position};
    const sep_draw draw = sep_draw_for(&id, "strong.registered");

    if (!is_carried(sample, &draw))
        return 0;
    const sep_slice *own = &data->slice[sample->slice_id];
    int scan = (int)sep_draw_between(&draw, 1, 0.0f, (float)data->training);
    if (scan >= data->training || !is_another_patients(data, own->scan, scan))
        return 0;
    int plane = plane_in(data, own, scan);
    return plane < 0 ? 0 : 1 + sep_slice_id(data, scan, plane);
}

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

/* rows, columns and slices of all pixels */
static float *carried_of(const sep_sample *sample)
{
    return sample->scratch->places + 2 * sep_sample_pixels(sample);
}

void sep_carried_places(const sep_sample *sample, const sep_placement *placement)
{
    const sep_dataset *data = sample->dataset;
    const sep_slice *there = &data->slice[placement->carried - 1];
    const size_t pixels = sep_sample_pixels(sample);
    const int own = data->slice[sample->slice_id].scan;
    const float *places = sample->scratch->places;
    float *carried = carried_of(sample);

    for (size_t i = 0; i < pixels; i++) {
        const double voxel[3] = {(double)places[pixels + i], (double)places[i], (double)there->z};
        double place[3] = {NAN, NAN, NAN};
        data->matcher.find(data->matcher.registrations, there->scan, own, voxel, place);
        for (size_t axis = 0; axis < 3; axis++)
            carried[axis * pixels + i] = (float)place[axis == 2 ? 2 : 1 - axis];
    }
}

/* Row and column of pixel i in the scan's nearest slice, whose voxels begin at `offset`; false: there is none. */
static bool find_place(const sep_sample *sample, size_t i, float place[2], size_t *offset)
{
    const sep_volume *own = &sep_sample_scan(sample)->image;
    const size_t pixels = sep_sample_pixels(sample);
    const float *carried = carried_of(sample), z = carried[2 * pixels + i];

    if (!(z > -0.5f && z < (float)own->depth - 0.5f))
        return false;
    place[0] = carried[i];
    place[1] = carried[pixels + i];
    *offset = (size_t)lroundf(z) * (size_t)own->height * (size_t)own->width;
    return true;
}

static void moments(const float *values, size_t count, float *mean, float *deviation)
{
    double sum = 0.0, squares = 0.0;

    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    const double middle = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - middle) * ((double)values[i] - middle);
    *mean = (float)middle;
    *deviation = (float)sqrt(squares / (double)count);
}

/* `scratch` has room for a patch. */
static void take_style(const sep_sample *sample, const sep_placement *placement, int channel, float *image,
                       float *scratch)
{
    const sep_slice *there = &sample->dataset->slice[placement->carried - 1];
    const sep_volume other = sep_volume_channel(&sample->dataset->scan[there->scan].image, channel);
    const size_t pixels = sep_sample_pixels(sample);
    float mean, deviation, its_mean, its_deviation;

    sep_sample_image(sep_volume_slice(&other, there->z), other.height, other.width, sample->scratch->places, pixels,
                     scratch);
    moments(image, pixels, &mean, &deviation);
    moments(scratch, pixels, &its_mean, &its_deviation);
    const float factor = deviation > 0.0f ? its_deviation / deviation : 1.0f;
    for (size_t i = 0; i < pixels; i++)
        image[i] = its_mean + factor * (image[i] - mean);
}

void sep_carried_image(const sep_sample *sample, const sep_placement *placement, int channel, float *image)
{
    const sep_volume own = sep_volume_channel(&sep_sample_scan(sample)->image, channel);
    const size_t pixels = sep_sample_pixels(sample);
    float place[2];
    size_t offset;

    for (size_t i = 0; i < pixels; i++) {
        image[i] = 0.0f;
        if (find_place(sample, i, place, &offset))
            sep_sample_image(own.data + offset, own.height, own.width, place, 1, &image[i]);
    }
    if (sample->config->strong.registered_style)
        take_style(sample, placement, channel, image, carried_of(sample) + 3 * pixels);
}

void sep_carried_bytes(const sep_sample *sample, const uint8_t *volume, int32_t *values)
{
    const sep_volume *own = &sep_sample_scan(sample)->image;
    float place[2];
    size_t offset;

    for (size_t i = 0; i < sep_sample_pixels(sample); i++) {
        values[i] = 0;
        if (find_place(sample, i, place, &offset))
            sep_sample_labels(volume + offset, own->height, own->width, place, 1, 0, &values[i]);
    }
}
