/* A survey in the few numbers that choices rest on. */
#include "plan/choices.h"

#include <stdlib.h>
#include <string.h>

/* One number of each scan: in the order of most scans, pixels (x, y) or their size; of a channel, a value. */
typedef double scan_number(const sep_surveyed *scan, int number);

static double pixels(const sep_surveyed *scan, int axis)
{
    return sep_surveyed_size(scan, axis);
}

static double spacing(const sep_surveyed *scan, int axis)
{
    return sep_surveyed_spacing(scan, axis);
}

static double extent(const sep_surveyed *scan, int axis)
{
    return pixels(scan, axis) * spacing(scan, axis);
}

static double lowest(const sep_surveyed *scan, int channel)
{
    return scan->image[channel][1];
}

static double highest(const sep_surveyed *scan, int channel)
{
    return scan->image[channel][SEP_QUANTILES - 1];
}

/* 1 where all voxels are alike. */
static double within(const sep_surveyed *scan, int channel)
{
    const float *quantile = scan->image[channel];
    const double range = (double)quantile[SEP_QUANTILES - 1] - (double)quantile[0];

    return range > 0 ? ((double)quantile[SEP_QUANTILES - 2] - (double)quantile[1]) / range : 1;
}

static double share_of(const sep_survey *survey, scan_number *number, int which, double share, double *room)
{
    for (int i = 0; i < survey->scans; i++)
        room[i] = number(&survey->scan[i], which);
    return sep_quantile_of(room, survey->scans, share);
}

static void measure_plane(const sep_survey *survey, double *room, sep_facts *facts)
{
    const bool geometry = sep_survey_has_geometry(survey);

    facts->depth = share_of(survey, pixels, 2, 0.5, room);
    for (int axis = 0; axis < 2; axis++) {
        facts->size[axis] = share_of(survey, pixels, axis, 0.5, room);
        facts->extent[axis] = share_of(survey, extent, axis, 0.5, room);
        if (!geometry)
            continue;
        facts->spacing[axis] = share_of(survey, spacing, axis, 0.5, room);
        const double spread = share_of(survey, spacing, axis, 0.95, room) - share_of(survey, spacing, axis, 0.05, room);
        if (spread / facts->spacing[axis] > facts->spacing_spread)
            facts->spacing_spread = spread / facts->spacing[axis];
    }
}

/* Percentiles of the labelled foreground of all labelled scans, each with the same weight. */
static sep_status measure_foreground(const sep_survey *survey, int channel, double window[2])
{
    double *value = sep_calloc((size_t)survey->scans * SEP_QUANTILES, sizeof *value);
    int count = 0;

    if (value == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < survey->scans; i++)
        for (int k = 0; survey->scan[i].use == SEP_USE_LABELLED && survey->scan[i].foreground && k < SEP_QUANTILES; k++)
            value[count++] = survey->scan[i].foreground[channel][k];
    window[0] = sep_quantile_of(value, count, 0.005);
    window[1] = sep_quantile_of(value, count, 0.995);
    sep_free(value);
    return SEP_OK;
}

static sep_status measure_channels(const sep_survey *survey, double *room, sep_facts *facts)
{
    const sep_strings *names = &survey->catalogue.channel_names;

    for (int c = 0; c < survey->channels; c++) {
        sep_channel_facts *own = &facts->channel[c];

        own->name = c < names->count ? names->item[c] : NULL;
        own->low = share_of(survey, lowest, c, 0.5, room);
        own->high = share_of(survey, highest, c, 1, room);
        own->within = share_of(survey, within, c, 0, room);
        SEP_TRY(measure_foreground(survey, c, own->window));
    }
    return SEP_OK;
}

sep_status sep_facts_find_ways(const sep_survey *survey, sep_facts *facts)
{
    sep_viewed *scan = sep_calloc((size_t)survey->scans, sizeof *scan);

    if (scan == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < survey->scans; i++) {
        const sep_surveyed *from = &survey->scan[i];

        scan[i] = (sep_viewed){.thumbnail = from->thumbnail, .group = from->entry->group};
    }
    const sep_status status = sep_ways_tell(scan, survey->scans, facts->alien);
    sep_free(scan);
    return status;
}

sep_status sep_facts_gather(const sep_survey *survey, sep_facts *facts)
{
    double *room = sep_calloc((size_t)survey->scans, sizeof *room);

    *facts = (sep_facts){.data = &survey->data,
                         .class_name = survey->class_name,
                         .classes = survey->classes,
                         .channels = survey->channels,
                         .coloured = survey->coloured,
                         .labelled_slices = survey->labelled_slices,
                         .training_cases = survey->training_cases,
                         .own_lists = survey->own_lists};
    memcpy(facts->cases, survey->cases, sizeof facts->cases);
    memcpy(facts->slices, survey->slices, sizeof facts->slices);
    if (room == NULL)
        return SEP_ERR_MEMORY;
    measure_plane(survey, room, facts);
    const sep_status status = measure_channels(survey, room, facts);
    sep_free(room);
    SEP_TRY(status);
    sep_facts_find_sides(survey, facts);
    return sep_facts_find_ways(survey, facts);
}
