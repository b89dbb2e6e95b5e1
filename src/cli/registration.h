/* What septum register and septum propagate share: the options of a registration, and the dataset. */
#ifndef SEPTUM_CLI_REGISTRATION_H
#define SEPTUM_CLI_REGISTRATION_H

#include "cli/compute.h"
#include "septum/data.h"
#include "septum/propagation.h"

/* Kind, metric, optimiser and their settings, device, threads: rows for both commands. */
extern const sep_option sep_registration_rows[];
extern const char *sep_kind_option, *sep_metric_option;

/* Rows of an option table. */
#define SEP_LABELLED_OPTION(variable)                                                                                  \
    {                                                                                                                  \
        "labelled", 'n', "N", "labelled patients: the first N of the training order; 0 as the dataset says",           \
            .integer = &(variable), .low = 0, .high = INT32_MAX                                                        \
    }
#define SEP_SELECTION_OPTIONS(published_score, of_most)                                                                \
    {"shortlist",                                                                                                      \
     0,                                                                                                                \
     "N",                                                                                                              \
     "compare the cycles of the N labelled scans most similar after registration; 0: of all",                          \
     .integer = &(of_most),                                                                                            \
     .low = 0,                                                                                                         \
     .high = INT32_MAX},                                                                                               \
    {                                                                                                                  \
        "published-score", 0, NULL, "rank by RMSE + MI, as printed in the thesis, instead of z(RMSE) - z(MI)",         \
            .flag = &(published_score)                                                                                 \
    }
/* What these options say. */
static inline sep_selection sep_selection_of(bool published_score, int64_t of_most)
{
    return (sep_selection){.published = published_score, .shortlist = of_most > 0 ? (int)of_most : INT32_MAX};
}

/* What they say. The caller destroys the device. */
sep_status sep_read_registration_options(sep_registration_options *how) SEP_MUST_CHECK;

/* A dataset from section [data] of a configuration, which stays open as long as its strings are used: the rest of the
 * file is for training and is not looked at. `labelled` patients, 0 as the file says. */
typedef struct sep_registered_data {
    sep_options *given;
    sep_data_config config;
    sep_dataset *dataset;
} sep_registered_data;

sep_status sep_open_data(const char *path, int labelled, sep_registered_data *data) SEP_MUST_CHECK;
void sep_close_data(sep_registered_data *data);

/* septum register --all. */
sep_status sep_register_dataset(const char *path, int labelled, bool all_pairs, const sep_selection *selection,
                                const char *out) SEP_MUST_CHECK;

#endif
