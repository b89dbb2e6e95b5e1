/* Padded rows of an image: see band.h. */
#include "device/cpu/band.h"

#include <stdbool.h>
#include <string.h>

static ptrdiff_t padded_row(const sep_image *image, int left, int right)
{
    return (ptrdiff_t)(left + image->width + right) * image->channels;
}

size_t sep_band_floats(const sep_image *image, int rows, int left, int right)
{
    return (size_t)padded_row(image, left, right) * (size_t)rows;
}

int sep_band_rows(const sep_image *image, int left, int right, size_t bytes)
{
    size_t rows = bytes / sizeof(float) / (size_t)padded_row(image, left, right);

    return rows > 0 ? (int)rows : 1;
}

static void copy_row(const sep_image *image, int y, int left, int right, float *to)
{
    size_t pixel = (size_t)image->channels * sizeof(float), width = (size_t)image->width;
    size_t offset = (size_t)left * (size_t)image->channels;

    memset(to, 0, (size_t)left * pixel);
    memcpy(to + offset, image->pixels + (size_t)y * width * (size_t)image->channels, width * pixel);
    memset(to + offset + width * (size_t)image->channels, 0, (size_t)right * pixel);
}

sep_band sep_band_load(const sep_image *image, int first_row, int rows, int left, int right, float *scratch)
{
    sep_band band = {.first_row = first_row, .left = left, .channels = image->channels};

    band.row = padded_row(image, left, right);
    if (left == 0 && right == 0 && first_row >= 0 && first_row + rows <= image->height) {
        band.first = image->pixels + first_row * band.row;
        return band;
    }
    for (int i = 0; i < rows; i++) {
        int y = first_row + i;

        if (y >= 0 && y < image->height)
            copy_row(image, y, left, right, scratch + i * band.row);
        else
            memset(scratch + i * band.row, 0, (size_t)band.row * sizeof(float));
    }
    band.first = scratch;
    return band;
}
