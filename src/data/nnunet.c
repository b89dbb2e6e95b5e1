/* nnU-Net's folders: which images and label maps of imagesTr and labelsTr make the training scans. */
#include "data/nnunet.h"

#include "data/label_names.h"

#include <ctype.h>
#include <string.h>

/* Length of a file's name without its ending; all of it where the ending is another. */
static size_t trunk_length(const char *file, const char *ending)
{
    return sep_has_suffix(file, ending) ? strlen(file) - strlen(ending) : strlen(file);
}

/* The ending as the file has it, in upper or lower case. */
static const char *own_ending(const char *file, const char *ending)
{
    return sep_has_suffix(file, ending) ? file + trunk_length(file, ending) : ending;
}

/* The channel that "NAME_0000" speaks of, with the length of NAME; -1 without such a suffix. */
static int channel_of(const char *file, size_t trunk, size_t *name_length)
{
    int channel = 0;

    *name_length = trunk;
    if (trunk < 6 || file[trunk - 5] != '_')
        return -1;
    for (size_t i = trunk - 4; i < trunk; i++) {
        if (!isdigit((unsigned char)file[i]))
            return -1;
        channel = 10 * channel + (file[i] - '0');
    }
    *name_length = trunk - 5;
    return channel;
}

/* ---- files named one by one -------------------------------------------------------------------------------------- */

/* A file of the list: as it is where its path is absolute, else inside the folder. NULL: no memory. */
static char *listed_path(const char *folder, const char *listed)
{
    return listed[0] == '/' ? sep_strdup(listed) : sep_format("%s/%s", folder, listed);
}

/* Version 1 lists "imagesTr/a.nii.gz" where the disk holds "imagesTr/a_0000.nii.gz". */
static char *image_path(const char *folder, const char *listed, const char *ending)
{
    char *path = listed_path(folder, listed);
    char *with_channel = NULL;

    if (path == NULL || sep_file_exists(path))
        return path;
    with_channel = sep_format("%.*s_0000%s", (int)trunk_length(path, ending), path, own_ending(path, ending));
    if (with_channel != NULL && sep_file_exists(with_channel)) {
        sep_free(path);
        return with_channel;
    }
    sep_free(with_channel);
    return path;
}

/* A stack of pictures and a frame of a series are there without a file of the name. */
static bool is_there(const char *path)
{
    sep_volume grid = {0};
    const bool there = sep_file_exists(path) || sep_volume_read_grid(path, &grid) == SEP_OK;

    sep_volume_free(&grid);
    return there;
}

/* A label map that is not there is none. */
static sep_status add_listed(const char *folder, const sep_nnunet_manifest *manifest, int i, sep_strings *absent,
                             sep_catalogue *catalogue)
{
    const char *name = manifest->name.item[i], *label = manifest->label.item[i];
    const char *file = sep_file_name(label[0] == '\0' ? manifest->image.item[i] : label);
    size_t length = trunk_length(file, manifest->file_ending);
    char *label_path = NULL;

    if (label[0] == '\0')
        channel_of(file, length, &length);
    else if ((label_path = listed_path(folder, label)) == NULL)
        return SEP_ERR_MEMORY;
    if (label_path != NULL && !is_there(label_path)) {
        sep_free(label_path);
        label_path = NULL;
        SEP_TRY(sep_strings_add(absent, label));
    }
    return sep_catalogue_add(catalogue, name[0] != '\0' ? sep_strdup(name) : sep_format("%.*s", (int)length, file),
                             image_path(folder, manifest->image.item[i], manifest->file_ending), label_path);
}

/* One that lost its folder of label maps, or names it wrongly, is no list of unlabelled scans. */
static sep_status judge_absent(const char *path, const sep_strings *absent, const sep_catalogue *catalogue)
{
    bool labelled = false;

    if (absent->count == 0)
        return SEP_OK;
    for (int i = 0; i < catalogue->count; i++)
        labelled = labelled || catalogue->entry[i].label_path != NULL;
    if (!labelled)
        return sep_fail(SEP_ERR_IO, "%s: none of the label maps that it lists is there (%s, ...)", path,
                        absent->item[0]);
    sep_log(SEP_LOG_WARNING, "%s: %d of the label maps that it lists %s not there (%s%s): unlabelled", path,
            absent->count, absent->count == 1 ? "is" : "are", absent->item[0], absent->count == 1 ? "" : ", ...");
    return SEP_OK;
}

static sep_status add_all_listed(const char *folder, const char *path, const sep_nnunet_manifest *manifest,
                                 sep_catalogue *catalogue)
{
    sep_strings absent = {0};
    sep_status status = SEP_OK;

    for (int i = 0; i < manifest->image.count && status == SEP_OK; i++)
        status = add_listed(folder, manifest, i, &absent, catalogue);
    if (status == SEP_OK)
        status = judge_absent(path, &absent, catalogue);
    sep_strings_free(&absent);
    return status == SEP_OK ? sep_catalogue_drop_repeated(path, catalogue) : status;
}

/* ---- all that imagesTr holds ------------------------------------------------------------------------------------- */

/* The first of the files in `labels` that is called so, its ending in upper or lower case; NULL where there is none. */
static sep_status search_label(const char *labels, const char *name, const char *ending, char **label)
{
    sep_strings files = {0};
    sep_status status = sep_folder_exists(labels) ? sep_list_folder(labels, ending, &files) : SEP_OK;

    *label = NULL;
    for (int i = 0; status == SEP_OK && *label == NULL && i < files.count; i++) {
        const char *file = files.item[i];
        const size_t length = trunk_length(file, ending);

        if (length == strlen(name) && strncmp(file, name, length) == 0)
            status = (*label = sep_format("%s/%s", labels, file)) == NULL ? SEP_ERR_MEMORY : SEP_OK;
    }
    sep_strings_free(&files);
    return status;
}

/* Most sets have one ending: the folder is searched only where the file of that name is not there. */
static sep_status find_label(const char *folder, const char *name, const char *ending, char **label)
{
    char *labels = sep_format("%s/labelsTr", folder);
    sep_status status = labels == NULL ? SEP_ERR_MEMORY : SEP_OK;

    *label = labels == NULL ? NULL : sep_format("%s/%s%s", labels, name, ending);
    if (*label == NULL)
        status = SEP_ERR_MEMORY;
    else if (!sep_file_exists(*label)) {
        sep_free(*label);
        status = search_label(labels, name, ending, label);
    }
    sep_free(labels);
    return status;
}

/* A further channel belongs to a case, and is one of those that dataset.json names. */
static sep_status check_further(const char *folder, const char *file, int length, const char *ending, int channel,
                                int channels)
{
    char *first = sep_format("%s/imagesTr/%.*s_0000%s", folder, length, file, own_ending(file, ending));
    sep_status status = first != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && channel >= channels)
        status = sep_fail(SEP_ERR_FORMAT, "%s/imagesTr/%s: is channel %d, but dataset.json names %d channel%s", folder,
                          file, channel, channels, channels > 1 ? "s, numbered from 0" : "");
    if (status == SEP_OK && !sep_file_exists(first))
        status = sep_fail(SEP_ERR_IO, "%s: is missing: channel 0 of a case that has channel %d", first, channel);
    sep_free(first);
    return status;
}

static sep_status add_found(const char *folder, const char *file, const char *ending, int channels,
                            sep_catalogue *catalogue)
{
    size_t length;
    int channel = channel_of(file, trunk_length(file, ending), &length);
    char *name, *label;

    if (channel > 0)
        return check_further(folder, file, (int)length, ending, channel, channels);
    name = sep_format("%.*s", (int)length, file);
    sep_status status = name == NULL ? SEP_ERR_MEMORY : find_label(folder, name, ending, &label);
    if (status != SEP_OK) {
        sep_free(name);
        return status;
    }
    return sep_catalogue_add(catalogue, name, sep_format("%s/imagesTr/%s", folder, file), label);
}

static sep_status add_folder(const char *folder, const char *ending, int channels, sep_catalogue *catalogue)
{
    sep_strings files = {0}, stems = {0}, predictions = {0};
    char *images = sep_format("%s/imagesTr", folder);
    sep_status status = images == NULL ? SEP_ERR_MEMORY : sep_list_folder(images, ending, &files);

    if (status == SEP_OK)
        status = sep_image_stems(&files, &stems);
    for (int i = 0; status == SEP_OK && i < files.count; i++)
        status = sep_is_prediction(&stems, stems.item[i])
                     ? sep_strings_add(&predictions, files.item[i])
                     : add_found(folder, files.item[i], ending, channels, catalogue);
    sep_warn_label_maps(images, &predictions);
    if (status == SEP_OK && files.count == 0)
        status = sep_fail(SEP_ERR_IO, "%s: holds no %s file", images, ending);
    sep_strings_free(&predictions);
    sep_strings_free(&stems);
    sep_strings_free(&files);
    sep_free(images);
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* numTraining may count all images, with those that are listed twice, or those with a label map where some have none.
 * An image too many is most likely one without. */
static sep_status check_count(const char *path, const sep_nnunet_manifest *manifest, const sep_catalogue *catalogue)
{
    const char *without = NULL;
    int with_label = 0;

    for (int i = 0; i < catalogue->count; i++)
        if (catalogue->entry[i].label_path != NULL)
            with_label++;
        else if (without == NULL)
            without = sep_file_name(catalogue->entry[i].image_path);
    if (manifest->training_count < 0 || manifest->training_count == catalogue->count ||
        manifest->training_count == with_label || manifest->training_count == manifest->image.count)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT,
                    "%s: 'numTraining' is %d, but there are %d training images (%d with a label map%s%s)", path,
                    manifest->training_count, catalogue->count, with_label, without != NULL ? "; without one " : "",
                    without != NULL ? without : "");
}

static sep_status add_scans(const char *folder, const char *path, const sep_nnunet_manifest *manifest,
                            sep_catalogue *catalogue)
{
    SEP_TRY(manifest->image.count == 0 ? add_folder(folder, manifest->file_ending, manifest->channels, catalogue)
                                       : add_all_listed(folder, path, manifest, catalogue));
    catalogue->classes = manifest->classes;
    catalogue->channels = manifest->channels;
    for (int c = 0; c < manifest->channel_names.count; c++)
        SEP_TRY(sep_strings_add(&catalogue->channel_names, manifest->channel_names.item[c]));
    catalogue->ignores = manifest->ignored >= 0;
    catalogue->ignored = manifest->ignored;
    for (int i = 0; i < manifest->classes; i++)
        SEP_TRY(sep_strings_add(&catalogue->class_names, manifest->class_names.item[i]));
    return check_count(path, manifest, catalogue);
}

static sep_status find_with(const char *folder, const char *path, sep_catalogue *catalogue)
{
    sep_nnunet_manifest manifest = {0};
    void *text;
    size_t size;
    sep_status status;

    SEP_TRY(sep_file_read(path, &text, &size));
    status = sep_nnunet_parse(text, size, path, &manifest);
    if (status == SEP_OK)
        status = add_scans(folder, path, &manifest, catalogue);
    sep_nnunet_free(&manifest);
    sep_free(text);
    return status;
}

sep_status sep_nnunet_find(const char *folder, sep_catalogue *catalogue)
{
    char *path = sep_format("%s/dataset.json", folder);
    sep_status status = path == NULL ? SEP_ERR_MEMORY : find_with(folder, path, catalogue);

    sep_free(path);
    return status;
}

sep_status sep_class_names_read(const char *path, sep_strings *names, int *ignored)
{
    sep_nnunet_manifest manifest = {0};
    void *text;
    size_t size;

    SEP_TRY(sep_file_read(path, &text, &size));
    sep_status status = sep_nnunet_parse_classes(text, size, path, &manifest);
    if (status == SEP_OK) {
        *names = manifest.class_names;
        manifest.class_names = (sep_strings){0};
        *ignored = manifest.ignored;
    }
    sep_nnunet_free(&manifest);
    sep_free(text);
    return status;
}
