/* septum evaluate: predicted label maps against reference ones. */
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/space.h"

#include "septum/report.h"

#include <stdio.h>
#include <string.h>

static const char *prediction, *reference, *class_names, *list, *csv, *json_file;
static int64_t classes, threshold, prediction_threshold;
static const char *colours, *prediction_colours;
static bool json;

/* ---- which files belong together --------------------------------------------------------------------------------- */

/* Three lists of one length. */
typedef struct pairs {
    sep_strings name, prediction, reference;
} pairs;

static void free_pairs(pairs *p)
{
    sep_strings_free(&p->name);
    sep_strings_free(&p->prediction);
    sep_strings_free(&p->reference);
}

static sep_status add_pair(pairs *p, const char *name, const char *prediction_path, const char *reference_path)
{
    SEP_TRY(sep_strings_add(&p->name, name));
    SEP_TRY(sep_strings_add(&p->prediction, prediction_path));
    return sep_strings_add(&p->reference, reference_path);
}

static bool is_of_case(const char *file, const char *stem)
{
    const char *suffix = sep_image_suffix(file);
    size_t length = strlen(stem);
    return suffix && (size_t)(suffix - file) == length && strncmp(file, stem, length) == 0;
}

/* The path of the one file of that case in a folder. */
static sep_status find_partner(const char *folder, const sep_strings *files, const char *stem, char **path)
{
    const char *found = NULL;
    for (int i = 0; i < files->count; i++) {
        if (!is_of_case(files->item[i], stem))
            continue;
        if (found)
            return sep_fail(SEP_ERR_ARGUMENT, "%s: holds both %s and %s: which one is meant?", folder, found,
                            files->item[i]);
        found = files->item[i];
    }
    if (!found)
        return sep_fail(SEP_ERR_IO, "%s: holds no file for case %s; --list FILE names the cases to evaluate", folder,
                        stem);
    *path = sep_format("%s/%s", folder, found);
    return *path ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status add_case(pairs *p, const sep_strings *predictions, const sep_strings *references, const char *stem)
{
    char *prediction_path = NULL, *reference_path = NULL;
    sep_status status = find_partner(prediction, predictions, stem, &prediction_path);
    if (status == SEP_OK)
        status = find_partner(reference, references, stem, &reference_path);
    if (status == SEP_OK)
        status = add_pair(p, stem, prediction_path, reference_path);
    sep_free(prediction_path);
    sep_free(reference_path);
    return status;
}

/* The cases of a list file, or all that either folder holds. */
static sep_status case_names(const sep_strings *predictions, const sep_strings *references, sep_strings *names)
{
    const sep_strings *both[] = {predictions, references};
    if (list)
        return sep_read_lines(list, names);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < both[k]->count; i++) {
            char *stem = sep_image_suffix(both[k]->item[i]) ? sep_image_stem(both[k]->item[i]) : NULL;
            sep_status status = stem ? sep_strings_add(names, stem) : SEP_OK;
            sep_free(stem);
            SEP_TRY(status);
        }
    sep_strings_sort(names);
    return SEP_OK;
}

static sep_status pair_lists(pairs *p, const sep_strings *predictions, const sep_strings *references)
{
    sep_strings names = {0};
    sep_status status = case_names(predictions, references, &names);
    for (int i = 0; i < names.count && status == SEP_OK; i++)
        if (i == 0 || strcmp(names.item[i], names.item[i - 1]) != 0)
            status = add_case(p, predictions, references, names.item[i]);
    sep_strings_free(&names);
    if (status == SEP_OK && p->name.count == 0)
        return sep_fail(SEP_ERR_IO, "%s and %s: hold no label maps", prediction, reference);
    return status;
}

static sep_status pair_folders(pairs *p)
{
    sep_strings predictions = {0}, references = {0};
    sep_status status = sep_list_folder(prediction, "", &predictions);
    if (status == SEP_OK)
        status = sep_list_folder(reference, "", &references);
    if (status == SEP_OK)
        status = pair_lists(p, &predictions, &references);
    sep_strings_free(&predictions);
    sep_strings_free(&references);
    return status;
}

static sep_status pair_files(pairs *p)
{
    char *stem = sep_image_stem(reference);
    sep_status status = stem ? add_pair(p, stem, prediction, reference) : SEP_ERR_MEMORY;
    sep_free(stem);
    return status;
}

static sep_status find_pairs(pairs *p)
{
    bool folder = sep_folder_exists(reference);
    if (folder != sep_folder_exists(prediction))
        return sep_usage_error("%s is a folder and %s is not: give two files or two folders",
                               folder ? reference : prediction, folder ? prediction : reference);
    if (list && !folder)
        return sep_usage_error("--list chooses among the files of two folders, but two files are given");
    return folder ? pair_folders(p) : pair_files(p);
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

/* The parts of "a,b,c". */
static sep_status split_names(const char *text, sep_strings *names)
{
    while (true) {
        size_t length = strcspn(text, ",");
        char *name = sep_format("%.*s", (int)length, text);
        sep_status status = name ? sep_strings_add(names, name) : SEP_ERR_MEMORY;
        sep_free(name);
        SEP_TRY(status);
        if (length == 0)
            return sep_usage_error("--class-names %s: a name is empty", class_names);
        if (text[length] == '\0')
            return SEP_OK;
        text += length + 1;
    }
}

/* `table`: the colours that stand for classes, or NULL. */
static sep_status read_label_map(const char *path, int64_t cut, const char *table, sep_labels *labels)
{
    sep_label_colours parsed;
    if (!table)
        return sep_mask_read(path, (int)cut, labels);
    if (cut > 0)
        return sep_usage_error(
            "a threshold makes a mask of grey, colours give each a class: not both of one label map");
    if (sep_label_colours_parse(table, &parsed) != SEP_OK)
        return sep_usage_error("colours of label maps: %s", sep_error_text());
    return sep_labels_read_coloured(path, &parsed, labels);
}

static sep_status largest_label(const char *path, int *largest)
{
    sep_labels labels;
    SEP_TRY(read_label_map(path, threshold, colours, &labels));
    size_t voxels = (size_t)labels.depth * (size_t)labels.height * (size_t)labels.width;
    for (size_t i = 0; i < voxels; i++)
        if (labels.data[i] > *largest)
            *largest = labels.data[i];
    sep_labels_free(&labels);
    return SEP_OK;
}

/* The classes that the references use. */
static sep_status count_classes(const pairs *p, int *count)
{
    int largest = 1;
    for (int i = 0; i < p->name.count; i++)
        SEP_TRY(largest_label(p->reference.item[i], &largest));
    if (largest == 255)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: the labels go up to 255, as in a picture used as a mask: --threshold 128 makes it one, "
                        "--classes 256 keeps the values",
                        reference);
    *count = largest + 1;
    return SEP_OK;
}

static sep_status create_evaluation(const pairs *p, const sep_strings *names, sep_evaluation *evaluation)
{
    int count = names->count ? names->count + 1 : (int)classes;
    if (names->count && classes && classes != count)
        return sep_usage_error("--classes %d counts the background, so --class-names should have %d names, not %d",
                               (int)classes, (int)classes - 1, names->count);
    if (count == 0)
        SEP_TRY(count_classes(p, &count));
    return sep_evaluation_create(evaluation, count, names->count ? (const char *const *)names->item : NULL);
}

/* ---- scoring ----------------------------------------------------------------------------------------------------- */

static sep_status score_pair(const pairs *p, int i, sep_evaluation *evaluation)
{
    sep_labels predicted, known;
    SEP_TRY(read_label_map(p->prediction.item[i], prediction_threshold, prediction_colours, &predicted));
    sep_status status = read_label_map(p->reference.item[i], threshold, colours, &known);
    if (status == SEP_OK) {
        const sep_volume grid = sep_labels_grid(&known);
        status = sep_match_in_space(p->name.item[i], "the prediction", &predicted, "the reference", &grid);
        if (status == SEP_OK)
            status = sep_evaluation_add(evaluation, p->name.item[i], &predicted, &known);
        sep_labels_free(&known);
    }
    sep_labels_free(&predicted);
    return status;
}

static sep_status score_pairs(const pairs *p, sep_evaluation *evaluation)
{
    sep_progress *progress = sep_progress_start("evaluating", p->name.count, 0);
    sep_status status = SEP_OK;
    for (int i = 0; i < p->name.count && status == SEP_OK; i++) {
        status = score_pair(p, i, evaluation);
        sep_progress_update(progress, i + 1, p->name.item[i]);
    }
    sep_progress_finish(progress);
    return status;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

typedef struct column {
    const char *title;
    sep_empty_policy policy;
    sep_metric metric;
    int decimals;
} column;

static const column in_voxels[] = {
    {"Dice", SEP_EMPTY_STRICT, SEP_METRIC_DICE, 4},          {"HD95 (voxels)", SEP_EMPTY_STRICT, SEP_METRIC_HD95, 2},
    {"ASSD (voxels)", SEP_EMPTY_STRICT, SEP_METRIC_ASSD, 2}, {"medpy Dice", SEP_EMPTY_MEDPY, SEP_METRIC_DICE, 4},
    {"medpy HD95", SEP_EMPTY_MEDPY, SEP_METRIC_HD95, 2},
};
static const column in_mm[] = {
    {"Dice", SEP_EMPTY_STRICT, SEP_METRIC_DICE, 4},         {"HD95 (mm)", SEP_EMPTY_STRICT, SEP_METRIC_HD95_MM, 2},
    {"ASSD (mm)", SEP_EMPTY_STRICT, SEP_METRIC_ASSD_MM, 2}, {"medpy Dice", SEP_EMPTY_MEDPY, SEP_METRIC_DICE, 4},
    {"medpy HD95", SEP_EMPTY_MEDPY, SEP_METRIC_HD95, 2},
};
enum { COLUMNS = 5, CELL = 18 };

static int characters(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static int name_width(const sep_evaluation *evaluation)
{
    int width = 5;
    for (int k = 0; k < evaluation->foreground; k++) {
        int length = characters(evaluation->class_names.item[k]);
        width = length > width ? length : width;
    }
    return width;
}

/* One class, or the mean for -1. */
static void print_row(const sep_evaluation *evaluation, int class_index, const column *columns, int width)
{
    const char *name = class_index < 0 ? "mean" : evaluation->class_names.item[class_index];
    sep_print("%s%*s", name, width - characters(name), "");
    for (int i = 0; i < COLUMNS; i++) {
        const column *c = &columns[i];
        sep_mean value = class_index < 0 ? sep_evaluation_overall(evaluation, c->policy, c->metric)
                                         : sep_evaluation_class(evaluation, class_index, c->policy, c->metric);
        char cell[48];
        snprintf(cell, sizeof cell, "%.*f +- %.*f", c->decimals, value.mean, c->decimals, value.deviation);
        printf("%*s", CELL, cell);
    }
    putchar('\n');
}

static void print_table(const sep_evaluation *evaluation)
{
    const column *columns = evaluation->has_mm ? in_mm : in_voxels;
    int width = name_width(evaluation), cases = evaluation->case_names.count;
    printf("%d case%s; mean +- standard deviation over the cases\n\n%-*s", cases, cases == 1 ? "" : "s", width,
           "class");
    for (int i = 0; i < COLUMNS; i++)
        printf("%*s", CELL, columns[i].title);
    putchar('\n');
    for (int k = 0; k < evaluation->foreground; k++)
        print_row(evaluation, k, columns, width);
    print_row(evaluation, -1, columns, width);
    printf("\nmedpy: as published tables count: distances in voxels, an empty prediction is Dice 0 and HD95 0\n");
}

/* Writes and frees `text`. */
static sep_status write_text(const char *path, char *text)
{
    sep_status status = text ? sep_file_write_atomic(path, text, strlen(text)) : SEP_ERR_MEMORY;
    sep_free(text);
    return status;
}

static sep_status print_json(const sep_evaluation *evaluation)
{
    char *text = sep_evaluation_json(evaluation);
    if (!text)
        return SEP_ERR_MEMORY;
    fputs(text, stdout);
    sep_free(text);
    return SEP_OK;
}

static sep_status write_results(const sep_evaluation *evaluation)
{
    if (csv)
        SEP_TRY(write_text(csv, sep_evaluation_csv(evaluation)));
    if (json_file)
        SEP_TRY(write_text(json_file, sep_evaluation_json(evaluation)));
    if (json)
        return print_json(evaluation);
    print_table(evaluation);
    return SEP_OK;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static sep_status evaluate_pairs(const pairs *p, const sep_strings *names)
{
    sep_evaluation evaluation;
    SEP_TRY(create_evaluation(p, names, &evaluation));
    sep_status status = score_pairs(p, &evaluation);
    if (status == SEP_OK)
        status = write_results(&evaluation);
    sep_evaluation_free(&evaluation);
    return status;
}

static sep_status run(int count, char **operand)
{
    pairs p = {0};
    sep_strings names = {0};
    (void)count, (void)operand;
    if (!prediction || !reference)
        return sep_usage_error("--prediction and --reference are both needed");
    sep_status status = class_names ? split_names(class_names, &names) : SEP_OK;
    if (status == SEP_OK)
        status = find_pairs(&p);
    if (status == SEP_OK)
        status = evaluate_pairs(&p, &names);
    free_pairs(&p);
    sep_strings_free(&names);
    return status;
}

static const sep_option options[] = {
    {"prediction", 'p', "PATH", "predicted label map, or a folder of them", .string = &prediction},
    {"reference", 'r', "PATH", "reference label map, or a folder of them", .string = &reference},
    {"classes", 'c', "N", "number of classes, the background among them; 0 takes what the references use",
     .integer = &classes, .low = 0, .high = 256},
    {"class-names", 0, "A,B,...", "names of the classes without the background", .string = &class_names},
    {"list", 'l', "FILE", "of two folders, evaluate the cases that FILE names, one a line", .string = &list},
    {"threshold", 't', "N", "the reference is a picture used as a mask: pixels of N or more are class 1; 0: it isn't",
     .integer = &threshold, .low = 0, .high = 65535},
    {"prediction-threshold", 0, "N", "the same for the prediction", .integer = &prediction_threshold, .low = 0,
     .high = 65535},
    {"colours", 0, "RRGGBB,...", "the reference is a picture in which these colours stand for classes 0, 1, ...",
     .string = &colours},
    {"prediction-colours", 0, "RRGGBB,...", "the same for the prediction", .string = &prediction_colours},
    {"csv", 0, "FILE", "write a row for each case and class to FILE", .string = &csv},
    {"json-file", 0, "FILE", "write the scores as JSON to FILE", .string = &json_file},
    {"json", 'j', NULL, "print the scores as JSON instead of a table", .flag = &json},
    {0},
};

const sep_command sep_command_evaluate = {
    .name = "evaluate",
    .operands_low = 0,
    .operands_high = 0,
    .summary = "score predicted label maps against reference ones",
    .description =
        "Prints Dice, the 95th percentile of the Hausdorff distance (HD95) and the average symmetric surface distance "
        "(ASSD) of each class, averaged over the cases, and their mean over the classes. Label maps are NIfTI, HDF5 "
        "(dataset 'label'), PNG or JPEG. Files of two folders belong together when their names are the same up to the "
        "suffix, whatever the formats; each must have its partner.\n\n"
        "Distances are in mm when the references know their voxel spacing, else in voxels. CSV and JSON hold both.\n\n"
        "Where one of two masks is empty no distance is defined. It then counts as the volume's diagonal, and Dice as "
        "0; two empty masks agree: Dice 1, distance 0. The columns called medpy follow the convention of published "
        "tables instead: an empty prediction is Dice 0 and distance 0, and a prediction where the reference is empty "
        "Dice 1 and distance 0.",
    .examples = "septum evaluate -p predictions -r labelsTs --class-names RV,Myo,LV\n"
                "# one case, for a program\n"
                "septum evaluate -p heart.nii.gz -r heart.h5 --classes 4 --json",
    .options = options,
    .run = run,
};
