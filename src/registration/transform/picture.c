/* A picture of a registration: checkerboards before and after, the moving side's grid, the determinants. */
#include "septum/registration.h"

#include "registration/transform/path.h"
#include "simd/elementary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 4, LEAST_SIDE = 256, MOST_ZOOM = 8, MOST_PIXELS = 4096, SQUARES = 8, LINES = 20 };
static const float ln_2 = 0.693147181f;
static const uint8_t line_colour[3] = {240, 228, 66}, fold_colour[3] = {240, 228, 66};
static const uint8_t shrinking[3] = {0, 90, 181}, growing[3] = {220, 50, 32};

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

/* How many square pixels an axis in plane has: small slices are enlarged, and a spacing that is thousands of times the
 * other's stays short of that. */
static void choose_pixels(const sep_volume *over, int pixels[2])
{
    const double size[2] = {(double)over->spacing[0], (double)over->spacing[1]};
    const double finest = fmin(size[0], size[1]);
    const double extent[2] = {over->width * size[0] / finest, over->height * size[1] / finest};
    const double zoom = fmax(1.0, fmin(MOST_ZOOM, ceil(LEAST_SIDE / fmin(extent[0], extent[1]))));

    for (int axis = 0; axis < 2; axis++)
        pixels[axis] = (int)fmin(extent[axis] * zoom, MOST_PIXELS);
}

/* A grid of pixels over slice z of a volume, turned as it is shown. Its voxels are never read. */
static sep_volume display_grid(const sep_volume *over, int z)
{
    const int voxels[2] = {over->width, over->height};
    sep_volume grid = {.depth = 1};
    int pixels[2];

    choose_pixels(over, pixels);
    grid.width = pixels[0];
    grid.height = pixels[1];
    memcpy(grid.affine, over->affine, sizeof grid.affine);
    for (int i = 0; i < 3; i++)
        grid.affine[i][3] += over->affine[i][2] * z;
    for (int axis = 0; axis < 2; axis++) {
        const bool flipped = over->has_geometry && over->affine[axis][axis] > 0.0;
        const double step = (double)voxels[axis] / pixels[axis], first = 0.5 * step - 0.5;

        for (int i = 0; i < 3; i++) {
            grid.affine[i][3] += over->affine[i][axis] * (flipped ? voxels[axis] - 1 - first : first);
            grid.affine[i][axis] = over->affine[i][axis] * (flipped ? -step : step);
        }
    }
    return grid;
}

/* The worlds as they lie, or centre on centre. */
static void overlay_worlds(const sep_volume *fixed, const sep_volume *moving, sep_spatial_transform *t)
{
    double centre[2][3];

    sep_spatial_identity(t);
    if (fixed->has_geometry && moving->has_geometry)
        return;
    sep_volume_centre(fixed, centre[0]);
    sep_volume_centre(moving, centre[1]);
    for (int i = 0; i < 3; i++)
        t->matrix[i][3] = centre[1][i] - centre[0][i];
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* To [0, 1]: the middle 98 % of the pixels. */
static sep_status stretch(sep_volume *image)
{
    const size_t count = (size_t)image->height * (size_t)image->width;
    float *sorted = sep_calloc(count, sizeof *sorted);

    if (sorted == NULL)
        return SEP_ERR_MEMORY;
    memcpy(sorted, image->data, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    const float low = sorted[count / 100], high = sorted[count - 1 - count / 100];
    sep_free(sorted);
    for (size_t i = 0; i < count; i++) {
        const float value = high > low ? (image->data[i] - low) / (high - low) : 0.0f;

        image->data[i] = value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f;
    }
    return SEP_OK;
}

static sep_status show(const sep_volume *volume, const sep_spatial_transform *t, const sep_volume *grid,
                       const sep_warp_options *options, sep_volume *image)
{
    sep_warp_options how = {.threads = options->threads, .simd = options->simd};
    float high;

    sep_volume_range(volume, &how.outside, &high);
    SEP_TRY(sep_warp_volume(volume, t, grid, &how, image));
    return stretch(image);
}

/* ---- painting ---------------------------------------------------------------------------------------------------- */

/* One quarter of the picture: its first pixel. */
typedef struct part {
    sep_picture *onto;
    int top, left;
} part;

static uint8_t *pixel(const part *p, int y, int x)
{
    return p->onto->rgb + 3 * ((size_t)(p->top + y) * (size_t)p->onto->width + (size_t)(p->left + x));
}

static void paint_grey(const part *p, int y, int x, float value)
{
    memset(pixel(p, y, x), (int)(value * 255.0f + 0.5f), 3);
}

static void paint_checkerboard(const part *p, const sep_volume *a, const sep_volume *b)
{
    const int longer = a->width > a->height ? a->width : a->height, side = (longer + SQUARES - 1) / SQUARES;

    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            paint_grey(p, y, x, ((y / side + x / side) % 2 == 0 ? a : b)->data[y * a->width + x]);
}

/* Numbers of the cells of a regular grid that the pixels of a row land in. */
static void find_cells(const sep_path *path, int y, int width, double side, int32_t *cell[2])
{
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};

    for (int x = 0; x < width; x += SEP_PATH_CHUNK) {
        const int left = width - x, count = left < SEP_PATH_CHUNK ? left : SEP_PATH_CHUNK;

        sep_path_row(path, x, y, 0, count, at);
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < count; k++)
                cell[i][x + k] = (int32_t)floor(fmax(-1e9, fmin(1e9, (double)at[i][k] / side)));
    }
}

/* A pixel lies on a line where the next one, to the right or below, lands in another cell. */
static void paint_lines(const part *p, const sep_path *path, const sep_volume *fixed, int32_t *work)
{
    const int width = fixed->width, longer = width > fixed->height ? width : fixed->height;
    const double side = (double)longer / LINES;
    int32_t *here[2] = {work, work + width}, *below[2] = {work + 2 * width, work + 3 * width};

    find_cells(path, 0, width, side, here);
    for (int y = 0; y < fixed->height; y++) {
        find_cells(path, y + 1, width, side, below);
        for (int x = 0; x < width; x++) {
            const int next = x + 1 < width ? x + 1 : x;
            const bool line = here[0][x] != here[0][next] || here[1][x] != here[1][next] || here[0][x] != below[0][x] ||
                              here[1][x] != below[1][x];

            if (line)
                memcpy(pixel(p, y, x), line_colour, 3);
            else
                paint_grey(p, y, x, fixed->data[y * width + x]);
        }
        memcpy(work, work + 2 * width, 2 * (size_t)width * sizeof *work);
    }
}

static void paint_determinants(const part *p, const sep_volume *map)
{
    for (int y = 0; y < map->height; y++)
        for (int x = 0; x < map->width; x++) {
            const float d = map->data[y * map->width + x];
            const float power = d > 0.0f ? fmaxf(-1.0f, fminf(1.0f, sep_logf(d) / ln_2)) : 0.0f;
            const uint8_t *colour = d > 0.0f ? (power < 0.0f ? shrinking : growing) : fold_colour;
            const float share = d > 0.0f ? fabsf(power) : 1.0f;

            for (int i = 0; i < 3; i++)
                pixel(p, y, x)[i] = (uint8_t)(255.0f + share * ((float)colour[i] - 255.0f) + 0.5f);
        }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

typedef struct images {
    sep_volume fixed, before, after, determinants;
} images;

static sep_status make_images(const sep_volume *fixed, const sep_volume *moving, const sep_spatial_transform *transform,
                              const sep_volume *grid, const sep_warp_options *options, images *all)
{
    sep_spatial_transform identity, before;
    sep_jacobian summary;

    sep_spatial_identity(&identity);
    overlay_worlds(fixed, moving, &before);
    SEP_TRY(show(fixed, &identity, grid, options, &all->fixed));
    SEP_TRY(show(moving, &before, grid, options, &all->before));
    SEP_TRY(show(moving, transform, grid, options, &all->after));
    return sep_spatial_jacobian(transform, grid, options, &all->determinants, &summary);
}

static sep_status paint(const images *all, const sep_spatial_transform *transform, const sep_volume *grid,
                        const sep_warp_options *options, sep_picture *onto)
{
    int32_t *work = sep_calloc(4 * (size_t)grid->width, sizeof *work);
    const part first = {onto, 0, 0}, second = {onto, 0, grid->width + GAP};
    const part third = {onto, grid->height + GAP, 0}, last = {onto, grid->height + GAP, grid->width + GAP};
    sep_path path = {0};
    sep_status status = work != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_path_create(transform, grid->affine, grid->affine, false, options->simd, &path);
    if (status == SEP_OK) {
        paint_checkerboard(&first, &all->fixed, &all->before);
        paint_checkerboard(&second, &all->fixed, &all->after);
        paint_lines(&third, &path, &all->fixed, work);
        paint_determinants(&last, &all->determinants);
    }
    sep_path_free(&path);
    sep_free(work);
    return status;
}

sep_status sep_registration_picture(const sep_volume *fixed, const sep_volume *moving,
                                    const sep_spatial_transform *transform, int z, const sep_warp_options *options,
                                    sep_picture *picture)
{
    const sep_volume grid = display_grid(fixed, z);
    images all = {0};

    memset(picture, 0, sizeof *picture);
    if (z < 0 || z >= fixed->depth)
        return sep_fail(SEP_ERR_ARGUMENT, "a picture of slice %d: the fixed volume has %d", z, fixed->depth);
    sep_status status = make_images(fixed, moving, transform, &grid, options, &all);
    if (status == SEP_OK) {
        *picture = (sep_picture){.height = 2 * grid.height + GAP, .width = 2 * grid.width + GAP};
        picture->rgb = sep_calloc((size_t)picture->height * (size_t)picture->width, 3);
        status = picture->rgb != NULL ? paint(&all, transform, &grid, options, picture) : SEP_ERR_MEMORY;
    }
    if (status != SEP_OK)
        sep_picture_free(picture);
    sep_volume_free(&all.fixed);
    sep_volume_free(&all.before);
    sep_volume_free(&all.after);
    sep_volume_free(&all.determinants);
    return status;
}
