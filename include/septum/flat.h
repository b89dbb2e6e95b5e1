/* septum: what other languages call. Plain numbers, arrays and handles stand where the other headers have structs, so
 * that a caller needs no layout of ours; python/ is made of it.
 *
 * A grid is `size` (slices, rows, columns) and `affine`: 4 x 4 numbers in row-major order that take a voxel (x, y, z,
 * 1) to millimetres in RAS+, as NIfTI has it; NULL: nothing is known, voxels are 1 mm apart. Arrays lie with x fastest,
 * a channel behind the other. Every function may be called by any thread, a handle by one at a time. sep_error_text
 * says what was wrong where the status is not SEP_OK (0). */
#ifndef SEPTUM_FLAT_H
#define SEPTUM_FLAT_H

#include "septum/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- trained models ---------------------------------------------------------------------------------------------- */

typedef struct sep_flat_model sep_flat_model;

/* On the processor with `threads` threads (0: all). */
sep_status sep_flat_model_open(const char *path, int threads, sep_flat_model **model) SEP_MUST_CHECK;
void sep_flat_model_close(sep_flat_model *model);
int sep_flat_model_classes(const sep_flat_model *model);
int sep_flat_model_channels(const sep_flat_model *model);
/* NULL beyond the last. The model's own, like the following. */
const char *sep_flat_model_class_name(const sep_flat_model *model, int class_index);
/* Segments an image [channels, slices, rows, columns], its values as they are in the file, as `septum predict` does by
 * default: by the best network of validation, and as that decided of symmetries, smoothness and components. `labels`
 * [slices, rows, columns]; `probabilities` [classes, slices, rows, columns], or NULL. */
sep_status sep_flat_model_segment(sep_flat_model *model, const float *image, int channels, const int32_t size[3],
                                  const double *affine, uint8_t *labels, float *probabilities) SEP_MUST_CHECK;

/* ---- scores ------------------------------------------------------------------------------------------------------ */

enum { SEP_FLAT_DICE, SEP_FLAT_HD95, SEP_FLAT_ASSD, SEP_FLAT_SCORES };

/* Scores of classes 1 to classes - 1, `score` [classes - 1, SEP_FLAT_SCORES]: as septum/metrics.h defines them, of
 * empty masks by its strict policy; distances in mm where there is an affine, else in voxels. */
sep_status sep_flat_score(const uint8_t *prediction, const uint8_t *reference, const int32_t size[3],
                          const double *affine, int classes, double *score) SEP_MUST_CHECK;

/* ---- registration ------------------------------------------------------------------------------------------------ */

typedef struct sep_flat_transform sep_flat_transform;

/* One channel each. `kind`: a word of SEP_TRANSFORM_KINDS. SEP_ERR_ARGUMENT with the reason where none is found that
 * could be used. */
sep_status sep_flat_register(const float *fixed, const int32_t fixed_size[3], const double *fixed_affine,
                             const float *moving, const int32_t moving_size[3], const double *moving_affine,
                             const char *kind, int threads, sep_flat_transform **transform) SEP_MUST_CHECK;
/* ITK's text, .tfm or .txt. */
sep_status sep_flat_transform_read(const char *path, sep_flat_transform **transform) SEP_MUST_CHECK;
sep_status sep_flat_transform_write(const char *path, const sep_flat_transform *transform) SEP_MUST_CHECK;
void sep_flat_transform_free(sep_flat_transform *transform);
/* Where a point of the fixed world (mm) is in the moving one. */
void sep_flat_transform_point(const sep_flat_transform *transform, const double in[3], double out[3]);
/* The moving image, or label map, on a grid of the fixed world: linearly, 0 outside; by the nearest voxel. */
sep_status sep_flat_warp(const sep_flat_transform *transform, const float *moving, const int32_t moving_size[3],
                         const double *moving_affine, const int32_t grid_size[3], const double *grid_affine,
                         float *out) SEP_MUST_CHECK;
sep_status sep_flat_warp_labels(const sep_flat_transform *transform, const uint8_t *moving,
                                const int32_t moving_size[3], const double *moving_affine, const int32_t grid_size[3],
                                const double *grid_affine, uint8_t *out) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
