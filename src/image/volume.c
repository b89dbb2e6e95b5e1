/* Volumes and label maps in memory: making and freeing them, their geometry, their intensities. */
#include "image/formats.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* ---- making and freeing ------------------------------------------------------------------------------------------ */

static const double identity[3][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};

static bool count_voxels(int64_t depth, int64_t height, int64_t width, size_t *count)
{
    if (depth < 1 || height < 1 || width < 1 || depth > INT_MAX || height > INT_MAX || width > INT_MAX)
        return false;
    if (height * width > INT_MAX || height * width * depth > INT_MAX)
        return false;
    *count = (size_t)(depth * height * width);
    return true;
}

/* sep_volume and sep_labels differ in the type of a voxel only. */
#define DEFINE_VOLUME(name)                                                                                            \
    static sep_status name##_make(name *volume, int depth, int height, int width, void *(*allocate)(size_t, size_t))   \
    {                                                                                                                  \
        size_t count;                                                                                                  \
                                                                                                                       \
        memset(volume, 0, sizeof *volume);                                                                             \
        if (!count_voxels(depth, height, width, &count))                                                               \
            return sep_fail(SEP_ERR_ARGUMENT,                                                                          \
                            "a volume of %dx%dx%d voxels can't be made: 1 to 2147483647 are allowed", width, height,   \
                            depth);                                                                                    \
        volume->data = allocate(count, sizeof *volume->data);                                                          \
        if (!volume->data)                                                                                             \
            return SEP_ERR_MEMORY;                                                                                     \
        volume->depth = depth;                                                                                         \
        volume->height = height;                                                                                       \
        volume->width = width;                                                                                         \
        volume->spacing[0] = volume->spacing[1] = volume->spacing[2] = 1.0f;                                           \
        memcpy(volume->affine, identity, sizeof identity);                                                             \
        return SEP_OK;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    sep_status name##_create(name *volume, int depth, int height, int width)                                           \
    {                                                                                                                  \
        return name##_make(volume, depth, height, width, sep_calloc);                                                  \
    }

DEFINE_VOLUME(sep_volume)
DEFINE_VOLUME(sep_labels)

sep_status sep_volume_create_channels(sep_volume *volume, int channels, int depth, int height, int width)
{
    SEP_TRY(sep_volume_create(volume, depth, height, width));
    if (channels <= 1)
        return SEP_OK;
    sep_free(volume->data);
    volume->channels = channels;
    volume->data = sep_calloc((size_t)channels * sep_volume_voxels(volume), sizeof *volume->data);
    return volume->data != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

sep_volume sep_volume_channel(const sep_volume *volume, int channel)
{
    sep_volume one = *volume;

    one.channels = 1;
    one.borrowed = true;
    if (one.data != NULL)
        one.data += (size_t)channel * sep_volume_voxels(volume);
    return one;
}

void sep_interleave(const float *planes, size_t pixels, int channels, float *image)
{
    const size_t step = (size_t)channels;

    for (size_t c = 0; c < step; c++)
        for (size_t i = 0; i < pixels; i++)
            image[i * step + c] = planes[c * pixels + i];
}

void sep_volume_free(sep_volume *volume)
{
    if (!volume->borrowed)
        sep_free(volume->data);
    memset(volume, 0, sizeof *volume);
}

void sep_labels_free(sep_labels *labels)
{
    sep_free(labels->data);
    memset(labels, 0, sizeof *labels);
}

static sep_status fail_size(const char *path, const int64_t size[3])
{
    return sep_fail(SEP_ERR_FORMAT, "%s: claims %lldx%lldx%lld voxels; 1 to 2147483647 in all can be read", path,
                    (long long)size[0], (long long)size[1], (long long)size[2]);
}

sep_status sep_volume_create_grid(sep_volume *grid, const char *path, const int64_t size[3])
{
    size_t count;

    if (!count_voxels(size[2], size[1], size[0], &count))
        return fail_size(path, size);
    *grid = (sep_volume){
        .depth = (int)size[2], .height = (int)size[1], .width = (int)size[0], .spacing = {1.0f, 1.0f, 1.0f}};
    memcpy(grid->affine, identity, sizeof identity);
    return SEP_OK;
}

static sep_status make_for_file(sep_volume *volume, const char *path, const int64_t size[3], int voxel_bytes,
                                int packed, void *(*allocate)(size_t, size_t))
{
    struct stat info;
    size_t count;

    if (!count_voxels(size[2], size[1], size[0], &count))
        return fail_size(path, size);
    if (stat(path, &info) != 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be examined", path);
    if (count * (size_t)voxel_bytes / (size_t)packed > (size_t)info.st_size)
        return sep_fail(SEP_ERR_FORMAT, "%s: claims %lldx%lldx%lld voxels, more than %lld bytes can hold; truncated?",
                        path, (long long)size[0], (long long)size[1], (long long)size[2], (long long)info.st_size);

    sep_status status = sep_memory_check(count * sizeof *volume->data);
    if (status == SEP_OK)
        status = sep_volume_make(volume, (int)size[2], (int)size[1], (int)size[0], allocate);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}

sep_status sep_volume_create_for_file(sep_volume *volume, const char *path, const int64_t size[3], int voxel_bytes,
                                      int packed)
{
    return make_for_file(volume, path, size, voxel_bytes, packed, sep_calloc);
}

sep_status sep_volume_create_channels_for_file(sep_volume *volume, const char *path, int channels,
                                               const int64_t size[3])
{
    size_t count;

    if (channels <= 1)
        return sep_volume_create_for_file(volume, path, size, 0, 1);
    if (!count_voxels(size[2], size[1], size[0], &count))
        return fail_size(path, size);
    sep_status status = sep_memory_check((uint64_t)channels * count * sizeof *volume->data);
    if (status == SEP_OK)
        status = sep_volume_create_channels(volume, channels, (int)size[2], (int)size[1], (int)size[0]);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}

sep_status sep_volume_create_unfilled(sep_volume *volume, const char *path, const int64_t size[3], int voxel_bytes,
                                      int packed)
{
    return make_for_file(volume, path, size, voxel_bytes, packed, sep_malloc);
}

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

static double column_length(const double affine[3][4], int column)
{
    double x = affine[0][column], y = affine[1][column], z = affine[2][column];

    return sqrt(x * x + y * y + z * z);
}

static double determinant(const double a[3][4])
{
    return a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
           a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
}

bool sep_affine_is_usable(const double affine[3][4])
{
    double volume = 1.0;

    for (int i = 0; i < 12; i++)
        if (!isfinite(affine[i / 4][i % 4]))
            return false;
    for (int column = 0; column < 3; column++) {
        double length = column_length(affine, column);
        if (!(length >= 1e-9 && length <= 1e9))
            return false;
        volume *= length;
    }
    return fabs(determinant(affine)) >= 1e-6 * volume;
}

void sep_volume_set_affine(sep_volume *volume, const double affine[3][4], const float *stated)
{
    memcpy(volume->affine, affine, sizeof volume->affine);
    volume->has_geometry = true;
    volume->forms.known = false;
    for (int axis = 0; axis < 3; axis++) {
        double length = column_length(affine, axis);
        bool agrees = stated && fabs((double)stated[axis] - length) <= 1e-3 * length;
        volume->spacing[axis] = agrees ? stated[axis] : (float)length;
    }
}

/* Without a place in the world, ITK takes the voxel axes for those of its own, whose x and y run against NIfTI's. */
void sep_affine_unplaced(double affine[3][4])
{
    static const double axes[3][4] = {{-1, 0, 0, 0}, {0, -1, 0, 0}, {0, 0, 1, 0}};

    memcpy(affine, axes, sizeof axes);
}

static sep_status set_spacing(bool *placed, double affine[3][4], float spacing[3], sep_forms *forms,
                              const float wanted[3])
{
    for (int axis = 0; axis < 3; axis++)
        if (!(wanted[axis] >= 1e-9f && wanted[axis] <= 1e9f))
            return sep_fail(SEP_ERR_ARGUMENT, "a spacing of %g mm makes no sense", (double)wanted[axis]);
    if (!*placed)
        sep_affine_unplaced(affine);
    *placed = true;
    for (int axis = 0; axis < 3; axis++) {
        double length = column_length((const double(*)[4])affine, axis);
        for (int row = 0; row < 3; row++)
            affine[row][axis] *= (double)wanted[axis] / length;
        spacing[axis] = wanted[axis];
    }
    if (forms->known)
        sep_forms_set_spacing(forms, wanted);
    return SEP_OK;
}

sep_status sep_volume_set_spacing(sep_volume *volume, const float spacing[3])
{
    return set_spacing(&volume->has_geometry, volume->affine, volume->spacing, &volume->forms, spacing);
}

sep_status sep_labels_set_spacing(sep_labels *labels, const float spacing[3])
{
    return set_spacing(&labels->has_geometry, labels->affine, labels->spacing, &labels->forms, spacing);
}

void sep_volume_take_geometry(sep_volume *volume, const sep_volume *from)
{
    memcpy(volume->spacing, from->spacing, sizeof volume->spacing);
    memcpy(volume->affine, from->affine, sizeof volume->affine);
    volume->has_geometry = from->has_geometry;
    volume->forms = from->forms;
}

void sep_labels_take_geometry(sep_labels *labels, const sep_volume *from)
{
    memcpy(labels->spacing, from->spacing, sizeof labels->spacing);
    memcpy(labels->affine, from->affine, sizeof labels->affine);
    labels->has_geometry = from->has_geometry;
    labels->forms = from->forms;
}

sep_status sep_volume_create_on(const sep_volume *grid, sep_volume *volume)
{
    SEP_TRY(sep_volume_create(volume, grid->depth, grid->height, grid->width));
    sep_volume_take_geometry(volume, grid);
    return SEP_OK;
}

sep_status sep_labels_create_on(const sep_volume *grid, sep_labels *labels)
{
    SEP_TRY(sep_labels_create(labels, grid->depth, grid->height, grid->width));
    sep_labels_take_geometry(labels, grid);
    return SEP_OK;
}

sep_volume sep_labels_grid(const sep_labels *labels)
{
    sep_volume grid = {.depth = labels->depth, .height = labels->height, .width = labels->width};

    memcpy(grid.spacing, labels->spacing, sizeof grid.spacing);
    memcpy(grid.affine, labels->affine, sizeof grid.affine);
    grid.has_geometry = labels->has_geometry;
    grid.forms = labels->forms;
    return grid;
}

sep_status sep_check_same_size(const char *image_name, const sep_volume *image, const char *labels_name,
                               const sep_labels *labels)
{
    if (image->depth == labels->depth && image->height == labels->height && image->width == labels->width)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "%s: the label map is %dx%dx%d voxels, its image %s is %dx%dx%d", labels_name,
                    labels->width, labels->height, labels->depth, image_name, image->width, image->height,
                    image->depth);
}

/* ---- contents ---------------------------------------------------------------------------------------------------- */

size_t sep_labels_count_ignored(const sep_labels *labels)
{
    const size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;
    size_t ignored = 0;

    for (size_t i = 0; i < voxels; i++)
        ignored += sep_labels_ignore(labels, i);
    return ignored;
}

int sep_labels_fullest_slice(const sep_labels *labels)
{
    size_t pixels = (size_t)labels->height * (size_t)labels->width, most = 0;
    int fullest = 0;

    for (int z = 0; z < labels->depth; z++) {
        const uint8_t *slice = sep_labels_slice(labels, z);
        size_t marked = 0;
        for (size_t i = 0; i < pixels; i++)
            marked += slice[i] != 0 && !(labels->ignores && slice[i] == SEP_IGNORED);
        if (marked > most) {
            most = marked;
            fullest = z;
        }
    }
    return fullest;
}

void sep_volume_centre(const sep_volume *volume, double centre[3])
{
    const double x = (volume->width - 1) / 2.0, y = (volume->height - 1) / 2.0, z = (volume->depth - 1) / 2.0;

    for (int i = 0; i < 3; i++) {
        const double *row = volume->affine[i];

        centre[i] = row[0] * x + row[1] * y + row[2] * z + row[3];
    }
}

void sep_volume_range(const sep_volume *volume, float *low, float *high)
{
    const size_t count = sep_volume_voxels(volume);
    const float *data = volume->data;
    float least = data[0], most = data[0];

#pragma omp simd reduction(min : least) reduction(max : most)
    for (size_t i = 1; i < count; i++) {
        least = data[i] < least ? data[i] : least;
        most = data[i] > most ? data[i] : most;
    }
    *low = least;
    *high = most;
}

float sep_volume_percentile(const sep_volume *volume, double share)
{
    const size_t count = sep_volume_voxels(volume);

    return sep_sorted_float(volume->data, count, (size_t)(share * (double)(count - 1) + 0.5));
}

void sep_volume_usual_range(const sep_volume *volume, float *low, float *high)
{
    const double cut = 0.005;

    *low = sep_volume_percentile(volume, cut);
    *high = sep_volume_percentile(volume, 1 - cut);
}

void sep_volume_window(sep_volume *volume, float low, float high)
{
    size_t count = sep_volume_voxels(volume);
    double width = (double)high - (double)low; /* in float, the range of two finite voxels may be infinite */

    for (size_t i = 0; i < count; i++) {
        float value = volume->data[i];
        value = value < low ? low : value > high ? high : value;
        volume->data[i] = width > 0.0 ? (float)(((double)value - (double)low) / width) : 0.0f;
    }
}

void sep_volume_normalise(sep_volume *volume)
{
    float low, high;

    sep_volume_range(volume, &low, &high);
    sep_volume_window(volume, low, high);
}
