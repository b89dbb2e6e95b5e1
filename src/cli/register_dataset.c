/* septum register --all: the training volumes of a dataset to each other. */
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/registration.h"

/* Volume index[i] of the set is scan i. */
static sep_status want_pairs(const sep_dataset *dataset, const int *index, bool all_pairs, sep_pairs *set)
{
    for (int i = 0; i < dataset->training; i++)
        for (int j = 0; j < dataset->training; j++)
            if (i != j && (all_pairs || dataset->scan[i].labelled || dataset->scan[j].labelled))
                SEP_TRY(sep_pairs_want(set, index[i], index[j]));
    return SEP_OK;
}

static sep_status add_scans(const sep_dataset *dataset, bool all_pairs, int *index, sep_pairs *set)
{
    for (int i = 0; i < dataset->scans; i++)
        index[i] = -1;
    for (int i = 0; i < dataset->training; i++)
        SEP_TRY(sep_pairs_add_scan(set, dataset, index, i));
    return want_pairs(dataset, index, all_pairs, set);
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

static sep_status register_set(const sep_dataset *dataset, bool all_pairs, const sep_selection *selection,
                               const char *out, sep_pairs *set)
{
    int *index = sep_calloc((size_t)dataset->scans, sizeof *index);
    sep_status status = index != NULL ? add_scans(dataset, all_pairs, index, set) : SEP_ERR_MEMORY;

    sep_free(index);
    SEP_TRY(status);
    sep_stop_on_signals();
    SEP_TRY(sep_pairs_rank(set, selection, out));
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
        status = sep_pairs_lock(out, &lock);
    if (status == SEP_OK)
        status = sep_read_registration_options(&options);
    if (status == SEP_OK)
        status = sep_pairs_open(out, &options, &set);
    if (status == SEP_OK)
        status = register_set(data.dataset, all_pairs, selection, out, set);
    sep_pairs_free(set);
    sep_lock_release(lock);
    sep_device_destroy(options.device);
    sep_close_data(&data);
    return status;
}
