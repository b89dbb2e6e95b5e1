/* septum register: the transform that brings two volumes together. */
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/views.h"

#include <stdio.h>
#include <string.h>

static const char *kind = "affine", *metric = "mi", *optimiser = "lbfgs", *out, *warped, *picture;
static int64_t levels = 4, bins = 32, iterations = 250, spline_iterations = 100, samples = 2048, spline_samples = 4096,
               seed = 0;
static double grid = 16.0, bending = 0.05, jacobian = 0.0, step = 0.0;

static const sep_option options[] = {
    {"out", 'o', "FILE", "write the transform: ITK text (.tfm)", .string = &out},
    {"transform", 0, "KIND", "rigid, similarity, affine, or bspline: affine, then a deformation", .string = &kind,
     .choices = "rigid|similarity|affine|bspline"},
    {"metric", 0, "METRIC", "mutual information, correlation, local correlation or mean squares", .string = &metric,
     .choices = "mi|ncc|lncc|msq"},
    {"optimiser", 0, "WHICH", "L-BFGS, or adaptive stochastic gradient descent", .string = &optimiser,
     .choices = "lbfgs|asgd"},
    {"levels", 0, "N", "of the pyramid; the coarsest is shrunk by 2^(N-1)", .integer = &levels, .low = 1, .high = 8},
    {"iterations", 0, "N", "a level, at most", .integer = &iterations, .low = 1, .high = 100000},
    {"bspline-iterations", 0, "N", "a level of the deformation, at most", .integer = &spline_iterations, .low = 1,
     .high = 100000},
    {"samples", 0, "N", "voxels that the metric looks at", .integer = &samples, .low = 64, .high = 1 << 24},
    {"bspline-samples", 0, "N", "the same of the deformation", .integer = &spline_samples, .low = 64, .high = 1 << 24},
    {"bins", 0, "N", "of mutual information", .integer = &bins, .low = 8, .high = 128},
    {"grid", 0, "MM", "between control points of the deformation's last level", .real = &grid, .low = 0.001,
     .high = 1e6},
    {"bending", 0, "WEIGHT", "of the deformation's bending energy", .real = &bending, .low = 0.0, .high = 1e6},
    {"jacobian-penalty", 0, "WEIGHT",
     "of the deformation's changes of volume, against folds: 0.1 leaves few, 0.3 none as a rule", .real = &jacobian,
     .low = 0.0, .high = 1e6},
    {"step", 0, "MM", "how far the first step moves points, 0 for the mean voxel size", .real = &step, .low = 0.0,
     .high = 1e6},
    {"seed", 0, "N", "of the samples", .integer = &seed, .low = 0, .high = UINT32_MAX},
    {"warped", 0, "IMAGE", "write MOVING on FIXED's grid too", .string = &warped},
    {"picture", 0, "PNG",
     "write a picture of the middle slice: checkerboards before and after, the deformed grid, "
     "how much it shrinks (blue) and grows (red)",
     .string = &picture},
    SEP_VIEW_OPTIONS,
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

static sep_registration_options read_options(void)
{
    return (sep_registration_options){
        .kind = (sep_transform_kind)index_of(kind, "rigid|similarity|affine|bspline"),
        .metric = (sep_registration_metric)index_of(metric, "mi|ncc|lncc|msq"),
        .optimiser = (sep_registration_optimiser)index_of(optimiser, "lbfgs|asgd"),
        .bins = (int)bins,
        .levels = (int)levels,
        .iterations = (int)iterations,
        .spline_iterations = (int)spline_iterations,
        .samples = (int)samples,
        .spline_samples = (int)spline_samples,
        .max_step = step,
        .grid = grid,
        .bending = bending > 0.0 ? bending : -1.0,
        .jacobian = jacobian,
        .seed = (uint64_t)seed,
        .threads = (int)sep_threads_option,
    };
}

static void print_report(const sep_registration_report *r)
{
    printf("%s %.4f -> %.4f, normalised mutual information %.4f -> %.4f\n", metric, r->before, r->after, r->nmi_before,
           r->nmi_after);
    printf("%.0f %% of the fixed volume inside the moving one, volume factor %.3f, %d iterations, %.2f s\n",
           100.0 * r->valid, r->determinant, r->iterations, r->seconds);
    if (strcmp(kind, "bspline") == 0 && !r->failed)
        sep_print_jacobian(&r->jacobian);
}

static sep_status write_warped(const sep_volume *fixed, const sep_volume *moving, const sep_spatial_transform *found,
                               const sep_warp_options *how)
{
    sep_volume image;

    SEP_TRY(sep_warp_volume(moving, found, fixed, how, &image));
    sep_status status = sep_volume_write(warped, &image);
    sep_volume_free(&image);
    return status;
}

static sep_status write_picture(const sep_volume *fixed, const sep_volume *moving, const sep_spatial_transform *found,
                                const sep_warp_options *how)
{
    sep_picture image;

    SEP_TRY(sep_registration_picture(fixed, moving, found, fixed->depth / 2, how, &image));
    sep_status status = sep_picture_write_png(picture, &image);
    sep_picture_free(&image);
    return status;
}

static sep_status write_results(const sep_volume *fixed, const sep_volume *moving, const sep_spatial_transform *found)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option};

    SEP_TRY(sep_spatial_write(out, found));
    if (warped != NULL)
        SEP_TRY(write_warped(fixed, moving, found, &how));
    if (picture != NULL)
        SEP_TRY(write_picture(fixed, moving, found, &how));
    return sep_write_views(found, fixed);
}

static sep_status register_pair(const sep_volume *fixed, const sep_volume *moving)
{
    const sep_registration_options how = read_options();
    sep_registration_report report;
    sep_spatial_transform found;

    if (fixed->has_geometry != moving->has_geometry)
        sep_log(SEP_LOG_WARNING, "only one of the volumes says how large its voxels are; the other's count as 1 mm");
    SEP_TRY(sep_register(fixed, moving, &how, &found, &report));
    print_report(&report);
    sep_status status =
        report.failed ? sep_fail(SEP_ERR_NUMERIC, "the registration failed: %s; nothing was written", report.reason)
                      : write_results(fixed, moving, &found);
    sep_spatial_free(&found);
    return status;
}

/* What can't be written is said before the search, not after it. */
static sep_status check_outputs(void)
{
    if (out == NULL)
        return sep_usage_error("--out is missing: the file for the transform");
    if (picture != NULL && !sep_has_suffix(picture, ".png"))
        return sep_usage_error("--picture %s: pictures are written as .png", picture);
    if (warped != NULL && sep_image_suffix(warped) == NULL)
        return sep_usage_error("--warped %s: give it the suffix .nii.gz, .nii, .h5 or .png", warped);
    SEP_TRY(sep_check_folder(out));
    SEP_TRY(sep_check_folder(warped));
    SEP_TRY(sep_check_folder(picture));
    return sep_check_views();
}

static sep_status run(int count, char **operand)
{
    sep_volume fixed = {0}, moving = {0};

    (void)count;
    SEP_TRY(check_outputs());
    SEP_TRY(sep_volume_read(operand[0], &fixed));
    sep_status status = sep_volume_read(operand[1], &moving);
    if (status == SEP_OK)
        status = register_pair(&fixed, &moving);
    sep_volume_free(&fixed);
    sep_volume_free(&moving);
    return status;
}

const sep_command sep_command_register = {
    .name = "register",
    .operands = "FIXED MOVING",
    .operands_low = 2,
    .operands_high = 2,
    .summary = "find the transform that brings two images together",
    .description =
        "Writes the transform that takes points of FIXED to points of MOVING, as ITK, elastix and 3D Slicer use it to "
        "resample MOVING on FIXED's grid; septum warp does that.\n"
        "\n"
        "The search starts from the best of: the identity, the centres, the centres of mass, and these with the "
        "spreads "
        "of the masses; affine looks for a similarity on the coarser half of the levels. What lies outside MOVING "
        "counts "
        "as its smallest value. Images without a voxel size (HDF5, PNG) are registered in voxels. A search that loses "
        "the "
        "overlap begins again with half the step, three times; what ends with less than a quarter of FIXED inside "
        "MOVING, or with volumes changed more than tenfold, has failed: exit code 1 and no file.\n"
        "\n"
        "The same seed gives the same transform on every processor and for any number of threads.",
    .examples = "septum register patient_1.nii.gz patient_2.nii.gz --out 1_to_2.tfm --warped 2_on_1.nii.gz\n"
                "septum register ct.nii.gz mr.nii.gz --transform bspline --grid 20 --out ct_to_mr.tfm",
    .options = options,
    .run = run,
};
