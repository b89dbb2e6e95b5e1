/* One image of a data set: what loading does to it, and what tells that this was another thing. */
#include "data/cache/images.h"

#include "data/channels.h"
#include "data/scan.h"

sep_status sep_scan_read_image(const sep_data_config *config, sep_scan *scan)
{
    if (config->grids)
        SEP_TRY(sep_image_read_grid(scan->image_path, config->channels, &scan->image));
    else
        SEP_TRY(sep_image_read(scan->image_path, config->channels, &scan->image));
    SEP_TRY(sep_image_cut(config->slice_axis, scan->image_path, &scan->image));
    if (!config->grids)
        sep_intensities_apply(&config->intensity, &scan->image);
    return SEP_OK;
}

/* Scans that will be registered are resampled behind that, from what the cache has. */
static bool resamples(const sep_data_config *config, const sep_dataset *dataset, int scan)
{
    return config->spacing[0] > 0.0f && !config->registers && scan < dataset->training;
}

sep_status sep_image_last_grid(const sep_data_config *config, const sep_dataset *dataset, int scan, sep_volume *grid)
{
    sep_scan own = {.image_path = dataset->scan[scan].image_path, .image = dataset->scan[scan].image};
    bool changed;

    if (resamples(config, dataset, scan))
        SEP_TRY(sep_scan_resample(config->spacing, &own, &changed));
    *grid = own.image;
    return SEP_OK;
}

static sep_status check_size(const sep_scan *own, const sep_volume *grid)
{
    const sep_volume *image = &own->image;

    if (image->depth == grid->depth && image->height == grid->height && image->width == grid->width)
        return SEP_OK;
    return sep_fail(SEP_ERR_IO, "%s: was changed while it was read", own->image_path);
}

static sep_status prepare(const sep_data_config *config, const sep_dataset *dataset, bool resampled, uint64_t *hash,
                          sep_scan *own)
{
    sep_order order;
    bool changed;

    SEP_TRY(sep_scan_read_image(config, own));
    *hash = sep_registration_hash(config, &own->image);
    (void)sep_orientation_order(&dataset->orientation, &own->image, &order);
    SEP_TRY(sep_scan_reorder(&order, own));
    return resampled ? sep_scan_resample(config->spacing, own, &changed) : SEP_OK;
}

sep_status sep_image_prepare(const sep_data_config *config, const sep_dataset *dataset, int scan,
                             const sep_volume *last, uint64_t *hash, sep_volume *image)
{
    sep_scan own = {.image_path = dataset->scan[scan].image_path};

    sep_status status = prepare(config, dataset, last != NULL && resamples(config, dataset, scan), hash, &own);
    if (status == SEP_OK)
        status = check_size(&own, last != NULL ? last : &dataset->scan[scan].image);
    if (status != SEP_OK)
        sep_volume_free(&own.image);
    *image = own.image;
    return status;
}

/* What is done to an image shows in the grid that it ends in, but for the intensities; the hash that lies with it is of
 * the channel that scans are registered by. */
uint64_t sep_image_settings(const sep_data_config *config, const sep_volume *grid)
{
    const int size[3] = {grid->depth, grid->height, grid->width};
    uint64_t hash = SEP_HASH_START;

    for (int c = 0; c < sep_volume_channels(grid); c++) {
        const sep_intensity *i = sep_intensity_of(&config->intensity, c);
        const bool window = i->kind == SEP_INTENSITY_WINDOW;
        const float range[3] = {(float)i->kind, window ? i->low : 0.0f, window ? i->high : 0.0f};
        hash = sep_hash(hash, range, sizeof range);
    }
    if (sep_volume_channels(grid) > 1)
        hash = sep_hash(hash, &config->registration_channel, sizeof config->registration_channel);
    hash = sep_hash(hash, size, sizeof size);
    if (config->slice_axis != SEP_SLICE_AXIS_Z)
        hash = sep_hash(hash, &config->slice_axis, sizeof config->slice_axis);
    return sep_hash(hash, grid->affine, sizeof grid->affine);
}
