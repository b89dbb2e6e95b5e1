/* A survey: all scans of a data set, one after another, and notes of what looks wrong. */
#include "plan/survey.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const char *const sep_use_names[SEP_USES] = {"labelled", "unlabelled", "validation"};

/* ---- findings ---------------------------------------------------------------------------------------------------- */

typedef struct finding_text {
    const char *one, *many; /* scans, before their names */
    bool refused;
} finding_text;

static const finding_text TEXTS[SEP_FINDINGS] = {
    [SEP_FOUND_SIZE] = {"label map is of another size than its image",
                        "label maps are of another size than their images", true},
    [SEP_FOUND_PLACE] = {"label map lies elsewhere than its image", "label maps lie elsewhere than their images", true},
    [SEP_FOUND_VALUES] = {"label map has a value beyond the classes", "label maps have values beyond the classes",
                          true},
    [SEP_FOUND_ORDER] = {"label map is stored in another order than its image, and is put into that",
                         "label maps are stored in another order than their images, and are put into that", false},
    [SEP_FOUND_EMPTY] = {"label map has no class at all", "label maps have no class at all", false},
    [SEP_FOUND_AXIS] = {"scan is stored along other axes than most, or from another end",
                        "scans are stored along other axes than most, or from another end", false},
    [SEP_FOUND_THICK] =
        {"scan has its thick slices along another axis than that which it is cut along: it may be stored in another "
         "order than it was taken in",
         "scans have their thick slices along another axis than that which they are cut along: they may be stored in "
         "another order than they were taken in",
         false},
    [SEP_FOUND_NO_GEOMETRY] = {"scan says neither its spacing nor how it lies, and so no scan is put into the order of "
                               "most or resampled",
                               "scans say neither their spacing nor how they lie, and so no scan is put into the order "
                               "of most or resampled",
                               false},
    [SEP_FOUND_SLICES_LAST] =
        {"scan has fewer columns than slices: it may be stored with its slices last, and data.slice_axis would say so",
         "scans have fewer columns than slices: they may be stored with their slices last, and data.slice_axis would "
         "say so",
         false},
    [SEP_FOUND_SPACING] = {"scan has pixels of less than half or more than twice the usual size",
                           "scans have pixels of less than half or more than twice the usual size", false},
    [SEP_FOUND_CONSTANT] = {"image has one value only", "images have one value only", false},
    [SEP_FOUND_BRIGHT] = {"image has single voxels far beyond all others",
                          "images have single voxels far beyond all others", false},
    [SEP_FOUND_LEVEL] = {"image is much darker or brighter than the others",
                         "images are much darker or brighter than the others", false},
    [SEP_FOUND_TWICE] = {"image is there twice", "images are there twice", false},
    [SEP_FOUND_CLASS] = {"class is in no labelled scan, so that it can't be learned",
                         "classes are in no labelled scan, so that they can't be learned", false},
    [SEP_FOUND_ONE_SLICE] = {"slice in all has a class: what is learned from it will hardly hold for others", "",
                             false},
    [SEP_FOUND_LIST] = {"scan of the folder is in no list, and is left out",
                        "scans of the folder are in no list, and are left out", false},
};

sep_status sep_survey_note(sep_survey *survey, sep_finding_kind kind, const char *format, ...)
{
    enum { SHOWN = 4 };
    sep_finding *finding = &survey->finding[kind];
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return finding->count++ < SHOWN ? sep_strings_add(&finding->first, text) : SEP_OK;
}

bool sep_finding_refused(sep_finding_kind kind)
{
    return TEXTS[kind].refused;
}

char *sep_finding_text(const sep_survey *survey, sep_finding_kind kind)
{
    const sep_finding *finding = &survey->finding[kind];
    char *line = sep_format("%d %s: ", finding->count, finding->count == 1 ? TEXTS[kind].one : TEXTS[kind].many);

    for (int i = 0; line != NULL && i < finding->first.count; i++) {
        char *longer = sep_format("%s%s%s", line, i > 0 ? ", " : "", finding->first.item[i]);
        sep_free(line);
        line = longer;
    }
    if (line != NULL && finding->count > finding->first.count) {
        char *longer = sep_format("%s and %d more", line, finding->count - finding->first.count);
        sep_free(line);
        line = longer;
    }
    return line;
}

const char *sep_survey_channel(const sep_survey *survey, int channel)
{
    const sep_strings *names = &survey->catalogue.channel_names;
    const char *text = "";

    if (survey->channels > 1)
        text = channel < names->count
                   ? sep_arena_format(survey->arena, ", channel %d (%s)", channel, names->item[channel])
                   : sep_arena_format(survey->arena, ", channel %d", channel);
    return text != NULL ? text : "";
}

/* ---- all scans --------------------------------------------------------------------------------------------------- */

/* Slices and volumes are not of one kind: a network would see the one as parts of the other. */
static sep_status check_dimensions(const sep_survey *survey)
{
    const char *flat = NULL, *deep = NULL;

    for (int i = 0; i < survey->scans; i++) {
        const char **kind = survey->scan[i].grid.depth == 1 ? &flat : &deep;
        if (*kind == NULL)
            *kind = survey->scan[i].entry->name;
    }
    return flat == NULL || deep == NULL
               ? SEP_OK
               : sep_fail(SEP_ERR_FORMAT,
                          "%s: single slices and volumes side by side (%s is one slice, %s is not): "
                          "plan for each in a folder of its own",
                          survey->data.folder, flat, deep);
}

static sep_status look_at_all(sep_survey *survey)
{
    sep_progress *progress = sep_progress_start("survey", survey->scans, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < survey->scans && status == SEP_OK; i++) {
        status = sep_survey_scan(survey, i);
        sep_progress_update(progress, i + 1, survey->scan[i].entry->name);
    }
    sep_progress_finish(progress);
    return status;
}

bool sep_survey_has_geometry(const sep_survey *survey)
{
    for (int i = 0; i < survey->scans; i++)
        if (!survey->scan[i].grid.has_geometry)
            return false;
    return true;
}

sep_status sep_survey_make(const sep_plan_request *request, sep_survey *survey)
{
    *survey = (sep_survey){.arena = sep_arena_create()};
    if (survey->arena == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_survey_find(request, survey));
    SEP_TRY(sep_survey_classes(survey));
    SEP_TRY(sep_survey_lay(survey));
    SEP_TRY(look_at_all(survey));
    SEP_TRY(check_dimensions(survey));
    return sep_survey_judge(survey);
}

void sep_survey_free(sep_survey *survey)
{
    for (int i = 0; i < SEP_FINDINGS; i++)
        sep_strings_free(&survey->finding[i].first);
    for (int i = 0; i < SEP_SHOWN_SCANS; i++) {
        sep_volume_free(&survey->shown_image[i]);
        sep_labels_free(&survey->shown_label[i]);
    }
    sep_split_free(&survey->split);
    sep_catalogue_free(&survey->catalogue);
    sep_arena_destroy(survey->arena);
    *survey = (sep_survey){0};
}

/* ---- quantiles --------------------------------------------------------------------------------------------------- */

double sep_quantile_of(double *values, int count, double share)
{
    sep_sort_doubles(values, (size_t)count);
    return count > 0 ? values[(int)(share * (count - 1) + 0.5)] : (double)NAN;
}
