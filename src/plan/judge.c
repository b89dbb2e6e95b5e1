/* What only all scans together show to be wrong. */
#include "plan/survey.h"

#include <math.h>
#include <string.h>

/* One number of each scan, in room of the survey. */
static double *numbers(const sep_survey *survey)
{
    return sep_arena_alloc(survey->arena, (size_t)survey->scans * sizeof(double));
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static void count_slices(sep_survey *survey)
{
    for (int i = 0; i < survey->scans; i++)
        survey->slices[survey->scan[i].use] += sep_surveyed_size(&survey->scan[i], 2);
}

/* Of the scans that know it. */
static sep_status judge_spacings(sep_survey *survey)
{
    double *pixel = numbers(survey);
    int known = 0;

    if (pixel == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < survey->scans; i++)
        if (survey->scan[i].grid.has_geometry)
            pixel[known++] = (double)sep_surveyed_spacing(&survey->scan[i], 0);
    const double usual = known > 0 ? sep_quantile_of(pixel, known, 0.5) : 0;
    for (int i = 0; i < survey->scans; i++) {
        const sep_surveyed *scan = &survey->scan[i];
        const double own = (double)sep_surveyed_spacing(scan, 0);
        if (scan->grid.has_geometry && (own < 0.5 * usual || own > 2 * usual))
            SEP_TRY(
                sep_survey_note(survey, SEP_FOUND_SPACING, "%s (%.3g mm, usual %.3g)", scan->entry->name, own, usual));
    }
    return SEP_OK;
}

/* ---- intensities ------------------------------------------------------------------------------------------------- */

/* Where half of the voxels lie between darkest and brightest. */
static double level(const sep_surveyed *scan, int channel)
{
    const float *q = scan->image[channel];
    const double range = (double)q[SEP_QUANTILES - 1] - q[0];

    return range > 0 ? ((double)q[SEP_QUANTILES / 2] - q[0]) / range : 0;
}

/* Voxels that leave the rest a quarter of the range at most. */
static bool has_bright_voxels(const float *q)
{
    return (double)q[SEP_QUANTILES - 1] - q[0] > 4 * ((double)q[SEP_QUANTILES - 2] - q[0]);
}

static sep_status judge_levels(sep_survey *survey, int channel)
{
    enum { ENOUGH = 8 };
    double *value = numbers(survey);

    for (int i = 0; value != NULL && i < survey->scans; i++)
        value[i] = level(&survey->scan[i], channel);
    if (value == NULL || survey->scans < ENOUGH)
        return value != NULL ? SEP_OK : SEP_ERR_MEMORY;
    const double usual = sep_quantile_of(value, survey->scans, 0.5);
    for (int i = 0; i < survey->scans; i++)
        value[i] = fabs(level(&survey->scan[i], channel) - usual);
    const double far =
        6 * 1.4826 * sep_quantile_of(value, survey->scans, 0.5) + 0.1; /* six deviations of most, and a tenth */
    for (int i = 0; i < survey->scans; i++)
        if (fabs(level(&survey->scan[i], channel) - usual) > far)
            SEP_TRY(sep_survey_note(survey, SEP_FOUND_LEVEL,
                                    "%s%s (half of the voxels below %.2f of the range, usual %.2f)",
                                    survey->scan[i].entry->name, sep_survey_channel(survey, channel),
                                    level(&survey->scan[i], channel), usual));
    return SEP_OK;
}

static sep_status judge_intensities(sep_survey *survey, int channel)
{
    for (int i = 0; i < survey->scans; i++) {
        const float *q = survey->scan[i].image[channel];
        if (has_bright_voxels(q))
            SEP_TRY(sep_survey_note(survey, SEP_FOUND_BRIGHT, "%s%s (%g, 99.5 %% up to %g)",
                                    survey->scan[i].entry->name, sep_survey_channel(survey, channel),
                                    (double)q[SEP_QUANTILES - 1], (double)q[SEP_QUANTILES - 2]));
    }
    return judge_levels(survey, channel);
}

static sep_status judge_twins(sep_survey *survey)
{
    for (int i = 0; i < survey->scans; i++)
        for (int k = 0; k < i; k++)
            if (survey->scan[i].hash == survey->scan[k].hash) {
                SEP_TRY(sep_survey_note(survey, SEP_FOUND_TWICE, "%s (%s) and %s (%s)", survey->scan[k].entry->name,
                                        sep_use_names[survey->scan[k].use], survey->scan[i].entry->name,
                                        sep_use_names[survey->scan[i].use]));
                break;
            }
    return SEP_OK;
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

static sep_status judge_classes(sep_survey *survey)
{
    for (int c = 1; c < survey->classes; c++) {
        int64_t voxels = 0;
        for (int i = 0; i < survey->scans; i++)
            if (survey->scan[i].use == SEP_USE_LABELLED && survey->scan[i].part != NULL)
                voxels += survey->scan[i].part[c].voxels;
        if (voxels == 0)
            SEP_TRY(sep_survey_note(survey, SEP_FOUND_CLASS, "%s", survey->class_name[c]));
    }
    if (survey->labelled_slices == 1)
        SEP_TRY(sep_survey_note(survey, SEP_FOUND_ONE_SLICE, "%s", survey->scan[survey->shown_scan[0]].entry->name));
    return SEP_OK;
}

static bool is_entry(const sep_survey *survey, const char *name)
{
    for (int i = 0; i < survey->catalogue.count; i++)
        if (strcmp(survey->catalogue.entry[i].name, name) == 0)
            return true;
    return false;
}

/* Images that dataset.json does not list, or that end otherwise than it says. Of several channels the first counts. */
static sep_status judge_unlisted(sep_survey *survey)
{
    char *folder = sep_format("%s/imagesTr", survey->data.folder);
    sep_strings files = {0};
    sep_status status = folder != NULL ? sep_image_list(folder, &files) : SEP_ERR_MEMORY;

    for (int i = 0; i < files.count && status == SEP_OK; i++) {
        char *stem = sep_image_stem(files.item[i]);
        const char *channel = stem != NULL ? strrchr(stem, '_') : NULL;
        const bool first = channel != NULL && strcmp(channel, "_0000") == 0;

        if (stem == NULL)
            status = SEP_ERR_MEMORY;
        else if (first)
            stem[channel - stem] = '\0';
        if (first && !is_entry(survey, stem))
            status = sep_survey_note(survey, SEP_FOUND_LIST, "%s", files.item[i]);
        sep_free(stem);
    }
    sep_strings_free(&files);
    sep_free(folder);
    return status;
}

static sep_status judge_lists(sep_survey *survey)
{
    bool *listed = sep_arena_alloc(survey->arena, (size_t)survey->catalogue.count);

    if (listed == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < survey->scans; i++)
        listed[survey->scan[i].entry - survey->catalogue.entry] = true;
    for (int i = 0; i < survey->split.tests; i++)
        listed[survey->split.test[i]] = true;
    for (int i = 0; i < survey->catalogue.count; i++)
        if (!listed[i] && survey->data.train_list != NULL)
            SEP_TRY(sep_survey_note(survey, SEP_FOUND_LIST, "%s", survey->catalogue.entry[i].name));
    return survey->data.format == SEP_DATA_NNUNET ? judge_unlisted(survey) : SEP_OK;
}

sep_status sep_survey_judge(sep_survey *survey)
{
    count_slices(survey);
    SEP_TRY(judge_spacings(survey));
    for (int c = 0; c < survey->channels; c++)
        SEP_TRY(judge_intensities(survey, c));
    SEP_TRY(judge_twins(survey));
    SEP_TRY(judge_classes(survey));
    return judge_lists(survey);
}
