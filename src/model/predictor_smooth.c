/* Prediction by probabilities: they are brought back to the volume's grid, and the class is taken there. A slice lies
 * on a canvas: one patch, into which all of it is resized, or the slice itself at the spacing of training, over which
 * windows go. */
#include "model/predictor_parts.h"
#include "model/scores.h"
#include "model/windows.h"

#include "data/batch.h"
#include "septum/process.h"

#include <string.h>

struct sep_smooth {
    sep_predictor *p;
    const sep_volume *volume;
    sep_resampling seen;        /* the slices that the networks were trained for */
    float *slice;               /* one of them, channel by channel, */
    int z;                      /* this one; -1: none yet */
    sep_window_sum sum;         /* of a canvas */
    sep_axis_map rows, columns; /* of the volume's pixels on the canvas */
    float *plane;               /* one class on the canvas */
    float *own;                 /* [classes, height, width] on the volume's grid */
};

bool sep_predictor_is_smooth(const sep_predictor *p)
{
    return p->view == SEP_PATCH_WINDOW || p->spacing[0] > 0.0f;
}

/* ---- setting up -------------------------------------------------------------------------------------------------- */

static sep_status find_seen(sep_smooth *s)
{
    const sep_axis_map same = {.first = 0.0, .step = 1.0};

    if (s->p->spacing[0] > 0.0f)
        return sep_resampling_of(s->volume, s->p->spacing, &s->seen);
    s->seen = (sep_resampling){s->volume->height, s->volume->width, same, same};
    return SEP_OK;
}

/* From what is seen of the volume to where its pixels lie there; resized to the canvas, corners on corners. */
static sep_axis_map go_back(sep_axis_map seen, int size, int canvas)
{
    const double resized = size > 1 ? (double)(canvas - 1) / (double)(size - 1) : 0.0;

    return (sep_axis_map){.first = -seen.first / seen.step * resized, .step = resized / seen.step};
}

static sep_status allocate(sep_smooth *s)
{
    const sep_predictor *p = s->p;
    const bool window = p->view == SEP_PATCH_WINDOW;
    const int height = window ? s->seen.height : p->height, width = window ? s->seen.width : p->width;
    const size_t pixels = (size_t)height * (size_t)width, seen = (size_t)s->seen.height * (size_t)s->seen.width;
    const size_t own = (size_t)s->volume->height * (size_t)s->volume->width * (size_t)p->classes;

    SEP_TRY(sep_memory_check((pixels * (size_t)(p->classes + 2) + (size_t)p->channels * seen + own) * sizeof(float)));
    s->rows = go_back(s->seen.rows, s->seen.height, height);
    s->columns = go_back(s->seen.columns, s->seen.width, width);
    s->slice = sep_calloc((size_t)p->channels * seen, sizeof *s->slice);
    s->plane = sep_calloc(pixels, sizeof *s->plane);
    s->own = sep_calloc(own, sizeof *s->own);
    SEP_TRY(sep_window_sum_create(height, width, p->height, p->width, p->classes, &s->sum));
    return s->slice != NULL && s->plane != NULL && s->own != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

void sep_smooth_destroy(sep_smooth *s)
{
    if (s == NULL)
        return;
    sep_free(s->slice);
    sep_free(s->plane);
    sep_free(s->own);
    sep_window_sum_free(&s->sum);
    sep_free(s);
}

sep_status sep_smooth_create(sep_predictor *p, const sep_volume *volume, sep_smooth **smooth)
{
    sep_smooth *s = sep_calloc(1, sizeof *s);

    if (s == NULL)
        return SEP_ERR_MEMORY;
    *s = (sep_smooth){.p = p, .volume = volume, .z = -1};
    sep_status status = find_seen(s);
    if (status == SEP_OK)
        status = allocate(s);
    if (status != SEP_OK) {
        sep_smooth_destroy(s);
        return status;
    }
    *smooth = s;
    return SEP_OK;
}

/* ---- windows ----------------------------------------------------------------------------------------------------- */

static float *seen_channel(const sep_smooth *s, int channel)
{
    return s->slice + (size_t)channel * (size_t)s->seen.height * (size_t)s->seen.width;
}

static void show_slice(sep_smooth *s, int z)
{
    for (int c = 0; z != s->z && c < s->p->channels; c++) {
        const sep_volume channel = sep_volume_channel(s->volume, c);
        sep_resample_linear_f32(sep_volume_slice(&channel, z), channel.height, channel.width, s->seen.rows,
                                s->seen.columns, seen_channel(s, c), s->seen.height, s->seen.width);
    }
    s->z = z;
}

int sep_smooth_windows(const sep_smooth *s)
{
    return sep_plane_windows(s->sum.height, s->sum.width, s->sum.patch_height, s->sum.patch_width);
}

sep_status sep_smooth_fill_patch(sep_smooth *s, int z, int window, float *patch)
{
    const sep_predictor *p = s->p;

    show_slice(s, z);
    for (int c = 0; c < p->channels; c++, patch += (size_t)p->height * (size_t)p->width) {
        if (p->view == SEP_PATCH_WHOLE)
            SEP_TRY(
                sep_zoom_slice(p->zoom, seen_channel(s, c), s->seen.height, s->seen.width, patch, p->height, p->width));
        else
            sep_window_cut(seen_channel(s, c), s->sum.height, s->sum.width, window, p->height, p->width, patch);
    }
    return SEP_OK;
}

/* ---- outputs ----------------------------------------------------------------------------------------------------- */

static size_t own_pixels(const sep_smooth *s)
{
    return (size_t)s->volume->height * (size_t)s->volume->width;
}

/* The canvas has probabilities now. */
static void bring_back(sep_smooth *s)
{
    const sep_window_sum *sum = &s->sum;
    const size_t pixels = (size_t)sum->height * (size_t)sum->width, classes = (size_t)sum->classes;

    for (size_t c = 0; c < classes; c++) {
        for (size_t i = 0; i < pixels; i++)
            s->plane[i] = sum->sum[i * classes + c];
        sep_resample_linear_f32(s->plane, sum->height, sum->width, s->rows, s->columns, s->own + c * own_pixels(s),
                                s->volume->height, s->volume->width);
    }
}

static void take_pixel(const sep_smooth *s, size_t i, uint8_t *label, float *confidence)
{
    const size_t pixels = own_pixels(s);

    *label = sep_class_of_pixel(s->own + i, pixels, s->p->classes);
    if (confidence != NULL)
        *confidence = s->own[*label * pixels + i];
}

static void take_slice(const sep_smooth *s, int z, const sep_way *out)
{
    const size_t pixels = own_pixels(s);
    uint8_t *label = sep_labels_slice(out->labels, z);
    float *confidence = out->confidence != NULL ? sep_volume_slice(out->confidence, z) : NULL;

    for (size_t i = 0; i < pixels; i++)
        take_pixel(s, i, &label[i], confidence != NULL ? &confidence[i] : NULL);
    for (int c = 0; out->probabilities != NULL && c < s->p->classes; c++)
        memcpy(sep_volume_slice(&out->probabilities[c], z), s->own + (size_t)c * pixels, pixels * sizeof *s->own);
}

void sep_smooth_take_window(sep_smooth *s, int sample, int z, int window, float passes, const sep_way *out)
{
    const sep_predictor *p = s->p;
    const size_t values = (size_t)p->height * (size_t)p->width * (size_t)p->classes;
    int top, left;

    sep_plane_window(s->sum.height, s->sum.width, p->height, p->width, window, &top, &left);
    sep_window_sum_add(&s->sum, top, left, p->sum + (size_t)sample * values);
    if (window + 1 < sep_smooth_windows(s))
        return;
    sep_window_sum_finish(&s->sum, passes);
    bring_back(s);
    take_slice(s, z, out);
    sep_window_sum_clear(&s->sum);
}
