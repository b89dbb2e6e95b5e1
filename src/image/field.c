/* Displacement fields and their files. */
#include "septum/image.h"

#include "image/formats.h"

#include <math.h>
#include <string.h>

static size_t count_voxels(const sep_volume *grid)
{
    return (size_t)grid->depth * (size_t)grid->height * (size_t)grid->width;
}

sep_status sep_field_create(sep_field *field, const sep_volume *grid)
{
    field->grid = *grid;
    field->grid.data = sep_calloc(3 * count_voxels(grid), sizeof(float));
    if (field->grid.data != NULL)
        return SEP_OK;
    memset(field, 0, sizeof *field);
    return SEP_ERR_MEMORY;
}

void sep_field_free(sep_field *field)
{
    sep_volume_free(&field->grid);
}

static sep_status check_finite(const char *path, const sep_field *field)
{
    const size_t count = 3 * count_voxels(&field->grid);

    for (size_t i = 0; i < count; i++)
        if (!isfinite(field->grid.data[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s: a vector is NaN or infinite", path);
    return SEP_OK;
}

sep_status sep_field_read(const char *path, sep_field *field)
{
    sep_field_kind kind = SEP_FIELD_LPS;

    memset(field, 0, sizeof *field);
    sep_status status = sep_nifti_read_field(path, &field->grid, &kind);
    if (status == SEP_OK)
        status = check_finite(path, field);
    if (status == SEP_OK)
        status = sep_field_convert(path, kind, field);
    if (status != SEP_OK)
        sep_field_free(field);
    return status;
}

sep_status sep_field_write(const char *path, const sep_field *field)
{
    const char *suffix = sep_image_suffix(path);
    sep_field turned;

    if (suffix == NULL || sep_image_format_by_name(path) != SEP_IMAGE_NIFTI)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: displacement fields are written as .nii.gz or .nii", path);
    SEP_TRY(sep_field_create(&turned, &field->grid));
    memcpy(turned.grid.data, field->grid.data, 3 * count_voxels(&field->grid) * sizeof(float));
    sep_field_turn(&turned);
    sep_status status = sep_nifti_write_field(path, &turned.grid);
    sep_field_free(&turned);
    return status;
}
