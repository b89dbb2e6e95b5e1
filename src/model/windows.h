/* Windows over a plane that is larger than a patch, and the sum of what a network says of each. */
#ifndef SEPTUM_MODEL_WINDOWS_H
#define SEPTUM_MODEL_WINDOWS_H

#include "septum/base.h"

/* Along an axis of `size` pixels: how many windows of `patch`, and where one begins. They are half a patch apart, the
 * last flush with the border. There is one where the axis is no longer than the patch; it lies about the middle, and
 * begins at or before the first pixel. */
int sep_windows_count(int size, int patch);
int sep_window_start(int size, int patch, int index);

/* All windows of a plane, row by row: how many, and one of them. */
int sep_plane_windows(int height, int width, int patch_height, int patch_width);
void sep_plane_window(int height, int width, int patch_height, int patch_width, int index, int *top, int *left);
/* What a plane [height, width] shows there, 0 beyond it: [patch_height, patch_width]. */
void sep_window_cut(const float *plane, int height, int width, int index, int patch_height, int patch_width,
                    float *patch);

/* Logits of windows, weighed by a Gaussian about each window's middle whose deviation is an eighth of the patch, as
 * nnU-Net has it, and summed in the order in which they come. */
typedef struct sep_window_sum {
    int height, width, patch_height, patch_width, classes;
    float *row_weight, *column_weight; /* [patch_height], [patch_width] */
    float *weight;                     /* [height, width] */
    float *sum;                        /* [height, width, classes] */
} sep_window_sum;

/* The caller frees in any case. */
sep_status sep_window_sum_create(int height, int width, int patch_height, int patch_width, int classes,
                                 sep_window_sum *sum) SEP_MUST_CHECK;
void sep_window_sum_free(sep_window_sum *sum);
void sep_window_sum_clear(sep_window_sum *sum);
/* `logits` [patch_height, patch_width, classes] of the window that begins there; what lies outside does not count. */
void sep_window_sum_add(sep_window_sum *sum, int top, int left, const float *logits);
/* In place of the sums, the softmax of the mean logits, where each window had the sum of `passes`. Every pixel must
 * have been in a window. */
void sep_window_sum_finish(sep_window_sum *sum, float passes);

#endif
