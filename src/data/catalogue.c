/* Finds the scans of a dataset's folder: HDF5 packages and picture pairs here, nnU-Net's layout through nnunet.c. */
#include "data/catalogue.h"

#include "data/nnunet.h"

#include <stdlib.h>
#include <string.h>

sep_status sep_catalogue_add(sep_catalogue *catalogue, char *name, char *image_path, char *label_path)
{
    sep_entry entry = {.name = name, .image_path = image_path, .label_path = label_path};
    sep_entry *grown = catalogue->entry;

    if (name == NULL || image_path == NULL)
        grown = NULL;
    else if (catalogue->count == catalogue->capacity) {
        int capacity = catalogue->capacity > 0 ? 2 * catalogue->capacity : 64;

        grown = sep_calloc((size_t)capacity, sizeof *grown);
        if (grown != NULL) {
            if (catalogue->count > 0)
                memcpy(grown, catalogue->entry, (size_t)catalogue->count * sizeof *grown);
            sep_free(catalogue->entry);
            catalogue->entry = grown;
            catalogue->capacity = capacity;
        }
    }
    if (grown == NULL) {
        sep_free(name);
        sep_free(image_path);
        sep_free(label_path);
        return SEP_ERR_MEMORY;
    }
    catalogue->entry[catalogue->count++] = entry;
    return SEP_OK;
}

void sep_catalogue_free(sep_catalogue *catalogue)
{
    for (int i = 0; i < catalogue->count; i++) {
        sep_free(catalogue->entry[i].name);
        sep_free(catalogue->entry[i].image_path);
        sep_free(catalogue->entry[i].label_path);
    }
    sep_free(catalogue->entry);
    sep_strings_free(&catalogue->class_names);
    *catalogue = (sep_catalogue){0};
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const sep_entry *)a)->name, ((const sep_entry *)b)->name);
}

int sep_catalogue_lookup(const sep_catalogue *catalogue, const char *name)
{
    sep_entry key = {.name = (char *)(uintptr_t)name};
    const sep_entry *found = NULL;

    if (catalogue->count > 0)
        found = bsearch(&key, catalogue->entry, (size_t)catalogue->count, sizeof key, compare_entries);
    return found == NULL ? -1 : (int)(found - catalogue->entry);
}

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

        status = sep_catalogue_add(catalogue, stem_of(files.item[i], stem_length(files.item[i])), path,
                                   path == NULL ? NULL : sep_strdup(path));
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

/* ---- pairs of pictures ------------------------------------------------------------------------------------------- */

static const char *const PICTURE_SUFFIXES[] = {".png", ".jpg", ".jpeg"};
#define PICTURE_SUFFIX_COUNT 3

/* The mask whose stem is that of `image`, with any of the suffixes; NULL if there is none (or no memory: *status). */
static char *find_mask(const char *folder, const char *image, sep_status *status)
{
    for (int i = 0; i < PICTURE_SUFFIX_COUNT; i++) {
        char *path = sep_format("%s/masks/%.*s%s", folder, (int)stem_length(image), image, PICTURE_SUFFIXES[i]);

        if (path == NULL) {
            *status = SEP_ERR_MEMORY;
            return NULL;
        }
        if (sep_file_exists(path))
            return path;
        sep_free(path);
    }
    return NULL;
}

static sep_status add_pairs(const char *folder, const char *images, const char *suffix, sep_catalogue *catalogue)
{
    sep_strings files = {0};
    sep_status status = sep_list_folder(images, suffix, &files);

    for (int i = 0; status == SEP_OK && i < files.count; i++) {
        const char *file = files.item[i];
        char *mask = find_mask(folder, file, &status);

        if (status == SEP_OK)
            status =
                sep_catalogue_add(catalogue, stem_of(file, stem_length(file)), sep_format("%s/%s", images, file), mask);
    }
    sep_strings_free(&files);
    return status;
}

static sep_status find_pairs(const char *folder, sep_catalogue *catalogue)
{
    char *images = sep_format("%s/images", folder);
    sep_status status = images == NULL ? SEP_ERR_MEMORY : SEP_OK;

    for (int i = 0; status == SEP_OK && i < PICTURE_SUFFIX_COUNT; i++)
        status = add_pairs(folder, images, PICTURE_SUFFIXES[i], catalogue);
    if (status == SEP_OK && catalogue->count == 0)
        status = sep_fail(SEP_ERR_IO, "%s: holds no .png, .jpg or .jpeg file", images);
    sep_free(images);
    return status;
}

/* ---- all formats ------------------------------------------------------------------------------------------------- */

static sep_status sort_by_name(sep_catalogue *catalogue)
{
    qsort(catalogue->entry, (size_t)catalogue->count, sizeof *catalogue->entry, compare_entries);
    for (int i = 1; i < catalogue->count; i++) {
        const sep_entry *a = &catalogue->entry[i - 1], *b = &catalogue->entry[i];

        if (strcmp(a->name, b->name) == 0)
            return sep_fail(SEP_ERR_FORMAT, "%s and %s are both called '%s': rename one", a->image_path, b->image_path,
                            a->name);
    }
    return SEP_OK;
}

/* How many bytes of a name say its case: up to and with the separator, which keeps names of one case side by side in
 * the order of bytes; the whole name where there is none. */
static size_t case_length(const char *name, const char *separator)
{
    const char *at = separator[0] == '\0' ? NULL : strstr(name, separator);

    return at == NULL ? strlen(name) + 1 : (size_t)(at - name) + strlen(separator);
}

int sep_catalogue_case(const sep_catalogue *catalogue, const char *name, int *count)
{
    size_t length = strlen(name), separator = strlen(catalogue->separator);
    int first = -1;

    *count = 0;
    for (int i = 0; separator > 0 && i < catalogue->count; i++) {
        const char *scan = catalogue->entry[i].name;

        if (strncmp(scan, name, length) != 0 || case_length(scan, catalogue->separator) != length + separator ||
            strncmp(scan + length, catalogue->separator, separator) != 0)
            continue;
        first = first < 0 ? i : first;
        (*count)++;
    }
    return first;
}

static void number_groups(sep_catalogue *catalogue)
{
    for (int i = 0; i < catalogue->count; i++) {
        sep_entry *entry = &catalogue->entry[i];
        size_t length = case_length(entry->name, catalogue->separator);
        bool same = i > 0 && case_length(entry[-1].name, catalogue->separator) == length &&
                    strncmp(entry[-1].name, entry->name, length) == 0;

        if (!same)
            catalogue->groups++;
        entry->group = catalogue->groups - 1;
    }
}

sep_status sep_catalogue_find(const sep_data_config *config, sep_catalogue *catalogue)
{
    *catalogue = (sep_catalogue){0};
    if (config->folder == NULL || !sep_folder_exists(config->folder))
        return sep_fail(SEP_ERR_IO, "%s: there is no such folder of data", config->folder ? config->folder : "(none)");
    switch (config->format) {
    case SEP_DATA_HDF5:
        SEP_TRY(find_hdf5(config->folder, catalogue));
        break;
    case SEP_DATA_NNUNET:
        SEP_TRY(sep_nnunet_find(config->folder, catalogue));
        break;
    case SEP_DATA_PAIRS:
        SEP_TRY(find_pairs(config->folder, catalogue));
        break;
    default:
        return sep_fail(SEP_ERR_ARGUMENT, "unknown data format %d", (int)config->format);
    }
    SEP_TRY(sort_by_name(catalogue));
    catalogue->separator = config->group_separator == NULL ? "_frame" : config->group_separator;
    number_groups(catalogue);
    return SEP_OK;
}
