/* How far each pixel lies from the boundary of each class. A pixel's nearest one of another class is the nearest one of
 * all the others, so that one distance transform a class is enough for both sides of every boundary. */
#include "data/sample.h"

#include "metrics/distance.h"

#include <math.h>
#include <string.h>

static sep_shape shape(const sep_stream_request *request, const sep_stream_size *size)
{
    (void)request;
    return SEP_SHAPE(size->samples, size->height, size->width, size->classes);
}

/* Each pixel's squared distance to the nearest one of the class. */
static sep_status measure(const sep_sample *sample, int class, double *squared)
{
    int height = sample->config->height, width = sample->config->width;

    for (int i = 0; i < height * width; i++)
        squared[i] = sample->label[i] == class ? 0.0 : (double)INFINITY;
    return sep_distance_transform_plane(squared, height, width);
}

/* Of a pixel outside of the class that is `distance` away from it, into its `row`: positive for that class; negative
 * for its own, if no other class was nearer. */
static void take(int class, int own, float distance, float *row)
{
    row[class] = distance;
    if (row[own] == 0.0f || -distance > row[own])
        row[own] = -distance;
}

static sep_status fill_class(const sep_sample *sample, int class, double *squared, float *values)
{
    int pixels = sample->config->height * sample->config->width, classes = sample->dataset->classes;

    SEP_TRY(measure(sample, class, squared));
    for (int i = 0; i < pixels; i++) {
        int own = sample->label[i];
        if (own >= 0 && own != class && !isinf(squared[i]))
            take(class, own, (float)sqrt(squared[i]), values + (size_t)i * (size_t)classes);
    }
    return SEP_OK;
}

static sep_status fill(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    size_t pixels = (size_t)sample->config->height * (size_t)sample->config->width;
    int classes = sample->dataset->classes;
    double *squared = sep_calloc(pixels, sizeof *squared);
    sep_status status = squared != NULL ? SEP_OK : SEP_ERR_MEMORY;

    (void)request;
    memset(values, 0, pixels * (size_t)classes * sizeof(float));
    for (int c = 0; c < classes && status == SEP_OK; c++)
        status = fill_class(sample, c, squared, values);
    sep_free(squared);
    return status;
}

const sep_batch_stream sep_class_distances = {.name = "distances", .dtype = SEP_F32, .shape = shape, .fill = fill};
