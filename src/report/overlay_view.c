/* Choosing what a picture of a case shows. */
#include "report/overlay_view.h"

#include <math.h>

enum { SAMPLES = 4096 };

/* Rows top .. bottom - 1 and columns left .. right - 1. */
typedef struct rectangle {
    int top, left, bottom, right;
} rectangle;

static void include_pixel(rectangle *r, int y, int x)
{
    r->top = y < r->top ? y : r->top;
    r->left = x < r->left ? x : r->left;
    r->bottom = y < r->bottom ? r->bottom : y + 1;
    r->right = x < r->right ? r->right : x + 1;
}

/* Grows the rectangle around the foreground of slice z; false when there is none. */
static bool include_slice(rectangle *r, const sep_labels *labels, int z)
{
    bool any = false;
    const uint8_t *at = labels->data + (size_t)z * (size_t)labels->height * (size_t)labels->width;
    for (int y = 0; y < labels->height; y++)
        for (int x = 0; x < labels->width; x++, at++)
            if (*at && !(labels->ignores && *at == SEP_IGNORED)) {
                include_pixel(r, y, x);
                any = true;
            }
    return any;
}

/* Up to SEP_VIEW_SLICES of the marked slices, from the first to the last of them. */
static void spread_slices(sep_view *v, const int *marked, int count)
{
    v->slices = count < SEP_VIEW_SLICES ? count : SEP_VIEW_SLICES;
    for (int i = 0; i < v->slices; i++)
        v->slice[i] = marked[v->slices == 1 ? 0 : i * (count - 1) / (v->slices - 1)];
}

/* The slices where either map has foreground (all, when none has), and the rectangle around it (all of it). */
static sep_status choose_slices(sep_view *v, const sep_overlay *o, rectangle *r)
{
    int depth = o->reference->depth, count = 0;
    int *marked = sep_calloc((size_t)depth, sizeof(*marked));
    if (!marked)
        return SEP_ERR_MEMORY;
    *r = (rectangle){o->reference->height, o->reference->width, 0, 0};
    for (int z = 0; z < depth; z++) {
        bool in_reference = include_slice(r, o->reference, z), in_prediction = include_slice(r, o->prediction, z);
        if (in_reference || in_prediction)
            marked[count++] = z;
    }
    if (count == 0) {
        *r = (rectangle){0, 0, o->reference->height, o->reference->width};
        for (int z = 0; z < depth; z++)
            marked[count++] = z;
    }
    spread_slices(v, marked, count);
    sep_free(marked);
    return SEP_OK;
}

/* `size` voxels centred on low .. high - 1, cut to the image's and moved to lie within it. */
static void frame_axis(int low, int high, double size, int image, int *start, int *length)
{
    *length = size < image ? (int)size : image;
    int first = (low + high) / 2 - *length / 2;
    *start = first < 0 ? 0 : first + *length > image ? image - *length : first;
}

/* A square of millimetres around the foreground, with a margin. */
static void frame(sep_view *v, const sep_labels *labels, const rectangle *r)
{
    double step_x = labels->spacing[0], step_y = labels->spacing[1];
    double side = 1.35 * fmax((r->bottom - r->top) * step_y, (r->right - r->left) * step_x) + 8 * fmin(step_x, step_y);
    frame_axis(r->top, r->bottom, side / step_y, labels->height, &v->top, &v->height);
    frame_axis(r->left, r->right, side / step_x, labels->width, &v->left, &v->width);
    double height = v->height * step_y, width = v->width * step_x, scale = SEP_VIEW_TILE / fmax(height, width);
    v->tile_height = (int)fmax(2, height * scale + 0.5);
    v->tile_width = (int)fmax(2, width * scale + 0.5);
}

/* Black and white at the 0.5th and 99.5th percentile of what is shown, so that one bright vessel doesn't dim the rest.
 */
static void choose_window(sep_view *v, const sep_volume *volume)
{
    float sample[SAMPLES];
    size_t voxels = (size_t)v->height * (size_t)v->width, all = voxels * (size_t)v->slices;
    size_t step = all / SAMPLES + 1, count = 0;
    for (size_t i = 0; i < all; i += step, count++) {
        size_t z = (size_t)v->slice[i / voxels];
        size_t y = (size_t)v->top + i % voxels / (size_t)v->width, x = (size_t)v->left + i % (size_t)v->width;
        sample[count] = volume->data[(z * (size_t)volume->height + y) * (size_t)volume->width + x];
    }
    sep_sort_floats(sample, count);
    v->low = sample[count / 200];
    v->high = sample[count - 1 - count / 200];
}

/* Where the orientation is known, the patient is seen from the feet, front up, as radiologists look at slices. */
static void choose_orientation(sep_view *v, const sep_labels *labels)
{
    v->flip_columns = labels->has_geometry && labels->affine[0][0] > 0;
    v->flip_rows = labels->has_geometry && labels->affine[1][1] > 0;
}

static bool is_length(float step)
{
    return step > 0 && !isinf(step);
}

sep_status sep_view_choose(sep_view *view, const sep_overlay *overlay)
{
    rectangle r;
    const sep_labels *reference = overlay->reference;
    if (!is_length(reference->spacing[0]) || !is_length(reference->spacing[1]))
        return sep_fail(SEP_ERR_FORMAT, "%s: the voxel spacing %g x %g is not a length", overlay->case_name,
                        (double)reference->spacing[0], (double)reference->spacing[1]);
    *view = (sep_view){0};
    SEP_TRY(choose_slices(view, overlay, &r));
    frame(view, reference, &r);
    choose_window(view, overlay->volume);
    choose_orientation(view, reference);
    return SEP_OK;
}
