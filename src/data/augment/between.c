/* Geometries backwards, and the map between two views of one sample. */
#include "data/augment/draw.h"

enum { ROUNDS = 8 }; /* an ordinary bend shrinks the distance by a factor of three or more in each */

/* From places of the slice to pixels of the patch: a geometry backwards. */
typedef struct backwards {
    const sep_geometry *geometry;
    int height, width;
    float matrix[2][2];
    const float *bend; /* [2][height * width] */
} backwards;

static backwards turn_round(const sep_geometry *geometry, int height, int width, float *bend)
{
    const float(*m)[2] = geometry->matrix;
    backwards b = {.geometry = geometry, .height = height, .width = width, .bend = bend};
    float determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];

    for (int axis = 0; geometry->bends && axis < 2; axis++)
        sep_smooth_field(geometry->bend[axis], height, width, bend + axis * height * width);
    if (determinant == 0.0f) /* of a patch that is one pixel high or wide */
        return b;
    b.matrix[0][0] = m[1][1] / determinant;
    b.matrix[0][1] = -m[0][1] / determinant;
    b.matrix[1][0] = -m[1][0] / determinant;
    b.matrix[1][1] = m[0][0] / determinant;
    return b;
}

static float within(float value, int size)
{
    float last = (float)(size - 1);

    return value > 0.0f ? value < last ? value : last : 0.0f;
}

/* Linear between pixels; the border's value goes on beyond it. */
static void bend_at(const backwards *b, const float pixel[2], float bend[2])
{
    float y = within(pixel[0], b->height), x = within(pixel[1], b->width);
    int row = (int)y, column = (int)x;
    int below = row + 1 < b->height ? b->width : 0, right = column + 1 < b->width ? 1 : 0;
    float fy = y - (float)row, fx = x - (float)column;

    for (int axis = 0; axis < 2; axis++) {
        const float *p = b->bend + (axis * b->height + row) * b->width + column;
        float upper = p[0] + fx * (p[right] - p[0]), lower = p[below] + fx * (p[below + right] - p[below]);
        bend[axis] = upper + fy * (lower - upper);
    }
}

static void pixel_at(const backwards *b, float y, float x, float pixel[2])
{
    float bend[2] = {0.0f, 0.0f};

    for (int round = 0; round <= (b->geometry->bends ? ROUNDS : 0); round++) {
        if (round > 0)
            bend_at(b, pixel, bend);
        float dy = y - b->geometry->centre[0] - bend[0], dx = x - b->geometry->centre[1] - bend[1];
        pixel[0] = 0.5f * (float)(b->height - 1) + b->matrix[0][0] * dy + b->matrix[0][1] * dx;
        pixel[1] = 0.5f * (float)(b->width - 1) + b->matrix[1][0] * dy + b->matrix[1][1] * dx;
    }
}

void sep_geometry_pixels(const sep_geometry *geometry, int patch_height, int patch_width, const float *at, size_t count,
                         float *pixel, float *scratch)
{
    backwards b = turn_round(geometry, patch_height, patch_width, scratch);

    for (size_t i = 0; i < count; i++)
        pixel_at(&b, at[i], at[count + i], pixel + 2 * i);
}

void sep_geometry_between(const sep_geometry *first, const sep_geometry *second, int patch_height, int patch_width,
                          float *map, float *scratch)
{
    size_t pixels = (size_t)patch_height * (size_t)patch_width;

    sep_geometry_places(second, patch_height, patch_width, scratch);
    sep_geometry_pixels(first, patch_height, patch_width, scratch, pixels, map, scratch + 2 * pixels);
}
