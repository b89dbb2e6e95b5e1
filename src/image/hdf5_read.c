/* Reading HDF5: the datasets 'image' and 'label' of the packages of this field, and the geometry that septum adds to
 * them as attributes. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is being read, for the calls below and their error texts. */
typedef struct source {
    const char *path, *dataset;
    hid_t file, object; /* `object` is the dataset */
} source;

/* ---- finding a dataset ------------------------------------------------------------------------------------------- */

typedef struct name_list {
    char text[160];
    size_t used;
} name_list;

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    name_list *list = context;

    (void)group;
    (void)info;
    if (list->used < sizeof list->text) {
        int length =
            snprintf(list->text + list->used, sizeof list->text - list->used, "%s%s", list->used ? ", " : "", name);
        list->used += (size_t)(length > 0 ? length : 0);
    }
    return 0;
}

static sep_status fail_missing(const source *s)
{
    name_list list = {{0}, 0};

    H5Literate(s->file, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &list);
    if (list.used == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: has no dataset '%s'; the file is empty", s->path, s->dataset);
    return sep_fail(SEP_ERR_FORMAT, "%s: has no dataset '%s'; it has: %s", s->path, s->dataset, list.text);
}

static sep_status open_dataset(source *s)
{
    if (H5Lexists(s->file, s->dataset, H5P_DEFAULT) <= 0)
        return fail_missing(s);
    s->object = H5Dopen2(s->file, s->dataset, H5P_DEFAULT);
    if (s->object < 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: '%s' can't be opened as a dataset (%s)", s->path, s->dataset,
                        sep_hdf5_reason());
    return SEP_OK;
}

static sep_status open_file(source *s)
{
    s->file = H5Fopen(s->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (s->file < 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: can't be opened as HDF5 (%s)", s->path, sep_hdf5_reason());
    return SEP_OK;
}

/* ---- shape and type ---------------------------------------------------------------------------------------------- */

/* Sizes of x, y, z. A 2-D dataset is one slice. */
static sep_status read_size(const source *s, int64_t size[3])
{
    hsize_t dims[3] = {0};
    hid_t space = H5Dget_space(s->object);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    bool known = (rank == 2 || rank == 3) && H5Sget_simple_extent_dims(space, dims, NULL) == rank;

    if (space >= 0)
        H5Sclose(space);
    if (!known)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' has %d axes; 3 (slice, row, column) or 2 are read", s->path,
                        s->dataset, rank < 0 ? 0 : rank);
    size[0] = (int64_t)dims[rank - 1];
    size[1] = (int64_t)dims[rank - 2];
    size[2] = rank == 3 ? (int64_t)dims[0] : 1;
    return SEP_OK;
}

static const char *class_name(H5T_class_t class)
{
    static const char *const names[] = {
        [H5T_TIME] = "times",          [H5T_STRING] = "text",      [H5T_BITFIELD] = "bit fields",
        [H5T_OPAQUE] = "opaque bytes", [H5T_COMPOUND] = "structs", [H5T_REFERENCE] = "references",
        [H5T_VLEN] = "ragged arrays",  [H5T_ARRAY] = "arrays",
    };

    if (class < 0 || (size_t) class >= sizeof names / sizeof *names || !names[class])
        return "something else";
    return names[class];
}

/* Numbers only; an enumeration is what h5py makes of booleans. */
static sep_status read_voxel_bytes(const source *s, int *bytes)
{
    hid_t type = H5Dget_type(s->object);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    size_t size = type < 0 ? 0 : H5Tget_size(type);

    if (type >= 0)
        H5Tclose(type);
    if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' holds %s; integers or floats are read", s->path, s->dataset,
                        class_name(class));
    if (size < 1 || size > 16)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' has elements of %zu bytes", s->path, s->dataset, size);
    *bytes = (int)size;
    return SEP_OK;
}

/* How many bytes of data a byte of the file can stand for: chunks may be compressed. */
static int packing_of(const source *s)
{
    hid_t properties = H5Dget_create_plist(s->object);
    int filters = properties < 0 ? 0 : H5Pget_nfilters(properties);

    if (properties >= 0)
        H5Pclose(properties);
    return filters > 0 ? SEP_DEFLATE_RATIO : 1;
}

static sep_status check_partner(const source *s, const char *partner, const int64_t size[3])
{
    source other = {.path = s->path, .dataset = partner, .file = s->file};
    int64_t theirs[3];

    if (H5Lexists(s->file, partner, H5P_DEFAULT) <= 0)
        return SEP_OK;
    SEP_TRY(open_dataset(&other));
    sep_status status = read_size(&other, theirs);
    H5Dclose(other.object);
    if (status == SEP_OK && memcmp(size, theirs, sizeof theirs) != 0)
        return sep_fail(SEP_ERR_SHAPE, "%s: dataset '%s' is %lldx%lldx%lld, '%s' is %lldx%lldx%lld", s->path,
                        s->dataset, (long long)size[2], (long long)size[1], (long long)size[0], partner,
                        (long long)theirs[2], (long long)theirs[1], (long long)theirs[0]);
    return status;
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

/* Reads an attribute of `low` or `high` numbers into values[high]; *count is 0 when there is no such attribute. */
static sep_status read_attribute(const source *s, const char *name, int low, int high, double *values, int *count)
{
    *count = 0;
    if (H5Aexists(s->object, name) <= 0)
        return SEP_OK;

    hid_t attribute = H5Aopen(s->object, name, H5P_DEFAULT);
    hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    hssize_t points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    bool read = (points == low || points == high) && H5Aread(attribute, H5T_NATIVE_DOUBLE, values) >= 0;
    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (!read)
        return sep_fail(SEP_ERR_FORMAT, "%s: attribute '%s' of '%s' is not %d numbers", s->path, name, s->dataset, low);
    *count = (int)points;
    return SEP_OK;
}

/* Attribute 'spacing' (x, y, z) and attribute 'affine' (3x4 or 4x4, voxel x, y, z to mm in RAS+): either will do. What
 * was NIfTI says with 'nifti_forms' how its header had it. */
static sep_status read_geometry(const source *s, sep_volume *volume)
{
    double spacing[3], affine[4][4], forms[SEP_FORMS_NUMBERS];
    float stated[3], *known = NULL;
    int spacings, elements, numbers;

    SEP_TRY(read_attribute(s, "spacing", 3, 3, spacing, &spacings));
    SEP_TRY(read_attribute(s, "affine", 12, 16, affine[0], &elements));
    if (spacings) {
        for (int axis = 0; axis < 3; axis++)
            stated[axis] = (float)spacing[axis];
        known = stated;
        if (sep_volume_set_spacing(volume, stated) != SEP_OK)
            return sep_fail_within(SEP_ERR_FORMAT, "%s: attribute 'spacing' of '%s'", s->path, s->dataset);
    }
    if (!elements)
        return SEP_OK;
    if (!sep_affine_is_usable((const double(*)[4])affine))
        return sep_fail(SEP_ERR_FORMAT, "%s: attribute 'affine' of '%s' can't be inverted", s->path, s->dataset);
    sep_volume_set_affine(volume, (const double(*)[4])affine, known);
    SEP_TRY(read_attribute(s, "nifti_forms", SEP_FORMS_NUMBERS, SEP_FORMS_NUMBERS, forms, &numbers));
    if (numbers)
        volume->forms = sep_forms_from_numbers(forms);
    return SEP_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static sep_status read_voxels(const source *s, const char *same_size_as, sep_volume *volume)
{
    int64_t size[3];
    int bytes = 0;

    SEP_TRY(read_size(s, size));
    SEP_TRY(read_voxel_bytes(s, &bytes));
    if (same_size_as)
        SEP_TRY(check_partner(s, same_size_as, size));
    SEP_TRY(sep_volume_create_for_file(volume, s->path, size, bytes, packing_of(s)));
    if (H5Dread(s->object, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, volume->data) < 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' can't be read (%s)", s->path, s->dataset, sep_hdf5_reason());
    return read_geometry(s, volume);
}

static sep_status read_file(source *s, const char *same_size_as, sep_volume *volume)
{
    SEP_TRY(open_file(s));
    sep_status status = open_dataset(s);
    if (status == SEP_OK) {
        status = read_voxels(s, same_size_as, volume);
        H5Dclose(s->object);
    }
    H5Fclose(s->file);
    return status;
}

sep_status sep_hdf5_read(const char *path, const char *dataset, const char *same_size_as, sep_volume *volume)
{
    source s = {.path = path, .dataset = dataset};
    sep_hdf5_session session;

    sep_hdf5_enter(&session);
    sep_status status = read_file(&s, same_size_as, volume);
    sep_hdf5_leave(&session);
    return status;
}

sep_status sep_hdf5_has(const char *path, const char *dataset, bool *has)
{
    source s = {.path = path, .dataset = dataset};
    sep_hdf5_session session;

    *has = false;
    sep_hdf5_enter(&session);
    sep_status status = open_file(&s);
    if (status == SEP_OK) {
        *has = H5Lexists(s.file, dataset, H5P_DEFAULT) > 0;
        H5Fclose(s.file);
    }
    sep_hdf5_leave(&session);
    return status;
}

#else

sep_status sep_fail_without_hdf5(const char *path)
{
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "%s: this build has no HDF5; install it (Debian: libhdf5-dev) and run ./configure again", path);
}

sep_status sep_hdf5_read(const char *path, const char *dataset, const char *same_size_as, sep_volume *volume)
{
    (void)dataset;
    (void)same_size_as;
    (void)volume;
    return sep_fail_without_hdf5(path);
}

sep_status sep_hdf5_has(const char *path, const char *dataset, bool *has)
{
    (void)dataset;
    *has = false;
    return sep_fail_without_hdf5(path);
}

sep_status sep_hdf5_write(const char *path, const sep_volume *volume, const sep_labels *labels)
{
    (void)volume;
    (void)labels;
    return sep_fail_without_hdf5(path);
}

#endif
