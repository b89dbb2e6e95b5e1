/* Loads the scans of a split into memory, checks them, and indexes the training slices. */
#include "septum/data.h"

#include "data/cache/images.h"
#include "data/channels.h"
#include "data/find_scans.h"
#include "data/scan.h"
#include "data/split.h"

#include <limits.h>

void sep_scan_free(sep_scan *scan)
{
    sep_free(scan->name);
    sep_free(scan->image_path);
    sep_free(scan->label_path);
    sep_free(scan->label_source);
    sep_volume_free(&scan->image);
    sep_labels_free(&scan->label);
    sep_labels_free(&scan->agreement);
    *scan = (sep_scan){0};
}

void sep_dataset_destroy(sep_dataset *dataset)
{
    if (dataset == NULL)
        return;
    if (dataset->matcher.release != NULL)
        dataset->matcher.release(dataset->matcher.registrations);
    for (int i = 0; dataset->scan != NULL && i < dataset->scans; i++)
        sep_scan_free(&dataset->scan[i]);
    for (int c = 0; dataset->class_name != NULL && c < dataset->classes; c++)
        sep_free(dataset->class_name[c]);
    sep_free(dataset->class_name);
    sep_free(dataset->scan);
    sep_free(dataset->slice);
    sep_free(dataset->labelled);
    sep_free(dataset->unlabelled);
    sep_strings_free(&dataset->channel_names);
    sep_strings_free(&dataset->notes);
    sep_strings_free(&dataset->warnings);
    sep_scan_file_close(dataset->cache);
    sep_free(dataset);
}

/* ---- one scan ---------------------------------------------------------------------------------------------------- */

static sep_status check_shape(const sep_scan *scan)
{
    const sep_volume *image = &scan->image;
    const sep_labels *label = &scan->label;

    if (image->depth == label->depth && image->height == label->height && image->width == label->width)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "%s: the label map is %dx%dx%d, the image %s is %dx%dx%d", scan->label_path,
                    label->depth, label->height, label->width, scan->image_path, image->depth, image->height,
                    image->width);
}

/* Grey levels are refused with what to do. */
static sep_status check_levels(const sep_scan *scan)
{
    sep_label_counts counts = {0};

    sep_label_counts_add(&counts, &scan->label);
    return sep_label_counts_check(&counts, scan->label_path);
}

static sep_status check_classes(const sep_scan *scan, int classes)
{
    const sep_labels *label = &scan->label;
    size_t plane = (size_t)label->height * (size_t)label->width;
    size_t count = (size_t)label->depth * plane;

    for (size_t i = 0; i < count; i++) {
        if (label->data[i] >= classes && !sep_labels_ignore(label, i)) {
            SEP_TRY(check_levels(scan));
            return sep_fail(SEP_ERR_FORMAT,
                            "%s: label %d at slice %zu, row %zu, column %zu, but with %d classes it must be below %d",
                            scan->label_path, label->data[i], i / plane, i % plane / (size_t)label->width,
                            i % (size_t)label->width, classes, classes);
        }
    }
    return SEP_OK;
}

sep_status sep_scan_check_label(const sep_scan *scan, int classes)
{
    SEP_TRY(check_shape(scan));
    if (scan->label.ignores && classes > SEP_IGNORED)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: where voxels are ignored, there can be %d classes at most, not %d",
                        scan->label_path, SEP_IGNORED, classes);
    return check_classes(scan, classes);
}

static void take_hashes(const sep_data_config *config, sep_scan *scan)
{
    if (scan->image.data != NULL)
        scan->image_hash = sep_registration_hash(config, &scan->image);
    scan->label_hash = scan->label.data != NULL ? sep_labels_hash(&scan->label) : 0;
}

/* A label map without geometry is stored as its image is. */
static sep_status load_label(const sep_data_config *config, int classes, const sep_label_reading *reading,
                             sep_scan *scan)
{
    const sep_order order = sep_taken_order(config->slice_axis, &scan->image);

    SEP_TRY(sep_label_map_read(scan->label_path, reading, &scan->label));
    SEP_TRY(sep_labels_reorder(&scan->label, &order));
    SEP_TRY(sep_scan_match_label(config->geometry, scan));
    return sep_scan_check_label(scan, classes);
}

sep_status sep_scan_load(const sep_data_config *config, int classes, bool with_label, sep_scan *scan)
{
    sep_label_reading labels = config->labels;

    if (!scan->labelled && config->validation_label_name != NULL)
        labels.dataset = config->validation_label_name;
    SEP_TRY(sep_scan_read_image(config, scan));
    if (with_label)
        SEP_TRY(load_label(config, classes, &labels, scan));
    if (config->hashes || config->registered != NULL)
        take_hashes(config, scan);
    return SEP_OK;
}

sep_status sep_scan_name(const char *name, const char *image_path, const char *label_path, sep_scan *scan)
{
    scan->name = sep_strdup(name);
    scan->image_path = sep_strdup(image_path);
    scan->label_path = label_path == NULL ? NULL : sep_strdup(label_path);
    return scan->name != NULL && scan->image_path != NULL && (label_path == NULL || scan->label_path != NULL)
               ? SEP_OK
               : SEP_ERR_MEMORY;
}

/* Copies what the catalogue says of scan `index` and loads it. */
static sep_status add_scan(const sep_data_config *config, const sep_catalogue *catalogue, int index, bool labelled,
                           bool with_label, sep_dataset *dataset)
{
    const sep_entry *entry = &catalogue->entry[index];
    sep_scan *scan = &dataset->scan[dataset->scans++];

    scan->group = entry->group;
    scan->labelled = labelled;
    SEP_TRY(sep_scan_name(entry->name, entry->image_path, entry->label_path, scan));
    return sep_scan_load(config, dataset->classes, with_label, scan);
}

static sep_status load_scans(const sep_data_config *config, const sep_catalogue *catalogue, const sep_split *split,
                             sep_dataset *dataset)
{
    dataset->scan = sep_calloc((size_t)split->trainings + (size_t)split->validations, sizeof *dataset->scan);
    if (dataset->scan == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < split->trainings; i++)
        SEP_TRY(add_scan(config, catalogue, split->training[i], split->labelled[i], split->labelled[i], dataset));
    for (int i = 0; i < split->validations; i++)
        SEP_TRY(add_scan(config, catalogue, split->validation[i], false, true, dataset));
    dataset->training = split->trainings;
    dataset->validation = split->validations;
    return SEP_OK;
}

/* ---- index and counts -------------------------------------------------------------------------------------------- */

/* Renumbers the groups in order of first appearance and counts the cases. `groups` bounds the old numbers. */
static sep_status count_cases(sep_dataset *dataset, int groups)
{
    int *number = sep_calloc((size_t)groups, sizeof *number); /* new number + 1; 0: not met yet */
    bool *labelled = sep_calloc((size_t)groups, sizeof *labelled);
    int next = 0;

    for (int i = 0; number != NULL && labelled != NULL && i < dataset->scans; i++) {
        sep_scan *scan = &dataset->scan[i];
        int group = scan->group;

        if (number[group] == 0)
            number[group] = ++next;
        if (scan->labelled && !labelled[group]) {
            labelled[group] = true;
            dataset->labelled_cases++;
        }
        if (i < dataset->training)
            dataset->training_cases = next;
        scan->group = number[group] - 1;
    }
    dataset->validation_cases = next - dataset->training_cases;
    sep_free(number);
    sep_free(labelled);
    return number == NULL || labelled == NULL ? SEP_ERR_MEMORY : SEP_OK;
}

static sep_status allocate_index(sep_dataset *dataset)
{
    int64_t slices = 0;

    for (int i = 0; i < dataset->training; i++)
        slices += dataset->scan[i].image.depth;
    if (slices > INT_MAX)
        return sep_fail(SEP_ERR_UNSUPPORTED, "the dataset has %lld slices, more than can be numbered",
                        (long long)slices);
    dataset->slice = sep_calloc((size_t)slices, sizeof *dataset->slice);
    dataset->labelled = sep_calloc((size_t)slices, sizeof *dataset->labelled);
    dataset->unlabelled = sep_calloc((size_t)slices, sizeof *dataset->unlabelled);
    return dataset->slice && dataset->labelled && dataset->unlabelled ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status index_slices(sep_dataset *dataset)
{
    SEP_TRY(allocate_index(dataset));
    for (int i = 0; i < dataset->training; i++) {
        for (int z = 0; z < dataset->scan[i].image.depth; z++) {
            int id = dataset->slices++;

            dataset->slice[id] = (sep_slice){.scan = i, .z = z};
            if (dataset->scan[i].labelled)
                dataset->labelled[dataset->labelled_slices++] = id;
            else
                dataset->unlabelled[dataset->unlabelled_slices++] = id;
        }
    }
    return SEP_OK;
}

static sep_status name_classes(const sep_strings *names, sep_dataset *dataset)
{
    dataset->class_name = sep_calloc((size_t)dataset->classes, sizeof *dataset->class_name);
    if (dataset->class_name == NULL)
        return SEP_ERR_MEMORY;
    for (int c = 0; c < dataset->classes; c++) {
        if (names != NULL && c < names->count)
            dataset->class_name[c] = sep_strdup(names->item[c]);
        else
            dataset->class_name[c] = c == 0 ? sep_strdup("background") : sep_format("class %d", c);
        if (dataset->class_name[c] == NULL)
            return SEP_ERR_MEMORY;
    }
    return SEP_OK;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

sep_status sep_dataset_choose_classes(const sep_data_config *config, const sep_catalogue *catalogue,
                                      sep_dataset *dataset)
{
    if (config->classes != 0 && catalogue->classes != 0 && config->classes != catalogue->classes)
        return sep_fail(SEP_ERR_ARGUMENT, "classes is %d, but %s/dataset.json names %d (with background)",
                        config->classes, config->folder, catalogue->classes);
    dataset->classes = config->classes != 0      ? config->classes
                       : catalogue->classes != 0 ? catalogue->classes
                                                 : config->labels.values.count;
    if (config->labels.values.count > dataset->classes)
        return sep_fail(SEP_ERR_ARGUMENT, "label_values gives %d values to %d classes (with background)",
                        config->labels.values.count, dataset->classes);
    if (dataset->classes < 2 || dataset->classes > 256)
        return sep_fail(SEP_ERR_ARGUMENT, "classes is %d: give the number of classes with background, 2 to 256",
                        dataset->classes);
    return name_classes(&catalogue->class_names, dataset);
}

sep_status sep_class_names_choose(const sep_data_config *config, const sep_catalogue *catalogue, sep_strings *names)
{
    sep_dataset *named = sep_calloc(1, sizeof *named);
    sep_status status = named != NULL ? sep_dataset_choose_classes(config, catalogue, named) : SEP_ERR_MEMORY;

    for (int c = 0; status == SEP_OK && c < named->classes; c++)
        status = sep_strings_add(names, named->class_name[c]);
    sep_dataset_destroy(named);
    return status;
}

static sep_status load_split(const sep_data_config *config, const sep_catalogue *catalogue, const sep_split *split,
                             sep_dataset *dataset)
{
    SEP_TRY(sep_dataset_choose_classes(config, catalogue, dataset));
    SEP_TRY(sep_dataset_take_channels(config, catalogue, dataset));
    SEP_TRY(load_scans(config, catalogue, split, dataset));
    SEP_TRY(sep_dataset_note_labels(dataset));
    SEP_TRY(sep_dataset_note_ignored(dataset));
    SEP_TRY(sep_dataset_warn_absent(dataset));
    if (config->orientation == SEP_ORIENTATION_COMMON)
        SEP_TRY(sep_dataset_orient(config, dataset));
    SEP_TRY(count_cases(dataset, catalogue->groups));
    return index_slices(dataset);
}

sep_status sep_dataset_load(const sep_data_config *config, sep_dataset **dataset)
{
    sep_data_config own = *config;
    sep_catalogue catalogue = {0};
    sep_split split = {0};
    sep_dataset *loaded = sep_calloc(1, sizeof *loaded);
    sep_status status = loaded == NULL ? SEP_ERR_MEMORY : sep_find_scans(config, &catalogue);

    *dataset = NULL;
    if (status == SEP_OK)
        status = sep_take_ignored(&catalogue, &own.labels);
    if (status == SEP_OK)
        status = sep_split_make(&own, &catalogue, &split);
    if (status == SEP_OK)
        status = sep_channels_choose(config, &catalogue, &own.channels);
    own.grids = config->grids || sep_images_come_later(config);
    if (status == SEP_OK)
        status = load_split(&own, &catalogue, &split, loaded);
    if (status == SEP_OK && own.grids && !config->grids) {
        own.grids = false;
        status = sep_dataset_make_images(&own, loaded);
    }
    if (status == SEP_OK && config->registered != NULL && !config->grids)
        status = sep_dataset_take_registered(loaded, config->registered);
    if (status == SEP_OK && !config->registers)
        status = sep_dataset_resample(loaded, config->spacing);
    if (status == SEP_OK)
        sep_dataset_map_images(loaded);
    sep_split_free(&split);
    sep_catalogue_free(&catalogue);
    if (status != SEP_OK) {
        sep_dataset_destroy(loaded);
        return status;
    }
    *dataset = loaded;
    return SEP_OK;
}

static sep_status adopt_scan(sep_volume *image, sep_labels *label, int number, sep_dataset *dataset)
{
    sep_scan *scan = &dataset->scan[number];

    scan->name = sep_format("scan %d", number);
    scan->image_path = sep_format("image of scan %d", number);
    scan->label_path = sep_format("labels of scan %d", number);
    scan->group = number;
    scan->image = *image;
    scan->label = *label;
    *image = (sep_volume){0};
    *label = (sep_labels){0};
    if (scan->name == NULL || scan->image_path == NULL || scan->label_path == NULL)
        return SEP_ERR_MEMORY;
    if (scan->label.data == NULL)
        return number < dataset->training
                   ? SEP_OK
                   : sep_fail(SEP_ERR_ARGUMENT, "scan %d validates and must have a label map", number);
    scan->labelled = number < dataset->training;
    return sep_scan_check_label(scan, dataset->classes);
}

static sep_status adopt_scans(sep_volume *image, sep_labels *label, sep_dataset *dataset)
{
    dataset->scan = sep_calloc((size_t)dataset->scans, sizeof *dataset->scan);
    if (dataset->scan == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->scans; i++)
        SEP_TRY(adopt_scan(&image[i], &label[i], i, dataset));
    SEP_TRY(count_cases(dataset, dataset->scans));
    SEP_TRY(name_classes(NULL, dataset));
    return index_slices(dataset);
}

sep_status sep_dataset_from_memory(int classes, sep_volume *image, sep_labels *label, int training, int validation,
                                   sep_dataset **dataset)
{
    sep_dataset *adopted;
    sep_status status;

    *dataset = NULL;
    if (classes < 2 || classes > 256 || training < 1 || validation < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%d classes, %d training and %d validation scans make no dataset", classes,
                        training, validation);
    adopted = sep_calloc(1, sizeof *adopted);
    if (adopted == NULL)
        return SEP_ERR_MEMORY;
    adopted->classes = classes;
    adopted->channels = sep_volume_channels(&image[0]);
    adopted->training = training;
    adopted->validation = validation;
    adopted->scans = training + validation;
    status = adopt_scans(image, label, adopted);
    if (status != SEP_OK) {
        sep_dataset_destroy(adopted);
        return status;
    }
    *dataset = adopted;
    return SEP_OK;
}

char *sep_dataset_summary(const sep_dataset *dataset)
{
    return sep_format("train: %d cases, %d scans, %d slices (%d labelled, of %d cases); validation: %d cases, %d scans",
                      dataset->training_cases, dataset->training, dataset->slices, dataset->labelled_slices,
                      dataset->labelled_cases, dataset->validation_cases, dataset->validation);
}
