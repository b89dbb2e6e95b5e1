/* The pairs of a dataset, for the commands that register it. */
#include "cli/registration.h"

#include "cli/program.h"
#include "cli/space.h"

/* ---- a dataset --------------------------------------------------------------------------------------------------- */

static sep_status read_data(const char *path, int labelled, sep_registered_data *data)
{
    int64_t seed;

    SEP_TRY(sep_options_load(data->given, path));
    SEP_TRY(sep_options_int(data->given, "train.seed", 1337, 0, INT64_C(1) << 31, &seed));
    SEP_TRY(sep_data_config_read(data->given, (uint64_t)seed, &data->config));
    data->config.orientation =
        SEP_ORIENTATION_STORED;     /* transforms go by place; what is written has its scan's order */
    data->config.registered = NULL; /* which come from here */
    if (labelled > 0) {
        data->config.labelled_cases = labelled;
        data->config.labelled_list = NULL;
    }
    SEP_TRY(sep_dataset_load(&data->config, &data->dataset));
    data->index = sep_calloc((size_t)data->dataset->scans, sizeof *data->index);
    if (data->index == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < data->dataset->scans; i++)
        data->index[i] = -1;
    return SEP_OK;
}

sep_status sep_open_data(const char *path, int labelled, sep_registered_data *data)
{
    *data = (sep_registered_data){.given = sep_options_create()};
    sep_status status = data->given != NULL ? read_data(path, labelled, data) : SEP_ERR_MEMORY;

    if (status != SEP_OK) {
        sep_close_data(data);
        return status;
    }
    sep_log_dataset(data->dataset);
    return SEP_OK;
}

void sep_close_data(sep_registered_data *data)
{
    sep_free(data->index);
    sep_dataset_destroy(data->dataset);
    sep_options_destroy(data->given);
    *data = (sep_registered_data){0};
}

/* Another scan of the same case that is in the set already, or -1. */
static int same_case(const sep_registered_data *data, int scan)
{
    for (int i = 0; i < data->dataset->scans; i++)
        if (data->index[i] >= 0 && data->dataset->scan[i].group == data->dataset->scan[scan].group)
            return data->index[i];
    return -1;
}

sep_status sep_add_scan(sep_registered_data *data, int i, sep_pairs *set)
{
    const sep_scan *scan = &data->dataset->scan[i];
    int index;

    SEP_TRY(sep_pairs_add_volume(set, scan->name, &scan->image, scan->labelled, same_case(data, i), &index));
    data->index[i] = index;
    return SEP_OK;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

sep_status sep_lock_pairs(const char *path, sep_lock **lock)
{
    *lock = NULL;
    if (path == NULL)
        return SEP_OK;
    char *file = sep_format("%s.lock", path);
    sep_status status = file != NULL ? sep_lock_take(file, path, lock) : SEP_ERR_MEMORY;
    sep_free(file);
    return status;
}

sep_status sep_run_pairs(sep_pairs *set, const sep_selection *selection, const char *path)
{
    sep_stop_on_signals();
    SEP_TRY(sep_pairs_run(set, path));
    SEP_TRY(sep_pairs_select(set, selection));
    return path != NULL ? sep_pairs_write(set, path) : SEP_OK;
}
