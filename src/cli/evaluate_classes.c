/* How many classes an evaluation has, and what they are called: as the user says, or dataset.json, or the references.
 */
#include "cli/evaluate_classes.h"

#include "cli/commands.h"
#include "septum/data.h"

#include <string.h>

static sep_status split_names(const char *all, sep_strings *names)
{
    SEP_TRY(sep_strings_split(names, all));
    for (int i = 0; i < names->count; i++)
        if (names->item[i][0] == '\0')
            return sep_usage_error("--class-names %s: a name is empty", all);
    return SEP_OK;
}

/* ---- dataset.json ------------------------------------------------------------------------------------------------ */

/* FOLDER/dataset.json or, where the references lie in labelsTr and the like, that of the folder above; *path is NULL
 * where there is neither. */
static sep_status find_description(const char *reference, char **path)
{
    static const char *const places[] = {"dataset.json", "../dataset.json"};
    const bool is_folder = sep_folder_exists(reference);
    const int length = (int)(is_folder ? strlen(reference) : (size_t)(sep_file_name(reference) - reference));
    const char *slash = is_folder ? "/" : "";
    *path = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *candidate = sep_format("%.*s%s%s", length, reference, slash, places[i]);
        if (!candidate)
            return SEP_ERR_MEMORY;
        if (sep_file_exists(candidate)) {
            *path = candidate;
            return SEP_OK;
        }
        sep_free(candidate);
    }
    return SEP_OK;
}

/* The names of a description that fits what the user said of the classes (`count`; 0: nothing). A description that does
 * not, or that names regions, is said and left out: the file may have nothing to do with the evaluation. */
static sep_status take_description(const char *path, int count, sep_strings *names, int *ignored)
{
    sep_strings all = {0};
    int value = -1;
    sep_status status = sep_class_names_read(path, &all, &value);
    if (status != SEP_OK && status != SEP_ERR_MEMORY) {
        sep_log(SEP_LOG_WARNING, "%s; the classes are numbered, --class-names names them", sep_error_text());
        status = SEP_OK;
    } else if (status == SEP_OK && count != 0 && count != all.count) {
        sep_log(SEP_LOG_WARNING, "%s: names %d classes (with background), not %d; they are numbered", path, all.count,
                count);
    } else {
        for (int i = 1; i < all.count && status == SEP_OK; i++)
            status = sep_strings_add(names, all.item[i]);
        *ignored = value;
    }
    sep_strings_free(&all);
    return status;
}

/* Of a description whose names are not wanted. */
static sep_status take_ignored(const char *path, int *ignored)
{
    sep_strings names = {0};
    const sep_status status = sep_class_names_read(path, &names, ignored);

    sep_strings_free(&names);
    return status == SEP_ERR_MEMORY ? status : SEP_OK;
}

/* Names that are given stay. */
static sep_status describe(const char *reference, int count, sep_strings *names, sep_label_reading *reading)
{
    int ignored = -1;
    char *path;
    SEP_TRY(find_description(reference, &path));
    sep_status status = SEP_OK;
    if (path)
        status = names->count ? take_ignored(path, &ignored) : take_description(path, count, names, &ignored);
    sep_free(path);
    if (ignored >= 0 && !reading->ignores) {
        reading->ignores = true;
        reading->ignored = (uint16_t)ignored;
    }
    return status;
}

/* ---- what the references use ------------------------------------------------------------------------------------- */

static sep_status count_labels(const char *path, const sep_class_options *given, sep_label_counts *counts)
{
    sep_labels labels;
    SEP_TRY(sep_labels_read_as(path, &given->reading, &labels));
    sep_label_counts_add(counts, &labels);
    sep_labels_free(&labels);
    return SEP_OK;
}

static sep_status count_classes(const sep_class_options *given, const char *reference, const sep_case_pairs *p,
                                int *count)
{
    sep_label_counts counts = {0};
    int largest = 255;
    for (int i = 0; i < p->name.count; i++)
        SEP_TRY(count_labels(p->reference.item[i], given, &counts));
    SEP_TRY(sep_label_counts_check(&counts, reference));
    while (largest > 1 && counts.voxels[largest] == 0)
        largest--;
    if (largest == 255)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: the labels go up to 255, white in a picture used as a mask (--threshold 128 makes it one) "
                        "and a common mark of what is to be ignored (--ignore 255): --classes 256 keeps them all",
                        reference);
    *count = largest + 1;
    return SEP_OK;
}

/* ---- together ---------------------------------------------------------------------------------------------------- */

/* What the user said of the number of classes; 0 for nothing. */
static sep_status given_count(const sep_class_options *given, const sep_strings *names, int *count)
{
    *count = names->count ? names->count + 1 : given->classes;
    if (names->count && given->classes && given->classes != *count)
        return sep_usage_error("--classes %d counts the background, so --class-names should have %d names, not %d",
                               given->classes, given->classes - 1, names->count);
    if (*count && given->reading.values.count > *count)
        return sep_usage_error("--values gives %d values to %d classes (the background among them)",
                               given->reading.values.count, *count);
    if (*count == 0)
        *count = given->reading.threshold ? 2 : given->reading.values.count + given->reading.colours.count;
    return SEP_OK;
}

static sep_status choose_classes(sep_class_options *given, const char *reference, const sep_case_pairs *p,
                                 sep_strings *names, int *count)
{
    if (given->class_names)
        SEP_TRY(split_names(given->class_names, names));
    SEP_TRY(given_count(given, names, count));
    SEP_TRY(describe(reference, *count, names, &given->reading));
    if (*count == 0 && names->count)
        *count = names->count + 1;
    return *count ? SEP_OK : count_classes(given, reference, p, count);
}

sep_status sep_create_evaluation(sep_class_options *given, const char *reference, const sep_case_pairs *p,
                                 sep_evaluation *evaluation)
{
    sep_strings names = {0};
    int count;
    sep_status status = choose_classes(given, reference, p, &names, &count);
    if (status == SEP_OK)
        status = sep_evaluation_create(evaluation, count, names.count ? (const char *const *)names.item : NULL);
    sep_strings_free(&names);
    return status;
}
