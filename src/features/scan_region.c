/* Where to look in a scan, how uncertain it is there, what the network sees there. */
#include "features/scan_region.h"

enum { LEVELS = 1024, MOST_VOXELS = 4096 };

/* ---- the region -------------------------------------------------------------------------------------------------- */

static size_t count_voxels(const sep_volume *v)
{
    return (size_t)v->depth * (size_t)v->height * (size_t)v->width;
}

static void mark_around(const sep_labels *l, int z, int y, int x, uint8_t *inside)
{
    for (int k = z > 0 ? z - 1 : 0; k <= z + 1 && k < l->depth; k++)
        for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < l->height; j++)
            for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < l->width; i++)
                inside[((size_t)k * (size_t)l->height + (size_t)j) * (size_t)l->width + (size_t)i] |= 1;
}

static void mark_foreground(const sep_labels *l, sep_scan_region *region)
{
    size_t at = 0;

    for (int z = 0; z < l->depth; z++)
        for (int y = 0; y < l->height; y++)
            for (int x = 0; x < l->width; x++, at++)
                if (l->data[at] != 0) {
                    mark_around(l, z, y, x, region->inside);
                    region->inside[at] |= 2;
                    region->empty = false;
                }
}

static int level_of(float uncertainty)
{
    const int level = (int)(uncertainty * LEVELS);

    return level < 0 ? 0 : level < LEVELS ? level : LEVELS - 1;
}

static void mark_most_uncertain(const sep_volume *uncertainty, sep_scan_region *region)
{
    const size_t voxels = count_voxels(uncertainty);
    size_t of_level[LEVELS] = {0}, above = 0;
    int lowest = LEVELS;

    for (size_t i = 0; i < voxels; i++)
        of_level[level_of(uncertainty->data[i])]++;
    while (lowest > 0 && above < voxels / 100 + 1)
        above += of_level[--lowest];
    for (size_t i = 0; i < voxels; i++)
        region->inside[i] = level_of(uncertainty->data[i]) >= lowest;
}

sep_status sep_scan_region_find(const sep_labels *labels, const sep_volume *uncertainty, sep_scan_region *region)
{
    const size_t voxels = count_voxels(uncertainty);

    *region = (sep_scan_region){.inside = sep_calloc(voxels, 1), .empty = true};
    if (region->inside == NULL)
        return SEP_ERR_MEMORY;
    mark_foreground(labels, region);
    if (region->empty)
        mark_most_uncertain(uncertainty, region);
    for (size_t i = 0; i < voxels; i++)
        region->voxels += region->inside[i] != 0;
    return SEP_OK;
}

void sep_scan_region_free(sep_scan_region *region)
{
    sep_free(region->inside);
    *region = (sep_scan_region){0};
}

/* ---- uncertainty ------------------------------------------------------------------------------------------------- */

/* Voxels first to last - 1 along each axis: z, y, x. */
typedef struct box {
    int first[3], last[3];
} box;

static double sum_of_box(const sep_scan_region *region, const sep_volume *uncertainty, const box *b)
{
    double sum = 0.0;

    for (int z = b->first[0]; z < b->last[0]; z++)
        for (int y = b->first[1]; y < b->last[1]; y++)
            for (int x = b->first[2]; x < b->last[2]; x++) {
                const size_t i =
                    ((size_t)z * (size_t)uncertainty->height + (size_t)y) * (size_t)uncertainty->width + (size_t)x;
                if (region->inside[i] != 0)
                    sum += (double)uncertainty->data[i];
            }
    return sum;
}

static double sum_of_slice(const sep_scan_region *region, const sep_volume *uncertainty, sep_slice_axis axis, int slice)
{
    box b = {.last = {uncertainty->depth, uncertainty->height, uncertainty->width}};

    b.first[axis] = slice;
    b.last[axis] = slice + 1;
    return sum_of_box(region, uncertainty, &b);
}

double sep_region_uncertainty(const sep_scan_region *region, const sep_volume *uncertainty)
{
    double sum = 0.0;

    for (int z = 0; z < uncertainty->depth; z++)
        sum += sum_of_slice(region, uncertainty, SEP_SLICE_AXIS_Z, z);
    return sum / (double)region->voxels;
}

int sep_region_telling_slices(const sep_scan_region *region, const sep_volume *uncertainty, sep_slice_axis axis,
                              int slice[SEP_TELLING_SLICES])
{
    const int slices[SEP_SLICE_AXES] = {uncertainty->depth, uncertainty->height, uncertainty->width};
    double sum[SEP_TELLING_SLICES];
    int count = 0;

    for (int s = 0; s < slices[axis]; s++) {
        const double own = sum_of_slice(region, uncertainty, axis, s);
        int place = count;
        while (place > 0 && own > sum[place - 1])
            place--;
        if (place == SEP_TELLING_SLICES || own <= 0.0)
            continue;
        count += count < SEP_TELLING_SLICES;
        for (int i = count - 1; i > place; i--) {
            sum[i] = sum[i - 1];
            slice[i] = slice[i - 1];
        }
        sum[place] = own;
        slice[place] = s;
    }
    return count;
}

/* ---- features ---------------------------------------------------------------------------------------------------- */

/* Voxels evenly apart of those that count. */
static int choose_voxels(const sep_scan_region *region, const sep_volume *v, sep_voxel *voxel)
{
    const uint8_t wanted = region->empty ? 1 : 2;
    size_t all = 0, number = 0, at = 0;
    int count = 0;

    for (size_t i = 0; i < count_voxels(v); i++)
        all += (region->inside[i] & wanted) != 0;
    const size_t step = (all + MOST_VOXELS - 1) / MOST_VOXELS;
    for (int z = 0; z < v->depth; z++)
        for (int y = 0; y < v->height; y++)
            for (int x = 0; x < v->width; x++, at++)
                if ((region->inside[at] & wanted) != 0 && number++ % step == 0)
                    voxel[count++] = (sep_voxel){.z = z, .y = y, .x = x};
    return count;
}

static void average(const float *all, int count, int channels, float *mean)
{
    for (int k = 0; k < channels; k++) {
        double sum = 0.0;
        for (int i = 0; i < count; i++)
            sum += (double)all[(size_t)i * (size_t)channels + (size_t)k];
        mean[k] = (float)(sum / count);
    }
}

sep_status sep_region_features(const sep_scan_region *region, const sep_volume *volume, sep_features *features,
                               float *feature)
{
    const int channels = sep_features_channels(features);
    float *all = sep_calloc((size_t)MOST_VOXELS * (size_t)channels, sizeof *all);
    sep_voxel *voxel = sep_calloc(MOST_VOXELS, sizeof *voxel);
    uint8_t *predicted = sep_calloc(MOST_VOXELS, 1);
    sep_status status = all != NULL && voxel != NULL && predicted != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK) {
        const int count = choose_voxels(region, volume, voxel);
        status = sep_features_at(features, volume, voxel, count, all, predicted);
        if (status == SEP_OK)
            average(all, count, channels, feature);
    }
    sep_free(all);
    sep_free(voxel);
    sep_free(predicted);
    return status;
}
