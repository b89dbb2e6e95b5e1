/* What septum register and septum transform write of a transform besides itself. */
#include "cli/views.h"

#include "cli/compute.h"

#include <stdio.h>
#include <strings.h>

const char *sep_field_option, *sep_jacobian_option;

sep_status sep_check_views(void)
{
    const char *suffix = sep_field_option != NULL ? sep_image_suffix(sep_field_option) : NULL;

    if (sep_field_option != NULL && (suffix == NULL || strncasecmp(suffix, ".nii", 4) != 0))
        return sep_usage_error("--field %s: fields of displacements are written as .nii.gz or .nii", sep_field_option);
    if (sep_jacobian_option != NULL && sep_image_suffix(sep_jacobian_option) == NULL)
        return sep_usage_error("--jacobian %s: give it the suffix .nii.gz, .nii, .h5 or .png", sep_jacobian_option);
    return SEP_OK;
}

void sep_declare_views(sep_outputs *files)
{
    sep_writes(files, sep_field_option);
    sep_writes(files, sep_jacobian_option);
}

static sep_status write_field(const sep_spatial_transform *transform, const sep_volume *grid)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option};
    sep_field field;

    SEP_TRY(sep_spatial_field(transform, grid, &how, &field));
    sep_status status = sep_field_write(sep_field_option, &field);
    sep_field_free(&field);
    return status;
}

static sep_status write_jacobian(const sep_spatial_transform *transform, const sep_volume *grid)
{
    const sep_warp_options how = {.threads = (int)sep_threads_option};
    sep_jacobian summary;
    sep_volume map;

    SEP_TRY(sep_spatial_jacobian(transform, grid, &how, &map, &summary));
    sep_status status = sep_volume_write(sep_jacobian_option, &map);
    sep_volume_free(&map);
    return status;
}

sep_status sep_write_views(const sep_spatial_transform *transform, const sep_volume *grid)
{
    if (sep_field_option != NULL)
        SEP_TRY(write_field(transform, grid));
    return sep_jacobian_option != NULL ? write_jacobian(transform, grid) : SEP_OK;
}

void sep_print_jacobian(const sep_jacobian *jacobian)
{
    printf("Jacobian determinant %.3f to %.3f, mean %.3f; %.3g %% of the voxels folded\n", jacobian->low,
           jacobian->high, jacobian->mean, 100.0 * jacobian->folded);
}
