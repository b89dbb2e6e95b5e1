/* Which part of a case a picture shows: slices, crop, grey window, orientation. */
#ifndef SEPTUM_REPORT_OVERLAY_VIEW_H
#define SEPTUM_REPORT_OVERLAY_VIEW_H

#include "septum/report.h"

enum { SEP_VIEW_SLICES = 6, SEP_VIEW_TILE = 208 }; /* at most; pixels of a tile's longer side */

typedef struct sep_view {
    int slice[SEP_VIEW_SLICES], slices;
    int top, left, height, width; /* the crop, in voxels */
    int tile_height, tile_width;  /* in pixels, so that millimetres are square */
    bool flip_rows, flip_columns;
    float low, high; /* shown black and white */
} sep_view;

/* The three grids of the overlay are of one size. */
sep_status sep_view_choose(sep_view *view, const sep_overlay *overlay) SEP_MUST_CHECK;

#endif
