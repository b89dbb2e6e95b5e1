/* Reading HDF5: the datasets 'image' and 'label' of the packages of this field, and the geometry that septum adds to
 * them as attributes. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_dataset.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

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

static sep_status fail_missing(const char *path, hid_t file, const char *dataset)
{
    name_list list = {{0}, 0};

    H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &list);
    if (list.used == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: has no dataset '%s'; the file is empty", path, dataset);
    return sep_fail(SEP_ERR_FORMAT, "%s: has no dataset '%s'; it has: %s", path, dataset, list.text);
}

/* ---- shape and type ---------------------------------------------------------------------------------------------- */

/* Where the axes of a dataset lead: sizes of x, y, z, a 2-D one is one slice; and of several channels whether their
 * axis is behind these, or before them. */
typedef struct layout {
    int64_t size[3];
    int channels;
    bool last;
} layout;

static void take_size(const hsize_t *axis, int axes, int64_t size[3])
{
    size[0] = (int64_t)axis[axes - 1];
    size[1] = (int64_t)axis[axes - 2];
    size[2] = axes == 3 ? (int64_t)axis[0] : 1;
}

static sep_status fail_axes(const sep_hdf5_dataset *s, int channels)
{
    char shape[SEP_HDF5_AXES * 21] = "";
    size_t length = 0;

    if (channels == 1 || s->axes < 3 || s->axes > SEP_HDF5_AXES)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: dataset '%s' has %d axes; 3 (slice, row, column) or 2 are read, and one more, first or "
                        "last, where images have several channels (data.channels; here %d)",
                        s->path, s->name, s->axes, channels);
    for (int axis = 0; axis < s->axes; axis++)
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%s%llu", axis > 0 ? "x" : "",
                                   (unsigned long long)s->size[axis]);
    return sep_fail(SEP_ERR_SHAPE, "%s: dataset '%s' is %s: neither its first nor its last axis is of %d channels",
                    s->path, s->name, shape, channels);
}

/* Both ends may have as many entries as there are channels, of four slices of four channels say. An image that is as
 * narrow as that would be none, so that it is the last then. One channel may have an axis, too. */
static sep_status find_layout(const sep_hdf5_dataset *s, int channels, layout *l)
{
    const hsize_t wanted = (hsize_t)channels;
    const bool has_axis = s->axes == SEP_HDF5_AXES || (channels > 1 && s->axes == SEP_HDF5_AXES - 1);

    *l = (layout){.channels = channels, .last = has_axis && s->size[s->axes - 1] == wanted};
    if (has_axis ? !l->last && s->size[0] != wanted : channels > 1 || (s->axes != 2 && s->axes != 3))
        return fail_axes(s, channels);
    take_size(s->size + (has_axis && !l->last ? 1 : 0), s->axes - (has_axis ? 1 : 0), l->size);
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
static sep_status check_type(const sep_hdf5_dataset *s)
{
    const H5T_class_t class = H5Tget_class(s->type);

    if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' holds %s; integers or floats are read", s->path, s->name,
                        class_name(class));
    if (s->element > 16)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' has elements of %zu bytes", s->path, s->name, s->element);
    return SEP_OK;
}

static sep_status check_size(const sep_hdf5_dataset *s, const sep_hdf5_dataset *other, const int64_t size[3])
{
    int64_t theirs[3];

    /* The partner of a label map is an image, which may have an axis of channels. */
    if (other->axes == s->axes + 1 && other->axes <= SEP_HDF5_AXES)
        for (int first = 0; first < 2; first++) {
            take_size(other->size + first, s->axes, theirs);
            if (memcmp(size, theirs, sizeof theirs) == 0)
                return SEP_OK;
        }
    layout l;
    SEP_TRY(find_layout(other, 1, &l));
    if (memcmp(size, l.size, sizeof l.size) == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "%s: dataset '%s' is %lldx%lldx%lld, '%s' is %lldx%lldx%lld", s->path, s->name,
                    (long long)size[2], (long long)size[1], (long long)size[0], other->name, (long long)l.size[2],
                    (long long)l.size[1], (long long)l.size[0]);
}

static sep_status check_partner(const sep_hdf5_dataset *s, const char *partner, const int64_t size[3])
{
    sep_hdf5_dataset other;

    if (!sep_hdf5_holds(s->file, partner))
        return SEP_OK;
    sep_status status = sep_hdf5_open_dataset(&other, s->path, s->file, partner);
    if (status == SEP_OK)
        status = check_size(s, &other, size);
    sep_hdf5_close_dataset(&other);
    return status;
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

/* Reads an attribute of `low` or `high` numbers into values[high]; *count is 0 when there is no such attribute. */
static sep_status read_attribute(const sep_hdf5_dataset *s, const char *name, int low, int high, double *values,
                                 int *count)
{
    const htri_t exists = H5Aexists(s->object, name);

    *count = 0;
    if (exists == 0)
        return SEP_OK;
    if (exists < 0)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: the attributes of '%s' can't be read", s->path, s->name);
    hid_t attribute = H5Aopen(s->object, name, H5P_DEFAULT);
    hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    hssize_t points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    bool read = (points == low || points == high) && H5Aread(attribute, H5T_NATIVE_DOUBLE, values) >= 0;
    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (!read)
        return sep_fail(SEP_ERR_FORMAT, "%s: attribute '%s' of '%s' is not %d numbers", s->path, name, s->name, low);
    *count = (int)points;
    return SEP_OK;
}

/* Attribute 'spacing' (x, y, z) and attribute 'affine' (3x4 or 4x4, voxel x, y, z to mm in RAS+): either will do. What
 * was NIfTI says with 'nifti_forms' how its header had it. */
static sep_status read_geometry(const sep_hdf5_dataset *s, sep_volume *volume)
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
            return sep_fail_within(SEP_ERR_FORMAT, "%s: attribute 'spacing' of '%s'", s->path, s->name);
    }
    if (!elements)
        return SEP_OK;
    if (!sep_affine_is_usable((const double(*)[4])affine))
        return sep_fail(SEP_ERR_FORMAT, "%s: attribute 'affine' of '%s' can't be inverted", s->path, s->name);
    sep_volume_set_affine(volume, (const double(*)[4])affine, known);
    SEP_TRY(read_attribute(s, "nifti_forms", SEP_FORMS_NUMBERS, SEP_FORMS_NUMBERS, forms, &numbers));
    if (numbers)
        volume->forms = sep_forms_from_numbers(forms);
    return SEP_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* What is wanted of a dataset. */
typedef struct request {
    const char *dataset, *same_size_as;
    int channels;
    bool grid_alone;
} request;

static sep_status read_grid(sep_hdf5_dataset *s, const layout *l, sep_volume *grid)
{
    SEP_TRY(sep_volume_create_grid(grid, s->path, l->size));
    if (l->channels > 1)
        grid->channels = l->channels;
    return read_geometry(s, grid);
}

/* Channels that lie side by side in the file go one behind the other: the way back, with the two sizes exchanged. */
static sep_status read_interleaved(const sep_hdf5_dataset *s, sep_volume *volume)
{
    const size_t values = (size_t)sep_volume_channels(volume) * sep_volume_voxels(volume);
    sep_status status = sep_memory_check(values * sizeof(float));

    if (status != SEP_OK)
        return sep_fail_within(status, "%s", s->path);
    float *pixels = sep_calloc(values, sizeof *pixels);
    status = pixels != NULL ? sep_hdf5_read_dataset(s, H5T_NATIVE_FLOAT, pixels) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        sep_interleave(pixels, (size_t)volume->channels, (int)sep_volume_voxels(volume), volume->data);
    sep_free(pixels);
    return status;
}

static sep_status read_voxels(sep_hdf5_dataset *s, const layout *l, const char *same_size_as, sep_volume *volume)
{
    SEP_TRY(check_type(s));
    if (same_size_as)
        SEP_TRY(check_partner(s, same_size_as, l->size));
    SEP_TRY(sep_hdf5_check_storage(s));
    SEP_TRY(sep_volume_create_channels_for_file(volume, s->path, l->channels, l->size));
    if (l->last && l->channels > 1)
        SEP_TRY(read_interleaved(s, volume));
    else
        SEP_TRY(sep_hdf5_read_dataset(s, H5T_NATIVE_FLOAT, volume->data));
    return read_geometry(s, volume);
}

static sep_status read_dataset(const char *path, hid_t file, const request *wanted, sep_volume *volume)
{
    sep_hdf5_dataset s;
    layout l;

    if (!sep_hdf5_holds(file, wanted->dataset))
        return fail_missing(path, file, wanted->dataset);
    sep_status status = sep_hdf5_open_dataset(&s, path, file, wanted->dataset);
    if (status == SEP_OK)
        status = find_layout(&s, wanted->channels, &l);
    if (status == SEP_OK)
        status = wanted->grid_alone ? read_grid(&s, &l, volume) : read_voxels(&s, &l, wanted->same_size_as, volume);
    sep_hdf5_close_dataset(&s);
    return status;
}

static sep_status read_file(const char *path, const request *wanted, sep_volume *volume)
{
    sep_hdf5_session session;

    sep_status status = sep_hdf5_open(&session, path);
    if (status == SEP_OK)
        status = read_dataset(path, session.file, wanted, volume);
    return sep_hdf5_close(&session, path, status);
}

sep_status sep_hdf5_read(const char *path, const char *dataset, const char *same_size_as, int channels,
                         sep_volume *volume)
{
    return read_file(path, &(request){.dataset = dataset, .same_size_as = same_size_as, .channels = channels}, volume);
}

sep_status sep_hdf5_read_grid(const char *path, const char *dataset, int channels, sep_volume *grid)
{
    return read_file(path, &(request){.dataset = dataset, .channels = channels, .grid_alone = true}, grid);
}

/* ---- how many channels ------------------------------------------------------------------------------------------- */

/* Four axes are of volumes with channels; three are of slices with channels where the label map beside has two. Without
 * one no image is as narrow as it may have channels. */
static int count_channels(const sep_hdf5_dataset *image, const sep_hdf5_dataset *label)
{
    const int axes = image->axes;

    if (axes != 4 && !(axes == 3 && label != NULL && label->axes == 2))
        return 1;
    const hsize_t first = image->size[0], last = image->size[axes - 1];
    const size_t bytes = (size_t)(axes - 1) * sizeof *image->size;
    const bool comparable = label != NULL && label->axes == axes - 1;
    const bool is_last = comparable && memcmp(image->size, label->size, bytes) == 0;
    const bool is_first = comparable && memcmp(image->size + 1, label->size, bytes) == 0;
    const hsize_t count = is_last || (!is_first && last <= SEP_MOST_IMAGE_CHANNELS) ? last : first;

    return count < INT_MAX ? (int)count : INT_MAX;
}

static sep_status look_at_axes(const char *path, hid_t file, int *channels)
{
    const bool labelled = sep_hdf5_holds(file, "label");
    sep_hdf5_dataset image, label;

    if (!sep_hdf5_holds(file, "image"))
        return fail_missing(path, file, "image");
    sep_status status = sep_hdf5_open_dataset(&image, path, file, "image");
    if (status == SEP_OK && labelled) {
        status = sep_hdf5_open_dataset(&label, path, file, "label");
        if (status == SEP_OK)
            *channels = count_channels(&image, &label);
        sep_hdf5_close_dataset(&label);
    } else if (status == SEP_OK) {
        *channels = count_channels(&image, NULL);
    }
    sep_hdf5_close_dataset(&image);
    return status;
}

sep_status sep_hdf5_find_channels(const char *path, int *channels)
{
    sep_hdf5_session session;

    *channels = 1;
    sep_status status = sep_hdf5_open(&session, path);
    if (status == SEP_OK)
        status = look_at_axes(path, session.file, channels);
    return sep_hdf5_close(&session, path, status);
}

sep_status sep_hdf5_has(const char *path, const char *dataset, bool *has)
{
    sep_hdf5_session session;

    sep_status status = sep_hdf5_open(&session, path);
    *has = status == SEP_OK && sep_hdf5_holds(session.file, dataset);
    return sep_hdf5_close(&session, path, status);
}

#else

sep_status sep_fail_without_hdf5(const char *path)
{
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "%s: this build has no HDF5; install it (Debian: libhdf5-dev) and run ./configure again", path);
}

sep_status sep_hdf5_read(const char *path, const char *dataset, const char *same_size_as, int channels,
                         sep_volume *volume)
{
    (void)dataset;
    (void)same_size_as;
    (void)channels;
    (void)volume;
    return sep_fail_without_hdf5(path);
}

sep_status sep_hdf5_read_grid(const char *path, const char *dataset, int channels, sep_volume *grid)
{
    (void)dataset;
    (void)channels;
    (void)grid;
    return sep_fail_without_hdf5(path);
}

sep_status sep_hdf5_find_channels(const char *path, int *channels)
{
    *channels = 1;
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
