/* Writing ITK's transform files. */
#include "septum/registration.h"

#include "registration/files/itk_file.h"
#include "registration/transform/spline.h"

#include <math.h>

/* "%.17g" brings a double back unchanged. */
#define NUMBER " %.17g"

/* The translation of ITK is that of the centre: A c + b - c. */
static void write_affine(const sep_spatial_transform *transform, sep_atomic_file *file)
{
    double centre[3], moved[3];
    sep_map map;

    sep_itk_turn((const double(*)[4])transform->matrix, map);
    for (int i = 0; i < 3; i++)
        centre[i] = sep_itk_sign(i) * transform->centre[i];
    sep_map_point((const double(*)[4])map, centre, moved);
    sep_atomic_print(file, "Transform: AffineTransform_double_3_3\nParameters:");
    for (int i = 0; i < 9; i++)
        sep_atomic_print(file, NUMBER, map[i / 3][i % 3]);
    for (int i = 0; i < 3; i++)
        sep_atomic_print(file, NUMBER, moved[i] - centre[i]);
    sep_atomic_print(file, "\nFixedParameters:" NUMBER NUMBER NUMBER "\n", centre[0], centre[1], centre[2]);
}

/* Size, origin, spacing, direction (row by row) of the grid of coefficients. */
static void write_grid(const sep_spline *spline, sep_atomic_file *file)
{
    double spacing[3];

    for (int axis = 0; axis < 3; axis++) {
        const double x = spline->to_world[0][axis], y = spline->to_world[1][axis], z = spline->to_world[2][axis];

        spacing[axis] = sqrt(x * x + y * y + z * z);
    }
    sep_atomic_print(file, "FixedParameters: %d %d %d", spline->size[0], spline->size[1], spline->size[2]);
    for (int i = 0; i < 3; i++)
        sep_atomic_print(file, NUMBER, sep_itk_sign(i) * spline->to_world[i][3]);
    for (int axis = 0; axis < 3; axis++)
        sep_atomic_print(file, NUMBER, spacing[axis]);
    for (int i = 0; i < 9; i++)
        sep_atomic_print(file, NUMBER, sep_itk_sign(i / 3) * spline->to_world[i / 3][i % 3] / spacing[i % 3]);
    sep_atomic_print(file, "\n");
}

static void write_spline(const sep_spline *spline, sep_atomic_file *file)
{
    sep_atomic_print(file, "Transform: BSplineTransform_double_3_3\nParameters:");
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < sep_spline_nodes(spline); n++)
            sep_atomic_print(file, NUMBER, sep_itk_sign(i) * spline->coefficient[i][n]);
    sep_atomic_print(file, "\n");
    write_grid(spline, file);
}

sep_status sep_spatial_check_name(const char *path)
{
    if (sep_has_suffix(path, ".tfm") || sep_has_suffix(path, ".txt"))
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "%s: transforms are written as ITK's text: give it the suffix .tfm or .txt",
                    path);
}

sep_status sep_spatial_write(const char *path, const sep_spatial_transform *transform)
{
    sep_atomic_file *file;

    SEP_TRY(sep_spatial_check_name(path));
    if (transform->field.grid.data != NULL)
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "%s: a field of displacements has no place in a transform file; write it as "
                        "a field (.nii.gz)",
                        path);
    SEP_TRY(sep_atomic_begin(path, &file));
    sep_atomic_print(file, SEP_ITK_FIRST_LINE "\n#Transform 0\n");
    if (sep_spatial_is_affine(transform)) {
        write_affine(transform, file);
    } else {
        sep_atomic_print(file, "Transform: CompositeTransform_double_3_3\n#Transform 1\n");
        write_affine(transform, file);
        sep_atomic_print(file, "#Transform 2\n");
        write_spline(&transform->spline, file);
    }
    return sep_atomic_commit(file);
}
