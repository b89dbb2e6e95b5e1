/* From a folder to its format, its scans and what each is for. */
#include "plan/survey.h"

#include "data/channels.h"
#include "data/find_scans.h"
#include "data/scan.h"

#include <ctype.h>
#include <string.h>

/* ---- format ------------------------------------------------------------------------------------------------------ */

static bool has_inside(const char *folder, const char *name)
{
    char *path = sep_format("%s/%s", folder, name);
    const bool there = path != NULL && sep_file_exists(path);

    sep_free(path);
    return there;
}

static bool has_files(const char *folder, const char *suffix)
{
    sep_strings files = {0};
    const bool some = sep_list_folder(folder, suffix, &files) == SEP_OK && files.count > 0;

    sep_strings_free(&files);
    return some;
}

static sep_status find_format(const char *folder, sep_data_format *format)
{
    if (!sep_folder_exists(folder))
        return sep_fail(SEP_ERR_IO, "%s: there is no such folder of data", folder);
    if (has_inside(folder, "dataset.json"))
        *format = SEP_DATA_NNUNET;
    else if (has_inside(folder, "imagesTr"))
        return sep_fail(SEP_ERR_FORMAT, "%s: has imagesTr, but no dataset.json, which names the classes", folder);
    else if (has_inside(folder, "volumes") || has_files(folder, ".h5") || has_files(folder, ".hdf5"))
        *format = SEP_DATA_HDF5;
    else if (has_inside(folder, "masks") && !has_inside(folder, "images"))
        return sep_fail(SEP_ERR_FORMAT, "%s: has label maps (masks), but no folder images", folder);
    else if (has_files(folder, ""))
        *format = SEP_DATA_PAIRS;
    else
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: holds no data set: neither dataset.json (nnU-Net) nor HDF5 files nor folders images and "
                        "masks",
                        folder);
    return SEP_OK;
}

/* ---- cases ------------------------------------------------------------------------------------------------------- */

enum { MOST_SCANS_OF_A_CASE = 16 };

/* Whether the part up to "_" is a number of somebody, "patient0001" in "patient0001_2CH_ED": it has a digit, and there
 * are several of these with some scans each, or with any number of what is called a slice. */
static bool first_part_is_case(const sep_catalogue *catalogue)
{
    int groups = 0, members = 0, most = 0;
    size_t before = 0;
    bool slices = true;

    for (int i = 0; i < catalogue->count; i++) {
        const char *name = catalogue->entry[i].name, *end = strchr(name, '_');
        const size_t length = end != NULL ? (size_t)(end - name) : 0;

        if (length == 0 || strcspn(name, "0123456789") >= length || strstr(name, "_frame") != NULL)
            return false;
        const bool same = i > 0 && length == before && strncmp(name, catalogue->entry[i - 1].name, length) == 0;
        groups += !same;
        slices = slices && strncmp(end, "_slice", 6) == 0;
        members = same ? members + 1 : 1;
        most = members > most ? members : most;
        before = length;
    }
    return groups > 1 && groups < catalogue->count && (slices || most <= MOST_SCANS_OF_A_CASE);
}

static sep_status find_scans(sep_survey *survey)
{
    SEP_TRY(sep_find_scans(&survey->data, &survey->catalogue));
    if (!first_part_is_case(&survey->catalogue))
        return SEP_OK;
    survey->data.group_separator = "_";
    sep_catalogue_free(&survey->catalogue);
    return sep_find_scans(&survey->data, &survey->catalogue);
}

/* ---- label maps -------------------------------------------------------------------------------------------------- */

static bool is_listed(const sep_catalogue *catalogue, const char *label)
{
    for (int i = 0; i < catalogue->count; i++)
        if (catalogue->entry[i].label_path != NULL && strcmp(sep_file_name(catalogue->entry[i].label_path), label) == 0)
            return true;
    return false;
}

/* nnU-Net's dataset.json may list some scans only: the images of the others lie there all the same. */
static bool has_unlisted_image(const char *folder, const char *label)
{
    const char *suffix = sep_image_suffix(label);
    const int stem = (int)(suffix != NULL ? suffix - label : 0);
    char *channel = sep_format("%s/imagesTr/%.*s_0000%s", folder, stem, label, label + stem);
    char *whole = sep_format("%s/imagesTr/%s", folder, label);
    const bool has = (channel != NULL && sep_file_exists(channel)) || (whole != NULL && sep_file_exists(whole));

    sep_free(channel);
    sep_free(whole);
    return has;
}

static bool has_image(const sep_survey *survey, const char *label)
{
    return is_listed(&survey->catalogue, label) ||
           (survey->data.format == SEP_DATA_NNUNET && has_unlisted_image(survey->data.folder, label));
}

/* Somebody who sees a label map trained without would wonder: its image was lost or renamed. */
static sep_status check_left_over(const sep_survey *survey)
{
    const char *part = survey->data.format == SEP_DATA_NNUNET ? "labelsTr" : "masks";
    char *folder = sep_format("%s/%s", survey->data.folder, part);
    sep_strings files = {0};
    const char *first = NULL;
    int count = 0;

    sep_status status = folder != NULL ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK && survey->data.format != SEP_DATA_HDF5 && sep_folder_exists(folder))
        status = sep_image_list(folder, &files);
    for (int i = 0; status == SEP_OK && i < files.count; i++)
        if (!has_image(survey, files.item[i]) && count++ == 0)
            first = files.item[i];
    if (count > 0)
        status = sep_fail(SEP_ERR_FORMAT,
                          "%s/%s: is a label map without an image, %d in all: add the images or take "
                          "the label maps away",
                          folder, first, count);
    sep_strings_free(&files);
    sep_free(folder);
    return status;
}

/* ---- the split --------------------------------------------------------------------------------------------------- */

static const char *own_list(sep_survey *survey, const char *given, const char *name)
{
    if (given != NULL)
        return given;
    if (!has_inside(survey->data.folder, name))
        return NULL;
    survey->own_lists = true;
    return sep_arena_format(survey->arena, "%s/%s", survey->data.folder, name);
}

static int count_cases(const sep_survey *survey, const int *scan, int scans, const bool *taken)
{
    int count = 0;

    for (int i = 0; i < scans; i++) {
        bool seen = !taken[i];
        for (int k = 0; k < i && !seen; k++)
            seen = taken[k] && survey->catalogue.entry[scan[k]].group == survey->catalogue.entry[scan[i]].group;
        count += !seen;
    }
    return count;
}

/* One case of five, where that leaves enough to learn from. Cases whose label maps are not to be learned from may
 * validate as well. One that could validate is left to training. */
static int validating(int annotated, int candidates, int labelled)
{
    enum { FEWEST = 6, MOST = 20 };
    const int spare = labelled > 0 ? annotated - labelled : annotated;
    int wanted = (annotated + 2) / 5;

    if (labelled == 0 && annotated < FEWEST)
        return 0;
    wanted = wanted < 1 ? 1 : wanted > MOST ? MOST : wanted;
    wanted = wanted < spare ? wanted : spare;
    wanted = wanted < candidates ? wanted : candidates - 1;
    return wanted > 0 ? wanted : 0;
}

static sep_status split(const sep_plan_request *request, sep_survey *survey)
{
    SEP_TRY(sep_split_make(&survey->data, &survey->catalogue, &survey->split));
    survey->annotated_cases =
        count_cases(survey, survey->split.training, survey->split.trainings, survey->split.labelled);
    survey->data.labelled_cases = request->labelled;
    if (survey->data.validation_list == NULL)
        survey->data.validation_count =
            validating(survey->annotated_cases, survey->split.candidates, request->labelled);
    sep_split_free(&survey->split);
    return sep_split_make(&survey->data, &survey->catalogue, &survey->split);
}

/* ---- the list of scans ------------------------------------------------------------------------------------------- */

static void add_scan(sep_survey *survey, int entry, sep_use use)
{
    survey->scan[survey->scans++] = (sep_surveyed){.entry = &survey->catalogue.entry[entry], .use = use};
    survey->scans_of[use]++;
}

static sep_status list_scans(sep_survey *survey)
{
    const sep_split *split = &survey->split;
    const int count = split->trainings + split->validations;
    bool *taken = sep_arena_alloc(survey->arena, (size_t)count + (size_t)survey->catalogue.count);

    survey->scan = sep_arena_alloc(survey->arena, (size_t)count * sizeof *survey->scan);
    if (survey->scan == NULL || taken == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < split->trainings; i++)
        add_scan(survey, split->training[i], split->labelled[i] ? SEP_USE_LABELLED : SEP_USE_UNLABELLED);
    for (int i = 0; i < split->validations; i++)
        add_scan(survey, split->validation[i], SEP_USE_VALIDATION);
    survey->cases[SEP_USE_LABELLED] = count_cases(survey, split->training, split->trainings, split->labelled);
    for (int i = 0; i < count; i++)
        taken[i] = i >= split->trainings || !split->labelled[i];
    survey->cases[SEP_USE_UNLABELLED] = count_cases(survey, split->training, split->trainings, taken);
    memset(taken, 1, (size_t)count);
    survey->training_cases = count_cases(survey, split->training, split->trainings, taken);
    survey->cases[SEP_USE_VALIDATION] = count_cases(survey, split->validation, split->validations, taken);
    return SEP_OK;
}

sep_status sep_survey_find(const sep_plan_request *request, sep_survey *survey)
{
    survey->data = (sep_data_config){.folder = request->folder, .labels = request->labels, .seed = request->seed};
    SEP_TRY(find_format(request->folder, &survey->data.format));
    survey->data.train_list = own_list(survey, request->train_list, "train.list");
    survey->data.validation_list = own_list(survey, request->validation_list, "val.list");
    survey->data.test_list = own_list(survey, request->test_list, "test.list");
    SEP_TRY(find_scans(survey));
    SEP_TRY(check_left_over(survey));
    SEP_TRY(sep_take_ignored(&survey->catalogue, &survey->data.labels));
    SEP_TRY(split(request, survey));
    SEP_TRY(list_scans(survey));
    if (survey->data.format == SEP_DATA_PAIRS)
        SEP_TRY(sep_survey_find_colours(survey, &survey->coloured));
    survey->data.channels = survey->coloured ? 3 : 0;
    return sep_channels_choose(&survey->data, &survey->catalogue, &survey->channels);
}
