/* The parts of phantoms: draws, deformed ellipsoids, texture, grids. */
#include "data/phantom.h"

#include <math.h>

/* ---- draws ------------------------------------------------------------------------------------------------------- */

sep_dice sep_dice_make(const char *stream, uint64_t seed, int index)
{
    return (sep_dice){.random = {.seed = seed, .stream = sep_stream(stream), .iteration = (uint32_t)index}};
}

float sep_dice_uniform(sep_dice *dice, float low, float high)
{
    return low + (high - low) * sep_random_uniform(&dice->random, dice->next++);
}

float sep_dice_about(sep_dice *dice, float mean, float spread)
{
    float normal = sep_random_normal(&dice->random, dice->next++);

    return mean + spread * fmaxf(-2.5f, fminf(2.5f, normal));
}

/* ---- deformed ellipsoids ----------------------------------------------------------------------------------------- */

sep_blob sep_blob_make(sep_point centre, sep_point axes)
{
    return (sep_blob){.centre = centre, .axes = axes, .rotation = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
}

void sep_blob_turn(sep_blob *blob, int axis, float half_tangent)
{
    float square = half_tangent * half_tangent;
    float c = (1.0f - square) / (1.0f + square), s = 2.0f * half_tangent / (1.0f + square);
    float *a = blob->rotation[(axis + 1) % 3], *b = blob->rotation[(axis + 2) % 3];

    for (int i = 0; i < 3; i++) {
        float old_a = a[i], old_b = b[i];

        a[i] = c * old_a + s * old_b;
        b[i] = c * old_b - s * old_a;
    }
}

void sep_blob_deform(sep_blob *blob, sep_dice *dice, float spread)
{
    for (int i = 0; i < SEP_HARMONICS; i++)
        blob->harmonic[i] = sep_dice_about(dice, 0.0f, spread);
}

/* The radius of the unit blob in direction u: harmonics of degree 2 and 3. */
static float radius_towards(const sep_blob *blob, sep_point u)
{
    const float *h = blob->harmonic;
    float xx = u.x * u.x, yy = u.y * u.y;
    float second = 2.0f * (h[0] * u.x * u.y + h[1] * u.y * u.z + h[2] * u.z * u.x) + h[3] * (xx - yy) +
                   h[4] * (1.5f * u.z * u.z - 0.5f);
    float third = h[5] * u.x * (xx - 3.0f * yy) + h[6] * u.y * (3.0f * xx - yy) + h[7] * 5.0f * u.x * u.y * u.z;

    return 1.0f + second + third;
}

static sep_point to_blob(const sep_blob *blob, sep_point p)
{
    const float(*r)[3] = blob->rotation;
    float x = p.x - blob->centre.x, y = p.y - blob->centre.y, z = p.z - blob->centre.z;
    sep_point q = {
        .x = r[0][0] * x + r[0][1] * y + r[0][2] * z,
        .y = r[1][0] * x + r[1][1] * y + r[1][2] * z,
        .z = r[2][0] * x + r[2][1] * y + r[2][2] * z,
    };

    q.y += blob->bend * q.x * q.x;
    return q;
}

float sep_blob_distance(const sep_blob *blob, sep_point point)
{
    sep_point q = to_blob(blob, point);
    sep_point u = {q.x / blob->axes.x, q.y / blob->axes.y, q.z / blob->axes.z};
    float square = u.x * u.x + u.y * u.y + u.z * u.z;
    float length, rho;

    if (square > 9.0f)
        return 2.0f * (blob->axes.x + blob->axes.y + blob->axes.z);
    rho = sqrtf(square);
    if (rho < 1e-3f)
        return -fminf(blob->axes.x, fminf(blob->axes.y, blob->axes.z));
    length = sqrtf(q.x * q.x + q.y * q.y + q.z * q.z);
    u = (sep_point){u.x / rho, u.y / rho, u.z / rho};
    return (rho - radius_towards(blob, u)) * (length / rho);
}

float sep_cover(float distance, float width)
{
    float t = 0.5f - 0.5f * distance / width;

    t = fmaxf(0.0f, fminf(1.0f, t));
    return t * t * (3.0f - 2.0f * t);
}

float sep_paint(float value, float tissue, float cover)
{
    return value + (tissue - value) * cover;
}

/* ---- texture ----------------------------------------------------------------------------------------------------- */

sep_texture *sep_texture_create(uint64_t seed, int index)
{
    const sep_random random = {.seed = seed, .stream = sep_stream("phantom texture"), .iteration = (uint32_t)index};
    sep_texture *texture = sep_calloc(1, sizeof *texture);
    float *lattice;

    if (texture == NULL)
        return NULL;
    lattice = &texture->lattice[0][0][0];
    for (uint64_t i = 0; i < SEP_TEXTURE_SIZE * SEP_TEXTURE_SIZE * SEP_TEXTURE_SIZE; i++)
        lattice[i] = 2.0f * sep_random_uniform(&random, i) - 1.0f;
    return texture;
}

/* The lattice's cell of a coordinate, and how far into it, eased. */
static int cell_of(float coordinate, float *eased)
{
    float low = floorf(coordinate), t = coordinate - low;

    *eased = t * t * (3.0f - 2.0f * t);
    return (int)((unsigned)(int)low % SEP_TEXTURE_SIZE);
}

static float between(float a, float b, float t)
{
    return a + (b - a) * t;
}

/* The lattice lies oblique to the scan, so that its rows do not show. */
float sep_texture_at(const sep_texture *texture, sep_point point, float grain)
{
    float tx, ty, tz;
    int x = cell_of((0.8f * point.x + 0.48f * point.y + 0.36f * point.z) / grain, &tx);
    int y = cell_of((-0.6f * point.x + 0.64f * point.y + 0.48f * point.z) / grain, &ty);
    int z = cell_of((0.8f * point.z - 0.6f * point.y) / grain, &tz);
    float plane[2];

    for (int i = 0; i < 2; i++) {
        const float *row0 = texture->lattice[(z + i) % SEP_TEXTURE_SIZE][y];
        const float *row1 = texture->lattice[(z + i) % SEP_TEXTURE_SIZE][(y + 1) % SEP_TEXTURE_SIZE];
        int next = (x + 1) % SEP_TEXTURE_SIZE;

        plane[i] = between(between(row0[x], row0[next], tx), between(row1[x], row1[next], tx), ty);
    }
    return between(plane[0], plane[1], tz);
}

/* ---- scans ------------------------------------------------------------------------------------------------------- */

sep_point sep_grid_point(const sep_grid *grid, int z, int y, int x)
{
    float middle = 0.5f * (float)(grid->size - 1);

    return (sep_point){
        .x = ((float)x - middle) * grid->pixel,
        .y = ((float)y - middle) * grid->pixel,
        .z = grid->first_slice + (float)z * grid->slice,
    };
}

sep_status sep_phantom_check(const sep_phantom_config *config, int index)
{
    if (config->size < 16 || config->size > 1024 || config->slices < 0 || config->slices > 1024)
        return sep_fail(SEP_ERR_ARGUMENT, "a phantom of size %d with %d slices: give 16 to 1024, and 0 to 1024",
                        config->size, config->slices);
    if (index < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "phantom case %d: count from 0", index);
    return SEP_OK;
}

/* Rows run from anterior to posterior and columns from the patient's right to left, as scanners store them. */
static void set_geometry(const sep_grid *grid, sep_volume *volume)
{
    sep_point first = sep_grid_point(grid, 0, 0, 0);
    const double affine[3][4] = {
        {-(double)grid->pixel, 0, 0, -(double)first.x},
        {0, -(double)grid->pixel, 0, -(double)first.y},
        {0, 0, (double)grid->slice, (double)first.z},
    };

    for (int i = 0; i < 3; i++) {
        volume->spacing[i] = i < 2 ? grid->pixel : grid->slice;
        for (int j = 0; j < 4; j++)
            volume->affine[i][j] = affine[i][j];
    }
    volume->has_geometry = true;
}

sep_status sep_phantom_allocate(const sep_grid *grid, sep_volume *volume, sep_labels *labels)
{
    sep_status status;

    *labels = (sep_labels){0};
    SEP_TRY(sep_volume_create(volume, grid->slices, grid->size, grid->size));
    status = sep_labels_create(labels, grid->slices, grid->size, grid->size);
    if (status != SEP_OK) {
        sep_volume_free(volume);
        return status;
    }
    set_geometry(grid, volume);
    sep_labels_take_geometry(labels, volume);
    return SEP_OK;
}
