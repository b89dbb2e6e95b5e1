/* Finds the scans of a dataset's folder: HDF5 packages and picture pairs here, nnU-Net's layout through nnunet.c, label
 * maps beside their images through annotated.c. */
#include "data/find_scans.h"

#include "data/annotated.h"
#include "data/nnunet.h"

#include <string.h>

/* ---- HDF5 -------------------------------------------------------------------------------------------------------- */

/* `stem_length` bytes of a name. */
static char *stem_of(const char *name, size_t stem_length)
{
    return sep_format("%.*s", (int)stem_length, name);
}

static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot == NULL ? strlen(name) : (size_t)(dot - name);
}

static sep_status add_hdf5_files(const char *folder, const char *suffix, sep_catalogue *catalogue)
{
    sep_strings files = {0};
    sep_status status = sep_list_folder(folder, suffix, &files);

    for (int i = 0; status == SEP_OK && i < files.count; i++) {
        char *path = sep_format("%s/%s", folder, files.item[i]);

        status =
            sep_catalogue_add(catalogue, sep_image_stem(files.item[i]), path, path == NULL ? NULL : sep_strdup(path));
    }
    sep_strings_free(&files);
    return status;
}

static sep_status find_hdf5(const char *folder, sep_catalogue *catalogue)
{
    char *volumes = sep_format("%s/volumes", folder);
    sep_status status = volumes == NULL ? SEP_ERR_MEMORY : SEP_OK;

    if (status == SEP_OK) {
        const char *place = sep_folder_exists(volumes) ? volumes : folder;

        status = add_hdf5_files(place, ".h5", catalogue);
        if (status == SEP_OK)
            status = add_hdf5_files(place, ".hdf5", catalogue);
        if (status == SEP_OK && catalogue->count == 0)
            status = sep_fail(SEP_ERR_IO, "%s: holds no .h5 file", place);
    }
    sep_free(volumes);
    return status;
}

/* What is wrong with a file that can't be opened, whoever reads it will say. */
static bool lacks(const char *path, const char *dataset)
{
    bool has;

    return sep_hdf5_has(path, dataset, &has) == SEP_OK && !has;
}

/* Which files have label maps only the files themselves say. */
static sep_status look_for_labels(const sep_data_config *config, sep_catalogue *catalogue)
{
    const char *own = config->labels.dataset != NULL ? config->labels.dataset : "label";
    const char *validating = config->validation_label_name != NULL ? config->validation_label_name : own;
    int without = 0;

    for (int i = 0; i < catalogue->count; i++) {
        sep_entry *entry = &catalogue->entry[i];
        if (!lacks(entry->image_path, own) || !lacks(entry->image_path, validating))
            continue;
        sep_free(entry->label_path);
        entry->label_path = NULL;
        without++;
    }
    if (without < catalogue->count)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT, "%s: none of the %d files has a dataset '%s', a label map", config->folder, without,
                    own);
}

/* ---- pairs of pictures ------------------------------------------------------------------------------------------- */

static const char *const PICTURE_SUFFIXES[] = {".png", ".jpg", ".jpeg"};
#define PICTURE_SUFFIX_COUNT 3

static bool has_stem_of(const char *file, const char *other)
{
    size_t length = stem_length(other);

    return stem_length(file) == length && strncmp(file, other, length) == 0;
}

/* The mask whose stem is that of `image`, with the first of the suffixes; NULL if there is none. */
static const char *find_mask(const sep_strings *masks, const char *image)
{
    for (int i = 0; i < PICTURE_SUFFIX_COUNT; i++)
        for (int k = 0; k < masks->count; k++)
            if (has_stem_of(masks->item[k], image) && sep_has_suffix(masks->item[k], PICTURE_SUFFIXES[i]))
                return masks->item[k];
    return NULL;
}

static sep_status add_pair(const char *folder, const char *file, const char *mask, sep_catalogue *catalogue)
{
    char *mask_path = mask == NULL ? NULL : sep_format("%s/masks/%s", folder, mask);

    if (mask != NULL && mask_path == NULL)
        return SEP_ERR_MEMORY;
    return sep_catalogue_add(catalogue, stem_of(file, stem_length(file)), sep_format("%s/images/%s", folder, file),
                             mask_path);
}

static sep_status add_pairs(const char *folder, const char *images, const sep_strings *masks, const char *suffix,
                            sep_catalogue *catalogue)
{
    sep_strings files = {0};
    sep_status status = sep_list_folder(images, suffix, &files);

    for (int i = 0; status == SEP_OK && i < files.count; i++)
        status = add_pair(folder, files.item[i], find_mask(masks, files.item[i]), catalogue);
    sep_strings_free(&files);
    return status;
}

/* No such folder is no mask. */
static sep_status list_masks(const char *folder, sep_strings *masks)
{
    char *path = sep_format("%s/masks", folder);
    sep_status status = path == NULL ? SEP_ERR_MEMORY : SEP_OK;

    if (status == SEP_OK && sep_folder_exists(path))
        status = sep_list_folder(path, "", masks);
    sep_free(path);
    return status;
}

static sep_status find_pictures(const char *folder, const char *images, sep_catalogue *catalogue)
{
    sep_strings masks = {0};
    sep_status status = list_masks(folder, &masks);

    for (int i = 0; status == SEP_OK && i < PICTURE_SUFFIX_COUNT; i++)
        status = add_pairs(folder, images, &masks, PICTURE_SUFFIXES[i], catalogue);
    sep_strings_free(&masks);
    if (status == SEP_OK && catalogue->count == 0)
        return sep_fail(SEP_ERR_IO, "%s: holds no .png, .jpg or .jpeg file", images);
    return status;
}

static sep_status find_pairs(const sep_data_config *config, sep_catalogue *catalogue)
{
    char *images = sep_format("%s/images", config->folder);
    sep_status status = SEP_ERR_MEMORY;

    if (images != NULL)
        status = sep_folder_exists(images) ? find_pictures(config->folder, images, catalogue)
                                           : sep_annotated_find(config->folder, config->series, catalogue);
    sep_free(images);
    return status;
}

/* ---- all formats ------------------------------------------------------------------------------------------------- */

sep_status sep_find_scans(const sep_data_config *config, sep_catalogue *catalogue)
{
    *catalogue = (sep_catalogue){0};
    if (config->folder == NULL || !sep_folder_exists(config->folder))
        return sep_fail(SEP_ERR_IO,
                        "%s: there is no such folder of data (paths go from the folder that septum runs in)",
                        config->folder ? config->folder : "(none)");
    switch (config->format) {
    case SEP_DATA_HDF5:
        SEP_TRY(find_hdf5(config->folder, catalogue));
        SEP_TRY(look_for_labels(config, catalogue));
        break;
    case SEP_DATA_NNUNET:
        SEP_TRY(sep_nnunet_find(config->folder, catalogue));
        break;
    case SEP_DATA_PAIRS:
        SEP_TRY(find_pairs(config, catalogue));
        break;
    default:
        return sep_fail(SEP_ERR_ARGUMENT, "unknown data format %d", (int)config->format);
    }
    return sep_catalogue_order(catalogue, config->group_separator == NULL ? "_frame" : config->group_separator);
}
