/* Reading transforms: ITK's transform files, and fields of displacements. */
#include "septum/registration.h"

#include "registration/files/itk_file.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* Numbers that grow. */
typedef struct numbers {
    double *value;
    int count, capacity;
} numbers;

/* One entry of the file: a transform with its two lines. */
typedef struct entry {
    char kind[64];
    numbers parameter, fixed;
} entry;

typedef struct reading {
    const char *path;
    char *text; /* what has not been read */
    entry entry;
    int entries; /* taken, without the composite before them */
    bool composite;
    sep_spatial_transform *transform;
} reading;

static sep_status fail(const reading *r, const char *what)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: %s: %s", r->path, r->entry.kind, what);
}

static sep_status add_number(numbers *list, double value)
{
    if (list->count == list->capacity) {
        const int capacity = list->capacity > 0 ? 2 * list->capacity : 16;
        double *larger = sep_calloc((size_t)capacity, sizeof *larger);

        if (larger == NULL)
            return SEP_ERR_MEMORY;
        if (list->count > 0)
            memcpy(larger, list->value, (size_t)list->count * sizeof *larger);
        sep_free(list->value);
        list->value = larger;
        list->capacity = capacity;
    }
    list->value[list->count++] = value;
    return SEP_OK;
}

/* Cuts `line` to pieces. */
static sep_status read_numbers(const reading *r, char *line, numbers *list)
{
    static const char blanks[] = " \t\r";

    list->count = 0;
    for (line += strspn(line, blanks); *line != '\0'; line += strspn(line, blanks)) {
        char *word = line;
        double value;

        line += strcspn(line, blanks);
        if (*line != '\0')
            *line++ = '\0';
        if (!sep_parse_float(word, &value))
            return sep_fail(SEP_ERR_FORMAT, "%s: '%.40s' is not a number", r->path, word);
        SEP_TRY(add_number(list, value));
    }
    return SEP_OK;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static sep_status take_linear(reading *r, const sep_itk_kind *kind)
{
    const entry *e = &r->entry;
    sep_map map;

    if (e->parameter.count != kind->parameters || e->fixed.count < kind->fixed_least)
        return sep_fail(SEP_ERR_FORMAT, "%s: %s has %d parameters and %d fixed ones; %d and %d are right", r->path,
                        e->kind, e->parameter.count, e->fixed.count, kind->parameters, kind->fixed_least);
    kind->map(e->parameter.value, e->fixed.value, e->fixed.count, map);
    sep_itk_turn((const double(*)[4])map, map);
    sep_map_compose((const double(*)[4])r->transform->matrix, (const double(*)[4])map, r->transform->matrix);
    for (int i = 0; i < 3; i++)
        r->transform->centre[i] = kind->fixed_least == 3 ? sep_itk_sign(i) * e->fixed.value[i] : 0.0;
    return SEP_OK;
}

/* Sizes of the grid, and their product against the number of coefficients. */
static sep_status read_spline_size(const reading *r, int size[3])
{
    double nodes = 3.0;

    if (r->entry.fixed.count != 18)
        return fail(r, "size, origin, spacing and direction of the grid are 18 fixed parameters");
    for (int axis = 0; axis < 3; axis++) {
        const double n = r->entry.fixed.value[axis];

        if (!(n >= 4.0 && n <= 65536.0 && n == floor(n)))
            return fail(r, "a cubic B-spline needs 4 nodes or more along each axis");
        size[axis] = (int)n;
        nodes *= n;
    }
    return nodes == r->entry.parameter.count ? SEP_OK : fail(r, "the coefficients are not three a node of the grid");
}

static sep_status take_spline(reading *r)
{
    const double *fixed = r->entry.fixed.value, *coefficient = r->entry.parameter.value;
    sep_spline spline = {0};

    SEP_TRY(read_spline_size(r, spline.size));
    for (int i = 0; i < 3; i++) {
        spline.to_world[i][3] = sep_itk_sign(i) * fixed[3 + i];
        for (int axis = 0; axis < 3; axis++)
            spline.to_world[i][axis] = sep_itk_sign(i) * fixed[9 + 3 * i + axis] * fixed[6 + axis];
    }
    if (sep_map_determinant((const double(*)[4])spline.to_world) == 0.0)
        return fail(r, "its grid has no volume");
    SEP_TRY(sep_spline_allocate(&spline));
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < sep_spline_nodes(&spline); n++)
            spline.coefficient[i][n] = sep_itk_sign(i) * *coefficient++;
    r->transform->spline = spline;
    return SEP_OK;
}

/* The name without its precision and dimensions, which must be three: "Transform_double_3_3". A B-spline's order stands
 * behind them, if it is not 3. */
static sep_status read_name(const reading *r, char name[sizeof r->entry.kind])
{
    const char *kind = r->entry.kind, *at = strstr(kind, "_double_"), *dimensions;

    if (at == NULL)
        at = strstr(kind, "_float_");
    dimensions = at != NULL ? strchr(at + 1, '_') + 1 : "";
    if (strncmp(dimensions, "3_3", 3) != 0)
        return fail(r, "only transforms from three to three dimensions are read");
    if (dimensions[3] == '_')
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: %s: a B-spline of order %s, and only those of order 3 are read; make a field of it "
                        "(SimpleITK's TransformToDisplacementField)",
                        r->path, kind, dimensions + 4);
    if (dimensions[3] != '\0')
        return fail(r, "this kind of transform is not read");
    memcpy(name, kind, (size_t)(at - kind));
    name[at - kind] = '\0';
    return SEP_OK;
}

static sep_status begin_composite(reading *r)
{
    if (r->composite || r->entries > 0)
        return fail(r, "a composite must be the first transform of a file");
    r->composite = true;
    return SEP_OK;
}

/* ITK applies the entries of a composite from the last to the first. */
static sep_status take_entry(reading *r)
{
    char name[sizeof r->entry.kind];

    if (r->entry.kind[0] == '\0')
        return SEP_OK;
    SEP_TRY(read_name(r, name));
    if (strcmp(name, "CompositeTransform") == 0)
        return begin_composite(r);
    if (r->entries++ > 0 && !r->composite)
        return fail(r, "a second transform without a CompositeTransform before both, so that it is not known which is "
                       "meant; keep one of them, or put 'Transform: CompositeTransform_double_3_3' before the first to "
                       "apply all");
    if (!sep_spatial_is_affine(r->transform))
        return fail(r, "follows a B-spline, which must be the last of a composite");
    const sep_itk_kind *kind = sep_itk_find_kind(name);
    if (kind != NULL)
        return take_linear(r, kind);
    return strcmp(name, "BSplineTransform") == 0 ? take_spline(r) : fail(r, "this kind of transform is not read");
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* The rest of a line that starts with `key`, else NULL. */
static char *after(char *line, const char *key)
{
    const size_t length = strlen(key);

    return strncmp(line, key, length) == 0 ? line + length : NULL;
}

static sep_status begin_entry(reading *r, const char *name)
{
    const size_t length = strcspn(name, " \t\r");

    SEP_TRY(take_entry(r));
    if (length == 0 || length >= sizeof r->entry.kind)
        return sep_fail(SEP_ERR_FORMAT, "%s: a transform without a name, or with one that is too long", r->path);
    memcpy(r->entry.kind, name, length);
    r->entry.kind[length] = '\0';
    r->entry.parameter.count = r->entry.fixed.count = 0;
    return SEP_OK;
}

static sep_status read_line(reading *r, char *line)
{
    char *rest;

    if (line[0] == '#' || line[strspn(line, " \t\r")] == '\0')
        return SEP_OK;
    if ((rest = after(line, "Transform: ")) != NULL)
        return begin_entry(r, rest);
    if ((rest = after(line, "Parameters:")) != NULL)
        return read_numbers(r, rest, &r->entry.parameter);
    if ((rest = after(line, "FixedParameters:")) != NULL)
        return read_numbers(r, rest, &r->entry.fixed);
    return sep_fail(SEP_ERR_FORMAT, "%s: '%.40s' is no line of a transform file", r->path, line);
}

static sep_status read_lines(reading *r)
{
    if (after(r->text, SEP_ITK_FIRST_LINE) == NULL)
        return sep_fail(SEP_ERR_FORMAT, "%s: does not start with '%s'; is it a transform as ITK writes it?", r->path,
                        SEP_ITK_FIRST_LINE);
    while (*r->text != '\0') {
        char *line = r->text;

        r->text += strcspn(line, "\n");
        if (*r->text != '\0')
            *r->text++ = '\0';
        SEP_TRY(read_line(r, line));
    }
    if (r->entry.kind[0] == '\0')
        return sep_fail(SEP_ERR_FORMAT, "%s: holds no transform", r->path);
    return take_entry(r);
}

static bool is_nifti(const char *path)
{
    const char *suffix = sep_image_suffix(path);

    return suffix != NULL && strncasecmp(suffix, ".nii", 4) == 0;
}

sep_status sep_spatial_read(const char *path, sep_spatial_transform *transform)
{
    reading r = {.path = path, .transform = transform};
    void *bytes;
    size_t count;

    sep_spatial_identity(transform);
    if (is_nifti(path))
        return sep_field_read(path, &transform->field);
    SEP_TRY(sep_file_read(path, &bytes, &count));
    r.text = bytes;
    sep_status status = sep_refuse_foreign_transform(path, bytes, count);
    if (status == SEP_OK)
        status = read_lines(&r);
    sep_free(r.entry.parameter.value);
    sep_free(r.entry.fixed.value);
    sep_free(bytes);
    if (status != SEP_OK)
        sep_spatial_free(transform);
    return status;
}
