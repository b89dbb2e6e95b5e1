/* The registered labels of unlabelled samples, and how far those agree that they were voted by. */
#include "data/sample.h"

#include <string.h>

static sep_shape shape(const sep_stream_request *request, const sep_stream_size *size)
{
    (void)request;
    return SEP_SHAPE(size->samples, size->height, size->width);
}

static sep_status check(const sep_dataset *dataset)
{
    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].label.data == NULL)
            return sep_fail(SEP_ERR_ARGUMENT,
                            "%s has no registered labels, which the method learns from: with data.registered = auto "
                            "septum train makes them; septum propagate --unlabelled makes a folder of them, to be "
                            "given as data.registered",
                            dataset->scan[i].name);
    return SEP_OK;
}

static sep_status fill(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    const sep_batch_config *config = sample->config;

    (void)request;
    memcpy(values, sample->label, (size_t)config->height * (size_t)config->width * sizeof *sample->label);
    return SEP_OK;
}

const sep_batch_stream sep_registered_labels = {
    .name = "registered labels", .dtype = SEP_I32, .shape = shape, .check = check, .fill = fill};

static sep_status fill_agreement(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    (void)request;
    sep_sample_agreement(sample, values);
    return SEP_OK;
}

const sep_batch_stream sep_registered_agreement = {
    .name = "registered agreement", .dtype = SEP_F32, .shape = shape, .check = check, .fill = fill_agreement};
