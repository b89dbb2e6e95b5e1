/* The list of a dataset's scans, ordered by name and grouped into cases. */
#include "data/catalogue.h"

#include <stdlib.h>
#include <string.h>

static void free_entry(sep_entry *entry)
{
    sep_free(entry->name);
    sep_free(entry->image_path);
    sep_free(entry->label_path);
}

static bool has_room(sep_catalogue *catalogue)
{
    if (catalogue->count < catalogue->capacity)
        return true;
    int capacity = catalogue->capacity > 0 ? 2 * catalogue->capacity : 64;
    sep_entry *grown = sep_grown(catalogue->entry, (size_t)catalogue->count, (size_t)capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    catalogue->entry = grown;
    catalogue->capacity = capacity;
    return true;
}

sep_status sep_catalogue_add(sep_catalogue *catalogue, char *name, char *image_path, char *label_path)
{
    sep_entry entry = {.name = name, .image_path = image_path, .label_path = label_path};

    if (name == NULL || image_path == NULL || !has_room(catalogue)) {
        free_entry(&entry);
        return SEP_ERR_MEMORY;
    }
    catalogue->entry[catalogue->count++] = entry;
    return SEP_OK;
}

void sep_catalogue_free(sep_catalogue *catalogue)
{
    for (int i = 0; i < catalogue->count; i++)
        free_entry(&catalogue->entry[i]);
    sep_free(catalogue->entry);
    sep_strings_free(&catalogue->channel_names);
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

/* ---- order and cases --------------------------------------------------------------------------------------------- */

/* Whether two entries of one name are the same files. */
static bool same_files(const sep_entry *a, const sep_entry *b)
{
    if ((a->label_path == NULL) != (b->label_path == NULL))
        return false;
    return sep_same_file(a->image_path, b->image_path) &&
           (a->label_path == NULL || sep_same_file(a->label_path, b->label_path));
}

/* Drops entries that say again what the one before says; their image paths go to `repeated`. */
static sep_status drop_from_sorted(sep_catalogue *catalogue, sep_strings *repeated)
{
    sep_status status = SEP_OK;
    int kept = 0;

    for (int i = 0; i < catalogue->count; i++) {
        sep_entry *entry = &catalogue->entry[i], *before = kept > 0 ? &catalogue->entry[kept - 1] : NULL;

        if (before == NULL || strcmp(before->name, entry->name) != 0 || !same_files(before, entry)) {
            catalogue->entry[kept++] = *entry;
            continue;
        }
        if (status == SEP_OK)
            status = sep_strings_add(repeated, entry->image_path);
        free_entry(entry);
    }
    catalogue->count = kept;
    return status;
}

sep_status sep_catalogue_drop_repeated(const char *list, sep_catalogue *catalogue)
{
    sep_strings repeated = {0};

    if (catalogue->count > 0)
        qsort(catalogue->entry, (size_t)catalogue->count, sizeof *catalogue->entry, compare_entries);
    sep_status status = drop_from_sorted(catalogue, &repeated);
    sep_warn_repeated(list, &repeated);
    sep_strings_free(&repeated);
    return status;
}

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

sep_status sep_catalogue_order(sep_catalogue *catalogue, const char *separator)
{
    SEP_TRY(sort_by_name(catalogue));
    catalogue->separator = separator;
    number_groups(catalogue);
    return SEP_OK;
}
