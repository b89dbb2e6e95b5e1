/* Connected components of label maps. Voxels are joined to the earlier ones of their class that they touch, by a forest
 * in which each voxel points to an earlier one of its component and the first of a component to itself. */
#include "septum/image.h"

#include <math.h>

typedef struct forest {
    const sep_labels *labels;
    int32_t *parent; /* of each voxel: an earlier one of its component */
    int32_t *size;   /* of the component, at its first voxel */
} forest;

static int32_t count_voxels(const sep_labels *labels)
{
    return labels->depth * labels->height * labels->width;
}

static int32_t first_of(const forest *f, int32_t voxel)
{
    while (f->parent[voxel] != voxel)
        voxel = f->parent[voxel] = f->parent[f->parent[voxel]];
    return voxel;
}

static void join(const forest *f, int32_t a, int32_t b)
{
    const int32_t first = first_of(f, a), second = first_of(f, b);

    f->parent[first > second ? first : second] = first < second ? first : second;
}

/* The row of voxels beside and before (z, y, x) that lies dz slices and dy rows further. */
static void join_row(const forest *f, int z, int y, int x, int dz, int dy, int last_dx)
{
    const sep_labels *l = f->labels;
    const int32_t voxel = (z * l->height + y) * l->width + x;

    if (z + dz < 0 || y + dy < 0 || y + dy >= l->height)
        return;
    for (int dx = -1; dx <= last_dx; dx++) {
        const int32_t other = ((z + dz) * l->height + y + dy) * l->width + x + dx;
        if (x + dx >= 0 && x + dx < l->width && l->data[other] == l->data[voxel])
            join(f, other, voxel);
    }
}

static void join_voxels(const forest *f)
{
    const sep_labels *l = f->labels;
    int32_t voxel = 0;

    for (int z = 0; z < l->depth; z++)
        for (int y = 0; y < l->height; y++)
            for (int x = 0; x < l->width; x++, voxel++) {
                f->parent[voxel] = voxel;
                if (l->data[voxel] == 0)
                    continue;
                for (int dy = -1; dy <= 1; dy++)
                    join_row(f, z, y, x, -1, dy, 1);
                join_row(f, z, y, x, 0, -1, 1);
                join_row(f, z, y, x, 0, 0, -1);
            }
}

/* Of each class the first voxel of its largest component, of equals of the one that begins first; -1: no voxels. */
static void find_largest(const forest *f, int32_t voxels, int32_t largest[256])
{
    for (int c = 0; c < 256; c++)
        largest[c] = -1;
    for (int32_t i = 0; i < voxels; i++)
        f->size[first_of(f, i)]++;
    for (int32_t i = 0; i < voxels; i++) {
        int32_t *found = &largest[f->labels->data[i]];
        if (f->parent[i] == i && (*found < 0 || f->size[i] > f->size[*found]))
            *found = i;
    }
}

static void free_forest(forest *f)
{
    sep_free(f->parent);
    sep_free(f->size);
}

/* The components of the labels, and of each class the first voxel of its largest. The caller frees in any case. */
static sep_status grow_forest(const sep_labels *labels, forest *f, int32_t largest[256])
{
    const int32_t voxels = count_voxels(labels);

    *f = (forest){.labels = labels};
    SEP_TRY(sep_memory_check(2 * (uint64_t)voxels * sizeof *f->parent));
    f->parent = sep_calloc((size_t)voxels, sizeof *f->parent);
    f->size = sep_calloc((size_t)voxels, sizeof *f->size);
    if (f->parent == NULL || f->size == NULL)
        return SEP_ERR_MEMORY;
    join_voxels(f);
    find_largest(f, voxels, largest);
    return SEP_OK;
}

/* ---- keeping the largest ----------------------------------------------------------------------------------------- */

static void remove_others(const forest *f, const int32_t largest[256], sep_labels *labels, const bool *chosen)
{
    const int32_t voxels = count_voxels(labels);

    for (int32_t i = 0; i < voxels; i++) {
        const int c = labels->data[i];
        if (c != 0 && (chosen == NULL || chosen[c]) && !sep_labels_ignore(labels, (size_t)i) &&
            first_of(f, i) != largest[c])
            labels->data[i] = 0;
    }
}

static bool any(const bool *chosen)
{
    for (int c = 1; c < 256; c++)
        if (chosen[c])
            return true;
    return false;
}

sep_status sep_labels_keep_largest(sep_labels *labels, const bool *chosen)
{
    int32_t largest[256];
    forest f;

    if (chosen != NULL && !any(chosen))
        return SEP_OK;
    const sep_status status = grow_forest(labels, &f, largest);
    if (status == SEP_OK)
        remove_others(&f, largest, labels, chosen);
    free_forest(&f);
    return status;
}

/* ---- how much of a class is its largest component ---------------------------------------------------------------- */

static void measure_shares(const forest *f, const int32_t largest[256], double share[256])
{
    const int32_t voxels = count_voxels(f->labels);
    int32_t count[256] = {0};

    for (int32_t i = 0; i < voxels; i++)
        count[f->labels->data[i]]++;
    for (int c = 0; c < 256; c++)
        share[c] = c != 0 && largest[c] >= 0 ? (double)f->size[largest[c]] / count[c] : (double)NAN;
    if (f->labels->ignores)
        share[SEP_IGNORED] = (double)NAN;
}

sep_status sep_labels_largest_share(const sep_labels *labels, double share[256])
{
    int32_t largest[256];
    forest f;

    const sep_status status = grow_forest(labels, &f, largest);
    if (status == SEP_OK)
        measure_shares(&f, largest, share);
    free_forest(&f);
    return status;
}
