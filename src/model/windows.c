#include "model/windows.h"

#include "model/scores.h"
#include "simd/elementary.h"

#include <string.h>

/* ---- where ------------------------------------------------------------------------------------------------------- */

static int step_of(int patch)
{
    return patch > 1 ? patch / 2 : 1;
}

int sep_windows_count(int size, int patch)
{
    return size <= patch ? 1 : 1 + (size - patch + step_of(patch) - 1) / step_of(patch);
}

int sep_window_start(int size, int patch, int index)
{
    if (size <= patch)
        return -((patch - size) / 2);
    const int start = index * step_of(patch);
    return start < size - patch ? start : size - patch;
}

int sep_plane_windows(int height, int width, int patch_height, int patch_width)
{
    return sep_windows_count(height, patch_height) * sep_windows_count(width, patch_width);
}

void sep_plane_window(int height, int width, int patch_height, int patch_width, int index, int *top, int *left)
{
    const int across = sep_windows_count(width, patch_width);

    *top = sep_window_start(height, patch_height, index / across);
    *left = sep_window_start(width, patch_width, index % across);
}

void sep_window_cut(const float *plane, int height, int width, int index, int patch_height, int patch_width,
                    float *patch)
{
    int top, left;

    sep_plane_window(height, width, patch_height, patch_width, index, &top, &left);
    for (int y = top; y < top + patch_height; y++)
        for (int x = left; x < left + patch_width; x++) {
            const bool inside = y >= 0 && x >= 0 && y < height && x < width;
            *patch++ = inside ? plane[(size_t)y * (size_t)width + (size_t)x] : 0.0f;
        }
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static void fill_weights(int count, float *weight)
{
    for (int i = 0; i < count; i++) {
        const float away = ((float)i - 0.5f * (float)(count - 1)) * 8.0f / (float)count;
        weight[i] = sep_expf(-0.5f * away * away);
    }
}

sep_status sep_window_sum_create(int height, int width, int patch_height, int patch_width, int classes,
                                 sep_window_sum *sum)
{
    const size_t pixels = (size_t)height * (size_t)width;

    *sum = (sep_window_sum){.height = height,
                            .width = width,
                            .patch_height = patch_height,
                            .patch_width = patch_width,
                            .classes = classes,
                            .row_weight = sep_calloc((size_t)patch_height, sizeof(float)),
                            .column_weight = sep_calloc((size_t)patch_width, sizeof(float)),
                            .weight = sep_calloc(pixels, sizeof(float)),
                            .sum = sep_calloc(pixels * (size_t)classes, sizeof(float))};
    if (sum->row_weight == NULL || sum->column_weight == NULL || sum->weight == NULL || sum->sum == NULL)
        return SEP_ERR_MEMORY;
    fill_weights(patch_height, sum->row_weight);
    fill_weights(patch_width, sum->column_weight);
    return SEP_OK;
}

void sep_window_sum_free(sep_window_sum *sum)
{
    sep_free(sum->row_weight);
    sep_free(sum->column_weight);
    sep_free(sum->weight);
    sep_free(sum->sum);
    *sum = (sep_window_sum){0};
}

void sep_window_sum_clear(sep_window_sum *sum)
{
    const size_t pixels = (size_t)sum->height * (size_t)sum->width;

    memset(sum->weight, 0, pixels * sizeof *sum->weight);
    memset(sum->sum, 0, pixels * (size_t)sum->classes * sizeof *sum->sum);
}

static void add_row(sep_window_sum *sum, int y, int left, float row_weight, const float *logits)
{
    const int first = left < 0 ? -left : 0;
    const int end = sum->width - left < sum->patch_width ? sum->width - left : sum->patch_width;

    for (int c = first; c < end; c++) {
        const size_t pixel = (size_t)y * (size_t)sum->width + (size_t)(left + c);
        const float weight = row_weight * sum->column_weight[c];
        float *to = sum->sum + pixel * (size_t)sum->classes;
        const float *from = logits + (size_t)c * (size_t)sum->classes;
        sum->weight[pixel] += weight;
        for (int k = 0; k < sum->classes; k++)
            to[k] += weight * from[k];
    }
}

void sep_window_sum_add(sep_window_sum *sum, int top, int left, const float *logits)
{
    for (int r = 0; r < sum->patch_height; r++)
        if (top + r >= 0 && top + r < sum->height)
            add_row(sum, top + r, left, sum->row_weight[r],
                    logits + (size_t)r * (size_t)sum->patch_width * (size_t)sum->classes);
}

void sep_window_sum_finish(sep_window_sum *sum, float passes)
{
    const size_t pixels = (size_t)sum->height * (size_t)sum->width;

    for (size_t i = 0; i < pixels; i++)
        sep_softmax_pixel(sum->sum + i * (size_t)sum->classes, sum->classes, sum->weight[i] * passes);
}
