/* What registration takes before a run's first step: one pair of scans is registered, and there are so many of them. */
#include "plan/choices.h"
#include "septum/propagation.h"

/* The scan in the middle of those of a use; -1: there is none. */
static int some_scan(const sep_survey *survey, sep_use use)
{
    int before = survey->scans_of[use] / 2;

    for (int i = 0; i < survey->scans; i++)
        if (survey->scan[i].use == use && before-- == 0)
            return i;
    return -1;
}

/* A scan, and the channel of it that is registered, made ready for that. */
typedef struct ready_scan {
    sep_volume image, channel;
    sep_prepared_volume *prepared; /* NULL: it can't be registered, which is for the run to say */
} ready_scan;

/* Seconds of one search on one thread. Two scans that can't be registered are for the run to say: 0. */
static sep_status time_pair(const ready_scan pair[2], const sep_registration_options *options, double *seconds)
{
    sep_spatial_transform transform;
    sep_registration_report report;
    const sep_status status = sep_register_prepared(pair[0].prepared, pair[1].prepared, options, &transform, &report);

    *seconds = status == SEP_OK ? report.seconds : 0;
    if (status == SEP_OK)
        sep_spatial_free(&transform);
    return status == SEP_ERR_MEMORY ? status : SEP_OK;
}

/* Affine maps there and back of every labelled scan with every unlabelled one; then the deformations of those that
 * vote. */
static sep_status time_pairs(const sep_survey *survey, const sep_train_config *config, const ready_scan pair[2],
                             double *seconds)
{
    const sep_propagation_options how = sep_propagation_options_of(&config->registration);
    const double unlabelled = survey->scans_of[SEP_USE_UNLABELLED], labelled = survey->scans_of[SEP_USE_LABELLED];
    sep_registration_options options = how.registration;
    double affine, deformable = 0;

    options.threads = 1;
    options.quiet = true;
    if (options.kind == SEP_DEFORMABLE)
        SEP_TRY(time_pair(pair, &options, &deformable));
    options.kind = SEP_AFFINE;
    SEP_TRY(time_pair(pair, &options, &affine));
    *seconds = 2 * labelled * unlabelled * affine + how.voters * unlabelled * deformable;
    return SEP_OK;
}

static sep_status prepare(const sep_survey *survey, const sep_train_config *config, int scan, ready_scan *ready)
{
    const sep_surveyed *from = &survey->scan[scan];

    SEP_TRY(sep_image_read(from->entry->image_path, survey->channels, &ready->image));
    SEP_TRY(sep_volume_reorder(&ready->image, &from->order));
    ready->channel = sep_volume_channel(&ready->image, config->data.registration_channel);
    const sep_status status = sep_prepare_volume(&ready->channel, "a scan", 0, 1, &ready->prepared);

    return status == SEP_ERR_MEMORY ? status : SEP_OK;
}

sep_status sep_measure_registration(const sep_survey *survey, const sep_train_config *config, sep_measured *measured)
{
    const int scan[2] = {some_scan(survey, SEP_USE_UNLABELLED), some_scan(survey, SEP_USE_LABELLED)};
    ready_scan ready[2] = {{.prepared = NULL}};
    double seconds = 0;
    sep_status status = SEP_OK;

    if (!sep_train_registers(config) || scan[0] < 0 || scan[1] < 0)
        return SEP_OK;
    for (int i = 0; i < 2 && status == SEP_OK; i++)
        status = prepare(survey, config, scan[i], &ready[i]);
    if (status == SEP_OK && ready[0].prepared != NULL && ready[1].prepared != NULL)
        status = time_pairs(survey, config, ready, &seconds);
    measured->registering = seconds / measured->threads;
    for (int i = 0; i < 2; i++) {
        sep_prepared_free(ready[i].prepared);
        sep_volume_free(&ready[i].image);
    }
    return status;
}
