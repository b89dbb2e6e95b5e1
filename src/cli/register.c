/* septum register: the transform that brings two volumes together. */
#include "cli/commands.h"
#include "cli/registration.h"
#include "cli/space.h"
#include "cli/views.h"

#include <stdio.h>
#include <string.h>

static const char *out, *warped, *picture, *all, *pairs = "labelled";
static int64_t labelled, shortlist = 2;
static bool published;

static const sep_option options[] = {
    {"out", 'o', "FILE", "write the transform: ITK text (.tfm); with --all the registrations: HDF5", .string = &out},
    {"warped", 0, "IMAGE", "write MOVING on FIXED's grid too", .string = &warped},
    {"picture", 0, "PNG",
     "write a picture of the middle slice: checkerboards before and after, the deformed grid, "
     "how much it shrinks (blue) and grows (red)",
     .string = &picture},
    SEP_VIEW_OPTIONS,
    {"all", 'a', "DATASET.ini", "register the training volumes of a dataset, section [data] of a configuration",
     .string = &all},
    {"pairs", 0, "WHICH", "with --all: those of a labelled volume and any other, or all", .string = &pairs,
     .choices = "labelled|all"},
    SEP_LABELLED_OPTION(labelled),
    SEP_SELECTION_OPTIONS(published, shortlist),
    {0},
};

static void print_report(const sep_registration_report *r)
{
    printf("%s %.4f -> %.4f, normalised mutual information %.4f -> %.4f\n", sep_metric_option, r->before, r->after,
           r->nmi_before, r->nmi_after);
    printf("%.0f %% of the fixed volume inside the moving one, volume factor %.3f, %d iterations, %.2f s\n",
           100.0 * r->valid, r->determinant, r->iterations, r->seconds);
    if (strcmp(sep_kind_option, "bspline") == 0 && !r->failed)
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

static sep_status write_results(const sep_volume *fixed, const sep_volume *moving, const sep_spatial_transform *found,
                                sep_device *device)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option, .device = device};

    SEP_TRY(sep_spatial_write(out, found));
    if (warped != NULL)
        SEP_TRY(write_warped(fixed, moving, found, &how));
    if (picture != NULL)
        SEP_TRY(write_picture(fixed, moving, found, &how));
    return sep_write_views(found, fixed);
}

static sep_status register_pair(const sep_volume *fixed, const sep_volume *moving, const sep_registration_options *how)
{
    sep_registration_report report;
    sep_spatial_transform found;

    SEP_TRY(sep_register(fixed, moving, how, &found, &report));
    print_report(&report);
    sep_status status =
        report.failed ? sep_fail(SEP_ERR_NUMERIC, "the registration failed: %s; nothing was written", report.reason)
                      : write_results(fixed, moving, &found, how->device);
    sep_spatial_free(&found);
    return status;
}

/* What can't be written is said before the search, not after it. */
static sep_status check_outputs(char **operand)
{
    sep_outputs files = {0};

    if (picture != NULL && !sep_has_suffix(picture, ".png"))
        return sep_usage_error("--picture %s: pictures are written as .png", picture);
    if (warped != NULL && sep_image_suffix(warped) == NULL)
        return sep_usage_error("--warped %s: give it the suffix .nii.gz, .nii, .h5 or .png", warped);
    SEP_TRY(sep_check_views());
    sep_reads(&files, operand[0]);
    sep_reads(&files, operand[1]);
    sep_writes(&files, out);
    sep_writes(&files, warped);
    sep_writes(&files, picture);
    sep_declare_views(&files);
    SEP_TRY(sep_outputs_check(&files));
    return out != NULL ? sep_spatial_check_name(out) : SEP_OK;
}

static sep_status register_files(char **operand)
{
    sep_volume fixed = {0}, moving = {0};
    sep_registration_options how;

    SEP_TRY(sep_read_registration_options(&how));
    sep_status status = sep_volume_read(operand[0], &fixed);
    if (status == SEP_OK)
        status = sep_volume_read(operand[1], &moving);
    if (status == SEP_OK) {
        sep_warn_of_unknown_spacing(operand[0], fixed.has_geometry, operand[1], moving.has_geometry);
        status = register_pair(&fixed, &moving, &how);
    }
    sep_volume_free(&fixed);
    sep_volume_free(&moving);
    sep_device_destroy(how.device);
    return status;
}

static sep_status run(int count, char **operand)
{
    const sep_selection selection = sep_selection_of(published, shortlist);

    if (out == NULL)
        return sep_usage_error("--out is missing: the file for the transform, or for all of them");
    const bool shows = warped != NULL || picture != NULL || sep_field_option != NULL || sep_jacobian_option != NULL;
    if (all != NULL && (count > 0 || shows))
        return sep_usage_error("--all registers the volumes of a dataset: no FIXED, no MOVING, no --warped, --picture, "
                               "--field or --jacobian");
    if (all == NULL && count != 2)
        return sep_usage_error("two images are needed, FIXED and MOVING; or --all and a dataset");
    if (all == NULL && (labelled > 0 || strcmp(pairs, "all") == 0 || published || shortlist != 2))
        return sep_usage_error("--labelled, --pairs, --shortlist and --published-score go with --all");
    if (all == NULL)
        SEP_TRY(check_outputs(operand));
    return all != NULL ? sep_register_dataset(all, (int)labelled, strcmp(pairs, "all") == 0, &selection, out)
                       : register_files(operand);
}

const sep_command sep_command_register = {
    .name = "register",
    .operands = "FIXED MOVING | --all DATASET.ini",
    .operands_low = 0,
    .operands_high = 2,
    .summary = "find the transform that brings two images together",
    .description =
        "Writes the transform that takes points of FIXED to points of MOVING, as ITK, elastix and 3D Slicer use it to "
        "resample MOVING on FIXED's grid; septum warp does that.\n"
        "\n"
        "The search starts with the centre of FIXED on the centre of MOVING (--start), and affine looks for a "
        "similarity on the coarser half of the levels. For the affine part what lies outside MOVING counts as its "
        "smallest value; the deformation looks at what it takes inside, and keeps that there. Images without a voxel "
        "size (HDF5, PNG) are registered in voxels. What ends less similar than it started, with less than a quarter "
        "of FIXED inside MOVING, mirrored, or with volumes changed more than tenfold has failed: the search begins "
        "again two levels of the pyramid finer, where it sees less far; where none is left, exit code 1 and no file.\n"
        "\n"
        "Correlation suits two images of one modality; for two modalities take --metric mi.\n"
        "\n"
        "The same seed gives the same transform on every processor, for any number of threads, and on OpenCL devices "
        "(--device), which are faster with many samples, if at all.\n"
        "\n"
        "With --all every ordered pair of two different training volumes of which one at least is labelled (--pairs "
        "all: of any two) is registered, each pair on one thread (on an OpenCL device one after the other). Labelled "
        "are the first N patients, as in training. "
        "The file keeps transforms, similarities, what is left of going there and back, and the ranking of the "
        "labelled volumes for each other one; docs/registration.md describes it. It is written every ten seconds: the "
        "same command goes on where it was stopped, and adds pairs that are new. A file made with other options or "
        "from other volumes is refused.",
    .examples = "septum register patient_1.nii.gz patient_2.nii.gz --out 1_to_2.tfm --warped 2_on_1.nii.gz\n"
                "septum register ct.nii.gz mr.nii.gz --transform bspline --grid 20 --out ct_to_mr.tfm\n"
                "# all pairs that learning from 7 labelled patients needs\n"
                "septum register --all configs/acdc-supervised.ini --labelled 7 --out acdc-7.h5",
    .options = options,
    .shared = sep_registration_rows,
    .run = run,
};
