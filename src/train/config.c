/* The settings of a training run, read from an option file. */
#include "septum/train.h"

#include <stdio.h>
#include <string.h>

typedef struct section {
    sep_options *options;
    char name[32];
    char key[96];
} section;

/* "student_0.<key>" */
static const char *key_of(section *s, const char *key)
{
    snprintf(s->key, sizeof s->key, "%s.%s", s->name, key);
    return s->key;
}

static sep_status read_float(section *s, const char *key, float fallback, double high, float *value)
{
    double wide;

    SEP_TRY(sep_options_float(s->options, key_of(s, key), (double)fallback, 0.0, high, &wide));
    *value = (float)wide;
    return SEP_OK;
}

static sep_status read_net(section *s, const sep_batch_config *batch, int classes, sep_net_spec *spec)
{
    const char *names[64];
    int count = 0, chosen;

    for (; sep_nets[count] != NULL && count < 64; count++)
        names[count] = sep_nets[count]->name;
    SEP_TRY(sep_options_choice(s->options, key_of(s, "net"), "u-net", names, count, &chosen));
    *spec = (sep_net_spec){.net = sep_nets[chosen], .classes = classes, .height = batch->height, .width = batch->width};
    return sep_settings_read(s->options, s->name, spec->net->settings, &spec->options);
}

/* The values of `fallback` where it is of the kind that is asked for, else that kind's own. */
static sep_status read_optimiser(section *s, const sep_optimiser *fallback, sep_optimiser *optimiser)
{
    static const char *const kinds[] = {"sgd", "adam", "adamw"};
    int kind;

    SEP_TRY(sep_options_choice(s->options, key_of(s, "optimiser"), kinds[fallback->kind], kinds, 3, &kind));
    *optimiser = *fallback;
    if (kind != (int)fallback->kind) {
        *optimiser = sep_optimiser_default((sep_optimiser_kind)kind);
        optimiser->decay = fallback->decay;
    }
    SEP_TRY(read_float(s, "momentum", optimiser->momentum, 1.0, &optimiser->momentum));
    SEP_TRY(read_float(s, "beta1", optimiser->beta1, 1.0, &optimiser->beta1));
    SEP_TRY(read_float(s, "beta2", optimiser->beta2, 1.0, &optimiser->beta2));
    SEP_TRY(read_float(s, "epsilon", optimiser->epsilon, 1.0, &optimiser->epsilon));
    SEP_TRY(read_float(s, "weight_decay", optimiser->decay, 1.0, &optimiser->decay));
    return read_float(s, "clip", optimiser->clip, 1e9, &optimiser->clip);
}

static sep_status read_schedule(section *s, const sep_schedule *fallback, sep_schedule *schedule)
{
    static const char *const decays[] = {"poly", "constant"};
    const int64_t far = INT64_C(1) << 40;
    int decay;

    SEP_TRY(sep_options_float(s->options, key_of(s, "learning_rate"), fallback->rate, 0.0, 1e3, &schedule->rate));
    SEP_TRY(sep_options_choice(s->options, key_of(s, "schedule"), decays[fallback->decay], decays, 2, &decay));
    schedule->decay = (sep_decay)decay;
    SEP_TRY(sep_options_float(s->options, key_of(s, "power"), fallback->power, 0.0, 100.0, &schedule->power));
    SEP_TRY(sep_options_int(s->options, key_of(s, "warm_up"), fallback->warm_up, 0, far, &schedule->warm_up));
    return sep_options_float(s->options, key_of(s, "warm_up_start"), fallback->warm_up_start, 0.0, 1.0,
                             &schedule->warm_up_start);
}

static sep_status read_student(sep_options *options, int index, const sep_train_config *config,
                               sep_student_config *student)
{
    const sep_schedule schedule = {.rate = 5e-4, .decay = SEP_DECAY_POLY, .power = 0.9, .warm_up_start = 1e-3};
    sep_optimiser optimiser = sep_optimiser_default(SEP_ADAMW);
    section s = {.options = options};

    optimiser.decay = 5e-4f;
    snprintf(s.name, sizeof s.name, "student_%d", index);
    SEP_TRY(read_net(&s, &config->batch, config->data.classes, &student->net));
    SEP_TRY(read_optimiser(&s, &optimiser, &student->optimiser));
    return read_schedule(&s, &schedule, &student->schedule);
}

static void name_heads(sep_train_config *config)
{
    int count = 0;

    for (; config->method->head[count] != NULL; count++)
        config->head_name[count] = config->method->head[count];
    if (config->contrast.contrast != NULL && count < SEP_MAX_HEADS)
        config->head_name[count] = SEP_PROJECTOR;
}

static sep_status read_heads(sep_options *options, sep_train_config *config)
{
    section s = {.options = options};

    name_heads(config);
    for (int i = 0; config->head_name[i] != NULL; i++) {
        sep_schedule schedule = config->student[0].schedule;
        if (config->method->head_rate[i] > 0.0)
            schedule.rate = config->method->head_rate[i];
        snprintf(s.name, sizeof s.name, "%s", config->head_name[i]);
        SEP_TRY(read_optimiser(&s, &config->student[0].optimiser, &config->head[i].optimiser));
        SEP_TRY(read_schedule(&s, &schedule, &config->head[i].schedule));
    }
    return SEP_OK;
}

static sep_status read_contrast(sep_options *options, bool faithful, sep_train_config *config)
{
    const sep_method *method = config->method;

    SEP_TRY(sep_contrast_settings_read(options, method->contrast, faithful, &config->contrast));
    if (config->contrast.contrast != NULL && !method->compares)
        return sep_fail(SEP_ERR_ARGUMENT, "train.contrast = %s: method '%s' compares no feature maps",
                        config->contrast.contrast->name, method->name);
    return SEP_OK;
}

static sep_status read_registered(sep_options *options, sep_train_config *config)
{
    const sep_method *method = config->method;

    SEP_TRY(sep_registered_settings_read(options, method->registered, &config->registered));
    if (config->registered.used && !method->compares && !method->takes_registered)
        return sep_fail(
            SEP_ERR_ARGUMENT,
            "train.registered = yes: method '%s' has no predictions of unlabelled slices to learn from them",
            method->name);
    return SEP_OK;
}

static sep_status read_method(sep_options *options, bool faithful, sep_train_config *config)
{
    const char *names[64];
    int count = 0, chosen;

    while (sep_methods[count] != NULL && count < 64) {
        names[count] = sep_methods[count]->name;
        count++;
    }
    SEP_TRY(sep_options_choice(options, "train.method", "supervised", names, count, &chosen));
    config->method = sep_methods[chosen];
    int64_t students;
    SEP_TRY(sep_options_int(options, "train.students", config->method->students_low, config->method->students_low,
                            config->method->students_high, &students));
    config->students = (int)students;
    if (faithful)
        SEP_TRY(sep_settings_take_quirks(options, config->method->name, config->method->settings));
    SEP_TRY(sep_settings_read(options, config->method->name, config->method->settings, &config->method_options));
    SEP_TRY(read_registered(options, config));
    return read_contrast(options, faithful, config);
}

/* A method that learns from labelled images alone is one from end to end. */
static sep_status read_warm_start(section *s, sep_train_config *config)
{
    const sep_method *method = config->method;

    SEP_TRY(read_float(s, "warm_start", 0.0f, 0.9, &config->warm_start));
    if (config->warm_start > 0.0f && method->stages > 1)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "train.warm_start: method '%s' has stages of its own, and says in [%s] how long each is",
                        method->name, method->name);
    if (!sep_method_takes_warm_start(method))
        config->warm_start = 0.0f;
    return SEP_OK;
}

static sep_status read_loss(sep_options *options, sep_train_config *config)
{
    SEP_TRY(sep_loss_settings_read(options, &config->loss));
    if (!config->method->learns_mixtures || config->loss.loss == sep_losses[0])
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "train.loss = %s: method '%s' learns mixtures of label maps, by %s alone",
                    config->loss.loss->name, config->method->name, sep_losses[0]->name);
}

static sep_status read_batch(sep_options *options, sep_train_config *config)
{
    int64_t labelled, unlabelled;
    bool both = config->method->uses_unlabelled;

    SEP_TRY(sep_batch_config_read(options, config->seed, &config->batch));
    SEP_TRY(sep_options_int(options, "train.labelled_batch", 4, 1, 4096, &labelled));
    SEP_TRY(sep_options_int(options, "train.unlabelled_batch", 4, 0, 4096, &unlabelled));
    config->batch.labelled_batch = (int)labelled;
    config->batch.unlabelled_batch = both ? (int)unlabelled : 0;
    return SEP_OK;
}

/* A run that registers nothing shall not record how it would. */
static sep_status read_registration(sep_options *options, sep_train_config *config)
{
    bool given = config->data.registers;
    const char *key, *value;

    for (const void *place = NULL; sep_options_next(options, &place, &key, &value);)
        given = given || strncmp(key, "registration.", 13) == 0;
    if (!given)
        return SEP_OK;
    return sep_settings_read(options, "registration", sep_propagation_table, &config->registration);
}

static sep_status read_pseudo_labels(sep_options *options, sep_train_config *config)
{
    int64_t cases;

    SEP_TRY(sep_options_int(options, "train.pseudo_labels", 0, 0, INT64_C(1) << 31, &config->pseudo_labels));
    SEP_TRY(sep_options_int(options, "train.pseudo_label_cases", 10, 0, INT32_MAX, &cases));
    config->pseudo_label_cases = (int)cases;
    return sep_options_float(options, "train.pseudo_label_confidence", 0.9, 0.0, 1.0, &config->pseudo_label_confidence);
}

/* A run that starts as the seed says shall not record from what else it would. */
static sep_status read_init(sep_options *options, sep_train_config *config)
{
    SEP_TRY(sep_options_string(options, "train.init", NULL, &config->init));
    return config->init != NULL ? sep_options_bool(options, "train.init_average", false, &config->init_average)
                                : SEP_OK;
}

sep_status sep_train_config_read(sep_options *options, sep_train_config *config)
{
    static const char *const ramps[] = {"linear", "staircase"}, *const statistics[] = {"joint", "separate"};
    static const char *const validated[] = {"each", "mean", "all"};
    section s = {.options = options, .name = "train"};
    const int64_t far = INT64_C(1) << 31;
    int64_t seed;
    int ramp, chosen;
    bool faithful;

    *config = (sep_train_config){0};
    SEP_TRY(sep_options_int(options, "train.seed", 1337, 0, far, &seed));
    config->seed = (uint64_t)seed;
    SEP_TRY(sep_options_bool(options, "train.faithful", false, &faithful));
    SEP_TRY(read_method(options, faithful, config));
    SEP_TRY(sep_options_int(options, "train.iterations", 3000, 1, far, &config->iterations));
    SEP_TRY(sep_options_int(options, "train.validate_every", 200, 0, far, &config->validate_every));
    SEP_TRY(sep_options_int(options, "train.checkpoint_every", 200, 1, far, &config->checkpoint_every));
    SEP_TRY(sep_options_int(options, "train.log_every", 10, 1, far, &config->log_every));
    SEP_TRY(sep_options_bool(options, "train.decide", false, &config->decide));
    SEP_TRY(sep_options_bool(options, "train.decide_symmetries", true, &config->decide_symmetries));
    SEP_TRY(read_init(options, config));
    SEP_TRY(read_pseudo_labels(options, config));
    SEP_TRY(read_loss(options, config));
    SEP_TRY(read_float(&s, "cross_entropy_weight", 0.5f, 1.0, &config->cross_entropy_weight));
    SEP_TRY(read_float(&s, "consistency_weight", SEP_CONSISTENCY_WEIGHT, 1e6, &config->consistency_weight));
    SEP_TRY(read_float(&s, "ema", 0.0f, 1.0, &config->ema));
    SEP_TRY(read_warm_start(&s, config));
    SEP_TRY(sep_options_choice(options, "train.validate", validated[config->method->answers_by_mean], validated, 3,
                               &chosen));
    config->validated = (sep_validated)chosen;
    SEP_TRY(sep_options_choice(options, "train.ramp", ramps[faithful], ramps, 2, &ramp));
    config->ramp = (sep_ramp)ramp;
    SEP_TRY(sep_options_choice(options, "train.batch_statistics", "joint", statistics, 2, &chosen));
    config->statistics = (sep_batch_statistics)chosen;
    SEP_TRY(sep_data_config_read(options, config->seed, &config->data));
    SEP_TRY(read_registration(options, config));
    SEP_TRY(read_batch(options, config));
    for (int i = 0; i < config->students; i++)
        SEP_TRY(read_student(options, i, config, &config->student[i]));
    SEP_TRY(read_heads(options, config));
    return sep_options_check_unknown(options);
}
