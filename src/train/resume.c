/* Whether a run may go on from a checkpoint. What shapes it is compared by what it comes to (networks, classes, scans)
 * where the checkpoint says that, and by the text of the settings elsewhere. */
#include "train/resume.h"

#include "base/options_store.h"
#include "train/answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what a run is ----------------------------------------------------------------------------------------------- */

static void add_scan(sep_scan_set *set, const sep_scan *scan)
{
    const int size[3] = {scan->image.depth, scan->image.height, scan->image.width};

    if (set->scans == 0)
        set->hash = SEP_HASH_START;
    set->scans++;
    set->hash = sep_hash(set->hash, scan->name, strlen(scan->name) + 1);
    set->hash = sep_hash(set->hash, size, sizeof size);
    if (scan->label_source != NULL)
        set->hash = sep_hash(set->hash, scan->label_source, strlen(scan->label_source) + 1);
    if (scan->label_key != 0)
        set->hash = sep_hash(set->hash, &scan->label_key, sizeof scan->label_key);
}

/* What is drawn anew in them is another thing to learn. */
static void add_labels(sep_scan_set *set, const sep_labels *map)
{
    const uint64_t hash = sep_labels_hash(map);

    set->labels = sep_hash(set->labels == 0 ? SEP_HASH_START : set->labels, &hash, sizeof hash);
}

static void describe_scans(const sep_dataset *dataset, sep_model_info *info)
{
    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *scan = &dataset->scan[i];

        add_scan(scan->labelled ? &info->labelled : &info->unlabelled, scan);
        if (scan->labelled)
            add_labels(&info->labelled, &scan->label);
    }
    for (int i = 0; i < dataset->validation; i++)
        add_scan(&info->validation, &dataset->scan[dataset->training + i]);
}

sep_status sep_run_describe(const sep_train_config *config, const sep_step *step, const sep_dataset *dataset,
                            const char *settings, sep_model_info *info)
{
    *info = (sep_model_info){.students = config->students,
                             .averages = config->ema > 0.0f,
                             .intensity = config->data.intensity,
                             .image_zoom = config->batch.image_zoom,
                             .view = config->batch.view,
                             .spacing = {config->data.spacing[0], config->data.spacing[1]},
                             .orientation = dataset->orientation,
                             .slice_axis = dataset->slice_axis,
                             .best = sep_answer_unvalidated(config),
                             .best_dice = -1.0,
                             .validated = -1,
                             .knows_run = true,
                             .seed = config->seed};
    for (int i = 0; i < info->students; i++)
        info->spec[i] = step->spec[i];
    describe_scans(dataset, info);
    info->method = sep_strdup(config->method->name);
    info->settings = sep_strdup(settings != NULL ? settings : "");
    if (info->method == NULL || info->settings == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->classes; i++)
        SEP_TRY(sep_strings_add(&info->class_names, dataset->class_name[i]));
    for (int i = 0; i < dataset->channel_names.count; i++)
        SEP_TRY(sep_strings_add(&info->channel_names, dataset->channel_names.item[i]));
    return SEP_OK;
}

/* ---- differences ------------------------------------------------------------------------------------------------- */

typedef enum change {
    CHANGE_NEVER,     /* another run */
    CHANGE_IF_WANTED, /* the same run under other conditions */
    CHANGE_FREELY,    /* of no consequence for what is learned, or compared by what it comes to */
} change;

typedef struct comparison {
    const char *path;
    const sep_model_info *saved, *now;
    const sep_strings *accepted;
    const char *section; /* whose settings are compared; NULL: all */
} comparison;

static bool is_accepted(const comparison *c, const char *key)
{
    for (int i = 0; c->accepted != NULL && i < c->accepted->count; i++)
        if (strcmp(c->accepted->item[i], key) == 0)
            return true;
    return false;
}

static sep_status differ(const comparison *c, change allowed, const char *key, const char *was, const char *is)
{
    if (allowed == CHANGE_NEVER)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: %s was %s, is %s: a run can't go on with that; set it back, or train into another folder",
                        c->path, key, was, is);
    if (!is_accepted(c, key))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: %s was %s, is %s: set it back, or go on with the change by --change %s",
                        c->path, key, was, is, key);
    sep_log(SEP_LOG_INFO, "%s: %s was %s, is %s from iteration %" PRId64 " on", c->path, key, was, is,
            c->saved->iteration);
    return SEP_OK;
}

static sep_status compare_text(const comparison *c, change allowed, const char *key, const char *was, const char *is)
{
    return strcmp(was, is) == 0 ? SEP_OK : differ(c, allowed, key, was, is);
}

static sep_status compare_number(const comparison *c, const char *key, double was, double is)
{
    char first[32], second[32];

    if (was == is)
        return SEP_OK;
    snprintf(first, sizeof first, "%.10g", was);
    snprintf(second, sizeof second, "%.10g", is);
    return differ(c, CHANGE_NEVER, key, first, second);
}

/* ---- what the checkpoint says of itself -------------------------------------------------------------------------- */

static sep_status compare_student(const comparison *c, int index)
{
    const sep_net_spec *was = &c->saved->spec[index], *is = &c->now->spec[index];
    char key[64], first[SEP_SETTING_TEXT], second[SEP_SETTING_TEXT];

    snprintf(key, sizeof key, "student_%d.net", index);
    SEP_TRY(compare_text(c, CHANGE_NEVER, key, was->net->name, is->net->name));
    for (const sep_setting *s = is->net->settings; s != NULL && s->name != NULL; s++) {
        snprintf(key, sizeof key, "student_%d.%s", index, s->name);
        SEP_TRY(compare_text(c, CHANGE_NEVER, key, sep_setting_text(s, sep_setting_get(s, &was->options), first),
                             sep_setting_text(s, sep_setting_get(s, &is->options), second)));
    }
    return SEP_OK;
}

/* "1.5 x 1.25 mm" */
static const char *spacing_text(const float spacing[2], char text[SEP_SETTING_TEXT])
{
    if (!(spacing[0] > 0.0f))
        return "as stored";
    snprintf(text, SEP_SETTING_TEXT, "%.10g x %.10g mm", (double)spacing[0], (double)spacing[1]);
    return text;
}

static sep_status compare_slices(const comparison *c)
{
    static const char *const views[] = {"whole", "window"};
    char first[SEP_SETTING_TEXT], second[SEP_SETTING_TEXT];

    SEP_TRY(compare_text(c, CHANGE_NEVER, "data.view", views[c->saved->view], views[c->now->view]));
    return compare_text(c, CHANGE_NEVER, "data.spacing", spacing_text(c->saved->spacing, first),
                        spacing_text(c->now->spacing, second));
}

static sep_status compare_intensity(const comparison *c, int channel)
{
    const sep_intensity *was = sep_intensity_of(&c->saved->intensity, channel);
    const sep_intensity *is = sep_intensity_of(&c->now->intensity, channel);

    SEP_TRY(
        compare_text(c, CHANGE_NEVER, "data.intensity", sep_intensity_names[was->kind], sep_intensity_names[is->kind]));
    if (is->kind != SEP_INTENSITY_WINDOW)
        return SEP_OK;
    SEP_TRY(compare_number(c, "data.window_low", (double)was->low, (double)is->low));
    return compare_number(c, "data.window_high", (double)was->high, (double)is->high);
}

static sep_status compare_input(const comparison *c)
{
    static const char *const zooms[] = {"nearest", "cubic", "linear"};
    const sep_model_info *was = c->saved, *is = c->now;
    char key[32];

    SEP_TRY(compare_number(c, "data.patch_height", was->spec[0].height, is->spec[0].height));
    SEP_TRY(compare_number(c, "data.patch_width", was->spec[0].width, is->spec[0].width));
    SEP_TRY(compare_slices(c));
    SEP_TRY(compare_text(c, CHANGE_NEVER, "data.image_zoom", zooms[was->image_zoom], zooms[is->image_zoom]));
    SEP_TRY(compare_number(c, "data.channels", was->spec[0].channels, is->spec[0].channels));
    for (int i = 0; i < is->spec[0].channels; i++)
        SEP_TRY(compare_intensity(c, i));
    SEP_TRY(compare_number(c, "data.classes", was->spec[0].classes, is->spec[0].classes));
    for (int i = 0; i < is->class_names.count; i++) {
        snprintf(key, sizeof key, "the name of class %d", i);
        SEP_TRY(compare_text(c, CHANGE_NEVER, key, was->class_names.item[i], is->class_names.item[i]));
    }
    return SEP_OK;
}

bool sep_scan_sets_are_same(const sep_scan_set *a, const sep_scan_set *b)
{
    return a->scans == b->scans && a->hash == b->hash;
}

static sep_status compare_scans(const comparison *c, change allowed, const char *key, const sep_scan_set *was,
                                const sep_scan_set *is)
{
    char first[64], second[64];

    if (sep_scan_sets_are_same(was, is))
        return SEP_OK;
    snprintf(first, sizeof first, "%d scans", was->scans);
    snprintf(second, sizeof second, "%d%s scans", is->scans, was->scans == is->scans ? " other" : "");
    return differ(c, allowed, key, first, second);
}

/* Checkpoints of earlier versions don't know what was drawn. */
static sep_status compare_labels(const comparison *c)
{
    const uint64_t was = c->saved->labelled.labels, is = c->now->labelled.labels;

    return was == 0 || is == 0 || was == is
               ? SEP_OK
               : differ(c, CHANGE_IF_WANTED, "data.labels", "as the run began", "drawn anew");
}

static sep_status compare_run(const comparison *c)
{
    const sep_model_info *was = c->saved, *is = c->now;

    if (!was->knows_run)
        return SEP_OK;
    SEP_TRY(compare_number(c, "train.seed", (double)was->seed, (double)is->seed));
    SEP_TRY(compare_scans(c, CHANGE_NEVER, "labelled data", &was->labelled, &is->labelled));
    SEP_TRY(compare_labels(c));
    SEP_TRY(compare_scans(c, CHANGE_NEVER, "unlabelled data", &was->unlabelled, &is->unlabelled));
    return compare_scans(c, CHANGE_IF_WANTED, "data.validation", &was->validation, &is->validation);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

typedef struct rule {
    change allowed;
    bool known_from_scans; /* where the checkpoint says which scans it was trained on, these are compared instead */
    const char *keys;      /* " a.b c.d ", a student's without its number; all that no rule names never change */
} rule;

static const rule rules[] = {
    /* compared above by what they come to */
    {CHANGE_FREELY, false,
     " train.method train.students student.net data.classes data.patch_size data.patch_height data.patch_width "
     "data.view data.spacing data.image_zoom data.channels data.intensity data.window_low data.window_high "},
    /* where things lie, how often something is kept or said */
    {CHANGE_FREELY, false,
     " data.folder data.registered data.shown_channel data.test_list data.loader_threads data.memory train.validate "
     "train.validate_every "
     "train.checkpoint_every train.decide train.decide_symmetries "
     "train.log_every train.pseudo_labels train.pseudo_label_cases train.pseudo_label_confidence "},
    /* which scans */
    {CHANGE_NEVER, true, " data.train_list data.labelled_list data.labelled_cases data.group_separator "},
    {CHANGE_IF_WANTED, true, " data.validation_list data.validation_count data.validation_fraction "},
    /* how it goes on */
    {CHANGE_IF_WANTED, false,
     " data.format data.augmentation data.labels data.validation data.validation_label_name data.registrations "
     "train.iterations train.registered "
     "train.labelled_batch train.unlabelled_batch train.loss train.cross_entropy_weight train.consistency_weight "
     "train.ema train.ramp train.batch_statistics student.learning_rate "
     "student.schedule student.power student.warm_up student.warm_up_start student.weight_decay student.momentum "
     "student.beta1 student.beta2 student.epsilon student.clip "},
};

/* Compared above too. */
static bool is_setting_of_a_net(const char *key)
{
    for (int i = 0; sep_nets[i] != NULL; i++)
        for (const sep_setting *s = sep_nets[i]->settings; s != NULL && s->name != NULL; s++)
            if (strcmp(key, s->name) == 0)
                return true;
    return false;
}

static bool is_in_section(const char *key, const char *name)
{
    size_t length = strlen(name);

    return strncmp(key, name, length) == 0 && key[length] == '.';
}

/* "focal.gamma" */
static bool is_setting_of_a_loss(const char *key)
{
    for (int i = 0; sep_losses[i] != NULL; i++)
        if (is_in_section(key, sep_losses[i]->name))
            return true;
    return false;
}

static change change_of(const char *key, bool knows_scans)
{
    const char *student = strncmp(key, "student_", 8) == 0 ? strchr(key, '.') : NULL;
    if (student != NULL && is_setting_of_a_net(student + 1))
        return CHANGE_FREELY;
    if (strncmp(key, "augmentation.", 13) == 0) /* what is drawn, as whether it is drawn */
        key = "data.augmentation";
    if (is_setting_of_a_loss(key)) /* as which one it is */
        key = "train.loss";
    if (is_in_section(key, "registered"))
        key = "train.registered";
    char word[128];

    snprintf(word, sizeof word, " %s%s ", student != NULL ? "student" : "", student != NULL ? student : key);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strstr(rules[i].keys, word) != NULL)
            return rules[i].known_from_scans && knows_scans ? CHANGE_FREELY : rules[i].allowed;
    return CHANGE_NEVER;
}

/* The memory of maps holds what slots of batches showed, and where: other batches and another augmentation would be
 * taken for those. */
static bool moves_memories(const sep_options *settings, const char *key)
{
    const sep_option *contrast = sep_option_find(settings, "train.contrast");

    return contrast != NULL && strcmp(contrast->value, "cct-r") == 0 &&
           (strcmp(key, "train.labelled_batch") == 0 || strcmp(key, "train.unlabelled_batch") == 0 ||
            strcmp(key, "data.augmentation") == 0 || is_in_section(key, "augmentation"));
}

/* A setting that one side does not have was not known to the version that wrote it, or not given. */
static sep_status compare_settings(const comparison *c, const sep_options *was, const sep_options *is)
{
    for (const sep_option *option = is->first; option; option = option->next) {
        const sep_option *before = sep_option_find(was, option->key);
        change allowed = moves_memories(is, option->key) ? CHANGE_NEVER : change_of(option->key, c->saved->knows_run);
        bool compared = c->section == NULL || is_in_section(option->key, c->section);
        if (before && compared && allowed != CHANGE_FREELY && !sep_option_same_value(before->value, option->value))
            SEP_TRY(differ(c, allowed, option->key, before->value, option->value));
    }
    return SEP_OK;
}

static sep_status read_settings(const char *name, const char *text, sep_options **options)
{
    *options = sep_options_create();
    return *options != NULL ? sep_options_load_text(*options, name, text) : SEP_ERR_MEMORY;
}

static sep_status compare_texts(const comparison *c)
{
    sep_options *was = NULL, *is = NULL;

    sep_status status = read_settings("the settings in the checkpoint", c->saved->settings, &was);
    if (status == SEP_OK)
        status = read_settings("the settings of this run", c->now->settings, &is);
    if (status == SEP_OK)
        status = compare_settings(c, was, is);
    sep_options_destroy(was);
    sep_options_destroy(is);
    return status;
}

static const char *with_or_without(const sep_model_info *info)
{
    return info->averages ? "with averages" : "without";
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static sep_status check_accepted(const sep_strings *accepted)
{
    for (int i = 0; accepted != NULL && i < accepted->count; i++) {
        const char *key = accepted->item[i];
        if (change_of(key, false) == CHANGE_NEVER)
            return sep_fail(SEP_ERR_ARGUMENT, "--change %s: no setting of that name can change within a run", key);
    }
    return SEP_OK;
}

sep_status sep_run_compare(const char *path, const sep_model_info *saved, const sep_model_info *now,
                           const sep_strings *accepted)
{
    comparison c = {.path = path, .saved = saved, .now = now, .accepted = accepted};

    SEP_TRY(check_accepted(accepted));
    SEP_TRY(compare_text(&c, CHANGE_NEVER, "train.method", saved->method, now->method));
    SEP_TRY(compare_number(&c, "train.students", saved->students, now->students));
    SEP_TRY(compare_text(&c, CHANGE_NEVER, "train.ema", with_or_without(saved), with_or_without(now)));
    for (int i = 0; i < now->students; i++)
        SEP_TRY(compare_student(&c, i));
    SEP_TRY(compare_input(&c));
    SEP_TRY(compare_run(&c));
    return compare_texts(&c);
}

sep_status sep_run_compare_section(const char *path, const sep_model_info *saved, const char *settings,
                                   const char *section)
{
    const sep_model_info now = {.settings = (char *)(uintptr_t)settings};
    const comparison c = {.path = path, .saved = saved, .now = &now, .section = section};

    return compare_texts(&c);
}
