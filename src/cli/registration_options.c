/* The options of a registration, for the commands that register. */
#include "cli/registration.h"

#include <string.h>

const char *sep_kind_option = "affine", *sep_metric_option = "ncc";
static const char *optimiser = "lbfgs", *start = "centre", *tilt = "auto";
static int64_t levels = 0, bins = 32, iterations = 250, spline_iterations = 100, samples = 4096, spline_samples = 32768,
               seed = 0;
static double grid = 16.0, strain = 0.003, bending = 0.05, jacobian = 0.05, step = 0.0;

const sep_option sep_registration_rows[] = {
    {"transform", 0, "KIND", "rigid, similarity, affine, or bspline: affine, then a deformation",
     .string = &sep_kind_option, .choices = SEP_TRANSFORM_KINDS},
    {"metric", 0, "METRIC", "correlation; mutual information (for two modalities), local correlation, mean squares",
     .string = &sep_metric_option, .choices = SEP_REGISTRATION_METRICS},
    {"optimiser", 0, "WHICH", "L-BFGS, or adaptive stochastic gradient descent", .string = &optimiser,
     .choices = SEP_REGISTRATION_OPTIMISERS},
    {"start", 0, "WHERE",
     "centre on centre; centre of mass on centre of mass, with the masses' spreads too; nothing moved; or what is most "
     "similar of these",
     .string = &start, .choices = SEP_REGISTRATION_STARTS},
    {"tilt", 0, "WHETHER",
     "slices may be tilted by the affine part; auto: where both volumes have 32 or more, or a B-spline follows",
     .string = &tilt, .choices = SEP_TILTS},
    {"levels", 0, "N", "of the pyramid; the coarsest is shrunk by 2^(N-1); 0: 5, for mi 4", .integer = &levels,
     .low = 0, .high = 8},
    {"iterations", 0, "N", "a level, at most", .integer = &iterations, .low = 1, .high = 100000},
    {"bspline-iterations", 0, "N", "a level of the deformation, at most", .integer = &spline_iterations, .low = 1,
     .high = 100000},
    {"samples", 0, "N", "voxels that the metric looks at", .integer = &samples, .low = 64, .high = 1 << 24},
    {"bspline-samples", 0, "N", "the same of the deformation", .integer = &spline_samples, .low = 64, .high = 1 << 24},
    {"bins", 0, "N", "of mutual information", .integer = &bins, .low = 8, .high = 128},
    {"grid", 0, "MM", "between control points of the deformation's last level", .real = &grid, .low = 0.001,
     .high = 1e6},
    {"strain", 0, "WEIGHT", "of stretching and shearing by the affine part", .real = &strain, .low = 0.0, .high = 1e6},
    {"bending", 0, "WEIGHT", "of the deformation's bending energy", .real = &bending, .low = 0.0, .high = 1e6},
    {"jacobian-penalty", 0, "WEIGHT",
     "of the deformation's changes of volume, against folds: 0 for none, 0.3 leaves no fold as a rule",
     .real = &jacobian, .low = 0.0, .high = 1e6},
    {"step", 0, "MM", "how far the first step moves points, 0 for the mean voxel size", .real = &step, .low = 0.0,
     .high = 1e6},
    {"seed", 0, "N", "of the samples", .integer = &seed, .low = 0, .high = UINT32_MAX},
    SEP_DEVICE_OPTION,
    SEP_THREADS_OPTION,
    {0},
};

/* The index of a word in a list parted by '|': the option's own choices. */
static int index_of(const char *word, const char *choices)
{
    const size_t length = strlen(word);
    int index = 0;

    while (strncmp(choices, word, length) != 0 || (choices[length] != '|' && choices[length] != '\0')) {
        choices = strchr(choices, '|') + 1;
        index++;
    }
    return index;
}

sep_status sep_read_registration_options(sep_registration_options *how)
{
    *how = (sep_registration_options){
        .kind = (sep_transform_kind)index_of(sep_kind_option, SEP_TRANSFORM_KINDS),
        .metric = (sep_registration_metric)index_of(sep_metric_option, SEP_REGISTRATION_METRICS),
        .optimiser = (sep_registration_optimiser)index_of(optimiser, SEP_REGISTRATION_OPTIMISERS),
        .start = (sep_registration_start)index_of(start, SEP_REGISTRATION_STARTS),
        .tilt = (sep_tilt)index_of(tilt, SEP_TILTS),
        .bins = (int)bins,
        .levels = (int)levels,
        .iterations = (int)iterations,
        .spline_iterations = (int)spline_iterations,
        .samples = (int)samples,
        .spline_samples = (int)spline_samples,
        .max_step = step,
        .grid = grid,
        .strain = strain > 0.0 ? strain : -1.0,
        .bending = bending > 0.0 ? bending : -1.0,
        .jacobian = jacobian > 0.0 ? jacobian : -1.0,
        .seed = (uint64_t)seed,
        .threads = (int)sep_threads_option,
    };
    return sep_open_device(&how->device);
}
