/* The samples that each sum over them takes, found out once a draw. */
#ifndef SEPTUM_DEVICE_OPENCL_SEARCH_LISTS_H
#define SEPTUM_DEVICE_OPENCL_SEARCH_LISTS_H

#include "septum/device.h"

#define SEP_TAPS 64 /* nodes that a point of a cubic B-spline takes part in */

int sep_search_blocks(const sep_search_level *level);
/* Nodes of the deformation, 0 without one. */
size_t sep_search_nodes(const sep_search_level *level);

/* List block * bins + bin: the block's samples with that bin of the fixed value, rising. start[blocks * bins + 1],
 * order[samples]; bin[samples] is scratch memory. */
void sep_list_rows(const sep_search_level *level, const int32_t *row, int32_t *bin, int32_t *start, int32_t *order);

/* Where samples lie in the control grid: first[samples] of their nodes, weight[3][4][samples] along x, y and z. List
 * block * nodes + node: the block's samples that the node takes part in, rising, as sample * SEP_TAPS + tap, tap (z * 4
 * + y) * 4 + x of the sample's own nodes. start[blocks * nodes + 1], entry[SEP_TAPS * samples]. */
void sep_list_nodes(const sep_search_level *level, const float *const at[3], int32_t *first, float *weight,
                    int32_t *start, int32_t *entry);

#endif
