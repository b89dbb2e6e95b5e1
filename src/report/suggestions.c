/* The page of suggestions: of each scan its most telling slices. */
#include "report/suggestions.h"

#include "report/page.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 208, MARGIN = 8 }; /* pixels that a picture's longer side has at least; voxels around the foreground */

/* A scan with its slices along one of its axes. */
typedef struct sliced {
    int slices, height, width;
    size_t slice_step, row_step, column_step; /* voxels from one to the next */
} sliced;

/* Rows top .. bottom - 1 and columns left .. right - 1 of every slice. */
typedef struct crop {
    int top, bottom, left, right;
} crop;

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

static sliced slice_along(sep_slice_axis axis, const sep_volume *v)
{
    const int size[3] = {v->width, v->height, v->depth};
    const size_t step[3] = {1, (size_t)v->width, (size_t)v->width * (size_t)v->height};
    const sep_order order = sep_slice_axis_order(axis);

    return (sliced){.slices = size[order.axis[2]],
                    .height = size[order.axis[1]],
                    .width = size[order.axis[0]],
                    .slice_step = step[order.axis[2]],
                    .row_step = step[order.axis[1]],
                    .column_step = step[order.axis[0]]};
}

static size_t voxel_at(const sliced *s, int slice, int y, int x)
{
    return (size_t)slice * s->slice_step + (size_t)y * s->row_step + (size_t)x * s->column_step;
}

static void include(crop *c, int y, int x)
{
    c->top = y < c->top ? y : c->top;
    c->bottom = y + 1 > c->bottom ? y + 1 : c->bottom;
    c->left = x < c->left ? x : c->left;
    c->right = x + 1 > c->right ? x + 1 : c->right;
}

/* A third of its size on either side. */
static void widen(int *low, int *high, int size)
{
    const int margin = (*high - *low) / 3 + MARGIN;

    *low = *low > margin ? *low - margin : 0;
    *high = *high + margin < size ? *high + margin : size;
}

/* The foreground with a margin; all of it where there is none. */
static crop choose_crop(const sliced *s, const sep_labels *labels)
{
    crop c = {.top = s->height, .left = s->width};

    for (int slice = 0; slice < s->slices; slice++)
        for (int y = 0; y < s->height; y++)
            for (int x = 0; x < s->width; x++)
                if (labels->data[voxel_at(s, slice, y, x)] != 0)
                    include(&c, y, x);
    if (c.bottom == 0)
        return (crop){0, s->height, 0, s->width};
    widen(&c.top, &c.bottom, s->height);
    widen(&c.left, &c.right, s->width);
    return c;
}

/* A slice's part, and what is black and white in it. */
typedef struct cut {
    int height, width;
    float *image, *map, *sorted;
    uint8_t *labels;
} cut;

static void cut_free(cut *c)
{
    sep_free(c->image);
    sep_free(c->map);
    sep_free(c->sorted);
    sep_free(c->labels);
}

static sep_status cut_create(const crop *c, cut *made)
{
    const size_t pixels = (size_t)(c->bottom - c->top) * (size_t)(c->right - c->left);

    *made = (cut){.height = c->bottom - c->top,
                  .width = c->right - c->left,
                  .image = sep_calloc(pixels, sizeof(float)),
                  .map = sep_calloc(pixels, sizeof(float)),
                  .sorted = sep_calloc(pixels, sizeof(float)),
                  .labels = sep_calloc(pixels, 1)};
    return made->image != NULL && made->map != NULL && made->sorted != NULL && made->labels != NULL ? SEP_OK
                                                                                                    : SEP_ERR_MEMORY;
}

static void cut_slice(const sep_suggested *s, const sliced *along, const crop *c, int slice, cut *to)
{
    size_t at = 0;

    for (int y = 0; y < to->height; y++)
        for (int x = 0; x < to->width; x++, at++) {
            const size_t from = voxel_at(along, slice, y + c->top, x + c->left);
            to->image[at] = s->image->data[from];
            to->map[at] = s->map->data[from];
            to->labels[at] = s->labels->data[from];
        }
}

/* ---- one scan ---------------------------------------------------------------------------------------------------- */

static int zoom_for(const cut *c)
{
    const int longer = c->height > c->width ? c->height : c->width, zoom = (SHOWN + longer - 1) / longer;

    return zoom < 32 ? zoom : 32;
}

static sep_status draw(sep_text *text, const cut *c, const float *values, const uint8_t *labels, float low, float high,
                       int slice, const char *what)
{
    char caption[64];
    sep_picture picture;

    snprintf(caption, sizeof caption, "slice %d, %s", slice, what);
    SEP_TRY(sep_picture_overlay(values, labels, c->height, c->width, low, high, 0.0f, zoom_for(c), &picture));
    sep_status status = sep_page_figure(text, &picture, caption);
    sep_picture_free(&picture);
    return status;
}

/* Black and white at the hundredth and the last hundredth of what is shown. */
static sep_status put_slice(sep_text *text, const cut *c, int slice)
{
    const size_t pixels = (size_t)c->height * (size_t)c->width;

    memcpy(c->sorted, c->image, pixels * sizeof(float));
    sep_sort_floats(c->sorted, pixels);
    SEP_TRY(draw(text, c, c->image, c->labels, c->sorted[pixels / 100], c->sorted[pixels - 1 - pixels / 100], slice,
                 "prediction"));
    return draw(text, c, c->map, NULL, 0.0f, 1.0f, slice, "uncertainty");
}

static sep_status put_slices(sep_text *text, const sep_suggested *s, const sliced *along)
{
    const crop c = choose_crop(along, s->labels);
    cut part;
    sep_status status = cut_create(&c, &part);

    for (int i = 0; i < s->slices && status == SEP_OK; i++) {
        cut_slice(s, along, &c, s->slice[i], &part);
        status = put_slice(text, &part, s->slice[i]);
    }
    cut_free(&part);
    return status;
}

sep_status sep_suggestions_page_add(sep_suggestions_page *page, const sep_suggested *s)
{
    const sliced along = slice_along(s->axis, s->image);
    sep_text *text = &page->suggestions;

    sep_text_format(text, "<section class=\"card\">\n<p><b>%d</b> ", s->rank);
    sep_text_escape(text, s->scan);
    sep_text_format(text, ", slices 0 to %d along %s<br/><span class=\"soft small\">score ", along.slices - 1,
                    sep_slice_axis_names[s->axis]);
    sep_text_fixed(text, s->score, 3);
    sep_text_add(text, ", uncertainty ");
    sep_text_fixed(text, s->uncertainty, 3);
    sep_text_add(text, ", distance ");
    sep_text_fixed(text, s->distance, 3);
    sep_text_add(text, ", case ");
    sep_text_escape(text, s->case_name);
    sep_text_add(text, "</span></p>\n<div class=\"strips\">\n");
    sep_status status = put_slices(text, s, &along);
    sep_text_add(text, "</div>\n</section>\n");
    return status;
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static void put_head(sep_text *text, const sep_suggestions_page *page)
{
    sep_page_open(text, NULL, page->run, "scans to label next");
    sep_text_format(text,
                    "<p>Of %d unlabelled scans, with %d labelled ones. Each has its image in images/ and the "
                    "network's labels in labels/, to be corrected.</p>\n<p class=\"soft\">The score weighs how "
                    "uncertain the network is (mean entropy in its foreground and the border, ",
                    page->candidates, page->labelled);
    sep_text_fixed(text, page->weight, 2);
    sep_text_add(text,
                 ") and how unlike the scan is to the labelled and the suggested ones (distance of its features, ");
    sep_text_fixed(text, 1.0 - page->weight, 2);
    sep_text_add(text, "), each against the largest. Slices are those in which most is uncertain; in their maps of "
                       "uncertainty black is certain, white is not.</p>\n");
    sep_page_class_key(text, (const char *const *)page->class_names->item, page->class_names->count);
}

sep_status sep_suggestions_page_write(sep_suggestions_page *page, const char *out)
{
    sep_text text = {0};

    put_head(&text, page);
    sep_text_bytes(&text, page->suggestions.bytes, page->suggestions.count);
    sep_page_close(&text);
    text.failed = text.failed || page->suggestions.failed;
    return sep_text_write(&text, out);
}

void sep_suggestions_page_free(sep_suggestions_page *page)
{
    sep_free(page->suggestions.bytes);
    page->suggestions = (sep_text){0};
}
