/* The images that septum propagate labels: files, or scans of a dataset. */
#include "cli/targets.h"

#include <stdlib.h>
#include <string.h>

char *sep_case_name(const char *path)
{
    char *stem = sep_image_stem(path);

    if (stem != NULL && sep_has_suffix(stem, "_0000"))
        stem[strlen(stem) - strlen("_0000")] = '\0';
    return stem;
}

/* How long NAME of a file "NAME_0001.nii.gz" is, if it is a channel behind the first as nnU-Net names them; else 0. */
static size_t further_channel(const char *file)
{
    const char *suffix = sep_image_suffix(file);
    const size_t stem = suffix != NULL ? (size_t)(suffix - file) : 0;

    if (stem <= 5 || file[stem - 5] != '_' || strspn(file + stem - 4, "0123456789") < 4)
        return 0;
    return strncmp(file + stem - 4, "0000", 4) == 0 ? 0 : stem - 5;
}

static int channel_number(const char *file)
{
    return atoi(sep_image_suffix(file) - 4);
}

/* Whether one of the files is "NAME_0000" with the suffix of an image. */
static bool has_first_channel(const sep_strings *files, const char *name, size_t length)
{
    for (int i = 0; i < files->count; i++) {
        const char *file = files->item[i], *suffix = sep_image_suffix(file);

        if (suffix != NULL && (size_t)(suffix - file) == length + 5 && strncmp(file, name, length) == 0 &&
            strncmp(file + length, "_0000", 5) == 0)
            return true;
    }
    return false;
}

/* Pictures are numbered as frames are, too: a coloured one is an image by itself, and so is every one where the model
 * looks at one channel. */
static sep_status is_whole_picture(const char *folder, const char *file, int channels, bool *whole)
{
    *whole = false;
    if (!sep_image_is_picture(file))
        return SEP_OK;
    char *path = sep_format("%s/%s", folder, file);
    if (path == NULL)
        return SEP_ERR_MEMORY;
    *whole = channels <= 1 || sep_picture_has_colours(path);
    sep_free(path);
    return SEP_OK;
}

sep_status sep_take_first_channels(const char *folder, const sep_strings *files, int channels, sep_strings *taken)
{
    const char *first = NULL;
    int left_out = 0;

    for (int i = 0; i < files->count; i++) {
        const char *file = files->item[i];
        const size_t length = further_channel(file);
        bool whole;

        if (sep_image_suffix(file) == NULL)
            continue;
        SEP_TRY(is_whole_picture(folder, file, channels, &whole));
        if (whole || length == 0 || !has_first_channel(files, file, length)) {
            SEP_TRY(sep_strings_add(taken, file));
            continue;
        }
        if (channel_number(file) < channels)
            continue;
        first = first != NULL ? first : file;
        left_out++;
    }
    if (left_out > 0)
        sep_log(SEP_LOG_WARNING,
                "%s: %d file%s left out (%s%s): they are channels of the images beside NAME_0000, and the "
                "model looks at %d",
                folder, left_out, left_out == 1 ? " is" : "s are", first, left_out == 1 ? "" : ", ...", channels);
    return SEP_OK;
}

/* Two files of one name would share a label map. */
static sep_status add_name(sep_targets *targets, const char *path)
{
    char *name = sep_case_name(path);
    sep_status status = name != NULL ? SEP_OK : SEP_ERR_MEMORY;

    for (int i = 0; i < targets->names.count && status == SEP_OK; i++)
        if (strcmp(targets->names.item[i], name) == 0)
            status = sep_fail(SEP_ERR_ARGUMENT, "%s: two images would be written to the name %s", path, name);
    if (status == SEP_OK)
        status = sep_strings_add(&targets->names, name);
    sep_free(name);
    return status;
}

static sep_status open_file(const sep_registered_data *data, const char *path, int i, sep_targets *targets)
{
    SEP_TRY(add_name(targets, path));
    SEP_TRY(sep_registration_image_read(&data->config, data->dataset, path, &targets->image[i]));
    targets->target[i] = (sep_target){.name = targets->names.item[i], .image = &targets->image[i], .scan = -1};
    targets->count++;
    return SEP_OK;
}

static sep_status open_files(const sep_registered_data *data, char **file, int files, sep_targets *targets)
{
    targets->image = sep_calloc((size_t)files, sizeof *targets->image);
    if (targets->image == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < files; i++)
        SEP_TRY(open_file(data, file[i], i, targets));
    return SEP_OK;
}

static void take_validation(const sep_dataset *dataset, sep_targets *targets)
{
    for (int i = dataset->training; i < dataset->scans; i++) {
        const sep_scan *scan = &dataset->scan[i];

        targets->target[targets->count++] =
            (sep_target){.name = scan->name, .image = &scan->image, .reference = &scan->label, .scan = i};
    }
}

sep_status sep_targets_open(const sep_registered_data *data, char **file, int files, sep_targets *targets)
{
    const sep_dataset *dataset = data->dataset;
    const int room = files > 0 ? files : dataset->validation;

    *targets = (sep_targets){0};
    if (room == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "the dataset has no validation scans: name the images to label");
    targets->target = sep_calloc((size_t)room, sizeof *targets->target);
    if (targets->target == NULL)
        return SEP_ERR_MEMORY;
    if (files > 0)
        return open_files(data, file, files, targets);
    take_validation(dataset, targets);
    return SEP_OK;
}

void sep_targets_close(sep_targets *targets)
{
    for (int i = 0; targets->image != NULL && i < targets->count; i++)
        sep_volume_free(&targets->image[i]);
    sep_free(targets->image);
    sep_free(targets->target);
    sep_strings_free(&targets->names);
    *targets = (sep_targets){0};
}
