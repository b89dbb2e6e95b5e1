/* septum: augmentation, in the plane of the slice: turns and flips as the published runs have them, and the strong one
 * that nnU-Net's users are used to. Geometry (which place of
 * the slice a pixel of the patch shows) and photometry (what happens to its value) are drawn apart, so that several
 * views of one sample can share a geometry and differ in the rest. All draws are functions of the seed, the iteration,
 * the sample's place in the batch and the view's number; all arithmetic is in float32, in a fixed order, without libm,
 * so that every machine makes the same patch. */
#ifndef SEPTUM_AUGMENT_H
#define SEPTUM_AUGMENT_H

#include "septum/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sep_augmentation {
    SEP_AUGMENT_NONE = 0,
    SEP_AUGMENT_FLIPS,  /* half of the time: k quarter turns, k in 0..3, then a flip of one axis */
    SEP_AUGMENT_THESIS, /* as FLIPS; else, half of the time: a rotation by -20 .. 19 whole degrees */
    SEP_AUGMENT_STRONG  /* sep_strong_settings */
} sep_augmentation;

/* One sample of a batch, one of its views: what a draw depends on, beside settings. */
typedef struct sep_view_id {
    uint64_t seed;
    uint32_t iteration;
    int position, view;
    int channel; /* that photometry is drawn for; geometry is one for all */
} sep_view_id;

/* ---- turns and flips --------------------------------------------------------------------------------------------- */

/* What one draw decided. Quarter turns are counter-clockwise (numpy.rot90); flip is 0 (rows), 1 (columns) or -1. */
typedef struct sep_transform {
    int quarter_turns;
    int flip;
    int degrees;
} sep_transform;

/* The identity for NONE and STRONG. */
sep_transform sep_transform_draw(sep_augmentation augmentation, const sep_view_id *view);
/* Size of a transformed slice: a quarter turn swaps height and width. */
void sep_transform_size(const sep_transform *transform, int height, int width, int *out_height, int *out_width);
/* source[out_height * out_width]: the pixel of the input that each pixel of the output shows, -1 for none (outside).
 * Rotation is scipy.ndimage.rotate(order=0, reshape=False): about the centre (n - 1) / 2, nearest pixel. */
void sep_transform_map(const sep_transform *transform, int height, int width, int32_t *source);

/* ---- strong ------------------------------------------------------------------------------------------------------ */

typedef enum sep_mirror { SEP_MIRROR_NONE = 0, SEP_MIRROR_ROWS, SEP_MIRROR_COLUMNS, SEP_MIRROR_BOTH } sep_mirror;

/* Probabilities are of one sample; ranges are drawn from uniformly unless another rule is told. */
typedef struct sep_strong_settings {
    /* Geometry. */
    float rotation_probability, rotation;           /* degrees to either side */
    float scale_probability, scale_low, scale_high; /* of what is shown; half of the draws lie below 1, half above */
    float shift_probability, shift;                 /* of height and width, to either side */
    float elastic_probability, elastic;             /* deviation of the control points, of the patch's shorter side */
    float foreground;  /* of labelled samples: probability that a pixel of a class is the middle of a scaled view or a
                          window (of windows with whatever augmentation) */
    sep_mirror mirror; /* each axis that it names, half of the time */
    bool quarter_turns;
    float registered_probability; /* of labelled samples: shown on the grid of another patient's scan */
    bool registered_style;
    /* Photometry. */
    float bias_probability, bias;                /* deviation of the logarithm of the field */
    float noise_probability, noise;              /* largest deviation, in standard deviations of the patch */
    float blur_probability, blur_low, blur_high; /* deviation of the Gaussian in pixels */
    float brightness_probability, brightness_low, brightness_high; /* factor */
    float contrast_probability, contrast_low, contrast_high;       /* factor about the mean; the range is kept */
    float resolution_probability, resolution_low, resolution_high; /* of the pixels along each axis */
    float gamma_probability, gamma_inverted_probability, gamma_low, gamma_high; /* mean and deviation are kept */
} sep_strong_settings;

/* The section [augmentation]. */
extern const sep_setting sep_strong_table[];

/* ---- its geometry
 * ---------------------------------------------------------------------------------------------------- */

#define SEP_ELASTIC_NODES 8

/* The place (y, x) of the slice that pixel (r, c) of the patch shows:
 *     (y, x) = centre + matrix * ((r, c) - middle of the patch) + bend(r, c)
 * in pixels of the slice. The bend is a uniform cubic B-spline over the patch, its nodes row by row. */
typedef struct sep_geometry {
    float centre[2], matrix[2][2];
    bool bends;
    float bend[2][SEP_ELASTIC_NODES * SEP_ELASTIC_NODES];
} sep_geometry;

/* The geometry by which a patch shows a whole slice as resizing does. */
sep_geometry sep_geometry_plain(int height, int width, int patch_height, int patch_width);
/* The geometry that a transform and resizing amount to, before either takes the nearest pixel. */
sep_geometry sep_geometry_of_transform(const sep_transform *transform, int height, int width, int patch_height,
                                       int patch_width);
/* `labels` [height * width]: for oversampling of the foreground, which neither 0 nor SEP_IGNORED is; NULL where there
 * are none. */
sep_geometry sep_geometry_draw(const sep_strong_settings *settings, const sep_view_id *view, int height, int width,
                               int patch_height, int patch_width, const uint8_t *labels);

/* Windows: the patch shows pixels of the slice at their own size, but for what scales them. In the slice's middle: */
sep_geometry sep_geometry_window(int height, int width);
sep_geometry sep_geometry_window_of_transform(const sep_transform *transform, int height, int width);
/* Moves a window to its place: with the probability `foreground` around a foreground pixel of `labels`, if there are
 * any, else anywhere, and as far beyond the slice's border as `shift` says, of its height and width. Within the slice
 * as far as it can: along an axis that is shorter than the window, it lies about the middle. A window that is neither
 * scaled nor turned by other than quarters shows whole pixels. All views of a sample have one place, so that they show
 * the same, each turned and scaled by itself. */
void sep_geometry_place_window(const sep_view_id *view, float foreground, float shift, int height, int width,
                               int patch_height, int patch_width, const uint8_t *labels, sep_geometry *geometry);
/* As sep_geometry_draw, of windows: a bend is of the patch's shorter side. */
sep_geometry sep_geometry_draw_window(const sep_strong_settings *settings, const sep_view_id *view, int height,
                                      int width, int patch_height, int patch_width, const uint8_t *labels);

/* at[2][patch_height * patch_width]: the places, rows then columns. */
void sep_geometry_places(const sep_geometry *geometry, int patch_height, int patch_width, float *at);
/* map[patch_height * patch_width][2]: where, in rows and columns of the first patch, lies what each pixel of the second
 * shows; outside of the first where it doesn't show it. `scratch` has room for four patches. A bend of the first is
 * undone by iteration, to about a hundredth of a pixel where it folds nothing. */
void sep_geometry_between(const sep_geometry *first, const sep_geometry *second, int patch_height, int patch_width,
                          float *map, float *scratch);
/* pixel[count][2]: rows and columns of the patch that show these places of the slice, at[2][count]. `scratch` has room
 * for two patches. */
void sep_geometry_pixels(const sep_geometry *geometry, int patch_height, int patch_width, const float *at, size_t count,
                         float *pixel, float *scratch);
/* What the slice shows there: linear in the image, 0 outside; the nearest pixel's label, `outside` outside. */
void sep_sample_image(const float *slice, int height, int width, const float *at, size_t count, float *patch);
void sep_sample_labels(const uint8_t *slice, int height, int width, const float *at, size_t count, uint8_t outside,
                       int32_t *patch);

/* ---- its photometry
 * -------------------------------------------------------------------------------------------------- */

/* In place, in this order: bias field, noise, blur, brightness, contrast, low resolution, inverted gamma, gamma.
 * `scratch` has room for two patches. */
void sep_photometry_apply(const sep_strong_settings *settings, const sep_view_id *view, float *patch, int height,
                          int width, float *scratch);

#ifdef __cplusplus
}
#endif
#endif
