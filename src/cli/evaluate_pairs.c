/* Which predictions and references belong together: two files, or those of two folders that have one name. */
#include "cli/evaluate_pairs.h"

#include "cli/commands.h"
#include "data/label_names.h"

#include <string.h>

void sep_free_case_pairs(sep_case_pairs *p)
{
    sep_strings_free(&p->name);
    sep_strings_free(&p->prediction);
    sep_strings_free(&p->reference);
}

static sep_status add_pair(sep_case_pairs *p, const char *name, const char *prediction_path, const char *reference_path)
{
    SEP_TRY(sep_strings_add(&p->name, name));
    SEP_TRY(sep_strings_add(&p->prediction, prediction_path));
    return sep_strings_add(&p->reference, reference_path);
}

/* ---- a folder and its files -------------------------------------------------------------------------------------- */

typedef struct folder {
    const char *path;
    sep_strings files;
} folder;

static bool is_named(const char *file, const char *stem, const char *ending)
{
    const char *suffix = sep_image_suffix(file);
    const size_t length = strlen(stem);

    return suffix != NULL && (size_t)(suffix - file) == length + strlen(ending) && strncmp(file, stem, length) == 0 &&
           strncmp(file + length, ending, strlen(ending)) == 0;
}

/* What may stand behind the case's name, the first that there is: nothing, or as nnU-Net calls a first channel, or what
 * lies beside images. */
static const char *const endings[] = {"", "_0000", SEP_ANNOTATION_ENDING};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* NULL: the case has no file. */
static const char *ending_of_case(const sep_strings *files, const char *stem)
{
    for (int k = 0; k < ENDINGS; k++)
        for (int i = 0; i < files->count; i++)
            if (is_named(files->item[i], stem, endings[k]))
                return endings[k];
    return NULL;
}

static bool has_case(const folder *f, const char *stem)
{
    return ending_of_case(&f->files, stem) != NULL;
}

sep_status sep_find_case_file(const char *folder_path, const sep_strings *files, const char *name, char **path)
{
    const char *found = NULL, *ending = ending_of_case(files, name);

    *path = NULL;
    for (int i = 0; i < files->count; i++) {
        if (ending == NULL || !is_named(files->item[i], name, ending))
            continue;
        if (found)
            return sep_fail(SEP_ERR_ARGUMENT, "%s: holds both %s and %s: which one is meant?", folder_path, found,
                            files->item[i]);
        found = files->item[i];
    }
    if (!found)
        return sep_fail(SEP_ERR_IO, "%s: holds no file for case %s", folder_path, name);
    *path = sep_format("%s/%s", folder_path, found);
    return *path ? SEP_OK : SEP_ERR_MEMORY;
}

/* Whether the case lies there as a stack of pictures, NAME_000.png, NAME_001.png, ..., which is read as NAME.png. */
static bool has_stack(const folder *f, const char *stem)
{
    const size_t length = strlen(stem);

    for (int i = 0; i < f->files.count; i++)
        if (strncmp(f->files.item[i], stem, length) == 0 && strcmp(f->files.item[i] + length, "_000.png") == 0)
            return true;
    return false;
}

/* Files of unlabelled scans lie among the others. What is wrong with one that can't be opened, its reader says. */
static sep_status check_has_label(const char *path)
{
    bool has;

    if (!sep_has_suffix(path, ".h5") && !sep_has_suffix(path, ".hdf5"))
        return SEP_OK;
    if (sep_hdf5_has(path, "label", &has) != SEP_OK || has)
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT, "%s: has no dataset 'label', a label map; --list FILE names the cases to evaluate",
                    path);
}

static sep_status find_partner(const folder *f, const char *stem, char **path)
{
    const bool has_file = has_case(f, stem);

    if (!has_file && has_stack(f, stem)) {
        *path = sep_format("%s/%s.png", f->path, stem);
        return *path ? SEP_OK : SEP_ERR_MEMORY;
    }
    if (!has_file)
        return sep_fail(SEP_ERR_IO, "%s: holds no file for case %s; --list FILE names the cases to evaluate", f->path,
                        stem);
    SEP_TRY(sep_find_case_file(f->path, &f->files, stem, path));
    return check_has_label(*path);
}

/* ---- the cases of two folders ------------------------------------------------------------------------------------ */

static sep_status add_case(sep_case_pairs *p, const folder *predictions, const folder *references, const char *stem)
{
    char *prediction_path = NULL, *reference_path = NULL;
    sep_status status = find_partner(predictions, stem, &prediction_path);
    if (status == SEP_OK)
        status = find_partner(references, stem, &reference_path);
    if (status == SEP_OK)
        status = add_pair(p, stem, prediction_path, reference_path);
    sep_free(prediction_path);
    sep_free(reference_path);
    return status;
}

/* The length of what stands before `kind` at the end of the first `length` bytes of a stem; 0: they don't end so. */
static size_t length_before(const char *stem, size_t length, const char *kind)
{
    size_t end = strlen(kind);
    return length > end && strncmp(stem + length - end, kind, end) == 0 ? length - end : 0;
}

/* The length of the case's name in CASE_uncertainty, CASE_disagreement and CASE_probability_1, as septum predict calls
 * maps that it writes beside the label map; 0 of another stem. */
static size_t length_of_case(const char *stem)
{
    size_t all = strlen(stem), digits = all, before = length_before(stem, all, "_uncertainty");
    if (before == 0)
        before = length_before(stem, all, "_disagreement");
    while (digits > 0 && strchr("0123456789", stem[digits - 1]))
        digits--;
    return before == 0 && digits < all ? length_before(stem, digits, "_probability_") : before;
}

static bool is_beside_label_map(const folder *f, const char *stem)
{
    const size_t length = length_of_case(stem);
    char *name = length > 0 ? sep_format("%.*s", (int)length, stem) : NULL;
    const bool is = name && (has_case(f, name) || has_stack(f, name));
    sep_free(name);
    return is;
}

/* "a" of "a_007", where the other folder has a case "a", or one whose map "a" is, and this one has it as a stack. A
 * picture "a_007" of which the other folder has none but the same is a case by itself. */
static void take_stack(const folder *f, const folder *other, char *stem)
{
    size_t digits = strlen(stem);

    while (digits > 0 && strchr("0123456789", stem[digits - 1]))
        digits--;
    if (digits < 2 || stem[digits - 1] != '_' || strlen(stem) - digits < 3)
        return;
    stem[digits - 1] = '\0';
    char *of_map = sep_format("%.*s", (int)length_of_case(stem), stem);
    const bool is_stack = has_stack(f, stem) && (has_case(other, stem) || (of_map && has_case(other, of_map)));
    sep_free(of_map);
    if (!is_stack)
        stem[digits - 1] = '_';
}

/* "a" of "a_0000" and "a_gt", where the other folder has a case "a" and none of the whole name. */
static void take_ending(const folder *other, char *stem)
{
    for (int k = 1; k < ENDINGS && !has_case(other, stem); k++) {
        const size_t length = length_before(stem, strlen(stem), endings[k]);

        if (length == 0)
            continue;
        stem[length] = '\0';
        if (!has_case(other, stem))
            stem[length] = '_';
    }
}

static sep_status add_stems(const folder *f, const folder *other, sep_strings *names)
{
    for (int i = 0; i < f->files.count; i++) {
        char *stem = sep_image_suffix(f->files.item[i]) ? sep_image_stem(f->files.item[i]) : NULL;
        if (stem) {
            take_stack(f, other, stem);
            take_ending(other, stem);
        }
        sep_status status = stem && !is_beside_label_map(f, stem) ? sep_strings_add(names, stem) : SEP_OK;
        sep_free(stem);
        SEP_TRY(status);
    }
    return SEP_OK;
}

static sep_status pair_all(sep_case_pairs *p, const folder *predictions, const folder *references)
{
    sep_strings names = {0};
    sep_status status = add_stems(predictions, references, &names);
    if (status == SEP_OK)
        status = add_stems(references, predictions, &names);
    sep_strings_sort(&names);
    for (int i = 0; i < names.count && status == SEP_OK; i++)
        if (i == 0 || strcmp(names.item[i], names.item[i - 1]) != 0)
            status = add_case(p, predictions, references, names.item[i]);
    sep_strings_free(&names);
    if (status == SEP_OK && p->name.count == 0)
        return sep_fail(SEP_ERR_IO, "%s and %s: hold no label maps", predictions->path, references->path);
    return status;
}

static bool is_paired(const sep_case_pairs *p, const char *name)
{
    for (int i = 0; i < p->name.count; i++)
        if (strcmp(p->name.item[i], name) == 0)
            return true;
    return false;
}

/* A line of a list: the case, or the name of its file. A case that is there already goes to `repeated`. */
static sep_status add_line(sep_case_pairs *p, const folder *predictions, const folder *references, const char *line,
                           sep_strings *repeated)
{
    char *stem = has_case(references, line) ? sep_strdup(line) : sep_listed_stem(line);
    if (!stem)
        return SEP_ERR_MEMORY;
    sep_status status =
        is_paired(p, stem) ? sep_strings_add(repeated, line) : add_case(p, predictions, references, stem);
    sep_free(stem);
    return status;
}

static sep_status pair_listed(sep_case_pairs *p, const folder *predictions, const folder *references, const char *list)
{
    sep_strings lines = {0}, repeated = {0};
    sep_status status = sep_read_lines(list, &lines);
    for (int i = 0; i < lines.count && status == SEP_OK; i++)
        status = add_line(p, predictions, references, lines.item[i], &repeated);
    if (status == SEP_OK && lines.count == 0)
        status = sep_fail(SEP_ERR_FORMAT, "%s: names no case", list);
    sep_warn_repeated(list, &repeated);
    sep_strings_free(&repeated);
    sep_strings_free(&lines);
    return status;
}

static sep_status pair_folders(sep_case_pairs *p, const char *prediction, const char *reference, const char *list)
{
    folder predictions = {.path = prediction}, references = {.path = reference};
    sep_status status = sep_image_list(prediction, &predictions.files);
    if (status == SEP_OK)
        status = sep_list_label_maps(reference, &references.files);
    if (status == SEP_OK)
        status = list ? pair_listed(p, &predictions, &references, list) : pair_all(p, &predictions, &references);
    sep_strings_free(&predictions.files);
    sep_strings_free(&references.files);
    return status;
}

static sep_status pair_files(sep_case_pairs *p, const char *prediction, const char *reference)
{
    char *stem = sep_image_stem(reference);
    sep_status status = stem ? add_pair(p, stem, prediction, reference) : SEP_ERR_MEMORY;
    sep_free(stem);
    return status;
}

sep_status sep_find_case_pairs(const char *prediction, const char *reference, const char *list, sep_case_pairs *p)
{
    bool folders = sep_folder_exists(reference);
    if (folders != sep_folder_exists(prediction))
        return sep_usage_error("%s is a folder and %s is not: give two files or two folders",
                               folders ? reference : prediction, folders ? prediction : reference);
    if (list && !folders)
        return sep_usage_error("--list chooses among the files of two folders, but two files are given");
    return folders ? pair_folders(p, prediction, reference, list) : pair_files(p, prediction, reference);
}
