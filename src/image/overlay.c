/* Pictures of slices with their classes in colour. */
#include "image/formats.h"

#include <limits.h>
#include <string.h>

typedef struct overlay {
    const float *slice;
    const uint8_t *labels; /* or NULL */
    int height, width;
    float low, high, alpha;
    int zoom, line; /* pixels of the picture: side of a repeated pixel, width of the outline */
} overlay;

static uint8_t grey_of(const overlay *o, int y, int x)
{
    float value = o->slice[(size_t)y * (size_t)o->width + (size_t)x];
    double position = o->high > o->low ? ((double)value - (double)o->low) / ((double)o->high - (double)o->low) : 0.0;

    if (!(position > 0.0)) /* NaN is black too */
        return 0;
    return position < 1.0 ? (uint8_t)(position * 255.0 + 0.5) : 255;
}

static uint8_t label_at(const overlay *o, int y, int x)
{
    return o->labels ? o->labels[(size_t)y * (size_t)o->width + (size_t)x] : 0;
}

/* Whether the neighbour is another class; the border of the slice is no border of a class. */
static bool differs(const overlay *o, int y, int x, int label)
{
    return y >= 0 && y < o->height && x >= 0 && x < o->width && label_at(o, y, x) != label;
}

/* Whether the picture's pixel (py, px), of slice pixel (y, x), lies on the outline of its class. */
static bool on_outline(const overlay *o, int py, int px, int y, int x, int label)
{
    int down = py - y * o->zoom, right = px - x * o->zoom, far = o->zoom - o->line;

    return (down < o->line && differs(o, y - 1, x, label)) || (down >= far && differs(o, y + 1, x, label)) ||
           (right < o->line && differs(o, y, x - 1, label)) || (right >= far && differs(o, y, x + 1, label));
}

static void paint(const overlay *o, int py, int px, uint8_t rgb[3])
{
    int y = py / o->zoom, x = px / o->zoom;
    uint8_t grey = grey_of(o, y, x);
    int label = label_at(o, y, x);
    const uint8_t *colour = sep_class_colour(label);

    memset(rgb, grey, 3);
    if (!colour)
        return;
    float opacity = on_outline(o, py, px, y, x, label) ? 1.0f : o->alpha;
    for (int i = 0; i < 3; i++)
        rgb[i] = (uint8_t)((float)grey + opacity * ((float)colour[i] - (float)grey) + 0.5f);
}

sep_status sep_picture_overlay(const float *slice, const uint8_t *labels, int height, int width, float low, float high,
                               float alpha, int zoom, sep_picture *picture)
{
    overlay o = {slice, labels, height, width, low, high, alpha, zoom, zoom >= 8 ? zoom / 4 : 1};

    memset(picture, 0, sizeof *picture);
    if (height < 1 || width < 1 || zoom < 1 || zoom > 32 || !(alpha >= 0.0f && alpha <= 1.0f))
        return sep_fail(SEP_ERR_ARGUMENT, "no overlay of %dx%d pixels, %d times as large, opacity %g", width, height,
                        zoom, (double)alpha);
    if ((int64_t)height * zoom * width * zoom > INT_MAX / 3)
        return sep_fail(SEP_ERR_ARGUMENT, "an overlay of %dx%d pixels, %d times as large, is too large", width, height,
                        zoom);
    picture->height = height * zoom;
    picture->width = width * zoom;
    picture->rgb = sep_calloc((size_t)picture->height * (size_t)picture->width, 3);
    if (!picture->rgb)
        return SEP_ERR_MEMORY;
    uint8_t *rgb = picture->rgb;
    for (int py = 0; py < picture->height; py++)
        for (int px = 0; px < picture->width; px++, rgb += 3)
            paint(&o, py, px, rgb);
    return SEP_OK;
}

sep_status sep_picture_encode_png(const sep_picture *picture, void **bytes, size_t *count)
{
    return sep_png_encode(picture->rgb, picture->height, picture->width, 3, 8, NULL, bytes, count);
}

sep_status sep_picture_write_png(const char *path, const sep_picture *picture)
{
    void *bytes;
    size_t count;
    sep_status status = sep_picture_encode_png(picture, &bytes, &count);

    if (status != SEP_OK)
        return sep_fail_within(status, "%s", path);
    status = sep_file_write_atomic(path, bytes, count);
    sep_free(bytes);
    return status;
}

void sep_picture_free(sep_picture *picture)
{
    sep_free(picture->rgb);
    memset(picture, 0, sizeof *picture);
}
