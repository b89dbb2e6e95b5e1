/* What a run of the chosen configuration takes on this machine: memory by the step's plan, time by some steps. */
#include "plan/choices.h"
#include "train/relabel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Where fewer steps than that would fit, a batch of half as many samples is tried; then one of a quarter. */
static const int FEWEST_STEPS[] = {4000, 1000};

/* Deciding predicts in eight symmetries, whose means are put back and scored in six ways; without symmetries once, put
 * back and scored in two. */
enum { TIMED_STEPS = 4, MOST_HALVINGS = 2, PREDICTIONS_TO_DECIDE = 12, PREDICTIONS_TO_DECIDE_ONCE = 3 };

/* ---- the configuration as training reads it ---------------------------------------------------------------------- */

/* Of a folder or a list; NULL: there is none. */
static sep_status check_name(const char *name, const char *as_read)
{
    if (name == NULL || (as_read != NULL && strcmp(name, as_read) == 0))
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s: such a name can't stand in an INI file: give it another", name);
}

/* The strings of the configuration are the options', which the caller destroys, whatever comes of it. */
static sep_status read_choices(const sep_survey *survey, const sep_plan_choices *choices, sep_options **options,
                               sep_train_config *config)
{
    *options = sep_options_create();
    if (*options == NULL)
        return SEP_ERR_MEMORY;
    char *text = sep_plan_ini(survey, choices);
    const sep_status status = text != NULL ? sep_options_load_text(*options, "the plan", text) : SEP_ERR_MEMORY;

    sep_free(text);
    SEP_TRY(status);
    SEP_TRY(sep_train_config_read(*options, config));
    SEP_TRY(check_name(survey->data.folder, config->data.folder));
    SEP_TRY(check_name(survey->data.train_list, config->data.train_list));
    SEP_TRY(check_name(survey->data.validation_list, config->data.validation_list));
    return check_name(survey->data.test_list, config->data.test_list);
}

/* ---- some slices to train on ------------------------------------------------------------------------------------- */

static sep_status copy_slice(const sep_survey *survey, const sep_train_config *config, int i, bool with_label,
                             sep_volume *image, sep_labels *label)
{
    const sep_volume *slice = &survey->shown_image[i];
    const sep_labels *map = &survey->shown_label[i];
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;

    SEP_TRY(sep_volume_create_channels(image, slice->channels, 1, slice->height, slice->width));
    sep_volume_take_geometry(image, slice);
    memcpy(image->data, slice->data, (size_t)sep_volume_channels(slice) * pixels * sizeof(float));
    sep_intensities_apply(&config->data.intensity, image);
    if (!with_label)
        return SEP_OK;
    SEP_TRY(sep_labels_create(label, 1, slice->height, slice->width));
    memcpy(label->data, map->data, pixels);
    sep_labels_take_geometry(label, slice);
    label->ignores = map->ignores;
    return SEP_OK;
}

/* The slices that are shown, as labelled scans and, where the method wants them, as unlabelled ones too. */
static sep_status make_dataset(const sep_survey *survey, const sep_train_config *config, sep_dataset **dataset)
{
    sep_volume image[2 * SEP_SHOWN_SCANS] = {0};
    sep_labels label[2 * SEP_SHOWN_SCANS] = {0};
    const int count = config->method->uses_unlabelled ? 2 * survey->shown : survey->shown;
    sep_status status = SEP_OK;

    for (int i = 0; i < count && status == SEP_OK; i++)
        status = copy_slice(survey, config, i % survey->shown, i < survey->shown, &image[i], &label[i]);
    if (status == SEP_OK)
        status = sep_dataset_from_memory(survey->classes, image, label, count, 0, dataset);
    for (int i = 0; i < count; i++) {
        sep_volume_free(&image[i]);
        sep_labels_free(&label[i]);
    }
    return status;
}

/* ---- time and memory --------------------------------------------------------------------------------------------- */

/* These slices are not registered: what a run would learn from registration is left out, and weighed in below. So few
 * don't say which way up scans lie either: they are shown as they are, or training would have its word on that. */
static void leave_out_what_slices_lack(sep_train_config *config)
{
    config->registered.used = false;
    config->batch.strong.registered_probability = 0;
    config->batch.strong.mirror = SEP_MIRROR_NONE;
    config->batch.strong.quarter_turns = false;
}

/* What a step takes more where a run learns from registered labels before it has its own. */
#define REGISTERED_STEP 1.1

/* Threads that wait for each other spin at first, so that on a quiet machine nearly all are busy nearly all the time.
 */
static double share_of_processors(const sep_device *device, clock_t used, double seconds, int threads)
{
    const double got = (double)used / CLOCKS_PER_SEC / (seconds * threads);

    return strcmp(device->backend->name, "cpu") == 0 ? fmin(got, 1) : 1;
}

/* The warm start has steps of its own, which are cheaper unless it learns all images by registered labels. */
static void take_seconds(const sep_train_config *config, const sep_train_result *result, sep_measured *measured)
{
    const bool registers = config->registered.used;
    const bool warms_up = strcmp(config->method->name, "night") == 0;
    const double step = warms_up ? result->stage_seconds[1] : result->seconds_per_step;

    measured->step = registers ? REGISTERED_STEP * step : step;
    measured->warm_up_step = warms_up && !registers ? result->stage_seconds[0] : measured->step;
}

static sep_status time_steps(const sep_survey *survey, sep_device *device, const sep_train_config *config,
                             sep_measured *measured)
{
    sep_train_config timed = *config;
    sep_dataset *dataset = NULL;
    sep_train_result result;

    leave_out_what_slices_lack(&timed);
    timed.iterations = TIMED_STEPS;
    timed.validate_every = 0;
    SEP_TRY(make_dataset(survey, &timed, &dataset));
    const double start = sep_seconds();
    const clock_t used = clock();
    const sep_status status = sep_train(&timed, dataset, device, NULL, NULL, false, &result);
    measured->share = share_of_processors(device, clock() - used, sep_seconds() - start, measured->threads);
    sep_dataset_destroy(dataset);
    if (status == SEP_OK)
        take_seconds(config, &result, measured);
    return status;
}

static uint64_t scan_bytes(const sep_survey *survey)
{
    uint64_t bytes = 0;

    for (int i = 0; i < survey->scans; i++) {
        const sep_volume *grid = &survey->scan[i].grid;
        const uint64_t image = (uint64_t)survey->channels * sizeof(float);
        bytes += sep_volume_voxels(grid) * (survey->scan[i].use == SEP_USE_UNLABELLED ? image : image + 1);
    }
    return bytes;
}

/* How many patches a slice is predicted by: windows lie half a patch apart. */
static double patches_of_slice(const sep_facts *facts, const sep_train_config *config)
{
    const int patch[2] = {config->batch.width, config->batch.height};
    double count = 1;

    for (int axis = 0; axis < 2 && config->batch.view == SEP_PATCH_WINDOW; axis++) {
        const double size =
            config->data.spacing[0] > 0 ? facts->extent[axis] / config->data.spacing[axis] : facts->size[axis];
        count *= 1 + fmax(0, ceil((size - patch[axis]) / (0.5 * patch[axis])));
    }
    return count;
}

/* A slice predicted by all networks: forward is a third of a step. */
static double prediction_seconds(const sep_facts *facts, const sep_train_config *config, double step)
{
    return step / (3 * (config->batch.labelled_batch + config->batch.unlabelled_batch)) *
           patches_of_slice(facts, config);
}

/* Putting maps back and scoring them is about half of predicting them again. */
static void estimate(const sep_survey *survey, const sep_facts *facts, const sep_train_config *config,
                     sep_measured *measured)
{
    const double slice = prediction_seconds(facts, config, measured->step);
    const int kinds = config->ema > 0 ? 2 : 1; /* networks, and their averages */

    measured->validation = 1.5 * slice * survey->slices[SEP_USE_VALIDATION] * kinds;
    measured->deciding = PREDICTIONS_TO_DECIDE * slice * survey->slices[SEP_USE_VALIDATION];
    measured->deciding_once = PREDICTIONS_TO_DECIDE_ONCE * slice * survey->slices[SEP_USE_VALIDATION];
    measured->labelling_once = config->method->relabels > 0 ? slice * survey->slices[SEP_USE_UNLABELLED] : 0;
    measured->labelling = sep_tta_passes(sep_relabelled_way(config).tta) * measured->labelling_once;
}

/* Time and memory with the batch that is chosen; nothing is timed where it does not fit. */
static sep_status try_batch(const sep_survey *survey, const sep_facts *facts, sep_device *device,
                            const sep_plan_choices *choices, sep_measured *measured)
{
    sep_options *options;
    sep_train_config config;
    sep_memory_plan memory = {0};

    sep_status status = read_choices(survey, choices, &options, &config);
    if (status == SEP_OK)
        config.batch.channels = survey->channels;
    if (status == SEP_OK)
        status = sep_train_memory(&config, survey->classes, device, &memory);
    if (status == SEP_OK) {
        measured->device = memory.total;
        measured->checkpoints = 2 * (memory.parameters + memory.states + memory.optimiser + memory.memory);
        if (memory.total <= sep_memory_limit())
            status = time_steps(survey, device, &config, measured);
        estimate(survey, facts, &config, measured);
    }
    sep_options_destroy(options);
    return status;
}

static sep_status settle_batch(const sep_plan_request *request, const sep_survey *survey, const sep_facts *facts,
                               sep_device *device, sep_plan_choices *choices, sep_measured *measured)
{
    const char *why = "the most that is tried";

    for (int halvings = 0; halvings <= MOST_HALVINGS; halvings++) {
        SEP_TRY(sep_choose_batch(choices, halvings, "Tried."));
        SEP_TRY(try_batch(survey, facts, device, choices, measured));
        const bool fits = measured->device <= sep_memory_limit();
        if (fits && (halvings == MOST_HALVINGS || measured->step * FEWEST_STEPS[halvings] <= 3600 * request->hours))
            break;
        if (!fits && halvings == MOST_HALVINGS)
            return sep_fail(SEP_ERR_MEMORY,
                            "a step of the chosen configuration takes %.0f MiB, more than the limit "
                            "(%.0f MiB): give --memory-limit",
                            (double)measured->device / (1 << 20), (double)sep_memory_limit() / (1 << 20));
        /* A quarter at once where half would not do: a step takes about as long as it has samples. */
        if (fits && halvings == 0 && 0.5 * measured->step * FEWEST_STEPS[1] > 3600 * request->hours)
            halvings++;
        why = fits ? "with more, too few steps would fit into the hours" : "more does not fit into memory";
    }
    const char *reason = sep_arena_format(choices->arena, "A step of them takes %.0f MiB; %s.",
                                          (double)measured->device / (1 << 20), why);
    return reason != NULL
               ? sep_choose_again(choices, "train.labelled_batch", sep_chosen(choices, "train.labelled_batch"), reason)
               : SEP_ERR_MEMORY;
}

/* Half of what the step leaves is for images; the rest of them lie beside the run. */
static sep_status settle_memory(sep_plan_choices *choices, sep_measured *measured)
{
    const uint64_t limit = sep_memory_limit();
    char value[32], reason[200];

    measured->cached = measured->scans + measured->device > limit;
    if (!measured->cached)
        return SEP_OK;
    snprintf(value, sizeof value, "%" PRIu64, (limit - measured->device) / 2 / (1 << 20) + 1);
    snprintf(
        reason, sizeof reason,
        "The scans take %.0f MiB, more than there is: they lie in a file beside the run, which takes as much disk.",
        (double)measured->scans / (1 << 20));
    return sep_choose_again(choices, "data.memory", value, reason);
}

/* Below this share of the processors the times are those of other programs. */
#define BUSY 0.6

static void warn_where_busy(const sep_measured *measured)
{
    if (measured->share < BUSY)
        sep_log(SEP_LOG_WARNING,
                "the machine is busy: the steps that were timed had %.0f %% of the processors; plan again when it is "
                "quiet, for more of them would fit into the hours",
                100 * measured->share);
}

/* What is done once before the first step, where the configuration asks for it. */
static sep_status time_registration(const sep_survey *survey, sep_plan_choices *choices, sep_measured *measured)
{
    sep_options *options;
    sep_train_config config;
    char duration[SEP_DURATION_TEXT];

    sep_status status = read_choices(survey, choices, &options, &config);
    if (status == SEP_OK)
        status = sep_measure_registration(survey, &config, measured);
    sep_options_destroy(options);
    if (status != SEP_OK || measured->registering == 0)
        return status;
    const char *reason = sep_arena_format(
        choices->arena,
        "With so few labelled cases it helps to register them with all others, which takes about %s before the first "
        "step (on ACDC with one labelled case it was worth 10 points of Dice and more).",
        sep_duration_text(fmax(measured->registering, 1), duration));
    return reason != NULL ? sep_choose_again(choices, "data.registered", "auto", reason) : SEP_ERR_MEMORY;
}

sep_status sep_measure_steps(const sep_plan_request *request, const sep_survey *survey, const sep_facts *facts,
                             sep_device *device, sep_plan_choices *choices, sep_measured *measured)
{
    *measured = (sep_measured){.scans = scan_bytes(survey), .threads = sep_thread_count(request->threads), .share = 1};
    sep_log(SEP_LOG_INFO, "timing %d steps of the chosen configuration", TIMED_STEPS);
    return settle_batch(request, survey, facts, device, choices, measured);
}

sep_status sep_settle_length(const sep_plan_request *request, const sep_survey *survey, const sep_facts *facts,
                             sep_plan_choices *choices, sep_measured *measured)
{
    warn_where_busy(measured);
    SEP_TRY(time_registration(survey, choices, measured));
    SEP_TRY(settle_memory(choices, measured));
    return sep_choose_length(request, facts, measured, choices);
}
