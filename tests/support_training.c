/* Runs of a method on small phantoms, and what each must hold. */
#include "support_training.h"

#include "septum/model.h"
#include "septum/process.h"
#include "support.h"
#include "support_opencl.h"
#include "support_scratch.h"

#include <stdio.h>

enum { TRAINING = 4, LABELLED = 2, VALIDATION = 1 };

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

static const char common[] = "[data]\nfolder = none\npatch_size = 32\n"
                             "[train]\niterations = 8\nlabelled_batch = 2\nunlabelled_batch = 2\nvalidate_every = 4\n"
                             "checkpoint_every = 100\nlog_every = 1\nseed = 9\nconsistency_weight = 1\n"
                             "[student_0]\nbase = 4\n";

static void add_channels(int channels, sep_volume *image)
{
    const size_t voxels = sep_volume_voxels(image);
    sep_volume all;

    MUST(sep_volume_create_channels(&all, channels, image->depth, image->height, image->width));
    sep_volume_take_geometry(&all, image);
    for (size_t i = 0; i < (size_t)channels * voxels; i++)
        all.data[i] = i < voxels ? image->data[i] : 2.0f * all.data[i - voxels];
    sep_volume_free(image);
    *image = all;
}

sep_dataset *support_phantoms(void)
{
    return support_phantoms_of(1);
}

sep_dataset *support_phantoms_of(int channels)
{
    sep_phantom_config config = {.size = 32, .slices = 3, .seed = 3};
    sep_volume image[TRAINING + VALIDATION];
    sep_labels label[TRAINING + VALIDATION];
    sep_dataset *dataset;

    for (int i = 0; i < TRAINING + VALIDATION; i++) {
        MUST(sep_phantom_cardiac(&config, i, SEP_END_DIASTOLE, &image[i], &label[i]));
        if (channels > 1)
            add_channels(channels, &image[i]);
        if (i >= LABELLED && i < TRAINING)
            sep_labels_free(&label[i]);
    }
    MUST(sep_dataset_from_memory(SUPPORT_CLASSES, image, label, TRAINING, VALIDATION, &dataset));
    return dataset;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

void support_training_configure(support_training *r, const sep_dataset *dataset, const char *method,
                                const char *settings)
{
    char text[64];

    *r = (support_training){.dataset = dataset, .options = sep_options_create()};
    snprintf(text, sizeof text, "[train]\nmethod = %s\n", method);
    MUST(sep_options_load_text(r->options, "common", common));
    MUST(sep_options_load_text(r->options, "name", text));
    MUST(sep_options_load_text(r->options, "settings", settings));
    MUST(sep_train_config_read(r->options, &r->config));
}

static uint64_t train(const support_training *r, sep_device *device, const char *out, bool resume)
{
    sep_train_result result = {0};

    MUST(sep_train(&r->config, r->dataset, device, out, NULL, resume, &result));
    return result.hash;
}

static uint64_t train_on_table(const support_training *r, const char *table, int threads)
{
    sep_device *device;

    MUST(sep_cpu_create(threads, table, &device));
    uint64_t hash = train(r, device, NULL, false);
    sep_device_destroy(device);
    return hash;
}

/* ---- devices that do something in the middle of a step ------------------------------------------------------------
 */

static sep_status (*plain_run)(sep_device *device, const sep_call *call, const sep_step_info *step);

sep_status support_plain_run(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    return plain_run(device, call, step);
}

sep_status support_train_through(const support_training *r, const char *out, bool resume, support_device_run *run)
{
    sep_train_result result;
    sep_device *device;

    MUST(sep_cpu_create(1, NULL, &device));
    const sep_backend *own = device->backend;
    sep_backend other = *own;
    plain_run = own->run;
    other.run = run;
    device->backend = &other;
    sep_status status = sep_train(&r->config, r->dataset, device, out, NULL, resume, &result);
    device->backend = own;
    sep_device_destroy(device);
    return status;
}

/* Asks to stop in a step, which is then finished, saved and left. */
static int64_t last_step;

static sep_status run_and_stop(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    if (step->iteration == last_step)
        sep_stop_request();
    return support_plain_run(device, call, step);
}

static void train_until_broken_off(const support_training *r, const char *out, bool resume, int64_t step)
{
    last_step = step;
    assert_int_equal(support_train_through(r, out, resume, run_and_stop), SEP_ERR_INTERRUPTED);
    sep_stop_clear();
}

static uint64_t train_on(const support_training *r, const char *out)
{
    sep_device *device;

    MUST(sep_cpu_create(2, NULL, &device));
    uint64_t hash = train(r, device, out, true);
    sep_device_destroy(device);
    return hash;
}

/* ---- what each must hold ----------------------------------------------------------------------------------------- */

static void check_tables(const support_training *r, uint64_t hash)
{
    const char *tables[4];
    sep_device *const *devices;

    for (int i = 0, count = support_tables(tables); i < count; i++)
        assert_true(train_on_table(r, tables[i], 1 + i % 2) == hash);
    if (support_opencl_devices(&devices) > 0)
        assert_true(train(r, devices[0], NULL, false) == hash);
}

/* With the networks that validation chose. */
static void check_prediction(const support_training *r, const char *path)
{
    sep_device *device;
    sep_model *model;
    sep_labels labels;

    MUST(sep_cpu_create(1, NULL, &device));
    MUST(sep_model_load(path, device, &model));
    const sep_model_info *info = sep_model_get_info(model);
    const sep_segment_options options = {.answer = info->best};
    assert_true(info->averages == (r->config.ema > 0.0f));
    assert_true(info->best_dice >= 0.0);
    MUST(sep_model_segment(model, &r->dataset->scan[TRAINING].image, &options, &labels, NULL));
    sep_labels_free(&labels);
    sep_model_destroy(model);
    sep_device_destroy(device);
}

uint64_t support_train_in_pieces(const support_training *r, const char *name, const int64_t *broken_off)
{
    const char *out = scratch_path(name);

    for (int i = 0; broken_off[i] >= 0; i++)
        train_until_broken_off(r, out, i > 0, broken_off[i]);
    return train_on(r, out);
}

void support_check_method(const support_training *r, const char *name, const int64_t *broken_off)
{
    char checkpoint[64];
    uint64_t hash = support_train_in_pieces(r, name, broken_off);

    snprintf(checkpoint, sizeof checkpoint, "%s/best.safetensors", name);
    check_tables(r, hash);
    check_prediction(r, scratch_path(checkpoint));
}
