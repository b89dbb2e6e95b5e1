/* Splits a catalogue by case into training, validation and test, and marks the labelled training scans. */
#include "data/split.h"

#include <stdlib.h>
#include <string.h>

typedef enum sep_side { UNUSED = 0, TRAINING, VALIDATION, TEST } sep_side;

void sep_split_free(sep_split *split)
{
    sep_free(split->training);
    sep_free(split->labelled);
    sep_free(split->validation);
    sep_free(split->test);
    *split = (sep_split){0};
}

static sep_status split_allocate(int count, sep_split *split)
{
    size_t n = count > 0 ? (size_t)count : 1;

    split->training = sep_calloc(n, sizeof *split->training);
    split->labelled = sep_calloc(n, sizeof *split->labelled);
    split->validation = sep_calloc(n, sizeof *split->validation);
    split->test = sep_calloc(n, sizeof *split->test);
    return split->training && split->labelled && split->validation && split->test ? SEP_OK : SEP_ERR_MEMORY;
}

/* ---- list files -------------------------------------------------------------------------------------------------- */

/* A list's path as given, or inside the dataset's folder. NULL: no memory. */
static char *list_path(const sep_data_config *config, const char *list)
{
    char *inside;

    if (sep_file_exists(list) || list[0] == '/')
        return sep_strdup(list);
    inside = sep_format("%s/%s", config->folder, list);
    if (inside != NULL && !sep_file_exists(inside)) {
        sep_free(inside);
        return sep_strdup(list);
    }
    return inside;
}

/* Scans that a list names go to index[*count], each one once. */
typedef struct sep_listing {
    const char *path, *folder;
    const sep_catalogue *catalogue;
    bool *seen; /* [catalogue->count] */
    int *index, *count;
    sep_strings repeated; /* lines that name a scan for the second time */
} sep_listing;

/* Whether the scan is new. */
static bool list_scan(const sep_listing *listing, int scan)
{
    if (listing->seen[scan])
        return false;
    listing->seen[scan] = true;
    listing->index[(*listing->count)++] = scan;
    return true;
}

/* The first of the *count scans that a name speaks of, which is that of a scan or of a case; -1 without one. */
static int find_named(const sep_catalogue *catalogue, const char *name, int *count)
{
    int scan = sep_catalogue_lookup(catalogue, name);

    *count = 1;
    return scan < 0 ? sep_catalogue_case(catalogue, name, count) : scan;
}

/* A line names a scan or its file, or a case and with it all its scans. */
static sep_status list_line(sep_listing *listing, const char *line)
{
    int count, scan = find_named(listing->catalogue, line, &count);
    bool all_new = true;

    if (scan < 0) {
        char *stem = sep_listed_stem(line);

        if (stem == NULL)
            return SEP_ERR_MEMORY;
        scan = find_named(listing->catalogue, stem, &count);
        sep_free(stem);
    }
    if (scan < 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: names '%s', but %s holds no such scan or case", listing->path, line,
                        listing->folder);
    for (int i = 0; i < count; i++)
        all_new = list_scan(listing, scan + i) && all_new;
    return all_new ? SEP_OK : sep_strings_add(&listing->repeated, line);
}

static sep_status read_list_file(sep_listing *listing)
{
    sep_strings lines = {0};
    sep_status status = sep_read_lines(listing->path, &lines);

    if (status == SEP_OK && lines.count == 0)
        status = sep_fail(SEP_ERR_FORMAT, "%s: names no scan", listing->path);
    for (int i = 0; status == SEP_OK && i < lines.count; i++)
        status = list_line(listing, lines.item[i]);
    sep_warn_repeated(listing->path, &listing->repeated);
    sep_strings_free(&listing->repeated);
    sep_strings_free(&lines);
    return status;
}

/* index[catalogue->count] takes the scans of a list file. */
static sep_status read_list(const sep_data_config *config, const char *list, const sep_catalogue *catalogue, int *index,
                            int *count)
{
    char *path = list_path(config, list);
    bool *seen = sep_calloc((size_t)catalogue->count, sizeof *seen);
    sep_listing listing = {path, config->folder, catalogue, seen, index, count, {0}};
    sep_status status = path == NULL || seen == NULL ? SEP_ERR_MEMORY : SEP_OK;

    *count = 0;
    if (status == SEP_OK)
        status = read_list_file(&listing);
    sep_free(seen);
    sep_free(path);
    return status;
}

/* ---- training and validation ------------------------------------------------------------------------------------- */

/* The cases that validate: the last `count` by name among the candidates, which side[] marks as TRAINING. */
static void choose_last(sep_side *side, int groups, int count)
{
    for (int g = groups - 1; g >= 0 && count > 0; g--) {
        if (side[g] == TRAINING) {
            side[g] = VALIDATION;
            count--;
        }
    }
}

/* ... or a share of them, drawn with the seed; one at least. */
static sep_status choose_share(sep_side *side, int groups, int used, const sep_data_config *config)
{
    const sep_random random = {.seed = config->seed, .stream = sep_stream("validation split")};
    int wanted = (int)(config->validation_fraction * used + 0.5);
    int *order = sep_calloc((size_t)groups, sizeof *order);

    if (order == NULL)
        return SEP_ERR_MEMORY;
    sep_random_permutation(&random, order, groups);
    wanted = wanted < 1 ? 1 : wanted;
    for (int i = 0; i < groups && wanted > 0; i++) {
        if (side[order[i]] == TRAINING) {
            side[order[i]] = VALIDATION;
            wanted--;
        }
    }
    sep_free(order);
    return SEP_OK;
}

/* Moves the scans of cases on the validation side from the training list to the validation list. */
static void move_validation(const sep_catalogue *catalogue, const sep_side *side, sep_split *split)
{
    int kept = 0;

    for (int i = 0; i < split->trainings; i++) {
        int scan = split->training[i];

        if (side[catalogue->entry[scan].group] == VALIDATION)
            split->validation[split->validations++] = scan;
        else
            split->training[kept++] = scan;
    }
    split->trainings = kept;
}

static sep_status choose_validation(const sep_data_config *config, const sep_catalogue *catalogue, sep_side *side,
                                    sep_split *split)
{
    int used = 0;

    for (int i = 0; i < split->trainings; i++) {
        if (catalogue->entry[split->training[i]].label_path != NULL)
            side[catalogue->entry[split->training[i]].group] = TRAINING;
    }
    for (int i = 0; i < catalogue->count; i++) {
        if (catalogue->entry[i].label_path == NULL && !catalogue->entry[i].is_frame)
            side[catalogue->entry[i].group] = UNUSED;
    }
    for (int g = 0; g < catalogue->groups; g++)
        used += side[g] == TRAINING;
    split->candidates = used;
    if (config->validation_count > 0 && config->validation_count >= used)
        return sep_fail(SEP_ERR_ARGUMENT, "validation_count is %d, but there are only %d cases with label maps in all",
                        config->validation_count, used);
    if (config->validation_count > 0)
        choose_last(side, catalogue->groups, config->validation_count);
    else if (config->validation_fraction > 0.0)
        SEP_TRY(choose_share(side, catalogue->groups, used, config));
    move_validation(catalogue, side, split);
    return SEP_OK;
}

/* Takes the scans of cases on one side of the split out of the training set. `list` names what put them there: in a
 * training set that a list names too they are an error. */
static sep_status leave_training(const sep_data_config *config, const sep_catalogue *catalogue, const sep_side *side,
                                 sep_side left, const char *list, sep_split *split)
{
    int kept = 0;

    for (int i = 0; i < split->trainings; i++) {
        const sep_entry *entry = &catalogue->entry[split->training[i]];

        if (side[entry->group] != left)
            split->training[kept++] = split->training[i];
        else if (config->train_list != NULL)
            return sep_fail(SEP_ERR_ARGUMENT, "the case of '%s' is in both %s and %s: it must not train and %s",
                            entry->name, config->train_list, list, left == TEST ? "test" : "validate");
    }
    split->trainings = kept;
    return SEP_OK;
}

/* A test list: nothing else of the split may hold its cases. */
static sep_status set_test_aside(const sep_data_config *config, const sep_catalogue *catalogue, sep_side *side,
                                 sep_split *split)
{
    SEP_TRY(read_list(config, config->test_list, catalogue, split->test, &split->tests));
    for (int i = 0; i < split->tests; i++)
        side[catalogue->entry[split->test[i]].group] = TEST;
    return leave_training(config, catalogue, side, TEST, config->test_list, split);
}

/* A validation list: its cases leave a training set that no list named, and must not be in one that a list did. */
static sep_status list_validation(const sep_data_config *config, const sep_catalogue *catalogue, sep_side *side,
                                  sep_split *split)
{
    SEP_TRY(read_list(config, config->validation_list, catalogue, split->validation, &split->validations));
    for (int i = 0; i < split->validations; i++) {
        const sep_entry *entry = &catalogue->entry[split->validation[i]];

        if (side[entry->group] == TEST)
            return sep_fail(SEP_ERR_ARGUMENT, "the case of '%s' is in both %s and %s: it must not validate and test",
                            entry->name, config->validation_list, config->test_list);
        side[entry->group] = VALIDATION;
    }
    return leave_training(config, catalogue, side, VALIDATION, config->validation_list, split);
}

static sep_status check_choices(const sep_data_config *config)
{
    int given = (config->validation_list != NULL) + (config->validation_count > 0) + (config->validation_fraction > 0);

    if (given > 1)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "give one of validation_list, validation_count and validation_fraction, not %d of them", given);
    if (config->labelled_cases > 0 && config->labelled_list != NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "give labelled_cases or labelled_list, not both");
    if (config->labelled_cases < 0 || config->validation_count < 0 || config->validation_fraction < 0.0 ||
        config->validation_fraction >= 1.0)
        return sep_fail(SEP_ERR_ARGUMENT, "labelled_cases and validation_count must not be negative, and "
                                          "validation_fraction must be from 0 to below 1");
    return SEP_OK;
}

static sep_status split_sides(const sep_data_config *config, const sep_catalogue *catalogue, sep_side *side,
                              sep_split *split)
{
    if (config->train_list != NULL) {
        SEP_TRY(read_list(config, config->train_list, catalogue, split->training, &split->trainings));
    } else {
        for (int i = 0; i < catalogue->count; i++)
            split->training[split->trainings++] = i;
    }
    if (config->test_list != NULL)
        SEP_TRY(set_test_aside(config, catalogue, side, split));
    if (config->validation_list != NULL)
        SEP_TRY(list_validation(config, catalogue, side, split));
    else
        SEP_TRY(choose_validation(config, catalogue, side, split));
    if (split->trainings == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: no scan is left to train on", config->folder);
    return SEP_OK;
}

/* ---- labelled scans ---------------------------------------------------------------------------------------------- */

/* What was looked for where there is no label map. */
static const char *place_of_labels(const sep_data_config *config)
{
    static const char *const places[] = {
        [SEP_DATA_HDF5] = "is the dataset 'label' of the scan's file, unless data.label_name says otherwise",
        [SEP_DATA_NNUNET] = "lies in labelsTr under the case's name, or where dataset.json lists it",
        [SEP_DATA_PAIRS] = "lies in masks under its image's name in images, or beside its image NAME as NAME_gt",
    };

    return places[config->format];
}

/* The first n cases of the training order that have label maps. side[] serves as the mark of a chosen case. */
static sep_status label_first(const sep_data_config *config, const sep_catalogue *catalogue, sep_side *side,
                              sep_split *split)
{
    const int wanted = config->labelled_cases;
    int cases = 0;

    memset(side, 0, (size_t)catalogue->groups * sizeof *side);
    for (int i = 0; i < split->trainings; i++) {
        const sep_entry *entry = &catalogue->entry[split->training[i]];

        if (entry->label_path == NULL)
            continue;
        if (side[entry->group] == UNUSED && cases < wanted) {
            side[entry->group] = TRAINING;
            cases++;
        }
        split->labelled[i] = side[entry->group] == TRAINING;
    }
    if (cases < wanted)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "labelled_cases is %d, but only %d training cases have label maps: a label map %s", wanted,
                        cases, place_of_labels(config));
    return SEP_OK;
}

static sep_status label_listed(const sep_data_config *config, const sep_catalogue *catalogue, sep_split *split,
                               int *listed)
{
    int count, position;

    SEP_TRY(read_list(config, config->labelled_list, catalogue, listed, &count));
    for (int i = 0; i < count; i++) {
        for (position = 0; position < split->trainings && split->training[position] != listed[i]; position++)
            continue;
        if (position == split->trainings)
            return sep_fail(SEP_ERR_ARGUMENT, "%s: '%s' is not a training scan", config->labelled_list,
                            catalogue->entry[listed[i]].name);
        if (catalogue->entry[listed[i]].label_path == NULL)
            return sep_fail(SEP_ERR_ARGUMENT, "%s: '%s' has no label map, which %s", config->labelled_list,
                            catalogue->entry[listed[i]].name, place_of_labels(config));
        split->labelled[position] = true;
    }
    return SEP_OK;
}

static sep_status label_by_list(const sep_data_config *config, const sep_catalogue *catalogue, sep_split *split)
{
    int *listed = sep_calloc((size_t)catalogue->count, sizeof *listed);
    sep_status status = listed == NULL ? SEP_ERR_MEMORY : label_listed(config, catalogue, split, listed);

    sep_free(listed);
    return status;
}

static sep_status label_all(const sep_data_config *config, const sep_catalogue *catalogue, sep_split *split)
{
    int labelled = 0;

    for (int i = 0; i < split->trainings; i++) {
        split->labelled[i] = catalogue->entry[split->training[i]].label_path != NULL;
        labelled += split->labelled[i];
    }
    if (labelled == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: no training scan has a label map, which %s", config->folder,
                        place_of_labels(config));
    return SEP_OK;
}

static sep_status mark_labelled(const sep_data_config *config, const sep_catalogue *catalogue, sep_side *side,
                                sep_split *split)
{
    if (config->labelled_list != NULL)
        return label_by_list(config, catalogue, split);
    if (config->labelled_cases > 0)
        return label_first(config, catalogue, side, split);
    return label_all(config, catalogue, split);
}

/* Frames that nobody labelled neither validate nor test, and must not train where their case does. */
static sep_status keep_labelled(const sep_data_config *config, const sep_catalogue *catalogue, const char *purpose,
                                int *scan, int *count)
{
    int kept = 0;

    for (int i = 0; i < *count; i++) {
        const sep_entry *entry = &catalogue->entry[scan[i]];

        if (entry->label_path == NULL && !entry->is_frame)
            return sep_fail(SEP_ERR_ARGUMENT, "'%s' is to %s, but %s has no label map for it, which %s", entry->name,
                            purpose, config->folder, place_of_labels(config));
        if (!entry->is_frame)
            scan[kept++] = scan[i];
    }
    if (kept == 0 && *count > 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: no scan that is to %s has a label map", config->folder, purpose);
    *count = kept;
    return SEP_OK;
}

sep_status sep_split_make(const sep_data_config *config, const sep_catalogue *catalogue, sep_split *split)
{
    sep_side *side;
    sep_status status;

    *split = (sep_split){0};
    SEP_TRY(check_choices(config));
    SEP_TRY(split_allocate(catalogue->count, split));
    side = sep_calloc((size_t)catalogue->groups, sizeof *side);
    if (side == NULL)
        return SEP_ERR_MEMORY;
    status = split_sides(config, catalogue, side, split);
    if (status == SEP_OK)
        status = mark_labelled(config, catalogue, side, split);
    if (status == SEP_OK)
        status = keep_labelled(config, catalogue, "validate", split->validation, &split->validations);
    if (status == SEP_OK)
        status = keep_labelled(config, catalogue, "test", split->test, &split->tests);
    sep_free(side);
    return status;
}
