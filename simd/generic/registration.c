/* The inner loops of registration in plain C: the definition. */
#include "simd/registration.h"

#include "simd/generic/lane_sum.h"
#include "simd/generic/sampling.h"

#include <math.h>
#include <stddef.h>

/* ---- affine maps ------------------------------------------------------------------------------------------------- */

static void affine(const float matrix[3][4], const float *const at[3], int count, float *const to[3])
{
    for (int s = 0; s < count; s++) {
        const float x = at[0][s], y = at[1][s], z = at[2][s];

        for (int i = 0; i < 3; i++) {
            const float *m = matrix[i];

            to[i][s] = fmaf(m[2], z, fmaf(m[1], y, fmaf(m[0], x, m[3])));
        }
    }
}

static void affine_adjoint(const float *force, const float *const gradient[3], const float *const at[3], int count,
                           float sum[3][4])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            float lane[16] = {0};

            for (int s = 0; s < count; s++)
                lane[s % 16] = fmaf(force[s] * gradient[i][s], j < 3 ? at[j][s] : 1.0f, lane[s % 16]);
            sum[i][j] = join_lanes(lane);
        }
}

/* ---- interpolation ----------------------------------------------------------------------------------------------- */

/* Value, then the derivatives by x, y, z. */
static void interpolate(const sep_lattice *v, place x, place y, place z, float out[4])
{
    const ptrdiff_t row = (ptrdiff_t)y.next * v->width, slice = (ptrdiff_t)z.next * v->width * v->height;
    const float *p = v->data + ((ptrdiff_t)z.low * v->height + y.low) * v->width + x.low;
    float c[2][2], d[2][2]; /* mixed along x, and the difference along x: [z][y] */

    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 2; j++) {
            const float low = p[k * slice + j * row], high = p[k * slice + j * row + x.next];

            c[k][j] = mix(x.fraction, low, high);
            d[k][j] = high - low;
        }
    const float low = mix(y.fraction, c[0][0], c[0][1]), high = mix(y.fraction, c[1][0], c[1][1]);
    out[0] = mix(z.fraction, low, high);
    out[1] = mix(z.fraction, mix(y.fraction, d[0][0], d[0][1]), mix(y.fraction, d[1][0], d[1][1]));
    out[2] = mix(z.fraction, c[0][1] - c[0][0], c[1][1] - c[1][0]);
    out[3] = high - low;
}

static void linear(const sep_lattice *volume, const float *const at[3], int count, float *value,
                   float *const gradient[3], float *inside)
{
    for (int s = 0; s < count; s++) {
        const place x = find(at[0][s], volume->width), y = find(at[1][s], volume->height),
                    z = find(at[2][s], volume->depth);
        const float in = x.inside * y.inside * z.inside;
        float out[4];

        interpolate(volume, x, y, z, out);
        inside[s] = in;
        value[s] = out[0] * in;
        gradient[0][s] = out[1] * (in * x.moves);
        gradient[1][s] = out[2] * (in * y.moves);
        gradient[2][s] = out[3] * (in * z.moves);
    }
}

/* ---- B-splines --------------------------------------------------------------------------------------------------- */

static void spline(const sep_control_grid *grid, const float *const coefficient[3], const float *const at[3], int count,
                   float *const to[3])
{
    for (int s = 0; s < count; s++) {
        float w[3][4];
        const ptrdiff_t first = spline_support(grid, at, s, w);

        for (int i = 0; i < 3; i++)
            to[i][s] = at[i][s] + spline_sum(grid, coefficient[i] + first, w);
    }
}

static void spline_adjoint(const sep_control_grid *grid, const float *const at[3], const float *const force[3],
                           int count, float *const sum[3])
{
    for (int s = 0; s < count; s++) {
        float w[3][4];
        const ptrdiff_t first = spline_support(grid, at, s, w);

        for (int z = 0; z < 4; z++)
            for (int y = 0; y < 4; y++) {
                const ptrdiff_t row = first + ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0];

                for (int i = 0; i < 3; i++)
                    for (int x = 0; x < 4; x++)
                        sum[i][row + x] = fmaf((w[2][z] * w[1][y]) * w[0][x], force[i][s], sum[i][row + x]);
            }
    }
}

/* ---- joint histograms -------------------------------------------------------------------------------------------- */

/* First column of a moving value; *fraction is how far it lies into its bin. */
static int parzen_column(const sep_parzen *parzen, float value, float *fraction)
{
    const float u = hold(fmaf(value, parzen->scale, parzen->offset), 2.0f, (float)(parzen->bins - 2));
    const int last = parzen->bins - 3, bin = (int)u < last ? (int)u : last;

    *fraction = u - (float)bin;
    return bin - 1;
}

static void parzen_add(const sep_parzen *parzen, const int32_t *row, const float *value, const float *inside, int count,
                       float *histogram)
{
    for (int s = 0; s < count; s++) {
        float fraction, weight[4];
        float *h = histogram + row[s] + parzen_column(parzen, value[s], &fraction);

        sep_cubic_weights(fraction, weight);
        for (int k = 0; k < 4; k++)
            h[k] += weight[k] * inside[s];
    }
}

static void parzen_force(const sep_parzen *parzen, const float *table, const int32_t *row, const float *value,
                         const float *inside, int count, float *force)
{
    for (int s = 0; s < count; s++) {
        float fraction, slope[4];
        const float *t = table + row[s] + parzen_column(parzen, value[s], &fraction);

        sep_cubic_slopes(fraction, slope);
        float sum = slope[0] * t[0];
        for (int k = 1; k < 4; k++)
            sum = fmaf(slope[k], t[k], sum);
        force[s] = sum * (parzen->scale * inside[s]);
    }
}

/* ---- pyramids ---------------------------------------------------------------------------------------------------- */

static void filter(const float *const *tap, const float *weight, int taps, int stride, int count, float *to)
{
    for (int o = 0; o < count; o++) {
        float sum = 0.0f;

        for (int k = 0; k < taps; k++)
            sum = fmaf(weight[k], tap[k][(ptrdiff_t)o * stride], sum);
        to[o] = sum;
    }
}

const sep_simd_registration sep_registration_generic = {
    .affine = affine,
    .linear = linear,
    .spline = spline,
    .spline_adjoint = spline_adjoint,
    .parzen_add = parzen_add,
    .parzen_force = parzen_force,
    .filter = filter,
    .affine_adjoint = affine_adjoint,
};
