/* The scans that are kept for the test at the end, apart from all that training loads. */
#include "data/channels.h"
#include "data/find_scans.h"
#include "data/scan.h"
#include "data/split.h"

void sep_test_set_free(sep_test_set *set)
{
    sep_strings_free(&set->class_names);
    sep_strings_free(&set->name);
    sep_strings_free(&set->image_path);
    sep_strings_free(&set->label_path);
    sep_free(set->group);
    *set = (sep_test_set){0};
}

static sep_status add_entry(const sep_entry *entry, sep_test_set *set)
{
    set->group[set->name.count] = entry->group;
    SEP_TRY(sep_strings_add(&set->name, entry->name));
    SEP_TRY(sep_strings_add(&set->image_path, entry->image_path));
    return sep_strings_add(&set->label_path, entry->label_path);
}

static sep_status fill(const sep_data_config *config, const sep_catalogue *catalogue, const sep_split *split,
                       sep_test_set *set)
{
    set->validates = config->test_list == NULL;
    const int count = set->validates ? split->validations : split->tests;
    const int *scan = set->validates ? split->validation : split->test;

    if (count == 0)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "%s: there is nothing to evaluate on: give data.test_list, a list of scans "
                        "for the test, or scans that validate",
                        config->folder);
    set->group = sep_calloc((size_t)count, sizeof *set->group);
    if (set->group == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < count; i++)
        SEP_TRY(add_entry(&catalogue->entry[scan[i]], set));
    SEP_TRY(sep_class_names_choose(config, catalogue, &set->class_names));
    set->classes = set->class_names.count;
    return SEP_OK;
}

sep_status sep_test_set_find(const sep_data_config *config, sep_test_set *set)
{
    sep_catalogue catalogue = {0};
    sep_split split = {0};

    *set = (sep_test_set){.labels = config->labels};
    if (config->validation_label_name != NULL)
        set->labels.dataset = config->validation_label_name;
    sep_status status = sep_find_scans(config, &catalogue);
    if (status == SEP_OK)
        status = sep_take_ignored(&catalogue, &set->labels);
    if (status == SEP_OK)
        status = sep_channels_choose(config, &catalogue, &set->channels);
    if (status == SEP_OK)
        status = sep_split_make(config, &catalogue, &split);
    if (status == SEP_OK)
        status = fill(config, &catalogue, &split, set);
    sep_split_free(&split);
    sep_catalogue_free(&catalogue);
    return status;
}

static sep_status load(const sep_data_config *config, const sep_test_set *set, sep_scan *scan)
{
    SEP_TRY(sep_image_read(scan->image_path, set->channels, &scan->image));
    SEP_TRY(sep_label_map_read(scan->label_path, &set->labels, &scan->label));
    SEP_TRY(sep_scan_match_label(config->geometry, scan));
    return sep_scan_check_label(scan, set->classes);
}

sep_status sep_test_set_load(const sep_data_config *config, const sep_test_set *set, int index, sep_volume *image,
                             sep_labels *label)
{
    sep_scan scan = {.name = set->name.item[index],
                     .image_path = set->image_path.item[index],
                     .label_path = set->label_path.item[index]};

    sep_status status = load(config, set, &scan);
    if (status != SEP_OK) {
        sep_volume_free(&scan.image);
        sep_labels_free(&scan.label);
        return status;
    }
    *image = scan.image;
    *label = scan.label;
    return SEP_OK;
}
