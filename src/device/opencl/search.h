/* A level of registration's search on a device, from the inside.
 *
 *     search.c         launches of its kernels, cl/search.cl
 *     search_memory.c  what lies on the device: made at once, the samples sent at each draw
 *     search_lists.c   the samples that each sum takes */
#ifndef SEPTUM_DEVICE_OPENCL_SEARCH_H
#define SEPTUM_DEVICE_OPENCL_SEARCH_H

#include "device/opencl/backend.h"

/* What lies on the device, in words of four bytes. */
typedef enum sep_search_piece {
    SEP_SEARCH_VOLUME,
    SEP_SEARCH_AT,        /* [3][samples] */
    SEP_SEARCH_ROW_START, /* sep_list_rows */
    SEP_SEARCH_ROW_ORDER,
    SEP_SEARCH_NODE, /* sep_list_nodes: first nodes */
    SEP_SEARCH_WEIGHT,
    SEP_SEARCH_NODE_START,
    SEP_SEARCH_NODE_ENTRY,
    SEP_SEARCH_COEFFICIENT, /* [3][nodes] */
    SEP_SEARCH_FOUND,       /* [2][samples]: value, inside */
    SEP_SEARCH_BEYOND,      /* [3][samples] */
    SEP_SEARCH_GRADIENT,    /* [3][samples] */
    SEP_SEARCH_COLUMN,      /* [samples] */
    SEP_SEARCH_SHARE,       /* [4][samples] */
    SEP_SEARCH_PARTIAL,     /* [blocks][bins][bins] */
    SEP_SEARCH_HISTOGRAM,   /* [bins][bins] */
    SEP_SEARCH_FORCE,       /* [samples] */
    SEP_SEARCH_PULL,        /* [3][samples] */
    SEP_SEARCH_SUM,         /* [blocks][3][nodes] */
    SEP_SEARCH_MAP_SUM,     /* [blocks][3][4] */
    SEP_SEARCH_PIECES
} sep_search_piece;

struct sep_search {
    sep_cl *cl;
    sep_search_level level; /* its `data` is the caller's and no longer looked at */
    int blocks;
    size_t nodes;
    sep_operand piece[SEP_SEARCH_PIECES];
};

/* ---- search_memory.c --------------------------------------------------------------------------------------------- */

sep_status sep_search_create(sep_device *device, const sep_search_level *level, sep_search **search) SEP_MUST_CHECK;
void sep_search_destroy(sep_search *search);
sep_status sep_search_draw(sep_search *search, const float *const at[3], const int32_t *row) SEP_MUST_CHECK;

/* Words from the host into a piece, and from a piece to the host, from its word `first` on. */
sep_status sep_search_send(sep_search *search, sep_search_piece to, size_t first, const void *from,
                           size_t words) SEP_MUST_CHECK;
sep_status sep_search_fetch(const sep_search *search, sep_search_piece from, size_t first, void *to,
                            size_t words) SEP_MUST_CHECK;

/* ---- search_lists.c ---------------------------------------------------------------------------------------------- */

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
