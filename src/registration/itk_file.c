/* Transforms as ITK's transform text files. */
#include "registration/itk_text.h"
#include "registration/matrix.h"
#include "registration/spline.h"

#include <math.h>
#include <string.h>

static const char header[] = "#Insight Transform File V1.0";
static const double flip[3] = {-1.0, -1.0, 1.0}; /* RAS and LPS */
enum { SPLINE_FIXED = 18 };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* ITK's fixed parameters of a B-spline: nodes, first node, spacing, direction row by row. */
static sep_status take_spline(const sep_itk_entry *e, sep_spline *spline)
{
    double nodes = 1.0;
    sep_map inverse;

    if (e->fixed_parameters != SPLINE_FIXED)
        return sep_fail(SEP_ERR_FORMAT, "a B-spline has %d fixed parameters; 18 are wanted (cubic, three dimensions)",
                        e->fixed_parameters);
    for (int i = 0; i < 3; i++) {
        nodes *= e->fixed[i];
        if (!(e->fixed[i] >= 4.0 && e->fixed[i] <= 4096.0 && floor(e->fixed[i]) == e->fixed[i]))
            return sep_fail(SEP_ERR_FORMAT, "a B-spline has %g nodes along an axis; 4 to 4096 are read", e->fixed[i]);
    }
    if (nodes * 3.0 != e->parameters)
        return sep_fail(SEP_ERR_FORMAT, "a B-spline of %.0f nodes has %d coefficients", nodes, e->parameters);
    const int cells[3] = {(int)e->fixed[0] - 3, (int)e->fixed[1] - 3, (int)e->fixed[2] - 3};
    const sep_volume unit = {.depth = 1, .height = 1, .width = 1};
    SEP_TRY(sep_spline_create(&unit, cells, spline));
    for (int i = 0; i < 3; i++) {
        spline->to_world[i][3] = flip[i] * e->fixed[3 + i];
        for (int axis = 0; axis < 3; axis++)
            spline->to_world[i][axis] = flip[i] * e->fixed[9 + 3 * i + axis] * e->fixed[6 + axis];
        for (size_t k = 0; k < sep_spline_nodes(spline); k++)
            spline->coefficient[i][k] = flip[i] * e->parameter[(size_t)i * sep_spline_nodes(spline) + k];
    }
    if (sep_map_invert((const double(*)[4])spline->to_world, inverse))
        return SEP_OK;
    sep_spline_free(spline);
    return sep_fail(SEP_ERR_FORMAT, "the B-spline's grid is flat");
}

/* ITK applies the last entry first: what came before stays outside. */
static sep_status append(const sep_itk_entry *e, sep_spatial_transform *t)
{
    sep_spatial_transform inner;
    bool linear;

    if (!sep_spatial_is_affine(t))
        return sep_fail(SEP_ERR_UNSUPPORTED, "a transform behind the B-spline: only a last one is read");
    if (strcmp(e->name, "CompositeTransform") == 0)
        return SEP_OK;
    if (strcmp(e->name, "BSplineTransform") == 0)
        return take_spline(e, &t->spline);
    sep_spatial_identity(&inner);
    SEP_TRY(sep_itk_linear(e, inner.matrix, inner.centre, &linear));
    if (!linear)
        return sep_fail(SEP_ERR_UNSUPPORTED, "transforms of the kind %s are not read", e->name);
    return sep_spatial_compose(t, &inner, t);
}

static sep_status read_text(const char *text, sep_spatial_transform *t)
{
    bool found = true;
    int entries = 0;

    if (strncmp(text, header, sizeof header - 1) != 0)
        return sep_fail(SEP_ERR_FORMAT, "doesn't begin with '%s'", header);
    for (; found; entries += found) {
        sep_itk_entry entry;

        SEP_TRY(sep_itk_next(&text, &entry, &found));
        sep_status status = found ? append(&entry, t) : SEP_OK;
        sep_itk_entry_free(&entry);
        SEP_TRY(status);
    }
    return entries > 0 ? SEP_OK : sep_fail(SEP_ERR_FORMAT, "holds no transform");
}

sep_status sep_spatial_read(const char *path, sep_spatial_transform *transform)
{
    size_t count;
    void *text;

    sep_spatial_identity(transform);
    SEP_TRY(sep_file_read(path, &text, &count));
    sep_status status = read_text(text, transform);
    sep_free(text);
    if (status == SEP_OK)
        return SEP_OK;
    sep_spatial_free(transform);
    return sep_fail_within(status, "%s", path);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void write_affine(sep_atomic_file *file, const sep_spatial_transform *t)
{
    double shift[3];

    sep_map_point(t->matrix, t->centre, shift);
    sep_atomic_print(file, "Transform: AffineTransform_double_3_3\nParameters:");
    for (int i = 0; i < 9; i++)
        sep_atomic_print(file, " %.17g", flip[i / 3] * t->matrix[i / 3][i % 3] * flip[i % 3]);
    for (int i = 0; i < 3; i++)
        sep_atomic_print(file, " %.17g", flip[i] * (shift[i] - t->centre[i]));
    sep_atomic_print(file, "\nFixedParameters:");
    for (int i = 0; i < 3; i++)
        sep_atomic_print(file, " %.17g", flip[i] * t->centre[i]);
    sep_atomic_print(file, "\n");
}

static double column_length(const sep_spline *s, int axis)
{
    return sqrt(s->to_world[0][axis] * s->to_world[0][axis] + s->to_world[1][axis] * s->to_world[1][axis] +
                s->to_world[2][axis] * s->to_world[2][axis]);
}

static void write_spline(sep_atomic_file *file, const sep_spline *s)
{
    sep_atomic_print(file, "Transform: BSplineTransform_double_3_3\nParameters:");
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < sep_spline_nodes(s); k++)
            sep_atomic_print(file, " %.17g", flip[i] * s->coefficient[i][k]);
    sep_atomic_print(file, "\nFixedParameters: %d %d %d", s->size[0], s->size[1], s->size[2]);
    for (int i = 0; i < 3; i++)
        sep_atomic_print(file, " %.17g", flip[i] * s->to_world[i][3]);
    for (int axis = 0; axis < 3; axis++)
        sep_atomic_print(file, " %.17g", column_length(s, axis));
    for (int i = 0; i < 9; i++)
        sep_atomic_print(file, " %.17g", flip[i / 3] * s->to_world[i / 3][i % 3] / column_length(s, i % 3));
    sep_atomic_print(file, "\n");
}

sep_status sep_spatial_write(const char *path, const sep_spatial_transform *transform)
{
    const bool affine = sep_spatial_is_affine(transform);
    sep_atomic_file *file;
    int entry = 0;

    SEP_TRY(sep_atomic_begin(path, &file));
    sep_atomic_print(file, "%s\n", header);
    if (!affine)
        sep_atomic_print(file, "#Transform %d\nTransform: CompositeTransform_double_3_3\n", entry++);
    sep_atomic_print(file, "#Transform %d\n", entry++);
    write_affine(file, transform);
    if (!affine) {
        sep_atomic_print(file, "#Transform %d\n", entry);
        write_spline(file, &transform->spline);
    }
    return sep_atomic_commit(file);
}
