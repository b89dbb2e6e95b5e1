/* septum propagate: label maps carried over from labelled scans by registration. */
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/registration.h"
#include "cli/targets.h"
#include "septum/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *out, *registrations, *vote = "1", *weights = "equal", *format = "nii.gz";
static int64_t labelled;
static bool published, unlabelled;
static int64_t shortlist = 2, selection_seed;
static const char *selection = "best";

static const sep_option options[] = {
    {"out", 'o', "FOLDER", "where the label maps go, NAME.nii.gz each", .string = &out},
    {"registrations", 0, "FILE.h5", "use what this file of septum register --all has, and keep new pairs in it",
     .string = &registrations},
    {"vote", 0, "N", "let the N best labelled scans vote, or all that can be used", .string = &vote},
    {"weights", 0, "WHICH",
     "of the votes: equal, the mutual information of scan and image, or that and how consistent there and back is",
     .string = &weights, .choices = SEP_VOTE_WEIGHTS},
    {"format", 0, "FORMAT", "of the label maps", .string = &format, .choices = "nii.gz|nii|h5|png"},
    {"unlabelled", 0, NULL, "label the training scans without labels, as supervision for training: NAME.h5 each",
     .flag = &unlabelled},
    SEP_LABELLED_OPTION(labelled),
    SEP_SELECTION_OPTIONS(published, shortlist),
    {"selection", 0, "WHICH", "which scans vote; random: any that registration left more similar", .string = &selection,
     .choices = SEP_SELECTIONS},
    {"selection-seed", 0, "N", "of the random ones", .integer = &selection_seed, .low = 0, .high = INT32_MAX},
    {0},
};

typedef struct job {
    sep_registered_data data;
    sep_targets targets;
    sep_propagation_options options;
} job;

/* ---- images ------------------------------------------------------------------------------------------------------ */

/* Nothing to carry over is an empty label map, and a warning. */
static sep_status label_nothing(const sep_target *target, sep_labels *labels)
{
    sep_log(SEP_LOG_WARNING, "%s: no labelled scan could be registered with it: its label map is empty", target->name);
    return sep_labels_create_on(target->image, labels);
}

static sep_status write_target(const sep_target *target, const sep_labels *labels)
{
    char *path = sep_format("%s/%s.%s", out, target->name, format);
    sep_status status = path != NULL ? sep_labels_write(path, labels) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

/* A label map for people has no voxels that say nothing. */
static void decide_for_background(sep_labels *labels)
{
    const size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;

    for (size_t i = 0; i < voxels; i++)
        if (sep_labels_ignore(labels, i))
            labels->data[i] = 0;
    labels->ignores = false;
}

/* Voxels in the order of the image's file. */
static sep_status store(sep_slice_axis axis, sep_labels *labels)
{
    const sep_volume grid = sep_labels_grid(labels);
    const sep_order taken = sep_taken_order(axis, &grid), back = sep_order_inverse(&taken);

    return sep_labels_reorder(labels, &back);
}

static sep_status finish_target(const job *j, const sep_target *target, sep_propagated *result,
                                sep_evaluation *evaluation)
{
    if (result->voters == 0)
        SEP_TRY(label_nothing(target, &result->labels));
    else
        sep_log(SEP_LOG_INFO, "%s: from %.*s", target->name, (int)strcspn(result->sources, "\n"), result->sources);
    if (target->reference != NULL)
        SEP_TRY(sep_evaluation_add(evaluation, target->name, &result->labels, target->reference));
    decide_for_background(&result->labels);
    SEP_TRY(store(j->data.config.slice_axis, &result->labels));
    return write_target(target, &result->labels);
}

static sep_status do_target(const job *j, sep_propagation *p, int t, sep_evaluation *evaluation)
{
    sep_propagated result;

    SEP_TRY(sep_propagation_label(p, t, &result));
    const sep_status status = finish_target(j, &j->targets.target[t], &result, evaluation);
    sep_propagated_free(&result);
    return status;
}

static void print_scores(const sep_evaluation *evaluation)
{
    const sep_mean dice = sep_evaluation_overall(evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE),
                   far = sep_evaluation_overall(evaluation, SEP_EMPTY_STRICT,
                                                evaluation->has_mm ? SEP_METRIC_HD95_MM : SEP_METRIC_HD95);

    if (isnan(dice.mean))
        return; /* no reference has a class, which is said */
    printf("mean Dice %.4f, mean HD95 %.2f %s over %d images (septum evaluate says more)\n", dice.mean, far.mean,
           evaluation->has_mm ? "mm" : "voxels", evaluation->case_names.count);
}

static sep_status label_targets(const job *j, sep_propagation *p)
{
    const sep_dataset *dataset = j->data.dataset;
    sep_evaluation evaluation;
    sep_status status = SEP_OK;

    SEP_TRY(sep_evaluation_create(&evaluation, dataset->classes, (const char *const *)dataset->class_name + 1));
    for (int t = 0; t < j->targets.count && status == SEP_OK; t++)
        status = do_target(j, p, t, &evaluation);
    if (status == SEP_OK) {
        sep_print_line("%s: %d label maps", out, j->targets.count);
        if (evaluation.case_names.count > 0)
            print_scores(&evaluation);
        status = sep_evaluation_warn_absent(&evaluation, out);
    }
    sep_evaluation_free(&evaluation);
    return status;
}

static sep_status register_and_label(const job *j, sep_propagation *p)
{
    for (int t = 0; t < j->targets.count; t++)
        SEP_TRY(
            sep_propagation_add(p, j->targets.target[t].name, j->targets.target[t].image, j->targets.target[t].scan));
    SEP_TRY(sep_propagation_run(p));
    return label_targets(j, p);
}

static sep_status label_images(const job *j)
{
    sep_propagation *p;

    SEP_TRY(sep_make_folders(out));
    SEP_TRY(sep_propagation_open(j->data.dataset, &j->options, registrations, &p));
    const sep_status status = register_and_label(j, p);
    sep_propagation_close(p);
    return status;
}

/* ---- training scans ---------------------------------------------------------------------------------------------- */

static sep_status label_training(const job *j)
{
    int scans;

    SEP_TRY(sep_registered_write_all(j->data.dataset, &j->options, registrations, out, &scans));
    sep_print_line("%s: %d registered label maps", out, scans);
    return SEP_OK;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void writes_pairs(sep_outputs *files, sep_transform_kind kind)
{
    char *ranking = registrations != NULL && kind == SEP_DEFORMABLE ? sep_ranking_file(registrations) : NULL;

    sep_writes(files, registrations);
    sep_writes(files, ranking);
    sep_free(ranking);
}

static sep_status check_outputs(const job *j, char **operand, int count)
{
    const sep_dataset *dataset = j->data.dataset;
    sep_outputs files = {0};

    sep_reads_dataset(&files, operand[0], &j->data.config, dataset);
    for (int i = 1; i < count; i++)
        sep_reads(&files, operand[i]);
    writes_pairs(&files, j->options.registration.kind);
    for (int i = 0; i < j->targets.count; i++)
        sep_writes_as(&files, out, j->targets.target[i].name, format);
    for (int i = 0; unlabelled && i < dataset->training; i++)
        if (!dataset->scan[i].labelled)
            sep_writes_as(&files, out, dataset->scan[i].name, "h5");
    return sep_outputs_check(&files);
}

static sep_status read_vote(int *voters)
{
    int64_t number;

    *voters = INT32_MAX;
    if (strcmp(vote, "all") == 0)
        return SEP_OK;
    if (!sep_parse_int(vote, &number) || number < 1 || number > INT32_MAX)
        return sep_usage_error("--vote %s: a number from 1, or all", vote);
    *voters = (int)number;
    return SEP_OK;
}

static sep_vote_weights read_weights(void)
{
    if (strcmp(weights, "equal") == 0)
        return SEP_VOTES_EQUAL;
    return strcmp(weights, "similarity") == 0 ? SEP_VOTES_BY_SIMILARITY : SEP_VOTES_BY_CONSISTENCY;
}

static sep_status propagate(job *j, char **operand, int count)
{
    if (!unlabelled)
        SEP_TRY(sep_targets_open(&j->data, operand + 1, count - 1, &j->targets));
    SEP_TRY(sep_read_registration_options(&j->options.registration));
    SEP_TRY(check_outputs(j, operand, count));
    sep_stop_on_signals();
    return unlabelled ? label_training(j) : label_images(j);
}

static sep_status run(int count, char **operand)
{
    job j = {.options = {.selection = sep_selection_of(published, shortlist), .weights = read_weights()}};

    if (out == NULL)
        return sep_usage_error("--out is missing: the folder for the label maps");
    j.options.selection.random = strcmp(selection, "random") == 0;
    j.options.selection.seed = (uint64_t)selection_seed;
    SEP_TRY(read_vote(&j.options.voters));
    if (unlabelled && count > 1)
        return sep_usage_error("--unlabelled labels training scans: no IMAGE");
    SEP_TRY(sep_open_data(operand[0], (int)labelled, &j.data));
    const sep_status status = propagate(&j, operand, count);
    sep_targets_close(&j.targets);
    sep_device_destroy(j.options.registration.device);
    sep_close_data(&j.data);
    return status;
}

const sep_command sep_command_propagate = {
    .name = "propagate",
    .operands = "DATASET.ini [IMAGE...]",
    .operands_low = 1,
    .operands_high = -1,
    .summary = "segment images by registration with labelled ones",
    .description =
        "Registers the labelled scans of a dataset (section [data] of a configuration) with each IMAGE, or with its "
        "validation scans where no image is named, and carries the label map of the best over: the nearest voxel's "
        "class, on the image's own grid. No network, no training.\n\n"
        "The best is chosen by going there and back: of the labelled scans that are more similar to the image after "
        "registration than before, the one whose round trip leaves most of the image as it was (docs/registration.md). "
        "With --vote N the N best vote, voxel by voxel; of classes with as many votes the one of the better scan "
        "wins. Where no registration can be used the label map is empty, with a warning. --selection random takes any "
        "of those that are more similar than before, so that what the choice brings can be measured.\n\n"
        "With --transform bspline affine maps choose, and only those that vote are deformed. "
        "--registrations FILE.h5 then keeps the affine pairs beside it, in FILE-affine.h5.\n\n"
        "With --unlabelled the training scans without labels are labelled, as extra supervision for training: "
        "NAME.h5 has the label map, and in 'agreement' how far those agree that voted. Their own label maps are not "
        "read. septum train does this itself with data.registered = auto.\n\n"
        "Prints mean Dice and HD95 where the reference is known; septum evaluate reads the folder too.",
    .examples =
        "septum propagate configs/acdc-supervised.ini --labelled 7 --out propagated\n"
        "# seven labelled patients vote on two new images\n"
        "septum propagate my.ini a.nii.gz b.nii.gz --vote all --weights similarity --out voted\n"
        "# for data.registered: three vote, deformed\n"
        "septum propagate my.ini --unlabelled --transform bspline --vote 3 --weights consistency --out supervision",
    .options = options,
    .shared = sep_registration_rows,
    .run = run,
};
