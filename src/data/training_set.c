/* The training scans of a configuration, as the split has them. */
#include "data/training_set.h"

#include "data/find_scans.h"
#include "data/scan.h"
#include "data/split.h"

#include <string.h>

void sep_training_set_free(sep_training_set *set)
{
    sep_strings_free(&set->name);
    sep_strings_free(&set->case_name);
    sep_strings_free(&set->image_path);
    sep_strings_free(&set->class_names);
    sep_free(set->group);
    sep_free(set->labelled);
    *set = (sep_training_set){0};
}

static sep_status add_case_name(const char *name, const char *separator, sep_training_set *set)
{
    const char *end = separator[0] != '\0' ? strstr(name, separator) : NULL;
    char *case_name = end != NULL ? sep_format("%.*s", (int)(end - name), name) : sep_strdup(name);
    sep_status status = case_name != NULL ? sep_strings_add(&set->case_name, case_name) : SEP_ERR_MEMORY;

    sep_free(case_name);
    return status;
}

static sep_status fill(const sep_catalogue *catalogue, const sep_split *split, sep_training_set *set)
{
    set->group = sep_calloc((size_t)split->trainings, sizeof *set->group);
    set->labelled = sep_calloc((size_t)split->trainings, sizeof *set->labelled);
    if (set->group == NULL || set->labelled == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < split->trainings; i++) {
        const sep_entry *entry = &catalogue->entry[split->training[i]];
        SEP_TRY(sep_strings_add(&set->name, entry->name));
        SEP_TRY(sep_strings_add(&set->image_path, entry->image_path));
        SEP_TRY(add_case_name(entry->name, catalogue->separator, set));
        set->group[i] = entry->group;
        set->labelled[i] = split->labelled[i];
        set->labelled_scans += split->labelled[i];
        set->count++;
    }
    return SEP_OK;
}

sep_status sep_training_set_find(const sep_data_config *config, sep_training_set *set)
{
    sep_catalogue catalogue = {0};
    sep_split split = {0};

    *set = (sep_training_set){0};
    sep_status status = sep_find_scans(config, &catalogue);
    if (status == SEP_OK)
        status = sep_split_make(config, &catalogue, &split);
    if (status == SEP_OK)
        status = fill(&catalogue, &split, set);
    if (status == SEP_OK)
        status = sep_class_names_choose(config, &catalogue, &set->class_names);
    sep_split_free(&split);
    sep_catalogue_free(&catalogue);
    return status;
}
