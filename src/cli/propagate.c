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
static int64_t shortlist = 2;

static const sep_option options[] = {
    {"out", 'o', "FOLDER", "where the label maps go, NAME.nii.gz each", .string = &out},
    {"registrations", 0, "FILE.h5", "use what this file of septum register --all has, and keep new pairs in it",
     .string = &registrations},
    {"vote", 0, "N", "let the N best labelled scans vote, or all that can be used", .string = &vote},
    {"weights", 0, "WHICH", "of the votes: equal, or the mutual information of scan and image", .string = &weights,
     .choices = "equal|similarity"},
    {"format", 0, "FORMAT", "of the label maps", .string = &format, .choices = "nii.gz|nii|h5|png"},
    {"unlabelled", 0, NULL, "label the training scans without labels, as supervision for training: NAME.h5 each",
     .flag = &unlabelled},
    SEP_LABELLED_OPTION(labelled),
    SEP_SELECTION_OPTIONS(published, shortlist),
    {0},
};

/* ---- one target -------------------------------------------------------------------------------------------------- */

typedef struct propagation {
    sep_registered_data *data;
    sep_targets targets;
    sep_pairs *set;
    int voters;          /* at most */
    int *scan_of_volume; /* of the set: the scan with its label map */
    const sep_pair **ranked;
    sep_labels *map; /* one a voter */
    double *weight;
} propagation;

static sep_status carry(propagation *p, const sep_target *target, int i)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option, .device = p->set->options.device};
    const sep_scan *scan = &p->data->dataset->scan[p->scan_of_volume[p->ranked[i]->moving]];

    p->weight[i] = strcmp(weights, "similarity") == 0 ? p->ranked[i]->mi_after : 1.0;
    return sep_warp_labels(&scan->label, &p->ranked[i]->transform, target->image, &how, &p->map[i]);
}

/* Nothing to carry over is an empty label map, and a warning. */
static sep_status label_nothing(const sep_target *target, sep_labels *labels)
{
    sep_log(SEP_LOG_WARNING, "%s: no labelled scan could be registered with it: its label map is empty", target->name);
    SEP_TRY(sep_labels_create(labels, target->image->depth, target->image->height, target->image->width));
    sep_labels_take_geometry(labels, target->image);
    return SEP_OK;
}

static sep_status label_target(propagation *p, const sep_target *target, sep_labels *labels)
{
    const int count = sep_pairs_ranked(p->set, target->index, p->ranked, p->voters);
    sep_status status = SEP_OK;

    if (count == 0)
        return label_nothing(target, labels);
    for (int i = 0; i < count && status == SEP_OK; i++)
        status = carry(p, target, i);
    if (status == SEP_OK)
        status = sep_labels_vote(p->map, p->weight, count, labels);
    for (int i = 0; i < count; i++)
        sep_labels_free(&p->map[i]);
    sep_log(SEP_LOG_INFO, "%s: from %s", target->name, p->set->volume[p->ranked[0]->moving].name);
    return status;
}

static sep_status write_target(const sep_target *target, const sep_labels *labels)
{
    char *path = sep_format("%s/%s.%s", out, target->name, format);
    sep_status status = path != NULL ? sep_labels_write(path, labels) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

static sep_status do_target(propagation *p, const sep_target *target, sep_evaluation *evaluation)
{
    sep_labels labels = {0};

    SEP_TRY(sep_stop_check());
    sep_status status = label_target(p, target, &labels);

    if (status == SEP_OK)
        status = write_target(target, &labels);
    if (status == SEP_OK && target->reference != NULL)
        status = sep_evaluation_add(evaluation, target->name, &labels, target->reference);
    sep_labels_free(&labels);
    return status;
}

/* A training scan without labels gets those of its best, and the name of that, which training checks. */
static sep_status supervise_target(propagation *p, const sep_target *target, int *written)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option, .device = p->set->options.device};

    SEP_TRY(sep_stop_check());
    if (sep_pairs_ranked(p->set, target->index, p->ranked, 1) == 0) {
        sep_log(SEP_LOG_WARNING, "%s: no labelled scan could be registered with it: it gets no label map",
                target->name);
        return SEP_OK;
    }
    const sep_scan *best = &p->data->dataset->scan[p->scan_of_volume[p->ranked[0]->moving]];
    char *path = sep_format("%s/%s.h5", out, target->name);
    if (path == NULL)
        return SEP_ERR_MEMORY;
    sep_status status =
        sep_registered_labels_write(path, &best->label, &p->ranked[0]->transform, target->image, best->name, &how);
    sep_free(path);
    *written += status == SEP_OK;
    return status;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

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

static sep_status label_targets(propagation *p)
{
    const char *const *foreground = (const char *const *)p->data->dataset->class_name + 1;
    sep_evaluation evaluation;
    sep_status status = SEP_OK;

    SEP_TRY(sep_evaluation_create(&evaluation, p->data->dataset->classes, foreground));
    for (int i = 0; i < p->targets.count && status == SEP_OK; i++)
        status = do_target(p, &p->targets.target[i], &evaluation);
    if (status == SEP_OK) {
        sep_print_line("%s: %d label maps", out, p->targets.count);
        if (evaluation.case_names.count > 0)
            print_scores(&evaluation);
        status = sep_evaluation_warn_absent(&evaluation, out);
    }
    sep_evaluation_free(&evaluation);
    return status;
}

static sep_status supervise_targets(propagation *p)
{
    int written = 0;

    for (int i = 0; i < p->targets.count; i++)
        SEP_TRY(supervise_target(p, &p->targets.target[i], &written));
    sep_print_line("%s: %d registered label maps for %d training scans", out, written, p->targets.count);
    return SEP_OK;
}

/* Both ways between each target and each labelled scan. */
static sep_status want_pairs(propagation *p)
{
    for (int i = 0; i < p->data->dataset->training; i++)
        if (p->data->dataset->scan[i].labelled)
            SEP_TRY(sep_add_scan(p->data, i, p->set));
    SEP_TRY(sep_targets_add(&p->targets, p->data, p->set));
    for (int t = 0; t < p->targets.count; t++)
        for (int i = 0; i < p->data->dataset->training; i++) {
            const int from = p->data->index[i], to = p->targets.target[t].index;

            if (!p->data->dataset->scan[i].labelled || from == to)
                continue;
            SEP_TRY(sep_pairs_want(p->set, to, from));
            SEP_TRY(sep_pairs_want(p->set, from, to));
        }
    return SEP_OK;
}

static sep_status make_room(propagation *p)
{
    const size_t volumes = (size_t)p->set->volumes;

    p->scan_of_volume = sep_calloc(volumes, sizeof *p->scan_of_volume);
    p->ranked = sep_calloc(volumes, sizeof *p->ranked);
    p->map = sep_calloc(volumes, sizeof *p->map);
    p->weight = sep_calloc(volumes, sizeof *p->weight);
    if (p->scan_of_volume == NULL || p->ranked == NULL || p->map == NULL || p->weight == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < p->data->dataset->training; i++)
        if (p->data->index[i] >= 0)
            p->scan_of_volume[p->data->index[i]] = i;
    return SEP_OK;
}

static sep_status propagate(propagation *p)
{
    const sep_selection selection = sep_selection_of(published, shortlist);

    SEP_TRY(sep_make_folders(out));
    SEP_TRY(want_pairs(p));
    SEP_TRY(make_room(p));
    SEP_TRY(sep_run_pairs(p->set, &selection, registrations));
    return unlabelled ? supervise_targets(p) : label_targets(p);
}

static sep_status check_outputs(const propagation *p, char **operand, int count)
{
    sep_outputs files = {0};

    sep_reads_dataset(&files, operand[0], &p->data->config, p->data->dataset);
    for (int i = 1; i < count; i++)
        sep_reads(&files, operand[i]);
    sep_writes(&files, registrations);
    for (int i = 0; i < p->targets.count; i++)
        sep_writes_as(&files, out, p->targets.target[i].name, unlabelled ? "h5" : format);
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

static sep_status run(int count, char **operand)
{
    sep_registration_options how = {0};
    sep_registered_data data;
    propagation p = {.data = &data};
    sep_lock *lock = NULL;

    if (out == NULL)
        return sep_usage_error("--out is missing: the folder for the label maps");
    SEP_TRY(read_vote(&p.voters));
    if (unlabelled && (count > 1 || p.voters != 1))
        return sep_usage_error("--unlabelled labels training scans by the best labelled one: no IMAGE, no --vote");
    SEP_TRY(sep_open_data(operand[0], (int)labelled, &data));
    sep_status status = sep_targets_open(&data, operand + 1, count - 1, unlabelled, &p.targets);
    if (status == SEP_OK)
        status = check_outputs(&p, operand, count);
    if (status == SEP_OK)
        status = sep_lock_pairs(registrations, &lock);
    if (status == SEP_OK)
        status = sep_read_registration_options(&how);
    if (status == SEP_OK)
        status = sep_pairs_open(registrations, &how, &p.set);
    if (status == SEP_OK)
        status = propagate(&p);
    sep_free(p.scan_of_volume);
    sep_free(p.ranked);
    sep_free(p.map);
    sep_free(p.weight);
    sep_pairs_free(p.set);
    sep_lock_release(lock);
    sep_targets_close(&p.targets);
    sep_device_destroy(how.device);
    sep_close_data(&data);
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
        "wins. Where no registration can be used the label map is empty, with a warning.\n\n"
        "With --unlabelled the training scans without labels are labelled, each by its best, as extra supervision for "
        "training. Their own label maps are not read.\n\n"
        "Prints mean Dice and HD95 where the reference is known; septum evaluate reads the folder too.",
    .examples = "septum propagate configs/acdc-supervised.ini --labelled 7 --out propagated\n"
                "# seven labelled patients vote on two new images\n"
                "septum propagate my.ini a.nii.gz b.nii.gz --vote all --weights similarity --out voted",
    .options = options,
    .shared = sep_registration_rows,
    .run = run,
};
