/* What septum info says of a data set. */
#include "cli/info_dataset.h"

#include "cli/program.h"

#include <limits.h>
#include <stdio.h>

static json_t *lines_to_json(const sep_strings *lines)
{
    json_t *array = json_array();

    for (int i = 0; i < lines->count; i++)
        json_array_append_new(array, json_string(lines->item[i]));
    return array;
}

/* Size of the training slices: as they are cut, whatever their files hold. */
static json_t *scans_to_json(const sep_dataset *dataset)
{
    json_t *array = json_array();

    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *scan = &dataset->scan[i];
        json_array_append_new(array, json_pack("{s:s, s:i, s:i, s:i}", "name", scan->name, "slices", scan->image.depth,
                                               "rows", scan->image.height, "columns", scan->image.width));
    }
    return array;
}

static void widen(int value, int range[2])
{
    range[0] = value < range[0] ? value : range[0];
    range[1] = value > range[1] ? value : range[1];
}

static void print_range(const char *before, const int range[2], const char *after)
{
    if (range[0] == range[1])
        printf("%s%d%s", before, range[0], after);
    else
        printf("%s%d to %d%s", before, range[0], range[1], after);
}

static void print_sizes(const sep_dataset *dataset)
{
    int slices[2] = {INT_MAX, 0}, rows[2] = {INT_MAX, 0}, columns[2] = {INT_MAX, 0};

    for (int i = 0; i < dataset->training; i++) {
        widen(dataset->scan[i].image.depth, slices);
        widen(dataset->scan[i].image.height, rows);
        widen(dataset->scan[i].image.width, columns);
    }
    print_range("  training scans: ", slices, slices[1] == 1 ? " slice" : " slices");
    print_range(" of ", rows, " x ");
    print_range("", columns, " each\n");
}

static void print_channels(const sep_dataset *dataset)
{
    if (dataset->channels == 1)
        return;
    printf("  %d channels", dataset->channels);
    for (int c = 0; c < dataset->channel_names.count; c++)
        sep_print("%s %d %s", c == 0 ? ":" : ",", c, dataset->channel_names.item[c]);
    putchar('\n');
}

sep_status sep_load_grids(const sep_data_config *config, sep_dataset **dataset)
{
    sep_data_config grids = *config;

    grids.grids = true;
    return sep_dataset_load(&grids, dataset);
}

json_t *sep_images_to_json(const sep_data_config *config, const sep_dataset *dataset)
{
    return json_pack("{s:I, s:I, s:b}", "bytes", (json_int_t)sep_dataset_image_bytes(dataset), "cache_bytes",
                     (json_int_t)sep_dataset_cache_bytes(dataset), "cached", sep_dataset_wants_cache(config, dataset));
}

void sep_print_images(const sep_data_config *config, const sep_dataset *dataset)
{
    const double mib = 1048576.0, bytes = (double)sep_dataset_image_bytes(dataset) / mib;

    if (sep_dataset_wants_cache(config, dataset))
        printf("images: %.1f MiB, more than data.memory = %d: in a file of %.1f MiB beside the run\n", bytes,
               config->memory, (double)sep_dataset_cache_bytes(dataset) / mib);
    else
        printf("images: %.1f MiB of memory\n", bytes);
}

sep_status sep_print_dataset(const sep_data_config *config, const sep_dataset *dataset)
{
    char *summary = sep_dataset_summary(dataset);

    if (summary == NULL)
        return SEP_ERR_MEMORY;
    puts(summary);
    sep_free(summary);
    print_sizes(dataset);
    print_channels(dataset);
    printf("  ");
    sep_print_images(config, dataset);
    for (int i = 0; i < dataset->notes.count; i++)
        printf("  %s\n", dataset->notes.item[i]);
    for (int i = 0; i < dataset->warnings.count; i++)
        printf("  warning: %s\n", dataset->warnings.item[i]);
    return SEP_OK;
}

json_t *sep_dataset_to_json(const sep_data_config *config, const sep_dataset *dataset)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "classes", dataset->classes,
                     "channels", dataset->channels, "training_cases", dataset->training_cases, "labelled_cases",
                     dataset->labelled_cases, "validation_cases", dataset->validation_cases, "training_slices",
                     dataset->slices, "labelled_slices", dataset->labelled_slices, "validation_scans",
                     dataset->validation, "scans", scans_to_json(dataset), "images",
                     sep_images_to_json(config, dataset), "notes", lines_to_json(&dataset->notes), "warnings",
                     lines_to_json(&dataset->warnings));
}
