/* What a run of the chosen configuration takes on this machine: memory by the step's plan, time by some steps. */
#include "plan/choices.h"

#include <math.h>
#include <string.h>

enum { TIMED_STEPS = 6, FEWEST_STEPS = 500, MOST_HALVINGS = 2 };

/* ---- the configuration as training reads it ---------------------------------------------------------------------- */

static sep_status read_choices(const sep_survey *survey, const sep_choices *choices, sep_options *options,
                               sep_train_config *config)
{
    char *text = sep_plan_ini(survey, choices);
    sep_status status = text != NULL ? sep_options_load_text(options, "the plan", text) : SEP_ERR_MEMORY;

    sep_free(text);
    SEP_TRY(status);
    SEP_TRY(sep_train_config_read(options, config));
    if (strcmp(config->data.folder, survey->data.folder) != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: such a name can't stand in an INI file: rename the folder",
                        survey->data.folder);
    return SEP_OK;
}

/* ---- some slices to train on ------------------------------------------------------------------------------------- */

static sep_status copy_slice(const sep_survey *survey, const sep_intensity *intensity, int i, bool with_label,
                             sep_volume *image, sep_labels *label)
{
    const sep_volume *slice = &survey->shown_image[i];
    const sep_labels *map = &survey->shown_label[i];
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;

    SEP_TRY(sep_volume_create(image, 1, slice->height, slice->width));
    sep_volume_take_geometry(image, slice);
    memcpy(image->data, slice->data, pixels * sizeof(float));
    sep_intensity_apply(intensity, image);
    if (!with_label)
        return SEP_OK;
    SEP_TRY(sep_labels_create(label, 1, slice->height, slice->width));
    memcpy(label->data, map->data, pixels);
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
        status =
            copy_slice(survey, &config->data.intensity, i % survey->shown, i < survey->shown, &image[i], &label[i]);
    if (status == SEP_OK)
        status = sep_dataset_from_memory(survey->classes, image, label, count, 0, dataset);
    for (int i = 0; i < count; i++) {
        sep_volume_free(&image[i]);
        sep_labels_free(&label[i]);
    }
    return status;
}

/* ---- time and memory --------------------------------------------------------------------------------------------- */

static sep_status time_steps(const sep_survey *survey, sep_device *device, sep_train_config *config, double *seconds)
{
    sep_dataset *dataset = NULL;
    sep_train_result result;

    config->iterations = TIMED_STEPS;
    config->validate_every = 0;
    SEP_TRY(make_dataset(survey, config, &dataset));
    const sep_status status = sep_train(config, dataset, device, NULL, NULL, false, &result);
    sep_dataset_destroy(dataset);
    *seconds = status == SEP_OK ? result.seconds_per_step : 0;
    return status;
}

static uint64_t scan_bytes(const sep_survey *survey)
{
    uint64_t bytes = 0;

    for (int i = 0; i < survey->scans; i++) {
        const sep_volume *grid = &survey->scan[i].grid;
        const uint64_t voxels = (uint64_t)grid->depth * (uint64_t)grid->height * (uint64_t)grid->width;
        bytes += voxels * (survey->scan[i].use == SEP_USE_UNLABELLED ? 4 : 5);
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

/* Forward is a third of a step; putting maps back and scoring them is about half of that again. */
static double validation_seconds(const sep_survey *survey, const sep_facts *facts, const sep_train_config *config,
                                 double step)
{
    const int samples = config->batch.labelled_batch + config->batch.unlabelled_batch;
    const int answers = config->students * (config->ema > 0 ? 2 : 1);

    return 0.5 * step / samples * survey->slices[SEP_USE_VALIDATION] * patches_of_slice(facts, config) * answers;
}

/* One halving of the batch: its memory and, where that is there, its time. */
static sep_status try_batch(const sep_survey *survey, const sep_facts *facts, sep_device *device,
                            const sep_choices *choices, sep_measured *measured)
{
    sep_options *options = sep_options_create();
    sep_train_config config;
    sep_memory_plan memory = {0};

    sep_status status = options != NULL ? read_choices(survey, choices, options, &config) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = sep_train_memory(&config, survey->classes, device, &memory);
    if (status == SEP_OK) {
        measured->device = memory.total;
        measured->checkpoints = 2 * (memory.parameters + memory.states + memory.optimiser + memory.memory);
        measured->short_of_memory = memory.total + measured->scans > sep_memory_limit();
        if (!measured->short_of_memory)
            status = time_steps(survey, device, &config, &measured->step);
        measured->validation = validation_seconds(survey, facts, &config, measured->step);
    }
    sep_options_destroy(options);
    return status;
}

static const char *batch_reason(const sep_choices *choices, bool memory, bool time, const sep_measured *measured)
{
    char *megabytes = sep_arena_format(choices->arena, "%.0f MiB in the step", (double)measured->device / (1 << 20));
    return sep_arena_format(choices->arena, "%s: %s.", megabytes != NULL ? megabytes : "",
                            memory ? "a larger batch does not fit into memory"
                            : time ? "with a larger batch too few steps would fit into the hours"
                                   : "8 samples in all");
}

sep_status sep_measure(const sep_plan_request *request, const sep_survey *survey, const sep_facts *facts,
                       sep_device *device, sep_choices *choices, sep_measured *measured)
{
    bool memory = false, time = false;

    *measured = (sep_measured){.scans = scan_bytes(survey), .threads = sep_thread_count(request->threads)};
    sep_log(SEP_LOG_INFO, "timing %d steps of the chosen configuration", TIMED_STEPS);
    for (int halvings = 0;; halvings++) {
        SEP_TRY(sep_choose_batch(choices, halvings, "Tried."));
        SEP_TRY(try_batch(survey, facts, device, choices, measured));
        const bool slow = halvings == 0 && measured->step * FEWEST_STEPS > 3600 * request->hours;
        if ((!measured->short_of_memory && !slow) || halvings == MOST_HALVINGS)
            break;
        memory = memory || measured->short_of_memory;
        time = time || slow;
    }
    if (measured->short_of_memory)
        return sep_fail(SEP_ERR_MEMORY,
                        "%s: scans (%.0f MiB) and step (%.0f MiB) do not fit into the memory limit (%.0f MiB): give "
                        "--memory-limit, or fewer scans by --train-list",
                        survey->data.folder, (double)measured->scans / (1 << 20), (double)measured->device / (1 << 20),
                        (double)sep_memory_limit() / (1 << 20));
    SEP_TRY(sep_choose_again(choices, "train.labelled_batch", sep_chosen(choices, "train.labelled_batch"),
                             batch_reason(choices, memory, time, measured)));
    return sep_choose_length(request, facts, measured, choices);
}
