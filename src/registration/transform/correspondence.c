/* Where points of one volume lie in many others. */
#include "registration/transform/path.h"

#include <string.h>

typedef struct target {
    sep_path path;
    int size[3];
} target;

struct sep_correspondence {
    int volumes;
    target *target;
};

void sep_correspondence_destroy(sep_correspondence *c)
{
    if (c == NULL)
        return;
    for (int v = 0; v < c->volumes; v++)
        sep_path_free(&c->target[v].path);
    sep_free(c->target);
    sep_free(c);
}

static sep_status take_targets(const sep_volume *fixed, const sep_spatial_transform *const *transform,
                               const sep_volume *const *grid, const char *simd, sep_correspondence *c)
{
    for (int v = 0; v < c->volumes; v++) {
        const int size[3] = {grid[v]->width, grid[v]->height, grid[v]->depth};

        memcpy(c->target[v].size, size, sizeof size);
        SEP_TRY(sep_path_create(transform[v], grid[v]->affine, fixed->affine, false, simd, &c->target[v].path));
    }
    return SEP_OK;
}

sep_status sep_correspondence_create(const sep_volume *fixed, int volumes,
                                     const sep_spatial_transform *const *transform, const sep_volume *const *grid,
                                     const char *simd, sep_correspondence **correspondence)
{
    sep_correspondence *c = sep_calloc(1, sizeof *c);
    sep_status status = SEP_ERR_MEMORY;

    *correspondence = NULL;
    if (c != NULL)
        c->target = sep_calloc((size_t)volumes, sizeof *c->target);
    if (c != NULL && c->target != NULL) {
        c->volumes = volumes;
        status = take_targets(fixed, transform, grid, simd, c);
    }
    if (status != SEP_OK)
        sep_correspondence_destroy(c);
    else
        *correspondence = c;
    return status;
}

/* Fewer points than a chunk; what fills up the last group is thrown away. */
static void find_chunk(const target *t, const float *const at[3], int first, int count, int32_t *voxel)
{
    float memory[3][SEP_PATH_CHUNK] = {{0.0f}}, *const to[3] = {memory[0], memory[1], memory[2]};
    const float *const points[3] = {memory[0], memory[1], memory[2]};
    int32_t index[SEP_PATH_CHUNK];

    for (int i = 0; i < 3; i++)
        memcpy(memory[i], at[i] + first, (size_t)count * sizeof(float));
    sep_path_points(&t->path, points, sep_path_padded(count), to);
    t->path.simd->warping->nearest(t->size, points, sep_path_padded(count), index);
    memcpy(voxel, index, (size_t)count * sizeof *voxel);
}

void sep_correspondence_find(const sep_correspondence *c, const float *const at[3], int points, int threads,
                             int32_t *voxel)
{
    const int all = sep_thread_count(threads);

#pragma omp parallel for num_threads(all) schedule(static) if (all > 1)
    for (int v = 0; v < c->volumes; v++)
        for (int first = 0; first < points; first += SEP_PATH_CHUNK) {
            const int left = points - first, count = left < SEP_PATH_CHUNK ? left : SEP_PATH_CHUNK;

            find_chunk(&c->target[v], at, first, count, voxel + (ptrdiff_t)v * points + first);
        }
}
