/* What is known of a volume without its voxels: size and geometry, and a fingerprint of the files that it is read from.
 */
#include "image/series.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* "cine.nii.gz#12", where there is no file of that whole name: the name of the file, from malloc, and the frame. */
static sep_status find_frame(const char *path, char **file, int *frame)
{
    size_t length;

    *file = NULL;
    if (!sep_image_asks_for_frame(path, &length, frame) || *frame == 0 || sep_file_exists(path))
        return SEP_OK;
    *file = sep_format("%.*s", (int)length, path);
    return *file != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* ---- size and geometry ------------------------------------------------------------------------------------------- */

/* A picture is one slice, and a series of them has no header. */
static sep_status read_whole(const char *path, sep_volume *grid)
{
    sep_volume volume;

    SEP_TRY(sep_volume_read(path, &volume));
    *grid = volume;
    grid->data = NULL;
    sep_volume_free(&volume);
    return SEP_OK;
}

static sep_status read_grid(const char *path, sep_volume *grid)
{
    sep_image_format format = sep_image_format_by_name(path);

    if (sep_image_is_picture(path))
        return read_whole(path, grid);
    SEP_TRY(sep_image_format_of_file(path, &format));
    if (format == SEP_IMAGE_NIFTI)
        return sep_nifti_read_grid(path, 0, grid);
    return format == SEP_IMAGE_HDF5 ? sep_hdf5_read_grid(path, "image", 1, grid) : read_whole(path, grid);
}

sep_status sep_volume_read_grid(const char *path, sep_volume *grid)
{
    char *file;
    int frame;

    *grid = (sep_volume){0};
    SEP_TRY(find_frame(path, &file, &frame));
    const sep_status status = file != NULL ? sep_nifti_read_grid(file, frame, grid) : read_grid(path, grid);
    sep_free(file);
    if (status != SEP_OK)
        *grid = (sep_volume){0};
    return status;
}

/* ---- fingerprints ------------------------------------------------------------------------------------------------ */

enum { BLOCK = 1 << 18 };

static sep_status hash_bytes(int descriptor, const char *path, uint64_t *hash)
{
    char *block = sep_malloc(BLOCK, 1);
    ssize_t count = 1;

    while (block != NULL && count > 0) {
        count = read(descriptor, block, BLOCK);
        if (count > 0)
            *hash = sep_hash(*hash, block, (size_t)count);
        else if (count < 0 && errno == EINTR)
            count = 1;
    }
    const int reason = errno;
    sep_free(block);
    if (block == NULL)
        return SEP_ERR_MEMORY;
    return count == 0 ? SEP_OK : sep_fail(SEP_ERR_IO, "%s: can't be read: %s", path, strerror(reason));
}

static sep_status hash_file(const char *path, uint64_t *hash)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be opened: %s", path, strerror(errno));
    const sep_status status = hash_bytes(descriptor, path, hash);
    close(descriptor);
    return status;
}

static sep_status hash_half(const char *path, const char *half, uint64_t *hash)
{
    char *file;

    SEP_TRY(sep_nifti_find_half(path, half, &file));
    const sep_status status = hash_file(file, hash);
    sep_free(file);
    return status;
}

static sep_status hash_slices(const char *path, const sep_strings *names, uint64_t *hash)
{
    const int folder = (int)(sep_file_name(path) - path);
    sep_status status = SEP_OK;

    for (int z = 0; z < names->count && status == SEP_OK; z++) {
        char *name = sep_format("%.*s%s", folder, path, names->item[z]);
        status = name != NULL ? hash_file(name, hash) : SEP_ERR_MEMORY;
        sep_free(name);
    }
    return status;
}

static sep_status hash_series(const char *path, uint64_t *hash)
{
    sep_strings names = {0};
    sep_status status = sep_series_find(path, &names);

    if (status == SEP_OK)
        status = names.count > 0 ? hash_slices(path, &names, hash) : hash_file(path, hash);
    sep_strings_free(&names);
    return status;
}

static sep_status hash_hdf5(const char *path, int channels, uint64_t *hash)
{
    sep_volume volume;

    SEP_TRY(sep_image_read(path, channels, &volume));
    *hash = sep_volume_hash(&volume);
    sep_volume_free(&volume);
    return SEP_OK;
}

static sep_status hash_files(const char *path, int channels, uint64_t *hash)
{
    sep_image_format format = sep_image_format_by_name(path);

    if (format == SEP_IMAGE_PNG && !sep_file_exists(path))
        return hash_series(path, hash);
    if (format == SEP_IMAGE_NIFTI && sep_nifti_is_pair(path)) {
        SEP_TRY(hash_half(path, "hdr", hash));
        return hash_half(path, "img", hash);
    }
    SEP_TRY(sep_image_format_of_file(path, &format));
    return format == SEP_IMAGE_HDF5 ? hash_hdf5(path, channels, hash) : hash_file(path, hash);
}

static sep_status hash_channel(const char *path, int channels, uint64_t *fingerprint)
{
    char *file;
    int frame;

    SEP_TRY(find_frame(path, &file, &frame));
    if (file != NULL)
        *fingerprint = sep_hash(*fingerprint, &frame, sizeof frame);
    const sep_status status = hash_files(file != NULL ? file : path, channels, fingerprint);
    sep_free(file);
    return status;
}

/* Files that hold all channels are hashed as one. */
sep_status sep_image_fingerprint(const char *path, int channels, uint64_t *fingerprint)
{
    const int files = sep_channels_are_files(path) && channels > 1 ? channels : 1;
    sep_status status = SEP_OK;

    *fingerprint = SEP_HASH_START;
    for (int c = 0; c < files && status == SEP_OK; c++) {
        char *file = sep_channel_path(path, c);
        status = file != NULL ? hash_channel(file, files > 1 ? 1 : channels, fingerprint) : SEP_ERR_MEMORY;
        sep_free(file);
    }
    return status;
}
