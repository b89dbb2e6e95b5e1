/* Fingerprints of volumes and label maps: size, place and voxels. */
#include "septum/image.h"

static uint64_t hash_grid(int depth, int height, int width, const double affine[3][4])
{
    const int size[3] = {width, height, depth};

    return sep_hash(sep_hash(SEP_HASH_START, size, sizeof size), affine, 12 * sizeof affine[0][0]);
}

uint64_t sep_volume_hash(const sep_volume *v)
{
    return sep_hash(hash_grid(v->depth, v->height, v->width, (const double(*)[4])v->affine), v->data,
                    (size_t)sep_volume_channels(v) * sep_volume_voxels(v) * sizeof *v->data);
}

uint64_t sep_labels_hash(const sep_labels *l)
{
    return sep_hash(hash_grid(l->depth, l->height, l->width, (const double(*)[4])l->affine), l->data,
                    (size_t)l->depth * (size_t)l->height * (size_t)l->width);
}
