/* The samples of one evaluation: voxels of the fixed volume, what they map to, and what pulls there. */
#ifndef SEPTUM_REGISTRATION_SAMPLES_H
#define SEPTUM_REGISTRATION_SAMPLES_H

#include "septum/image.h"
#include "simd/registration.h"

#include <stddef.h>

/* Samples are cut into this many blocks at most, each a whole number of groups; sums over samples are sums over blocks
 * in rising order. Patches of local correlation fill a group each, so that no block cuts one. */
#define SEP_SAMPLE_BLOCKS 16

typedef struct sep_samples {
    int count;          /* drawn */
    int padded;         /* and padded to whole groups */
    int block;          /* samples of a block, but for the last */
    float *memory;      /* everything below; owned */
    float *at[3];       /* voxel of the fixed level */
    float *fixed;       /* its value */
    int32_t *row;       /* bins * its bin */
    float *moved[3];    /* where it lands, in voxels of the moving level */
    float *moving;      /* the value there */
    float *inside;      /* 1 or 0 */
    float *beyond[3];   /* how far it landed outside a border that holds it, in voxels; one after the other */
    float *gradient[3]; /* derivative of the value by the moving voxel's coordinates */
    float *force;       /* derivative of the metric by the value */
} sep_samples;

sep_status sep_samples_create(int count, sep_samples *samples) SEP_MUST_CHECK;
void sep_samples_free(sep_samples *samples);
int sep_samples_blocks(const sep_samples *samples);

/* The voxels of the fixed level that `map` takes into a volume of that size, half a voxel around it included. */
typedef struct sep_sample_region {
    float map[3][4];
    int size[3]; /* x first */
} sep_sample_region;

/* Draws the voxels: sample s is word s % 4 of element s / 4 of (seed, "registration", draw), read as a fraction in base
 * (depth, height, width). With `patches` each group of 16 is a patch of 4 x 4 voxels in plane, whose first voxel is
 * drawn (and held inside; the volume must be 4 voxels wide and high). What is not in the region, patches as a whole, is
 * passed over for the next word (NULL: nothing); SEP_ERR_NUMERIC where 16 words a sample are not enough. */
sep_status sep_samples_draw(sep_samples *samples, const sep_volume *fixed, uint64_t seed, uint32_t draw, bool patches,
                            const sep_sample_region *region) SEP_MUST_CHECK;

/* Brings the samples of a cell of the control grid together, cells and the samples within each in rising order: sums
 * over nodes then find nearly all that they need in registers. Before anything else is set of the samples but at and
 * fixed. */
sep_status sep_samples_group(sep_samples *samples, const sep_control_grid *grid) SEP_MUST_CHECK;

#endif
