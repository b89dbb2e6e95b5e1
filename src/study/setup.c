/* The settings of one run: the base's, what the study puts over them for all rows, and then for this one. */
#include "base/options_store.h"
#include "study/plan.h"

#include <inttypes.h>
#include <string.h>

/* What follows "PREFIX." in the key; NULL where it does not begin so. */
static const char *behind(const char *key, const char *prefix)
{
    const size_t length = strlen(prefix);

    return strncmp(key, prefix, length) == 0 && key[length] == '.' ? key + length + 1 : NULL;
}

const char *sep_study_override_of(const char *key, const char *row)
{
    const char *rest = behind(key, "row"), *dot;

    if (rest == NULL)
        rest = row == NULL ? behind(key, "base") : NULL;
    else if (row != NULL)
        rest = behind(rest, row);
    else
        rest = (dot = strchr(rest, '.')) != NULL ? dot + 1 : NULL;
    return rest != NULL && strchr(rest, '.') != NULL ? rest : NULL;
}

static sep_status put(sep_options *options, const char *assignment_key, const char *value, const char *where)
{
    const char *dot = strrchr(assignment_key, '.');
    char *section = sep_format("%.*s", (int)(dot - assignment_key), assignment_key);

    options->load++;
    sep_status status = section != NULL ? sep_option_put(options, section, dot + 1, value, where) : SEP_ERR_MEMORY;
    sep_free(section);
    return status;
}

/* Puts over the settings what the study says for all rows (NULL) or one. */
static sep_status put_overrides(const sep_study *study, const char *row, sep_options *options)
{
    for (const sep_option *option = study->given->first; option; option = option->next) {
        const char *key = row != NULL ? sep_study_override_of(option->key, row) : behind(option->key, "base");
        if (key != NULL && strchr(key, '.') != NULL)
            SEP_TRY(put(options, key, option->value, option->where));
    }
    return SEP_OK;
}

static sep_status put_number(sep_options *options, const char *key, int64_t number)
{
    char *assignment = sep_format("%s=%" PRId64, key, number);
    sep_status status = assignment != NULL ? sep_options_set(options, assignment) : SEP_ERR_MEMORY;

    sep_free(assignment);
    return status;
}

/* A row that has the name of a method trains by it, unless it says otherwise. */
static sep_status put_method(const char *row, sep_options *options)
{
    for (int i = 0; sep_methods[i] != NULL; i++)
        if (strcmp(sep_methods[i]->name, row) == 0)
            return put(options, "train.method", row, "the row's name");
    return SEP_OK;
}

static sep_status gather(const sep_study *study, const sep_study_run *run, sep_options *options)
{
    const char *row = study->row[run->row].name;

    SEP_TRY(sep_options_load(options, study->base));
    SEP_TRY(put_overrides(study, NULL, options));
    SEP_TRY(put_method(row, options));
    SEP_TRY(put_overrides(study, row, options));
    SEP_TRY(put_number(options, "data.labelled_cases", study->count[run->count]));
    SEP_TRY(put_number(options, "train.seed", study->seed[run->seed]));
    const int64_t iterations = study->row[run->row].iterations;
    return iterations > 0 ? put_number(options, "train.iterations", iterations) : SEP_OK;
}

static sep_status check(const sep_train_config *config)
{
    if (config->data.test_list == NULL && config->data.validation_fraction > 0.0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "data.validation_fraction draws other cases for each seed, so that seeds could "
                        "not be compared: give data.test_list, validation_list or validation_count");
    return SEP_OK;
}

sep_status sep_study_set_up(const sep_study *study, const sep_study_run *run, sep_study_setup *setup)
{
    *setup = (sep_study_setup){.options = sep_options_create()};
    if (setup->options == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(gather(study, run, setup->options));
    SEP_TRY(sep_train_config_read(setup->options, &setup->config));
    SEP_TRY(check(&setup->config));
    setup->text = sep_options_text(setup->options);
    return setup->text != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

void sep_study_setup_free(sep_study_setup *setup)
{
    sep_options_destroy(setup->options);
    sep_free(setup->text);
    *setup = (sep_study_setup){0};
}
