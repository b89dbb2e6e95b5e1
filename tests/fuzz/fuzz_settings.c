/* What the settings of a run mean: whatever an option file says, either an error or a configuration that lies within
 * its bounds, whose networks can be built or are refused. */
#include "septum/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Networks beyond these sizes take too long for a run of a fuzzer, and the others long enough for one in so many. */
enum { MOST_PIXELS = 64 * 64, MOST_CHANNELS = 16, MOST_BLOCKS = 4, MOST_SAMPLES = 16, CLASSES = 3, ONE_IN = 8 };

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_student(const sep_student_config *student, int64_t iterations)
{
    const int64_t moments[] = {0, 1, iterations / 2, iterations - 1};

    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        const double rate = sep_learning_rate(&student->schedule, moments[i], iterations);
        expect(rate >= 0.0 && isfinite(rate));
    }
    expect(isfinite(student->optimiser.epsilon) && isfinite(student->optimiser.clip));
    sep_net_spec net = student->net;
    if (sep_net_complete(&net) != SEP_OK)
        expect(sep_error_text()[0] != '\0');
}

/* 0 where the network has no such setting. */
static double setting_of(const sep_net_spec *spec, const char *name)
{
    for (const sep_setting *s = spec->net->settings; s->name != NULL; s++)
        if (strcmp(s->name, name) == 0)
            return sep_setting_get(s, &spec->options);
    return 0.0;
}

static bool is_small(const sep_train_config *config)
{
    for (int i = 0; i < config->students; i++)
        if (setting_of(&config->student[i].net, "base") > MOST_CHANNELS ||
            setting_of(&config->student[i].net, "blocks") > MOST_BLOCKS)
            return false;
    return config->batch.height * config->batch.width <= MOST_PIXELS &&
           config->batch.labelled_batch + config->batch.unlabelled_batch <= MOST_SAMPLES;
}

/* Builds the training step, but allocates nothing for it. */
static void build(const sep_train_config *config)
{
    sep_memory_plan plan;
    sep_device *device;

    expect(sep_cpu_create(1, NULL, &device) == SEP_OK);
    if (sep_train_memory(config, config->data.classes != 0 ? config->data.classes : CLASSES, device, &plan) != SEP_OK)
        expect(sep_error_text()[0] != '\0');
    sep_device_destroy(device);
}

static void check_data(const sep_data_config *data, const sep_batch_config *batch)
{
    expect(data->folder != NULL && data->classes >= 0 && data->classes <= 256);
    expect(data->validation_fraction >= 0.0 && data->validation_fraction <= 1.0);
    expect(data->intensity.rule[0].low < data->intensity.rule[0].high);
    expect(batch->height >= 1 && batch->width >= 1 && batch->threads >= 0);
    for (uint32_t i = 0; i < 4; i++) {
        const sep_transform drawn =
            sep_transform_draw(batch->augmentation, &(sep_view_id){.seed = batch->seed, .iteration = i});
        expect(drawn.quarter_turns >= 0 && drawn.quarter_turns < 4 && abs(drawn.degrees) <= 20);
    }
}

static void read_settings(sep_options *options, bool builds)
{
    sep_train_config config;

    if (sep_train_config_read(options, &config) != SEP_OK) {
        expect(sep_error_text()[0] != '\0');
        return;
    }
    expect(config.method != NULL && config.students >= 1 && config.students <= SEP_MAX_STUDENTS);
    expect(config.iterations >= 1 && config.checkpoint_every >= 1 && config.log_every >= 1);
    check_data(&config.data, &config.batch);
    for (int i = 0; i < config.students; i++)
        check_student(&config.student[i], config.iterations);
    const float ramp = sep_ramp_value(config.ramp, config.iterations / 2, config.iterations);
    expect(ramp >= 0.0f && ramp <= 1.0f);
    if (builds && is_small(&config))
        build(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = sep_calloc(size + 1, 1);
    sep_options *options = sep_options_create();

    expect(text != NULL && options != NULL);
    memcpy(text, data, size);
    if (sep_options_load_text(options, "input.ini", text) == SEP_OK)
        read_settings(options, size % ONE_IN == 0);
    sep_options_destroy(options);
    sep_free(text);
    return 0;
}
