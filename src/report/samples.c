/* The page of a batch, sample by sample. */
#include "report/samples.h"

#include "report/page.h"
#include "report/sample_drawn.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 192 }; /* pixels that a picture's longer side has at least */

typedef struct writer {
    const sep_samples_page *page;
    sep_text text;
    float *shown;     /* one channel of a patch */
    uint8_t *classes; /* of one patch: what is outlined */
    int32_t *carried; /* labels of a patch in another view */
    size_t pixels;    /* of a patch */
} writer;

/* ---- one picture ------------------------------------------------------------------------------------------------- */

static int zoom_for(const sep_batch *batch)
{
    int longer = batch->height > batch->width ? batch->height : batch->width, zoom = (SHOWN + longer - 1) / longer;

    return zoom < 32 ? zoom : 32;
}

/* Data sets give 0 to 1, and that is black to white in every picture, so that what photometry did is seen. */
static sep_status draw(writer *w, const float *image, const int32_t *label, sep_picture *picture)
{
    const sep_batch *batch = w->page->batch;
    const size_t channels = (size_t)batch->channels, channel = (size_t)w->page->dataset->shown_channel;

    for (size_t i = 0; i < w->pixels; i++)
        w->shown[i] = image[i * channels + channel];
    for (size_t i = 0; i < w->pixels; i++)
        w->classes[i] = label != NULL && label[i] > 0 ? (uint8_t)label[i] : 0;
    return sep_picture_overlay(w->shown, w->classes, batch->height, batch->width, 0.0f, 1.0f, 0.0f, zoom_for(batch),
                               picture);
}

/* `label` may be NULL: nothing is outlined. */
static sep_status put_picture(writer *w, const float *image, const int32_t *label, const char *caption)
{
    sep_picture picture;

    SEP_TRY(draw(w, image, label, &picture));
    sep_status status = sep_page_figure(&w->text, &picture, caption);
    sep_picture_free(&picture);
    return status;
}

/* ---- what comes beside the image --------------------------------------------------------------------------------- */

/* The values of a stream for the sample; NULL where it is not of such samples. */
static const void *values_of(const writer *w, const sep_sample *sample, int stream)
{
    const sep_batch *batch = w->page->batch;
    const sep_stream_request *request = &w->page->config->stream[stream];
    sep_shape one =
        request->stream->shape(request, &(sep_stream_size){1, batch->height, batch->width, w->page->dataset->channels,
                                                           w->page->dataset->classes});
    int row;

    if (!sep_rows_find(request->rows, batch->labelled, sample->position, &row))
        return NULL;
    return (const float *)batch->stream[stream] + (size_t)row * (size_t)sep_shape_count(&one);
}

/* Where in the batch's image lies what the view shows; NULL where the method did not ask for it. */
static const float *map_of(const writer *w, const sep_sample *sample, const sep_view_request *view)
{
    const sep_batch_config *config = w->page->config;

    for (int i = 0; i < config->streams; i++) {
        const sep_stream_request *request = &config->stream[i];
        const void *values = values_of(w, sample, i);
        if (request->stream == &sep_view_maps && request->view.number == view->number && values != NULL)
            return values;
    }
    return NULL;
}

/* The label at a place of the patch: the nearest pixel's, 0 outside. */
static int32_t label_at(const sep_batch *batch, const int32_t *label, const float place[2])
{
    float y = place[0] + 0.5f, x = place[1] + 0.5f;

    if (!(y >= 0.0f && x >= 0.0f && y < (float)batch->height && x < (float)batch->width))
        return 0;
    return label[(size_t)y * (size_t)batch->width + (size_t)x];
}

/* The sample's labels as the view shows them; NULL where nothing says how. */
static const int32_t *labels_of_view(writer *w, const sep_sample *sample, const sep_view_request *view)
{
    const float *map = view->own_geometry ? map_of(w, sample, view) : NULL;

    if (!view->own_geometry)
        return sample->label;
    for (size_t i = 0; map != NULL && i < w->pixels; i++)
        w->carried[i] = label_at(w->page->batch, sample->label, map + 2 * i);
    return map != NULL ? w->carried : NULL;
}

static sep_status put_view(writer *w, const sep_sample *sample, const sep_view_request *view, const float *image)
{
    bool labelled = sample->position < w->page->batch->labelled;
    char caption[96];

    snprintf(caption, sizeof caption, "view %d, %s%s", view->number, view->strong ? "strong" : "weak",
             view->own_geometry ? ", a geometry of its own" : "");
    return put_picture(w, image, labelled ? labels_of_view(w, sample, view) : NULL, caption);
}

static sep_status put_streams(writer *w, const sep_sample *sample)
{
    const sep_batch_config *config = w->page->config;

    for (int i = 0; i < config->streams; i++) {
        const sep_stream_request *request = &config->stream[i];
        const void *values = values_of(w, sample, i);
        if (values != NULL && request->stream == &sep_view_images)
            SEP_TRY(put_view(w, sample, &request->view, values));
        if (values != NULL && request->stream == &sep_registered_labels)
            SEP_TRY(put_picture(w, sample->image, values, "registered labels, as the method gets them"));
    }
    return SEP_OK;
}

/* ---- one sample -------------------------------------------------------------------------------------------------- */

static const sep_scan *scan_of(const writer *w, const sep_sample *sample)
{
    return &w->page->dataset->scan[w->page->dataset->slice[sample->slice_id].scan];
}

static void put_heading(writer *w, const sep_sample *sample)
{
    const sep_scan *scan = scan_of(w, sample);
    bool labelled = sample->position < w->page->batch->labelled;

    sep_text_format(&w->text, "<section class=\"card\">\n<p><b>%d</b> ", sample->position);
    sep_text_escape(&w->text, scan->name);
    sep_text_format(&w->text, ", slice %d of 0 to %d, <b>%s</b><br/><span class=\"soft small\">",
                    w->page->dataset->slice[sample->slice_id].z, scan->image.depth - 1,
                    labelled ? "labelled" : "unlabelled");
    sep_text_drawn(&w->text, sample, scan->image.height, scan->image.width);
    sep_text_add(&w->text, "</span></p>\n<div class=\"strips\">\n");
}

static sep_status put_sample(writer *w, const sep_sample *sample)
{
    bool labelled = sample->position < w->page->batch->labelled;

    put_heading(w, sample);
    SEP_TRY(put_picture(w, sample->image, NULL, "image"));
    if (labelled)
        SEP_TRY(put_picture(w, sample->image, sample->label, "label"));
    else if (scan_of(w, sample)->label.data != NULL)
        SEP_TRY(put_picture(w, sample->image, sample->label, "registered labels"));
    SEP_TRY(put_streams(w, sample));
    sep_text_add(&w->text, "</div>\n</section>\n");
    return SEP_OK;
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

/* The streams by name, of whatever kind. */
static void put_requests(writer *w)
{
    static const char *const rows[] = {"all samples", "labelled samples", "unlabelled samples"};
    const sep_batch_config *config = w->page->config;

    sep_text_add(&w->text, "<p class=\"soft\">The method asks for ");
    for (int i = 0; i < config->streams; i++)
        sep_text_format(&w->text, "%s%s %d of %s", i > 0 ? ", " : "", config->stream[i].stream->name,
                        config->stream[i].view.number, rows[config->stream[i].rows]);
    sep_text_add(&w->text, config->streams > 0 ? ".</p>\n" : "nothing beside images and labels.</p>\n");
}

static void put_head(writer *w)
{
    static const char *const augmentations[] = {"none", "flips", "thesis", "strong"};
    const sep_samples_page *page = w->page;

    sep_page_open(&w->text, NULL, page->configuration, "a batch as the networks get it");
    sep_text_format(&w->text, "<p>%s, iteration %lu, augmentation %s: %d labelled and %d unlabelled samples of ",
                    page->method, (unsigned long)page->batch->iteration, augmentations[page->config->augmentation],
                    page->batch->labelled, page->batch->count - page->batch->labelled);
    sep_text_format(&w->text, "%d x %d pixels%s. 0 is black, 1 is white.</p>\n", page->batch->height,
                    page->batch->width, page->config->view == SEP_PATCH_WINDOW ? ", windows of their slices" : "");
    put_requests(w);
    sep_page_class_key(&w->text, (const char *const *)page->dataset->class_name, page->dataset->classes);
}

static sep_status write_page(writer *w, const char *out)
{
    const sep_batch *batch = w->page->batch;

    put_head(w);
    for (int i = 0; i < batch->count; i++)
        SEP_TRY(put_sample(w, &batch->sample[i]));
    sep_page_close(&w->text);
    return sep_text_write(&w->text, out);
}

sep_status sep_samples_page_write(const sep_samples_page *page, const char *out)
{
    writer w = {.page = page, .pixels = (size_t)page->batch->height * (size_t)page->batch->width};

    w.shown = sep_calloc(w.pixels, sizeof *w.shown);
    w.classes = sep_calloc(w.pixels, sizeof *w.classes);
    w.carried = sep_calloc(w.pixels, sizeof *w.carried);
    sep_status status =
        w.shown != NULL && w.classes != NULL && w.carried != NULL ? write_page(&w, out) : SEP_ERR_MEMORY;
    sep_free(w.shown);
    sep_free(w.classes);
    sep_free(w.carried);
    sep_free(w.text.bytes);
    return status;
}
