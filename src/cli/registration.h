/* What septum register and septum propagate share: the options of a registration, and the pairs of a dataset. */
#ifndef SEPTUM_CLI_REGISTRATION_H
#define SEPTUM_CLI_REGISTRATION_H

#include "cli/compute.h"
#include "septum/data.h"
#include "septum/registration_pairs.h"

extern const char *sep_kind_option, *sep_metric_option, *sep_optimiser_option;
extern int64_t sep_levels_option, sep_bins_option, sep_iterations_option, sep_spline_iterations_option,
    sep_samples_option, sep_spline_samples_option, sep_seed_option;
extern double sep_grid_option, sep_bending_option, sep_step_option;

#define SEP_KIND_CHOICES      "rigid|similarity|affine|bspline"
#define SEP_METRIC_CHOICES    "mi|ncc|lncc|msq"
#define SEP_OPTIMISER_CHOICES "lbfgs|asgd"

/* Rows of an option table. */
#define SEP_REGISTRATION_OPTIONS                                                                                       \
    {"transform",                                                                                                      \
     0,                                                                                                                \
     "KIND",                                                                                                           \
     "rigid, similarity, affine, or bspline: affine, then a deformation",                                              \
     .string = &sep_kind_option,                                                                                       \
     .choices = SEP_KIND_CHOICES},                                                                                     \
        {"metric",                                                                                                     \
         0,                                                                                                            \
         "METRIC",                                                                                                     \
         "mutual information, correlation, local correlation or mean squares",                                         \
         .string = &sep_metric_option,                                                                                 \
         .choices = SEP_METRIC_CHOICES},                                                                               \
        {"optimiser",                                                                                                  \
         0,                                                                                                            \
         "WHICH",                                                                                                      \
         "L-BFGS, or adaptive stochastic gradient descent",                                                            \
         .string = &sep_optimiser_option,                                                                              \
         .choices = SEP_OPTIMISER_CHOICES},                                                                            \
        {"levels", 0,        "N", "of the pyramid; the coarsest is shrunk by 2^(N-1)", .integer = &sep_levels_option,  \
         .low = 1, .high = 8},                                                                                         \
        {"iterations", 0, "N", "a level, at most", .integer = &sep_iterations_option, .low = 1, .high = 100000},       \
        {"bspline-iterations",                                                                                         \
         0,                                                                                                            \
         "N",                                                                                                          \
         "a level of the deformation, at most",                                                                        \
         .integer = &sep_spline_iterations_option,                                                                     \
         .low = 1,                                                                                                     \
         .high = 100000},                                                                                              \
        {"samples",      0, "N", "voxels that the metric looks at", .integer = &sep_samples_option, .low = 64,         \
         .high = 1 << 24},                                                                                             \
        {"bspline-samples", 0, "N", "the same of the deformation", .integer = &sep_spline_samples_option, .low = 64,   \
         .high = 1 << 24},                                                                                             \
        {"bins", 0, "N", "of mutual information", .integer = &sep_bins_option, .low = 8, .high = 128},                 \
        {"grid",                                                                                                       \
         0,                                                                                                            \
         "MM",                                                                                                         \
         "between control points of the deformation's last level",                                                     \
         .real = &sep_grid_option,                                                                                     \
         .low = 0.001,                                                                                                 \
         .high = 1e6},                                                                                                 \
        {"bending",  0,          "WEIGHT", "of the deformation's bending energy", .real = &sep_bending_option,         \
         .low = 0.0, .high = 1e6},                                                                                     \
        {"step",                                                                                                       \
         0,                                                                                                            \
         "MM",                                                                                                         \
         "how far the first step moves points, 0 for the mean voxel size",                                             \
         .real = &sep_step_option,                                                                                     \
         .low = 0.0,                                                                                                   \
         .high = 1e6},                                                                                                 \
    {                                                                                                                  \
        "seed", 0, "N", "of the samples", .integer = &sep_seed_option, .low = 0, .high = UINT32_MAX                    \
    }
#define SEP_LABELLED_OPTION(variable)                                                                                  \
    {                                                                                                                  \
        "labelled", 'n', "N", "labelled patients: the first N of the training order; 0 as the dataset says",           \
            .integer = &(variable), .low = 0, .high = INT32_MAX                                                        \
    }
#define SEP_PUBLISHED_OPTION(variable)                                                                                 \
    {                                                                                                                  \
        "published-score", 0, NULL, "rank by RMSE + MI, as printed in the thesis, instead of z(RMSE) - z(MI)",         \
            .flag = &(variable)                                                                                        \
    }

sep_registration_options sep_read_registration_options(void);

/* A dataset from section [data] of a configuration, which stays open as long as its strings are used: the rest of the
 * file is for training and is not looked at. `labelled` patients, 0 as the file says. */
typedef struct sep_registered_data {
    sep_options *given;
    sep_data_config config;
    sep_dataset *dataset;
    int *index; /* of scan i in a set of pairs, -1: not in it */
} sep_registered_data;

sep_status sep_open_data(const char *path, int labelled, sep_registered_data *data) SEP_MUST_CHECK;
void sep_close_data(sep_registered_data *data);
/* Adds scan i of the dataset to the set. */
sep_status sep_add_scan(sep_registered_data *data, int i, sep_pairs *set) SEP_MUST_CHECK;

/* sep_pairs_run until it is done or Ctrl-C; then the ranking. */
sep_status sep_run_pairs(sep_pairs *set, bool published, const char *path) SEP_MUST_CHECK;

/* septum register --all. */
sep_status sep_register_dataset(const char *path, int labelled, bool all_pairs, bool published,
                                const char *out) SEP_MUST_CHECK;

#endif
