/* septum warp: images and label maps through a transform. */
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/outputs.h"
#include "cli/space.h"
#include "septum/registration.h"

#include <string.h>

static const char *transform_path, *grid_path, *out, *labels_by = "nearest", *interpolation = "linear";
static bool labels, inverse;
static double outside = 0.0;

static const sep_option options[] = {
    {"transform", 't', "FILE", "the transform: ITK text (.tfm), or a field of displacements (.nii.gz)",
     .string = &transform_path},
    {"grid", 'g', "IMAGE", "the image whose grid the result gets: FIXED of septum register", .string = &grid_path},
    {"out", 'o', "IMAGE", "the result", .string = &out},
    {"labels", 'l', NULL, "IMAGE is a label map", .flag = &labels},
    {"labels-by", 0, "WAY", "nearest voxel, or the largest of the classes' linearly interpolated maps",
     .string = &labels_by, .choices = "nearest|linear"},
    {"interpolation", 0, "WAY", "of an image: linear, or by cubic B-splines", .string = &interpolation,
     .choices = "linear|cubic"},
    {"inverse", 0, NULL, "go through the transform backwards: IMAGE lies on FIXED's side", .flag = &inverse},
    {"outside", 0, "VALUE", "of voxels that come from outside an image", .real = &outside, .low = -1e30, .high = 1e30},
    SEP_DEVICE_OPTION,
    {"threads", 0, "N", "processor threads to use, 0 for all", .integer = &sep_threads_option, .low = 0, .high = 1024},
    {0},
};

static sep_status warp_image(const char *path, const sep_spatial_transform *t, const sep_volume *grid,
                             const sep_warp_options *how)
{
    sep_volume image, result = {0};

    SEP_TRY(sep_volume_read(path, &image));
    sep_warn_of_unknown_spacing(grid_path, grid->has_geometry, path, image.has_geometry);
    sep_status status = sep_warp_volume(&image, t, grid, how, &result);
    if (status == SEP_OK)
        status = sep_volume_write(out, &result);
    sep_volume_free(&result);
    sep_volume_free(&image);
    return status;
}

static sep_status warp_label_map(const char *path, const sep_spatial_transform *t, const sep_volume *grid,
                                 const sep_warp_options *how)
{
    sep_labels map, result = {0};

    SEP_TRY(sep_labels_read(path, &map));
    sep_warn_of_unknown_spacing(grid_path, grid->has_geometry, path, map.has_geometry);
    sep_status status = sep_warp_labels(&map, t, grid, how, &result);
    if (status == SEP_OK)
        status = sep_labels_write(out, &result);
    sep_labels_free(&result);
    sep_labels_free(&map);
    return status;
}

static sep_status warp_onto(const char *path, const sep_spatial_transform *transform, const sep_warp_options *how)
{
    sep_volume grid;

    SEP_TRY(sep_volume_read(grid_path, &grid));
    sep_status status = labels ? warp_label_map(path, transform, &grid, how) : warp_image(path, transform, &grid, how);
    sep_volume_free(&grid);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_warp_options how = {.inverse = inverse,
                            .linear = strcmp(labels_by, "linear") == 0,
                            .cubic = strcmp(interpolation, "cubic") == 0,
                            .outside = (float)outside,
                            .threads = (int)sep_threads_option};
    sep_spatial_transform transform;

    (void)count;
    if (transform_path == NULL || grid_path == NULL || out == NULL)
        return sep_usage_error("--transform, --grid and --out are needed");
    if (labels && (how.cubic || outside != 0.0))
        return sep_usage_error("--interpolation and --outside are of images; label maps have --labels-by");
    if (!labels && how.linear)
        return sep_usage_error("--labels-by goes with --labels");
    sep_outputs files = {0};
    sep_reads(&files, operand[0]);
    sep_reads(&files, transform_path);
    sep_reads(&files, grid_path);
    sep_writes(&files, out);
    SEP_TRY(sep_outputs_check(&files));
    SEP_TRY(sep_open_device(&how.device));
    sep_status status = sep_spatial_read(transform_path, &transform);
    if (status == SEP_OK) {
        status = warp_onto(operand[0], &transform, &how);
        sep_spatial_free(&transform);
    }
    sep_device_destroy(how.device);
    return status;
}

const sep_command sep_command_warp = {
    .name = "warp",
    .operands = "IMAGE",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "carry an image or a label map through a transform",
    .description =
        "Resamples IMAGE, the MOVING one of septum register or a label map drawn on it, on the grid of "
        "another. Images are interpolated linearly, or by cubic B-splines, which keep edges sharper but "
        "overshoot beside them. A field of displacements is one that elastix, ANTs or 3D Slicer wrote as "
        "NIfTI, or septum transform; deformations of SPM and NiftyReg are known by their headers. "
        "Of several transforms in one ITK file none is taken unless a CompositeTransform stands before "
        "them. A B-spline moves nothing beyond its grid, as in ITK and elastix. OpenCL devices give the processor's "
        "bits.",
    .examples = "septum warp moving.nii.gz --transform t.tfm --grid fixed.nii.gz --out moved.nii.gz\n"
                "septum warp --labels moving_seg.nii.gz --transform t.tfm --grid fixed.nii.gz --out seg.nii.gz",
    .options = options,
    .run = run,
};
