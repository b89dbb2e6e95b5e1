/* A dataset for the commands that register it. */
#include "cli/registration.h"

#include "cli/program.h"
#include "cli/space.h"

static sep_status read_data(const char *path, int labelled, sep_registered_data *data)
{
    int64_t seed;

    SEP_TRY(sep_options_load(data->given, path));
    SEP_TRY(sep_options_int(data->given, "train.seed", 1337, 0, INT64_C(1) << 31, &seed));
    SEP_TRY(sep_data_config_read(data->given, (uint64_t)seed, &data->config));
    data->config.orientation =
        SEP_ORIENTATION_STORED; /* transforms go by place; what is written has its scan's order */
    data->config.spacing[0] = data->config.spacing[1] = 0.0f;
    data->config.registered = NULL; /* which come from here */
    data->config.hashes = true;
    if (labelled > 0) {
        data->config.labelled_cases = labelled;
        data->config.labelled_list = NULL;
    }
    return sep_dataset_load(&data->config, &data->dataset);
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
    sep_dataset_destroy(data->dataset);
    sep_options_destroy(data->given);
    *data = (sep_registered_data){0};
}
