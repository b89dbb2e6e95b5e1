/* septum: streams, which is what a batch brings beside the images and labels of its samples: more views of them, the
 * maps between views, registered labels, whatever else is a function of a sample. A method asks for a stream when it
 * builds its step (septum/methods.h); the loader's threads make it, sample by sample, ahead of the step; what nobody
 * asks for is not made. */
#ifndef SEPTUM_STREAMS_H
#define SEPTUM_STREAMS_H

#include "septum/augment.h"
#include "septum/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_MAX_STREAMS 32
#define SEP_MAX_VIEWS   256

/* Of which samples. */
typedef enum sep_rows { SEP_ROWS_ALL = 0, SEP_ROWS_LABELLED, SEP_ROWS_UNLABELLED } sep_rows;

int sep_rows_count(sep_rows rows, int labelled, int unlabelled);
/* Whether the sample at that position of a batch is among them, and the how manieth: labelled ones come first. */
bool sep_rows_find(sep_rows rows, int labelled, int position, int *row);

/* A view of a sample, beside the image that the batch has of it. Weak ones show what geometry makes of the slice,
 * strong ones go through photometry as well (section [augmentation]), each number through another draw. View 0 of
 * strong augmentation is the batch's image. */
typedef struct sep_view_request {
    int number; /* below SEP_MAX_VIEWS */
    bool strong;
    bool own_geometry; /* drawn for this number; else the geometry of the batch's image and label */
} sep_view_request;

/* Where the pixels of a map lie in a memory of the maps of the samples before: slot (t mod (slots / n)) n + i has
 * sample i of the n of iteration t, so that which slices are there is a function of the seed and the iteration. */
typedef struct sep_match_request {
    int partner; /* 0: the slots of this batch; 1, 2, ...: the sample before whose slice the middle of the patch is
                    found in, the latest one, the one before it in yet another scan, ... */
    int slots;   /* of the memory: a multiple of n */
    int shrink;  /* sides of the maps are the patch's divided by it: 1, 4, 8 */
    bool same_patient; /* whether partners may be of the sample's own */
} sep_match_request;

/* How a patch lies in its slice. The transform is what FLIPS and THESIS drew; the geometry is always the whole, a
 * window's place included. */
typedef struct sep_placement {
    sep_transform transform;
    sep_geometry geometry;
    int carried; /* 1 + the id of another scan's slice, of which the geometry then is: registration shows the sample's
                    own scan there; 0: the sample's slice */
} sep_placement;

/* One sample of a batch. */
typedef struct sep_sample {
    const struct sep_dataset *dataset;
    const struct sep_batch_config *config;
    uint32_t iteration;
    int position, slice_id;
    sep_placement placement; /* of image and label */
    const float *image;      /* [height * width, channels], as the batch has them */
    const int32_t *label;
    /* While the batch is being filled. */
    const float *weak; /* the image before its photometry, [channels, height * width] */
    struct sep_scratch *scratch;
} sep_sample;

struct sep_stream_request;

/* Of `samples` samples. */
typedef struct sep_stream_size {
    int samples, height, width, channels, classes;
} sep_stream_size;

/* A kind of stream. */
typedef struct sep_batch_stream {
    const char *name;
    sep_dtype dtype;
    /* Of all its samples together; the first axis is the samples. */
    sep_shape (*shape)(const struct sep_stream_request *request, const sep_stream_size *size);
    /* Whether it can be made of this data set: an error that says what is missing. NULL: of any. */
    sep_status (*check)(const struct sep_dataset *dataset);
    /* One sample's values: a function of the sample and the request alone. */
    sep_status (*fill)(const sep_sample *sample, const struct sep_stream_request *request, void *values);
} sep_batch_stream;

/* What was asked for. View and match are zero where the stream knows none. */
typedef struct sep_stream_request {
    const sep_batch_stream *stream;
    sep_rows rows;
    sep_view_request view;
    sep_match_request match;
} sep_stream_request;

bool sep_stream_request_equal(const sep_stream_request *a, const sep_stream_request *b);

/* F32 [n, H, W, channels], as images are. */
extern const sep_batch_stream sep_view_images;
/* F32 [n, H, W, 2], of a view with a geometry of its own: the row and column of the batch's image where what each pixel
 * of the view shows lies, outside of the image where it isn't shown. So a map of the image, sampled there, is one of
 * the view. Exact up to the rounding to whole pixels that FLIPS and THESIS do. */
extern const sep_batch_stream sep_view_maps;
/* I32 [n, H, W]: of unlabelled samples, the labels that registration gave them (data.registered), under the sample's
 * geometry; of labelled ones their own. */
extern const sep_batch_stream sep_registered_labels;
/* F32 [n, H, W]: how far the registrations agree that voted for these labels: the share of their weight that the label
 * has, from 0 to 1 (1 with a single registration, and for labelled samples' own); 0 outside of the slice. */
extern const sep_batch_stream sep_registered_agreement;
/* F32 [n, H, W, C]: of each class, background included, the signed distance in pixels, from centre to centre: of a
 * pixel that the class does not have, to the nearest one that it has; of one of its own, minus that to the nearest one
 * of another class. 0 in pixels without a label, which are no class's, and of a class that has no pixel or every
 * labelled one. */
extern const sep_batch_stream sep_class_distances;

/* I32 [n, H / shrink, W / shrink]: rows of such a memory, [slots, H / shrink, W / shrink] of them. Of partner 0 each
 * pixel's own; of others the pixel nearest to where registration takes it (sep_dataset's matcher), -1 where that is no
 * pixel of the partner's patch. */
extern const sep_batch_stream sep_matches;
/* F32 [n, H, W, channels] and I32 [n, H, W]: the slice at the same share of the height of a labelled scan, and its
 * labels (-1 where they are ignored), both by the sample's own geometry, in proportion where slices differ in size (of
 * windows the middle, and pixels keep their size), and without its photometry. Of the labelled scans one is drawn for
 * each iteration and position; for a labelled sample another than its own, if there is any. */
extern const sep_batch_stream sep_counterpart_images, sep_counterpart_labels;

#ifdef __cplusplus
}
#endif
#endif
