/* Strong augmentation: which place of the slice each pixel of the patch shows. */
#include "data/augment/draw.h"
#include "septum/image.h"

#include <math.h>

#define FULL_TURN ((uint32_t)1 << 24)

/* Which numbers of the view say what. */
enum {
    ROTATES,
    ANGLE,
    SCALES,
    SCALE_SIDE,
    SCALE,
    SHIFTS,
    SHIFT_ROW,
    SHIFT_COLUMN,
    BENDS,
    CENTRES,
    CENTRE,
    MIRRORS_ROWS,
    MIRRORS_COLUMNS,
    TURNS,
    NODES = 1024
};

sep_geometry sep_geometry_plain(int height, int width, int patch_height, int patch_width)
{
    sep_geometry plain = {.centre = {0.5f * (float)(height - 1), 0.5f * (float)(width - 1)}};

    plain.matrix[0][0] = patch_height > 1 ? (float)(height - 1) / (float)(patch_height - 1) : 0.0f;
    plain.matrix[1][1] = patch_width > 1 ? (float)(width - 1) / (float)(patch_width - 1) : 0.0f;
    return plain;
}

sep_geometry sep_geometry_window(int height, int width)
{
    return (sep_geometry){.centre = {0.5f * (float)(height - 1), 0.5f * (float)(width - 1)},
                          .matrix = {{1.0f, 0.0f}, {0.0f, 1.0f}}};
}

/* matrix <- [[a, b], [c, d]] * matrix */
static void turn_by(sep_geometry *geometry, float a, float b, float c, float d)
{
    for (int k = 0; k < 2; k++) {
        float row = geometry->matrix[0][k], column = geometry->matrix[1][k];
        geometry->matrix[0][k] = a * row + b * column;
        geometry->matrix[1][k] = c * row + d * column;
    }
}

static void rotate(const sep_strong_settings *s, const sep_draw *draw, sep_geometry *geometry)
{
    if (!sep_draw_chance(draw, ROTATES, s->rotation_probability))
        return;
    float degrees = sep_draw_between(draw, ANGLE, -s->rotation, s->rotation);
    uint32_t turn = (uint32_t)(int32_t)(degrees / 360.0f * (float)FULL_TURN) & (FULL_TURN - 1);
    float cosine = sep_cosine_of_turn(turn), sine = sep_cosine_of_turn((turn + FULL_TURN * 3 / 4) & (FULL_TURN - 1));

    turn_by(geometry, cosine, sine, -sine, cosine);
}

/* Quarter turns about the slice's middle, and mirrors. */
static void turn_and_mirror(const sep_strong_settings *s, const sep_draw *draw, sep_geometry *geometry)
{
    static const float cosine[4] = {1.0f, 0.0f, -1.0f, 0.0f}, sine[4] = {0.0f, 1.0f, 0.0f, -1.0f};
    int turns = s->quarter_turns ? (int)sep_draw_between(draw, TURNS, 0.0f, 4.0f) & 3 : 0;
    bool rows = (s->mirror & SEP_MIRROR_ROWS) != 0 && sep_draw_chance(draw, MIRRORS_ROWS, 0.5f);
    bool columns = (s->mirror & SEP_MIRROR_COLUMNS) != 0 && sep_draw_chance(draw, MIRRORS_COLUMNS, 0.5f);

    turn_by(geometry, cosine[turns], sine[turns], -sine[turns], cosine[turns]);
    turn_by(geometry, rows ? -1.0f : 1.0f, 0.0f, 0.0f, columns ? -1.0f : 1.0f);
}

static float scale_of(const sep_strong_settings *s, const sep_draw *draw)
{
    if (!sep_draw_chance(draw, SCALES, s->scale_probability))
        return 1.0f;
    return sep_draw_about_one(draw, SCALE_SIDE, SCALE, s->scale_low, s->scale_high);
}

/* A view of a part of the slice may go anywhere in it, and some go to where the labels are. */
static void place(const sep_strong_settings *s, const sep_draw *draw, float scale, int height, int width,
                  const uint8_t *labels, sep_geometry *geometry)
{
    float room_y = scale < 1.0f ? 0.5f * (1.0f - scale) : 0.0f, room_x = room_y;

    if (scale < 1.0f && labels != NULL && sep_draw_chance(draw, CENTRES, s->foreground) &&
        sep_draw_foreground(draw, CENTRE, labels, height, width, geometry->centre))
        return;
    if (sep_draw_chance(draw, SHIFTS, s->shift_probability)) {
        room_y += s->shift;
        room_x += s->shift;
    }
    geometry->centre[0] += (float)height * sep_draw_between(draw, SHIFT_ROW, -room_y, room_y);
    geometry->centre[1] += (float)width * sep_draw_between(draw, SHIFT_COLUMN, -room_x, room_x);
}

static void bend(const sep_strong_settings *s, const sep_draw *draw, int height, int width, sep_geometry *geometry)
{
    const int nodes = SEP_ELASTIC_NODES * SEP_ELASTIC_NODES;
    float deviation = s->elastic * (float)(height < width ? height : width);

    geometry->bends = sep_draw_chance(draw, BENDS, s->elastic_probability);
    for (int axis = 0; geometry->bends && axis < 2; axis++)
        for (int i = 0; i < nodes; i++)
            geometry->bend[axis][i] = deviation * sep_draw_normal(draw, NODES + (uint64_t)(axis * nodes + i));
}

sep_geometry sep_geometry_draw(const sep_strong_settings *settings, const sep_view_id *view, int height, int width,
                               int patch_height, int patch_width, const uint8_t *labels)
{
    sep_geometry geometry = sep_geometry_plain(height, width, patch_height, patch_width);
    sep_draw draw = sep_draw_for(view, "strong.geometry");
    float scale = scale_of(settings, &draw);

    turn_by(&geometry, scale, 0.0f, 0.0f, scale);
    rotate(settings, &draw, &geometry);
    turn_and_mirror(settings, &draw, &geometry);
    place(settings, &draw, scale, height, width, labels, &geometry);
    bend(settings, &draw, height, width, &geometry);
    return geometry;
}

sep_geometry sep_geometry_draw_window(const sep_strong_settings *settings, const sep_view_id *view, int height,
                                      int width, int patch_height, int patch_width, const uint8_t *labels)
{
    sep_geometry geometry = sep_geometry_window(height, width);
    sep_draw draw = sep_draw_for(view, "strong.geometry");
    float scale = scale_of(settings, &draw);

    turn_by(&geometry, scale, 0.0f, 0.0f, scale);
    rotate(settings, &draw, &geometry);
    turn_and_mirror(settings, &draw, &geometry);
    bend(settings, &draw, patch_height, patch_width, &geometry);
    float shift = sep_draw_chance(&draw, SHIFTS, settings->shift_probability) ? settings->shift : 0.0f;
    sep_geometry_place_window(view, settings->foreground, shift, height, width, patch_height, patch_width, labels,
                              &geometry);
    return geometry;
}

/* ---- what a patch shows ------------------------------------------------------------------------------------------ */

void sep_geometry_places(const sep_geometry *geometry, int patch_height, int patch_width, float *at)
{
    size_t pixels = (size_t)patch_height * (size_t)patch_width;

    for (int axis = 0; axis < 2; axis++) {
        float *out = at + (size_t)axis * pixels, from_row = geometry->matrix[axis][0];
        float from_column = geometry->matrix[axis][1], centre = geometry->centre[axis];
        if (geometry->bends)
            sep_smooth_field(geometry->bend[axis], patch_height, patch_width, out);
        for (int r = 0; r < patch_height; r++) {
            float start = centre + from_row * ((float)r - 0.5f * (float)(patch_height - 1));
            for (int c = 0; c < patch_width; c++, out++) {
                float place = start + from_column * ((float)c - 0.5f * (float)(patch_width - 1));
                *out = geometry->bends ? *out + place : place;
            }
        }
    }
}

/* Within half a pixel of the outermost ones; what rounding did to a place on the border doesn't count. */
static bool is_inside(float y, float x, int height, int width)
{
    return y >= -0.5f && x >= -0.5f && y <= (float)height - 0.5f && x <= (float)width - 0.5f;
}

static float clamp(float value, float high)
{
    return value < 0.0f ? 0.0f : value > high ? high : value;
}

void sep_sample_image(const float *slice, int height, int width, const float *at, size_t count, float *patch)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_inside(at[i], at[count + i], height, width)) {
            patch[i] = 0.0f;
            continue;
        }
        float y = clamp(at[i], (float)(height - 1)), x = clamp(at[count + i], (float)(width - 1));
        int row = (int)y, column = (int)x;
        int below = row + 1 < height ? width : 0, right = column + 1 < width ? 1 : 0;
        float fy = y - (float)row, fx = x - (float)column;
        const float *p = slice + (size_t)row * (size_t)width + (size_t)column;
        float upper = p[0] + fx * (p[right] - p[0]), lower = p[below] + fx * (p[below + right] - p[below]);
        patch[i] = upper + fy * (lower - upper);
    }
}

void sep_sample_labels(const uint8_t *slice, int height, int width, const float *at, size_t count, uint8_t outside,
                       int32_t *patch)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_inside(at[i], at[count + i], height, width)) {
            patch[i] = outside;
            continue;
        }
        int row = (int)(clamp(at[i], (float)(height - 1)) + 0.5f);
        int column = (int)(clamp(at[count + i], (float)(width - 1)) + 0.5f);
        patch[i] = slice[(size_t)row * (size_t)width + (size_t)column];
    }
}
