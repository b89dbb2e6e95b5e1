/* Where in a slice a window lies that shows a part of it. */
#include "data/augment/draw.h"
#include "septum/image.h"

#include <math.h>

/* Which numbers of the sample say what. */
enum { CENTRES, CENTRE, PLACE_ROW, PLACE_COLUMN };

static bool is_foreground(uint8_t label)
{
    return label != 0 && label != SEP_IGNORED;
}

bool sep_draw_foreground(const sep_draw *draw, uint64_t index, const uint8_t *labels, int height, int width,
                         float centre[2])
{
    size_t pixels = (size_t)height * (size_t)width, count = 0;

    for (size_t i = 0; i < pixels; i++)
        count += is_foreground(labels[i]);
    if (count == 0)
        return false;
    size_t chosen = sep_random_below(&draw->random, draw->first + index, (uint32_t)count);
    for (size_t i = 0; i < pixels; i++)
        if (is_foreground(labels[i]) && chosen-- == 0) {
            centre[0] = (float)(i / (size_t)width);
            centre[1] = (float)(i % (size_t)width);
            break;
        }
    return true;
}

/* How many pixels of the slice the window covers along an axis: all of the box around one that is turned. */
static float extent_of(const sep_geometry *geometry, int axis, int patch_height, int patch_width)
{
    return fabsf(geometry->matrix[axis][0]) * (float)patch_height +
           fabsf(geometry->matrix[axis][1]) * (float)patch_width;
}

static float clamp(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* Pixels of a window that is neither turned nor scaled lie on pixels of the slice: nothing is interpolated. */
static float snap(float centre, float extent)
{
    float half = 0.5f * (extent - 1.0f);

    return floorf(centre - half + 0.5f) + half;
}

void sep_geometry_place_window(const sep_view_id *view, float foreground, float shift, int height, int width,
                               int patch_height, int patch_width, const uint8_t *labels, sep_geometry *geometry)
{
    const sep_view_id sample = {.seed = view->seed, .iteration = view->iteration, .position = view->position};
    const sep_draw draw = sep_draw_for(&sample, "window.place");
    const int size[2] = {height, width};
    float pixel[2];
    bool centred = labels != NULL && sep_draw_chance(&draw, CENTRES, foreground) &&
                   sep_draw_foreground(&draw, CENTRE, labels, height, width, pixel);

    for (int axis = 0; axis < 2; axis++) {
        float extent = extent_of(geometry, axis, patch_height, patch_width);
        float middle = 0.5f * (float)(size[axis] - 1), room = fmaxf(0.0f, 0.5f * ((float)size[axis] - extent));
        float beyond = room + shift * (float)size[axis];
        float anywhere = middle + sep_draw_between(&draw, PLACE_ROW + (uint64_t)axis, -beyond, beyond);
        geometry->centre[axis] = snap(centred ? clamp(pixel[axis], middle - room, middle + room) : anywhere, extent);
    }
}
