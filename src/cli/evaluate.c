/* septum evaluate: predicted label maps against reference ones. */
#include "cli/commands.h"
#include "cli/evaluate_classes.h"
#include "cli/evaluate_pairs.h"
#include "cli/evaluate_quality.h"
#include "cli/label_reading.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/space.h"
#include "report/text.h"
#include "septum/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *prediction, *reference, *class_names, *list, *csv, *json_file, *quality, *page;
static const char *values_text, *prediction_values_text;
static int64_t classes, threshold, prediction_threshold, ignored = -1;
static sep_label_reading reading, prediction_reading;
static const char *colours, *prediction_colours;
static bool json;

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* What --values and --colours say is said of both, unless an option for the predictions says something of them. */
static sep_status parse_readings(void)
{
    SEP_TRY(sep_parse_label_reading("", threshold, values_text, colours, &reading));
    prediction_reading = reading;
    prediction_reading.threshold = 0;
    reading.ignores = ignored >= 0;
    reading.ignored = reading.ignores ? (uint16_t)ignored : 0;
    if (!prediction_threshold && !prediction_values_text && !prediction_colours)
        return SEP_OK;
    return sep_parse_label_reading("prediction-", prediction_threshold, prediction_values_text, prediction_colours,
                                   &prediction_reading);
}

static sep_status read_prediction(const char *path, sep_labels *labels)
{
    sep_status status = sep_labels_read_as(path, &prediction_reading, labels);
    if (status == SEP_ERR_FORMAT && values_text && !prediction_values_text)
        return sep_fail_within(status, "by --values, where --prediction-values says nothing else of predictions");
    if (status != SEP_OK && colours && !prediction_colours)
        return sep_fail_within(status, "by --colours, where no other option says something of predictions");
    return status;
}

static sep_status read_reference(const char *path, sep_labels *labels)
{
    return sep_labels_read_as(path, &reading, labels);
}

/* ---- scoring ----------------------------------------------------------------------------------------------------- */

static sep_status check_outputs(const sep_case_pairs *p)
{
    sep_outputs files = {0};
    for (int i = 0; i < p->name.count; i++) {
        sep_reads(&files, p->prediction.item[i]);
        sep_reads(&files, p->reference.item[i]);
    }
    sep_reads(&files, list);
    sep_reads(&files, quality);
    sep_writes(&files, csv);
    sep_writes(&files, json_file);
    sep_writes(&files, page);
    return sep_outputs_check(&files);
}

static sep_status score_pair(const sep_case_pairs *p, int i, sep_evaluation *evaluation)
{
    sep_labels predicted, known;
    SEP_TRY(read_prediction(p->prediction.item[i], &predicted));
    sep_status status = read_reference(p->reference.item[i], &known);
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

static sep_status score_pairs(const sep_case_pairs *p, sep_evaluation *evaluation)
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
enum { COLUMNS = 5, CELL = 18, APART = 2 };

/* Right in its column, and apart from the one before however long it is. */
static void print_cell(const char *cell)
{
    printf("%*s%*s", APART, "", CELL - APART, cell);
}

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
        sep_text cell = {0};
        sep_text_fixed(&cell, value.mean, c->decimals);
        if (!isnan(value.mean)) {
            sep_text_add(&cell, " +- ");
            sep_text_fixed(&cell, value.deviation, c->decimals);
        }
        print_cell(cell.failed ? "" : cell.bytes);
        sep_free(cell.bytes);
    }
    putchar('\n');
}

static void print_table(const sep_evaluation *evaluation, const char *absent)
{
    const column *columns = evaluation->has_mm ? in_mm : in_voxels;
    int width = name_width(evaluation), cases = evaluation->case_names.count;
    printf("%d case%s; mean +- standard deviation over the cases\n\n%-*s", cases, cases == 1 ? "" : "s", width,
           "class");
    for (int i = 0; i < COLUMNS; i++)
        print_cell(columns[i].title);
    putchar('\n');
    for (int k = 0; k < evaluation->foreground; k++)
        if (!sep_evaluation_is_absent(evaluation, k))
            print_row(evaluation, k, columns, width);
    print_row(evaluation, -1, columns, width);
    if (absent)
        printf("\n%s\n", absent);
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

static sep_status write_files(const sep_evaluation *evaluation)
{
    if (csv)
        SEP_TRY(write_text(csv, sep_evaluation_csv(evaluation)));
    if (json_file)
        SEP_TRY(write_text(json_file, sep_evaluation_json(evaluation)));
    return SEP_OK;
}

/* The table says which classes are left out; where JSON takes its place, the log does. */
static sep_status show_results(const sep_evaluation *evaluation)
{
    char *absent;
    if (json) {
        SEP_TRY(sep_evaluation_warn_absent(evaluation, reference));
        return print_json(evaluation);
    }
    SEP_TRY(sep_evaluation_say_absent(evaluation, &absent));
    print_table(evaluation, absent);
    sep_free(absent);
    return SEP_OK;
}

static sep_status write_page(const sep_estimates *estimates, const sep_evaluation *evaluation, const char *text)
{
    char *title = sep_folder_name(prediction);
    sep_status status = title ? sep_estimates_page(estimates, evaluation, title, text, page) : SEP_ERR_MEMORY;
    sep_free(title);
    return status;
}

/* Behind the table, or beside JSON in the log. */
static sep_status show_quality(const sep_evaluation *evaluation)
{
    sep_estimates estimates;
    char *text = NULL;
    if (!quality)
        return SEP_OK;
    sep_status status = sep_estimates_read(quality, evaluation, &estimates);
    if (status == SEP_OK)
        status = sep_estimates_describe(&estimates, &text);
    if (status == SEP_OK && page)
        status = write_page(&estimates, evaluation, text);
    sep_estimates_free(&estimates);
    if (status == SEP_OK && !json)
        printf("\n%s", text);
    for (char *rest = text, *line; json && status == SEP_OK && (line = strtok_r(rest, "\n", &rest));)
        sep_log(SEP_LOG_INFO, "%s", line);
    sep_free(text);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static sep_status evaluate_pairs(const sep_case_pairs *p)
{
    sep_class_options given = {(int)classes, class_names, reading};
    sep_evaluation evaluation;
    SEP_TRY(sep_create_evaluation(&given, reference, p, &evaluation));
    reading = given.reading;
    sep_status status = score_pairs(p, &evaluation);
    if (status == SEP_OK)
        status = write_files(&evaluation);
    if (status == SEP_OK)
        status = show_results(&evaluation);
    if (status == SEP_OK)
        status = show_quality(&evaluation);
    sep_evaluation_free(&evaluation);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_case_pairs p = {0};
    (void)count, (void)operand;
    if (!prediction || !reference)
        return sep_usage_error("--prediction and --reference are both needed");
    if (page && !quality)
        return sep_usage_error("--page shows the estimates of --quality, which is missing");
    sep_stop_on_signals();
    SEP_TRY(parse_readings());
    sep_status status = sep_find_case_pairs(prediction, reference, list, &p);
    if (status == SEP_OK)
        status = check_outputs(&p);
    if (status == SEP_OK)
        status = evaluate_pairs(&p);
    sep_free_case_pairs(&p);
    return status;
}

static const sep_option options[] = {
    {"prediction", 'p', "PATH", "predicted label map, or a folder of them", .string = &prediction},
    {"reference", 'r', "PATH", "reference label map, or a folder of them", .string = &reference},
    {"classes", 'c', "N",
     "number of classes, the background among them; 0 takes that of dataset.json, or what the references use",
     .integer = &classes, .low = 0, .high = 256},
    {"class-names", 0, "A,B,...", "names of the classes without the background; without it those of dataset.json",
     .string = &class_names},
    {"list", 'l', "FILE", "of two folders, evaluate the cases that FILE names, one a line, each once", .string = &list},
    {"values", 0, "V,V,...", "label maps hold these values for classes 0, 1, ..., as in 0,85,170,255, not the classes",
     .string = &values_text},
    {"prediction-values", 0, "V,V,...", "the same for predictions, where they hold others than the references",
     .string = &prediction_values_text},
    {"threshold", 0, "N", "the reference is a picture used as a mask: pixels of N or more are class 1; 0: it isn't",
     .integer = &threshold, .low = 0, .high = 65535},
    {"prediction-threshold", 0, "N", "the same for the prediction", .integer = &prediction_threshold, .low = 0,
     .high = 65535},
    {"colours", 0, "RRGGBB,...", "the reference is a picture in which these colours stand for classes 0, 1, ...",
     .string = &colours},
    {"prediction-colours", 0, "RRGGBB,...", "the same for the prediction", .string = &prediction_colours},
    {"ignore", 0, "N", "voxels of this value in the reference are not annotated and count nowhere; -1: there are none",
     .integer = &ignored, .low = -1, .high = 65535},
    {"csv", 0, "FILE", "write a row for each case and class to FILE", .string = &csv},
    {"json-file", 0, "FILE", "write the scores as JSON to FILE", .string = &json_file},
    {"quality", 0, "FILE", "quality.csv of septum predict: how good its estimates were", .string = &quality},
    {"page", 0, "FILE", "write an HTML page of the estimates of --quality beside the scores to FILE", .string = &page},
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
        "suffix, whatever the formats; each must have its partner. Where references lie beside their images, NAME_gt "
        "beside NAME, only they count.\n\n"
        "Distances are in mm when the references know their voxel spacing, else in voxels. CSV and JSON hold both.\n\n"
        "Where one of two masks is empty no distance is defined. It then counts as the volume's diagonal, and Dice as "
        "0; two empty masks agree: Dice 1, distance 0. The columns called medpy follow the convention of published "
        "tables instead: an empty prediction is Dice 0 and distance 0, and a prediction where the reference is empty "
        "Dice 1 and distance 0.\n\n"
        "HD95 is the 95th percentile (linearly interpolated) of the distances in both directions taken together: from "
        "each surface voxel of the prediction to the nearest of the reference and the other way round, as medpy has "
        "it; some tools take the larger of the two directions' percentiles instead. ASSD is the mean of the same "
        "distances.\n\n"
        "A class that no reference of the set has is left out of every mean over classes, and named under the table "
        "with the voxels that predictions have of it all the same; JSON marks it \"absent\", and CSV in its last "
        "column. Where it is missing in some references only, the rules for empty masks above hold.\n\n"
        "--quality compares what septum predict estimated of each case with the mean Dice of its foreground: Pearson's "
        "and Spearman's correlation, the mean absolute error, and the area under the ROC curve (AUROC) of finding the "
        "cases below 0.8 by the smallest estimates; 0.5 is chance, and where no case or every case is below there is "
        "none. --page shows both for each case and class, the worst estimate first, and draws one over the other.\n\n"
        "Voxels that the reference marks as not annotated (--ignore) are taken out of both masks: a reference may "
        "cover "
        "a few slices only, or scribbles.\n\n"
        "Names and number of classes, and the label 'ignore', are those of a dataset.json (nnU-Net, version 1 or 2) in "
        "the folder of the references or above it, unless options say others. Grey levels in place of classes (0, 127, "
        "255) are refused "
        "until --values says which stands for which class.",
    .examples = "septum evaluate -p predictions -r labelsTs --class-names RV,Myo,LV\n"
                "septum evaluate -p predictions -r labelsTs --quality predictions/quality.csv\n"
                "# one case, for a program\n"
                "septum evaluate -p heart.nii.gz -r heart.h5 --classes 4 --json",
    .options = options,
    .run = run,
};
