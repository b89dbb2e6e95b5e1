/* Registration and warping, for other languages. */
#include "septum/flat.h"

#include "flat/grid.h"
#include "septum/registration.h"

#include <string.h>

struct sep_flat_transform {
    sep_spatial_transform spatial;
};

static sep_status kind_of(const char *word, sep_transform_kind *kind)
{
    const size_t length = strlen(word);
    int index = 0;

    for (const char *at = SEP_TRANSFORM_KINDS; *at != '\0'; at += *at == '|', index++) {
        const size_t own = strcspn(at, "|");
        if (own == length && strncmp(at, word, own) == 0) {
            *kind = (sep_transform_kind)index;
            return SEP_OK;
        }
        at += own;
    }
    return sep_fail(SEP_ERR_ARGUMENT, "a transform is one of %s, not '%s'", SEP_TRANSFORM_KINDS, word);
}

/* Nothing is left behind where it fails. */
static sep_status finish(sep_status status, sep_flat_transform *made, sep_flat_transform **transform)
{
    if (status != SEP_OK) {
        sep_flat_transform_free(made);
        made = NULL;
    }
    *transform = made;
    return status;
}

static sep_status search(const sep_volume *fixed, const sep_volume *moving, const sep_registration_options *options,
                         sep_flat_transform *made)
{
    sep_registration_report report;

    SEP_TRY(sep_register(fixed, moving, options, &made->spatial, &report));
    return report.failed ? sep_fail(SEP_ERR_ARGUMENT, "the registration failed: %s", report.reason) : SEP_OK;
}

sep_status sep_flat_register(const float *fixed, const int32_t fixed_size[3], const double *fixed_affine,
                             const float *moving, const int32_t moving_size[3], const double *moving_affine,
                             const char *kind, int threads, sep_flat_transform **transform)
{
    sep_registration_options options = sep_registration_defaults();
    sep_volume still, moved;

    *transform = NULL;
    options.threads = threads;
    options.quiet = true;
    SEP_TRY(kind_of(kind, &options.kind));
    SEP_TRY(sep_flat_volume(fixed, 1, fixed_size, fixed_affine, &still));
    SEP_TRY(sep_flat_volume(moving, 1, moving_size, moving_affine, &moved));
    sep_flat_transform *made = sep_calloc(1, sizeof *made);
    if (made == NULL)
        return SEP_ERR_MEMORY;
    sep_spatial_identity(&made->spatial);
    return finish(search(&still, &moved, &options, made), made, transform);
}

sep_status sep_flat_transform_read(const char *path, sep_flat_transform **transform)
{
    sep_flat_transform *made = sep_calloc(1, sizeof *made);

    *transform = NULL;
    if (made == NULL)
        return SEP_ERR_MEMORY;
    sep_spatial_identity(&made->spatial);
    return finish(sep_spatial_read(path, &made->spatial), made, transform);
}

sep_status sep_flat_transform_write(const char *path, const sep_flat_transform *transform)
{
    return sep_spatial_write(path, &transform->spatial);
}

void sep_flat_transform_free(sep_flat_transform *transform)
{
    if (transform == NULL)
        return;
    sep_spatial_free(&transform->spatial);
    sep_free(transform);
}

void sep_flat_transform_point(const sep_flat_transform *transform, const double in[3], double out[3])
{
    sep_spatial_point(&transform->spatial, in, out);
}

sep_status sep_flat_warp(const sep_flat_transform *transform, const float *moving, const int32_t moving_size[3],
                         const double *moving_affine, const int32_t grid_size[3], const double *grid_affine, float *out)
{
    sep_volume from, grid, warped = {0};

    SEP_TRY(sep_flat_volume(moving, 1, moving_size, moving_affine, &from));
    SEP_TRY(sep_flat_volume(NULL, 1, grid_size, grid_affine, &grid));
    SEP_TRY(sep_warp_volume(&from, &transform->spatial, &grid, &(sep_warp_options){0}, &warped));
    memcpy(out, warped.data, sep_volume_voxels(&grid) * sizeof *out);
    sep_volume_free(&warped);
    return SEP_OK;
}

sep_status sep_flat_warp_labels(const sep_flat_transform *transform, const uint8_t *moving,
                                const int32_t moving_size[3], const double *moving_affine, const int32_t grid_size[3],
                                const double *grid_affine, uint8_t *out)
{
    sep_labels from, warped = {0};
    sep_volume grid;

    SEP_TRY(sep_flat_labels(moving, moving_size, moving_affine, &from));
    SEP_TRY(sep_flat_volume(NULL, 1, grid_size, grid_affine, &grid));
    SEP_TRY(sep_warp_labels(&from, &transform->spatial, &grid, &(sep_warp_options){0}, &warped));
    memcpy(out, warped.data, sep_volume_voxels(&grid));
    sep_labels_free(&warped);
    return SEP_OK;
}
