/* Images of several channels: in files beside each other, or in one. */
#include "image/formats.h"

#include <string.h>

static const char FIRST[] = "_0000";

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Where "_0000" begins, before the suffix; NULL: the name has none. */
static const char *find_number(const char *path)
{
    const char *suffix = sep_image_suffix(path);
    const size_t length = sizeof FIRST - 1;

    if (suffix == NULL || (size_t)(suffix - path) <= length || strncmp(suffix - length, FIRST, length) != 0)
        return NULL;
    return suffix - length;
}

bool sep_channels_are_files(const char *path)
{
    return find_number(path) != NULL && !sep_picture_has_colours(path);
}

char *sep_channel_path(const char *path, int channel)
{
    const char *number = sep_channels_are_files(path) ? find_number(path) : NULL;

    if (number == NULL || channel == 0)
        return sep_strdup(path);
    return sep_format("%.*s_%04d%s", (int)(number - path), path, channel, number + sizeof FIRST - 1);
}

static sep_status check_file(const char *path, int channel, int channels)
{
    char *file = sep_channel_path(path, channel);
    sep_status status = file != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && !sep_file_exists(file))
        status =
            sep_fail(SEP_ERR_IO, "%s: is missing: channel %d of the %d that each image has", file, channel, channels);
    sep_free(file);
    return status;
}

/* A file that holds several channels is looked into when it is read. A first channel that is missing is the reader's.
 */
sep_status sep_image_check_channels(const char *path, int channels)
{
    for (int c = 1; c < channels && sep_channels_are_files(path); c++)
        SEP_TRY(check_file(path, c, channels));
    return SEP_OK;
}

/* ---- colours ----------------------------------------------------------------------------------------------------- */

/* A picture that holds all channels. */
static bool holds_colours(const char *path)
{
    return sep_image_is_picture(path) && !sep_channels_are_files(path);
}

/* ---- HDF5 -------------------------------------------------------------------------------------------------------- */

/* A file whose image has an axis of channels. */
static bool has_axis(const char *path)
{
    return sep_image_format_by_name(path) == SEP_IMAGE_HDF5 && !sep_channels_are_files(path);
}

/* Channels may lie side by side in the file, so that reading one of them reads all. */
static sep_status read_of_axis(const char *path, int channel, int channels, sep_volume *volume)
{
    sep_volume all;

    SEP_TRY(sep_channels_read_whole(path, channels, &all));
    const sep_volume one = sep_volume_channel(&all, channel);
    const sep_status status = sep_volume_create_on(&all, volume);
    if (status == SEP_OK)
        memcpy(volume->data, one.data, sep_volume_voxels(&one) * sizeof *one.data);
    sep_volume_free(&all);
    return status;
}

sep_status sep_image_find_channels(const char *path, int *channels)
{
    *channels = 1;
    return has_axis(path) ? sep_hdf5_find_channels(path, channels) : SEP_OK;
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

static sep_status check_whole(const char *path, int channels)
{
    int frames = 3;

    if (!holds_colours(path))
        SEP_TRY(sep_image_frames(path, &frames));
    if (frames == channels)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE,
                    "%s: has %d channel%s, not %d; of channels in files of their own (NAME_0000.nii.gz, "
                    "NAME_0001.nii.gz, ...) give the first",
                    path, frames, frames > 1 ? "s" : "", channels);
}

/* The path of a channel for sep_volume_read; of a picture, of which another reader takes one, its own. */
static sep_status name_channel(const char *path, int channel, char **name)
{
    *name = sep_channels_are_files(path) || holds_colours(path) ? sep_channel_path(path, channel)
                                                                : sep_format("%s#%d", path, channel + 1);
    return *name != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* All channels are seen as one image, voxel on voxel. */
static sep_status check_grid(const char *path, int channel, const sep_volume *first, const sep_volume *other)
{
    if (first->depth != other->depth || first->height != other->height || first->width != other->width)
        return sep_fail(SEP_ERR_SHAPE, "%s: channel %d has %dx%dx%d voxels, the first %dx%dx%d", path, channel,
                        other->width, other->height, other->depth, first->width, first->height, first->depth);
    const sep_space space = sep_space_compare(first, other);
    if (space.relation == SEP_SPACE_SAME || space.relation == SEP_SPACE_UNKNOWN)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE,
                    "%s: channel %d lies elsewhere than the first: all channels of an image share its grid", path,
                    channel);
}

static void take_channel(const sep_volume *from, int channel, sep_volume *to)
{
    const sep_volume place = sep_volume_channel(to, channel);

    memcpy(place.data, from->data, sep_volume_voxels(from) * sizeof *from->data);
}

/* The first makes the whole. */
static sep_status place_channel(const char *path, int channel, int channels, const sep_volume *one, sep_volume *volume)
{
    if (channel == 0) {
        SEP_TRY(sep_memory_check((uint64_t)channels * sep_volume_voxels(one) * sizeof *one->data));
        SEP_TRY(sep_volume_create_channels(volume, channels, one->depth, one->height, one->width));
        sep_volume_take_geometry(volume, one);
    } else {
        SEP_TRY(check_grid(path, channel, volume, one));
    }
    take_channel(one, channel, volume);
    return SEP_OK;
}

sep_status sep_image_read_channel(const char *path, int channel, int channels, sep_volume *volume)
{
    char *name;

    if (channels <= 1)
        return sep_volume_read(path, volume);
    *volume = (sep_volume){0};
    if (has_axis(path))
        return read_of_axis(path, channel, channels, volume);
    if (!sep_channels_are_files(path))
        SEP_TRY(check_whole(path, channels));
    SEP_TRY(name_channel(path, channel, &name));
    const sep_status status =
        holds_colours(path) ? sep_colour_read(path, channel, volume) : sep_volume_read(name, volume);
    sep_free(name);
    return status;
}

static sep_status add_channel(const char *path, int channel, int channels, sep_volume *volume)
{
    sep_volume one = {0};

    sep_status status = sep_image_read_channel(path, channel, channels, &one);
    if (status == SEP_OK)
        status = place_channel(path, channel, channels, &one, volume);
    sep_volume_free(&one);
    return status;
}

sep_status sep_image_read(const char *path, int channels, sep_volume *volume)
{
    if (channels <= 1)
        return sep_volume_read(path, volume);
    if (has_axis(path))
        return sep_channels_read_whole(path, channels, volume);
    *volume = (sep_volume){0};
    sep_status status = sep_image_check_channels(path, channels);
    for (int c = 0; c < channels && status == SEP_OK; c++)
        status = add_channel(path, c, channels, volume);
    if (status != SEP_OK)
        sep_volume_free(volume);
    return status;
}

static sep_status read_channel_grid(const char *path, int channel, sep_volume *grid)
{
    sep_volume one;
    char *name;

    SEP_TRY(name_channel(path, channel, &name));
    sep_status status = sep_volume_read_grid(name, &one);
    if (status == SEP_OK && channel > 0)
        status = check_grid(path, channel, grid, &one);
    else if (status == SEP_OK)
        *grid = one;
    sep_free(name);
    return status;
}

sep_status sep_image_read_grid(const char *path, int channels, sep_volume *grid)
{
    if (channels <= 1)
        return sep_volume_read_grid(path, grid);
    *grid = (sep_volume){0};
    if (has_axis(path))
        return sep_hdf5_read_grid(path, "image", channels, grid);
    SEP_TRY(sep_image_check_channels(path, channels));
    if (!sep_channels_are_files(path))
        SEP_TRY(check_whole(path, channels));
    for (int c = 0; c < channels; c++)
        SEP_TRY(read_channel_grid(path, c, grid));
    grid->channels = channels;
    return SEP_OK;
}
