/* septum transform: what a transform does, and the same as a field for other programs. */
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/views.h"

#include <stdio.h>

static const char *grid_path;

static const sep_option options[] = {
    {"grid", 'g', "IMAGE", "the image over which the transform is looked at: FIXED of septum register",
     .string = &grid_path},
    SEP_VIEW_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

static const char *kind_of(const sep_spatial_transform *transform)
{
    return sep_spatial_is_affine(transform) ? "affine"
           : transform->spline.size[0] > 0  ? "affine after a B-spline"
                                            : "field of displacements";
}

static void print_transform(const sep_spatial_transform *t)
{
    const int *nodes = t->spline.size;
    const sep_volume *field = &t->field.grid;

    printf("%s", kind_of(t));
    if (nodes[0] > 0)
        printf(" of %d x %d x %d nodes", nodes[0], nodes[1], nodes[2]);
    else if (!sep_spatial_is_affine(t))
        printf(", %d x %d x %d voxels", field->width, field->height, field->depth);
    printf("; from the fixed to the moving world, in mm (RAS):\n");
    for (int i = 0; i < 3; i++)
        printf("%12.6f%12.6f%12.6f%14.4f\n", t->matrix[i][0], t->matrix[i][1], t->matrix[i][2], t->matrix[i][3]);
}

static sep_status look(const sep_spatial_transform *transform, const sep_volume *grid)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option};
    sep_jacobian summary;

    print_transform(transform);
    SEP_TRY(sep_spatial_jacobian(transform, grid, &how, NULL, &summary));
    sep_print_jacobian(&summary);
    return sep_write_views(transform, grid);
}

static sep_status run(int count, char **operand)
{
    sep_spatial_transform transform;
    sep_volume grid;

    (void)count;
    if (grid_path == NULL)
        return sep_usage_error("--grid is missing: the image over which the transform is looked at");
    SEP_TRY(sep_check_views());
    sep_outputs files = {0};
    sep_reads(&files, operand[0]);
    sep_reads(&files, grid_path);
    sep_declare_views(&files);
    SEP_TRY(sep_outputs_check(&files));
    SEP_TRY(sep_spatial_read(operand[0], &transform));
    sep_status status = sep_volume_read(grid_path, &grid);
    if (status == SEP_OK) {
        status = look(&transform, &grid);
        sep_volume_free(&grid);
    }
    sep_spatial_free(&transform);
    return status;
}

const sep_command sep_command_transform = {
    .name = "transform",
    .operands = "FILE",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "look at a transform, or write it as a field for other programs",
    .description =
        "FILE is what septum register wrote, or another program: ITK text (.tfm) or a field of displacements "
        "(.nii.gz). "
        "Prints its matrix, and how much it shrinks and grows what lies under the voxels of an image: the determinant "
        "of "
        "its derivative, which is 0 or less where the deformation folds.\n"
        "\n"
        "A field holds, for each voxel of the image, how far its point is moved, in mm, as elastix, ANTs and 3D Slicer "
        "read it.",
    .examples = "septum transform 1_to_2.tfm --grid patient_1.nii.gz --field 1_to_2.nii.gz\n"
                "septum transform 1_to_2.tfm --grid patient_1.nii.gz --jacobian growth.nii.gz",
    .options = options,
    .run = run,
};
