/* The coefficients of the cubic B-spline that interpolates a volume. The recursions step from node to node of an axis
 * and take what lies side by side across it at once: along x, columns of several rows. */
#include "registration/transform/cubic.h"

#include "simd/warping.h"

#include <string.h>

#define POLE (-0.267949192431122706f) /* sqrt(3) - 2 */
/* Terms of the sum that starts a recursion: the pole's power is below float32's precision there. */
enum { HORIZON = 16 };

/* A volume of lines: `count` nodes along the axis, `step` floats apart; `width` lines lie side by side. */
typedef struct lines {
    float *first;
    int count, width;
    ptrdiff_t step;
} lines;

/* Reflection about the first and the last node: ... 2 1 0 1 2 ... */
static int mirror(int index, int count)
{
    const int period = count > 1 ? 2 * count - 2 : 1, folded = (index < 0 ? -index : index) % period;

    return folded < count ? folded : period - folded;
}

/* Node `to` += factor * node `from`, all lines. */
static void add(const lines *l, int to, float factor, int from)
{
    float *a = l->first + to * l->step;
    const float *b = l->first + from * l->step;

    for (int i = 0; i < l->width; i++)
        a[i] = a[i] + factor * b[i];
}

static void multiply(const lines *l, int node, float factor)
{
    float *a = l->first + node * l->step;

    for (int i = 0; i < l->width; i++)
        a[i] *= factor;
}

/* From values to coefficients. The causal filter starts with the sum of the mirrored line's powers of the pole, which
 * reads the line ahead, so it is built in the first node before anything else changes: its own terms (every period)
 * first. */
static void filter(const lines *l)
{
    const int last = l->count - 1;
    float power = POLE, own = 1.0f;

    for (int k = 1; k <= HORIZON; k++, power *= POLE)
        own += mirror(k, l->count) == 0 ? power : 0.0f;
    multiply(l, 0, own);
    power = POLE;
    for (int k = 1; k <= HORIZON; k++, power *= POLE)
        if (mirror(k, l->count) != 0)
            add(l, 0, power, mirror(k, l->count));
    for (int k = 1; k <= last; k++)
        add(l, k, POLE, k - 1);
    add(l, last, POLE, last - 1);
    multiply(l, last, POLE / (POLE * POLE - 1.0f));
    for (int k = last - 1; k >= 0; k--) {
        add(l, k, -1.0f, k + 1);
        multiply(l, k, -POLE);
    }
    for (int k = 0; k <= last; k++)
        multiply(l, k, 6.0f); /* (1 - pole) (1 - 1 / pole) */
}

/* ---- the padded volume ------------------------------------------------------------------------------------------- */

typedef struct lattice {
    int size[3], padded[3]; /* voxels; with what is added at the ends */
    ptrdiff_t step[3];
    float *data;
} lattice;

static sep_status make_lattice(const sep_volume *volume, lattice *l)
{
    const int size[3] = {volume->width, volume->height, volume->depth};

    memcpy(l->size, size, sizeof size);
    l->step[0] = 1;
    for (int axis = 0; axis < 3; axis++) {
        l->padded[axis] = sep_cubic_nodes(size[axis]);
        if (axis < 2)
            l->step[axis + 1] = l->step[axis] * l->padded[axis];
    }
    const size_t nodes = (size_t)l->step[2] * (size_t)l->padded[2];
    if (nodes > INT32_MAX) /* what the kernels can number */
        return sep_fail(SEP_ERR_UNSUPPORTED, "a volume of %dx%dx%d voxels is too large for cubic interpolation",
                        volume->width, volume->height, volume->depth);
    l->data = sep_calloc(nodes, sizeof *l->data);
    return l->data != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static float *row_of(const lattice *l, int y, int z)
{
    return l->data + (z + 1) * l->step[2] + (y + 1) * l->step[1] + 1;
}

static void filter_axis(const lattice *l, int axis, int threads)
{
    const int across = axis == 2 ? 1 : 2; /* what the threads share: slices, or along z rows */
    const int blocks = l->size[across], rows = axis == 0 ? l->size[1] : 1;

    if (l->size[axis] == 1)
        return;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int b = 0; b < blocks; b++)
        for (int row = 0; row < rows; row++) {
            const lines all = {.first = across == 2 ? row_of(l, row, b) : row_of(l, b, 0),
                               .count = l->size[axis],
                               .width = axis == 0 ? 1 : l->size[0],
                               .step = l->step[axis]};

            filter(&all);
        }
}

/* Fills the nodes beyond the ends of a row, then whole rows of a slice, then whole slices. */
static void extend(const lattice *l)
{
    for (int z = 0; z < l->size[2]; z++)
        for (int y = 0; y < l->size[1]; y++) {
            float *row = row_of(l, y, z);

            for (int x = -1; x < l->padded[0] - 1; x++)
                row[x] = row[mirror(x, l->size[0])];
        }
    for (int z = 0; z < l->size[2]; z++)
        for (int y = -1; y < l->padded[1] - 1; y++)
            if (mirror(y, l->size[1]) != y)
                memcpy(row_of(l, y, z) - 1, row_of(l, mirror(y, l->size[1]), z) - 1,
                       (size_t)l->padded[0] * sizeof(float));
    for (int z = -1; z < l->padded[2] - 1; z++)
        if (mirror(z, l->size[2]) != z)
            memcpy(row_of(l, -1, z) - 1, row_of(l, -1, mirror(z, l->size[2])) - 1, (size_t)l->step[2] * sizeof(float));
}

sep_status sep_cubic_coefficients(const sep_volume *volume, int threads, float **coefficients)
{
    lattice l;

    SEP_TRY(make_lattice(volume, &l));
    for (int z = 0; z < volume->depth; z++)
        for (int y = 0; y < volume->height; y++)
            memcpy(row_of(&l, y, z), sep_volume_slice(volume, z) + (ptrdiff_t)y * volume->width,
                   (size_t)volume->width * sizeof(float));
    for (int axis = 2; axis >= 0; axis--)
        filter_axis(&l, axis, threads);
    extend(&l);
    *coefficients = l.data;
    return SEP_OK;
}
