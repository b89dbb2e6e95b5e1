/* Whether a run may go on under today's settings. */
#include "train/resume.h"

#include <stdio.h>
#include <string.h>

uint64_t sep_training_scans_hash(const sep_dataset *dataset)
{
    uint64_t hash = SEP_HASH_START;

    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *scan = &dataset->scan[i];
        unsigned char labelled = scan->labelled;
        hash = sep_hash(hash, scan->name, strlen(scan->name) + 1);
        hash = sep_hash(hash, &labelled, 1);
    }
    return hash != 0 ? hash : 1;
}

/* ---- what the networks and the data are -------------------------------------------------------------------------- */

static sep_status fail_other(const char *path, const char *what, const char *was, const char *is)
{
    return sep_fail(SEP_ERR_ARGUMENT,
                    "%s: %s was %s, is %s: that would be another run; start it in a folder of its own", path, what, was,
                    is);
}

static sep_status check_model(const char *path, const sep_model_info *saved, const sep_model_info *now)
{
    char was[16], is[16];

    if (strcmp(saved->method, now->method) != 0)
        return fail_other(path, "train.method", saved->method, now->method);
    snprintf(was, sizeof was, "%d", saved->students);
    snprintf(is, sizeof is, "%d", now->students);
    if (saved->students != now->students)
        return fail_other(path, "the number of networks", was, is);
    for (int i = 0; i < saved->students; i++)
        if (saved->spec[i].kind != now->spec[i].kind)
            return fail_other(path, "a network", sep_net_name(saved->spec[i].kind), sep_net_name(now->spec[i].kind));
    snprintf(was, sizeof was, "%d", saved->class_names.count);
    snprintf(is, sizeof is, "%d", now->class_names.count);
    if (saved->class_names.count != now->class_names.count)
        return fail_other(path, "the number of classes", was, is);
    for (int i = 0; i < saved->class_names.count; i++)
        if (strcmp(saved->class_names.item[i], now->class_names.item[i]) != 0)
            return fail_other(path, "a class", saved->class_names.item[i], now->class_names.item[i]);
    if (saved->training_scans != 0 && now->training_scans != 0 && saved->training_scans != now->training_scans)
        return sep_fail(
            SEP_ERR_ARGUMENT,
            "%s: was trained on other scans, or on others of them labelled: that would be another run; start "
            "it in a folder of its own",
            path);
    return SEP_OK;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

typedef enum change { NEVER, IF_ACCEPTED, FREE } change;

/* By section and key; "*" in front of a dot stands for any section, behind it for any key. The first that fits counts,
 * and what none fits is NEVER. Which scans are trained on is compared by their names, so where they lie is free. */
static const struct {
    const char *key;
    change change;
} rules[] = {
    {"data.folder", FREE},
    {"data.train_list", FREE},
    {"data.labelled_list", FREE},
    {"data.loader_threads", FREE},
    {"train.validate_every", FREE},
    {"train.checkpoint_every", FREE},
    {"train.log_every", FREE},
    {"data.validation_list", IF_ACCEPTED},
    {"data.validation_count", IF_ACCEPTED},
    {"data.validation_fraction", IF_ACCEPTED},
    {"data.augmentation", IF_ACCEPTED},
    {"augmentation.*", IF_ACCEPTED},
    {"train.iterations", IF_ACCEPTED},
    {"train.consistency_weight", IF_ACCEPTED},
    {"train.cross_entropy_weight", IF_ACCEPTED},
    {"train.ramp", IF_ACCEPTED},
    {"*.learning_rate", IF_ACCEPTED},
    {"*.schedule", IF_ACCEPTED},
    {"*.power", IF_ACCEPTED},
    {"*.warm_up", IF_ACCEPTED},
    {"*.warm_up_start", IF_ACCEPTED},
    {"*.weight_decay", IF_ACCEPTED},
    {"*.clip", IF_ACCEPTED},
};

static bool fits(const char *rule, const char *key)
{
    const char *rule_dot = strchr(rule, '.'), *key_dot = strchr(key, '.');

    if (key_dot == NULL)
        return false;
    bool section =
        rule[0] == '*' || (rule_dot - rule == key_dot - key && strncmp(rule, key, (size_t)(rule_dot - rule)) == 0);
    return section && (rule_dot[1] == '*' || strcmp(rule_dot, key_dot) == 0);
}

static change rule_of(const char *key)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (fits(rules[i].key, key))
            return rules[i].change;
    return NEVER;
}

static const char *value_of(const sep_options *options, const char *key)
{
    const void *place = NULL;
    const char *found, *value;

    while (sep_options_next(options, &place, &found, &value))
        if (strcmp(found, key) == 0)
            return value;
    return NULL;
}

/* A setting that one of the two does not have is one that another version of the program may not know. */
static sep_status judge(const char *path, const char *key, const char *was, const char *is, bool accept_changes)
{
    change allowed = rule_of(key);
    const char *before = was != NULL ? was : "not set", *after = is != NULL ? is : "not set";

    if (was == NULL || is == NULL)
        allowed = allowed == NEVER ? IF_ACCEPTED : allowed;
    if (allowed == FREE)
        return SEP_OK;
    if (allowed == NEVER)
        return fail_other(path, key, before, after);
    if (!accept_changes)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: %s was %s, is %s; --accept-changes goes on with what is said now", path,
                        key, before, after);
    sep_log(SEP_LOG_INFO, "%s was %s, is %s from here on", key, before, after);
    return SEP_OK;
}

/* 5e-4 is 0.0005. */
static bool same_value(const char *a, const char *b)
{
    double x, y;

    return strcmp(a, b) == 0 || (sep_parse_float(a, &x) && sep_parse_float(b, &y) && x == y);
}

static sep_status compare(const char *path, const sep_options *saved, const sep_options *now, bool accept_changes)
{
    const void *place = NULL;
    const char *key, *value;

    while (sep_options_next(now, &place, &key, &value)) {
        const char *was = value_of(saved, key);
        if (was == NULL || !same_value(was, value))
            SEP_TRY(judge(path, key, was, value, accept_changes));
    }
    for (place = NULL; sep_options_next(saved, &place, &key, &value);)
        if (value_of(now, key) == NULL)
            SEP_TRY(judge(path, key, value, NULL, accept_changes));
    return SEP_OK;
}

static sep_status check_settings(const char *path, const char *saved, const char *now, bool accept_changes)
{
    sep_options *before = sep_options_create(), *after = sep_options_create();
    sep_status status = before != NULL && after != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_options_load_text(before, path, saved);
    if (status == SEP_OK)
        status = sep_options_load_text(after, "settings", now);
    if (status == SEP_OK)
        status = compare(path, before, after, accept_changes);
    sep_options_destroy(before);
    sep_options_destroy(after);
    return status;
}

sep_status sep_resume_check(const char *path, const sep_model_info *saved, const sep_model_info *now,
                            bool accept_changes)
{
    SEP_TRY(check_model(path, saved, now));
    if (saved->settings[0] == '\0' || now->settings[0] == '\0')
        return SEP_OK;
    return check_settings(path, saved->settings, now->settings, accept_changes);
}
