/* septum register --all: the training volumes of a dataset to each other. */
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/registration.h"

static sep_status want_pairs(const sep_registered_data *data, bool all_pairs, sep_pairs *set)
{
    const sep_dataset *dataset = data->dataset;

    for (int i = 0; i < dataset->training; i++)
        for (int j = 0; j < dataset->training; j++)
            if (i != j && (all_pairs || dataset->scan[i].labelled || dataset->scan[j].labelled))
                SEP_TRY(sep_pairs_want(set, data->index[i], data->index[j]));
    return SEP_OK;
}

static void print_summary(const sep_pairs *set, const char *out)
{
    int state[3] = {0};
    double error = 0.0;
    int cycles = 0;

    for (int i = 0; i < set->pairs; i++) {
        state[set->pair[i].state]++;
        error += set->pair[i].has_cycle ? set->pair[i].cycle_error : 0.0;
        cycles += set->pair[i].has_cycle;
    }
    sep_print_line("%s: %d pairs of %d volumes, %d failed; mean cycle error %.2f", out, set->pairs, set->volumes,
                   state[SEP_PAIR_FAILED], cycles > 0 ? error / cycles : 0.0);
}

static sep_status register_set(sep_registered_data *data, bool all_pairs, const sep_selection *selection,
                               const char *out, sep_pairs *set)
{
    for (int i = 0; i < data->dataset->training; i++)
        SEP_TRY(sep_add_scan(data, i, set));
    SEP_TRY(want_pairs(data, all_pairs, set));
    SEP_TRY(sep_run_pairs(set, selection, out));
    print_summary(set, out);
    return SEP_OK;
}

sep_status sep_register_dataset(const char *path, int labelled, bool all_pairs, const sep_selection *selection,
                                const char *out)
{
    sep_registration_options options = {0};
    sep_registered_data data;
    sep_pairs *set = NULL;
    sep_lock *lock = NULL;

    SEP_TRY(sep_open_data(path, labelled, &data));
    sep_outputs files = {0};
    sep_reads_dataset(&files, path, &data.config, data.dataset);
    sep_writes(&files, out);
    sep_status status = sep_outputs_check(&files);
    if (status == SEP_OK)
        status = sep_lock_pairs(out, &lock);
    if (status == SEP_OK)
        status = sep_read_registration_options(&options);
    if (status == SEP_OK)
        status = sep_pairs_open(out, &options, &set);
    if (status == SEP_OK)
        status = register_set(&data, all_pairs, selection, out, set);
    sep_pairs_free(set);
    sep_lock_release(lock);
    sep_device_destroy(options.device);
    sep_close_data(&data);
    return status;
}
