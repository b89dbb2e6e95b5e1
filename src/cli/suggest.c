/* septum suggest: which scans are most worth labelling next. */
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/predict_models.h"
#include "cli/program.h"
#include "cli/suggest_files.h"
#include "data/training_set.h"
#include "features/scan_region.h"
#include "features/suggestions.h"
#include "septum/process.h"

#include <stdio.h>
#include <string.h>

static const char *data, *out, *map = "eighth";
static int64_t wanted = 5;
static double weight = 0.5;
static bool all_scans;

/* The command while it works. */
typedef struct suggesting {
    char *configuration, *folder;
    sep_strings model_path; /* of one model */
    sep_options *given;     /* the configuration's strings are its */
    sep_training_set set;
    int shown_channel;
    sep_asked_models models;
    sep_features *features;
    float *feature; /* [scans, channels] */
    sep_seen_scan *seen;
    sep_suggestion *suggestion;
    int suggestions;
} suggesting;

/* ---- what there is ----------------------------------------------------------------------------------------------- */

static sep_status find_model(suggesting *s, const char *run)
{
    char *path = sep_model_path(run);
    sep_status status = path != NULL ? sep_strings_add(&s->model_path, path) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

static sep_status find_scans(suggesting *s)
{
    sep_data_config config;
    int64_t seed;

    s->given = sep_options_create();
    if (s->given == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_options_load(s->given, s->configuration));
    SEP_TRY(sep_options_int(s->given, "train.seed", 1337, 0, INT64_C(1) << 31, &seed));
    SEP_TRY(sep_data_config_read(s->given, (uint64_t)seed, &config));
    s->shown_channel = config.shown_channel;
    SEP_TRY(sep_training_set_find(&config, &s->set));
    if (s->set.labelled_scans == s->set.count)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: all %d training scans are labelled: there is nothing to suggest",
                        s->configuration, s->set.count);
    return SEP_OK;
}

static sep_status name_paths(suggesting *s, const char *run)
{
    if (!sep_folder_exists(run))
        return sep_fail(SEP_ERR_IO, "%s: there is no such run: give the folder that septum train made", run);
    s->configuration = data != NULL ? sep_strdup(data) : sep_format("%s/config.ini", run);
    s->folder = out != NULL ? sep_strdup(out) : sep_format("%s/suggest", run);
    char *table = s->folder != NULL ? sep_format("%s/" SEP_SUGGEST_TABLE, s->folder) : NULL;
    if (s->configuration == NULL || table == NULL)
        return SEP_ERR_MEMORY;
    const bool whole = sep_file_exists(table);
    sep_free(table);
    if (whole)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s holds suggestions already, which may have been corrected there: choose another folder with "
                        "--out, or remove it",
                        s->folder);
    return find_model(s, run);
}

static sep_status check_outputs(const suggesting *s)
{
    sep_outputs files = {0};

    sep_reads(&files, s->configuration);
    sep_reads(&files, s->model_path.item[0]);
    for (int i = 0; i < s->set.count; i++) {
        sep_reads(&files, s->set.image_path.item[i]);
        if (!s->set.labelled[i])
            sep_suggest_declare(&files, s->folder, s->set.name.item[i]);
    }
    sep_writes_in(&files, s->folder, SEP_SUGGEST_TABLE);
    sep_writes_in(&files, s->folder, "index.html");
    return sep_outputs_check(&files);
}

/* Features are those of one network: of a mean of several, of the first. */
static sep_status open_model(suggesting *s, sep_device *device)
{
    const sep_asking asking = {.tta = "auto", .components = "auto", .smooth = "auto"};

    SEP_TRY(sep_models_open(&s->model_path, &asking, device, &s->models));
    const int classes = sep_model_get_info(s->models.model[0])->spec[0].classes;
    if (classes != s->set.class_names.count)
        return sep_fail(SEP_ERR_ARGUMENT, "%s has %d classes, and the model has %d", s->configuration,
                        s->set.class_names.count, classes);
    sep_answer answer = s->models.how[0].answer;
    answer.student = answer.student == SEP_ALL_STUDENTS ? 0 : answer.student;
    SEP_TRY(sep_features_open(s->models.model[0], answer,
                              strcmp(map, "quarter") == 0 ? SEP_FEATURES_QUARTER : SEP_FEATURES_EIGHTH, &s->features));
    s->feature = sep_calloc((size_t)s->set.count * (size_t)sep_features_channels(s->features), sizeof *s->feature);
    s->seen = sep_calloc((size_t)s->set.count, sizeof *s->seen);
    s->suggestion = sep_calloc((size_t)wanted, sizeof *s->suggestion);
    return s->feature != NULL && s->seen != NULL && s->suggestion != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static void close_all(suggesting *s)
{
    sep_features_close(s->features);
    sep_models_close(&s->models);
    sep_training_set_free(&s->set);
    sep_options_destroy(s->given);
    sep_strings_free(&s->model_path);
    sep_free(s->configuration);
    sep_free(s->folder);
    sep_free(s->feature);
    sep_free(s->seen);
    sep_free(s->suggestion);
}

/* ---- one scan ---------------------------------------------------------------------------------------------------- */

/* A scan as the model answers for it. */
typedef struct answered {
    sep_volume image, uncertainty;
    sep_prediction prediction;
    sep_scan_region region;
} answered;

static void answered_free(answered *a)
{
    sep_volume_free(&a->image);
    sep_volume_free(&a->uncertainty);
    sep_prediction_free(&a->prediction);
    sep_scan_region_free(&a->region);
}

/* The caller frees in any case. */
static sep_status answer_for(const suggesting *s, int scan, answered *a)
{
    *a = (answered){0};
    SEP_TRY(sep_stop_check());
    SEP_TRY(sep_image_read(s->set.image_path.item[scan], sep_models_channels(&s->models), &a->image));
    const sep_status status = sep_models_predict(&s->models, &a->image, false, &a->prediction);
    if (status != SEP_OK)
        return sep_fail_within(status, "%s", s->set.image_path.item[scan]);
    SEP_TRY(sep_prediction_uncertainty(&a->prediction, &a->uncertainty));
    return sep_scan_region_find(&a->prediction.labels, &a->uncertainty, &a->region);
}

static sep_status look_at(suggesting *s, int scan)
{
    float *feature = s->feature + (size_t)scan * (size_t)sep_features_channels(s->features);
    answered a;

    sep_status status = answer_for(s, scan, &a);
    if (status == SEP_OK)
        status = sep_region_features(&a.region, &a.image, s->features, feature);
    if (status == SEP_OK)
        s->seen[scan] = (sep_seen_scan){.uncertainty = sep_region_uncertainty(&a.region, &a.uncertainty),
                                        .feature = feature,
                                        .group = s->set.group[scan],
                                        .labelled = s->set.labelled[scan]};
    answered_free(&a);
    return status;
}

static sep_status look_at_all(suggesting *s)
{
    sep_progress *progress = sep_progress_start("looking at scans", s->set.count, 0);
    sep_status status = SEP_OK;

    for (int i = 0; i < s->set.count && status == SEP_OK; i++) {
        status = look_at(s, i);
        sep_progress_update(progress, i + (status == SEP_OK), s->set.name.item[i]);
    }
    sep_progress_finish(progress);
    return status;
}

/* ---- suggestions ------------------------------------------------------------------------------------------------- */

static sep_status choose(suggesting *s)
{
    SEP_TRY(sep_suggest(s->seen, s->set.count, sep_features_channels(s->features), weight, !all_scans, (int)wanted,
                        s->suggestion, &s->suggestions));
    if (s->suggestions == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: every case has a labelled scan; --all-scans suggests others of them",
                        s->configuration);
    if (s->suggestions < wanted)
        sep_log(SEP_LOG_WARNING, "%d scans, not %d: there are no more%s", s->suggestions, (int)wanted,
                all_scans ? "" : " of cases without labels (see --all-scans)");
    return SEP_OK;
}

static void print_row(const sep_suggested *g)
{
    sep_print("%3d  %-28s score %.3f  uncertainty %.3f  distance %.3f  slices", g->rank, g->scan, g->score,
              g->uncertainty, g->distance);
    for (int i = 0; i < g->slices; i++)
        printf(" %d", g->slice[i]);
    if (g->axis != SEP_SLICE_AXIS_Z)
        printf(" along %s", sep_slice_axis_names[g->axis]);
    putchar('\n');
}

static sep_status write_one(const suggesting *s, int rank, sep_suggest_files *files)
{
    const sep_suggestion *chosen = &s->suggestion[rank];
    int slice[SEP_TELLING_SLICES];
    answered a;

    sep_status status = answer_for(s, chosen->scan, &a);
    if (status == SEP_OK) {
        const sep_volume shown = sep_volume_channel(&a.image, s->shown_channel);
        const sep_slice_axis axis = sep_model_slice_axis(s->models.model[0], &a.image);
        const sep_suggested suggested = {.rank = rank + 1,
                                         .scan = s->set.name.item[chosen->scan],
                                         .case_name = s->set.case_name.item[chosen->scan],
                                         .score = chosen->score,
                                         .uncertainty = s->seen[chosen->scan].uncertainty,
                                         .distance = chosen->distance,
                                         .image = &shown,
                                         .map = &a.uncertainty,
                                         .labels = &a.prediction.labels,
                                         .axis = axis,
                                         .slice = slice,
                                         .slices = sep_region_telling_slices(&a.region, &a.uncertainty, axis, slice)};
        status = sep_suggest_add(files, &suggested);
        if (status == SEP_OK)
            print_row(&suggested);
    }
    answered_free(&a);
    return status;
}

static sep_status write_all(const suggesting *s, const char *run)
{
    sep_suggest_files files = {.folder = s->folder,
                               .page = {.run = run,
                                        .class_names = &sep_model_get_info(s->models.model[0])->class_names,
                                        .candidates = s->set.count - s->set.labelled_scans,
                                        .labelled = s->set.labelled_scans,
                                        .weight = weight}};

    sep_status status = sep_suggest_folders(s->folder);
    for (int i = 0; i < s->suggestions && status == SEP_OK; i++)
        status = write_one(s, i, &files);
    if (status == SEP_OK)
        status = sep_suggest_finish(&files);
    if (status == SEP_OK)
        sep_print_line("%s/index.html", s->folder);
    sep_suggest_files_free(&files);
    return status;
}

static sep_status suggest(suggesting *s, const char *run, sep_device *device)
{
    SEP_TRY(check_outputs(s));
    SEP_TRY(open_model(s, device));
    sep_stop_on_signals();
    SEP_TRY(look_at_all(s));
    SEP_TRY(choose(s));
    return write_all(s, run);
}

static sep_status run(int count, char **operand)
{
    suggesting s = {0};
    sep_device *device = NULL;

    (void)count;
    sep_status status = name_paths(&s, operand[0]);
    if (status == SEP_OK)
        status = find_scans(&s);
    if (status == SEP_OK)
        status = sep_open_device(&device);
    if (status == SEP_OK)
        status = suggest(&s, operand[0], device);
    close_all(&s);
    sep_device_destroy(device);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static const sep_option options[] = {
    {"data", 0, "CONFIG", "the configuration of the data set (default: config.ini of the run)", .string = &data},
    {"count", 'n', "N", "how many scans to suggest", .integer = &wanted, .low = 1, .high = 1000},
    {"out", 'o', "FOLDER", "where the files go (default: RUN/suggest)", .string = &out},
    {"weight", 'w', "W", "of uncertainty in the score; the rest is that of distance", .real = &weight, .low = 0.0,
     .high = 1.0},
    {"map", 0, "MAP", "the features that are compared: the decoder's at a quarter or an eighth of the size",
     .string = &map, .choices = "quarter|eighth"},
    {"all-scans", 0, NULL, "several scans of a case, too, and those of cases that have a labelled one",
     .flag = &all_scans},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

const sep_command sep_command_suggest = {
    .name = "suggest",
    .operands = "RUN",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "find the scans that are most worth labelling next",
    .description =
        "Segments all training scans with the best model of RUN, the folder of septum train, and ranks those without "
        "labels, one a case:\n\n"
        "  score = W * u / U + (1 - W) * d / D\n\n"
        "u is the uncertainty of a scan: the mean entropy of its probabilities, divided by log(classes), over the "
        "predicted foreground and a border of one voxel around it; over the hundredth of the voxels that is most "
        "uncertain where the model finds no foreground. d is its distance to the nearest scan that is labelled or was "
        "suggested before it, so that suggestions differ from each other: the root mean square difference, in "
        "standard deviations over all scans, of the mean features that the network has of the foreground (those of the "
        "best answer's network, or of the first where the mean of several answers best). U and D are the largest of "
        "both among the unlabelled scans, W is --weight. The slices of a scan, those that the model sees, are ranked "
        "by the sum of that entropy in them; they are counted from 0 along an axis of the scan's file.\n\n"
        "Writes into FOLDER: suggest.csv with rank, scan, case, score, uncertainty, distance, axis and the most "
        "telling slices; index.html, which shows these; and of each scan images/SCAN.nii.gz and labels/SCAN.nii.gz, "
        "the model's label map on the image's own grid, to be corrected in ITK-SNAP or 3D Slicer. docs/labelling.md "
        "says how a corrected file goes into the data set; septum train --init RUN goes on from there.",
    .examples = "septum suggest runs/hearts\n"
                "# what to open in ITK-SNAP\n"
                "itksnap -g runs/hearts/suggest/images/case_007.nii.gz -s runs/hearts/suggest/labels/case_007.nii.gz\n"
                "# the three scans that are least like the labelled ones\n"
                "septum suggest runs/hearts --count 3 --weight 0 --out unlike",
    .options = options,
    .run = run,
};
