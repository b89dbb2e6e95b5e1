/* Batch normalisation in plain C: the definition. */
#include "simd/batch_norm.h"

#include "simd/activation.h"

static void stats(const float *x, int rows, int channels, float *mean, float *m2)
{
    for (int c = 0; c < channels; c++) {
        float sum = 0.0f, squares = 0.0f;

        for (int r = 0; r < rows; r++)
            sum += x[(int64_t)r * channels + c];
        mean[c] = sum / (float)rows;
        for (int r = 0; r < rows; r++) {
            float d = x[(int64_t)r * channels + c] - mean[c];

            squares = fmaf(d, d, squares);
        }
        m2[c] = squares;
    }
}

static void join(float *a, int64_t rows_a, const float *b, int64_t rows_b, int channels)
{
    float rows = (float)(rows_a + rows_b), share = (float)rows_b / rows;
    float weight = (float)rows_a * (float)rows_b / rows;

    for (int c = 0; c < channels; c++) {
        float d = b[c] - a[c];

        a[c] = fmaf(d, share, a[c]);
        a[channels + c] = (a[channels + c] + b[channels + c]) + d * d * weight;
    }
}

static float normalised(const sep_batch_norm_terms *t, float x, int c)
{
    return (x - t->mean[c]) * t->rstd[c];
}

static float through_dropout(const sep_batch_norm_terms *t, int64_t element, float x)
{
    if (t->keep == NULL)
        return x;
    return t->keep[element / 8] >> element % 8 & 1 ? x * t->keep_scale : 0.0f;
}

/* dy through dropout and activation. */
static float before_activation(const sep_batch_norm_terms *t, float xhat, float dy, int64_t element, int c)
{
    float u = fmaf(xhat, t->gamma[c], t->beta[c]);

    return through_dropout(t, element, dy) * sep_activation_slope(t->activation, t->slope, u);
}

static void apply(const sep_batch_norm_terms *t, const float *x, int64_t first, int rows, sep_destination y)
{
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < t->channels; c++) {
            int64_t i = (int64_t)r * t->channels + c, element = first * t->channels + i;
            float u = fmaf(normalised(t, x[i], c), t->gamma[c], t->beta[c]);

            y.rows[r * y.pitch + c] = through_dropout(t, element, sep_activate(t->activation, t->slope, u));
        }
    }
}

static void reduce(const sep_batch_norm_terms *t, const float *x, const float *dy, int64_t first, int rows, float *sums)
{
    for (int c = 0; c < t->channels; c++) {
        float sum = 0.0f, products = 0.0f;

        for (int r = 0; r < rows; r++) {
            int64_t i = (int64_t)r * t->channels + c;
            float xhat = normalised(t, x[i], c);
            float du = before_activation(t, xhat, dy[i], first * t->channels + i, c);

            sum += du;
            products = fmaf(du, xhat, products);
        }
        sums[c] = sum;
        sums[t->channels + c] = products;
    }
}

static void dx(const sep_batch_norm_terms *t, const sep_batch_norm_gradient *g, const float *x, const float *dy,
               int64_t first, int rows, float *dx)
{
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < t->channels; c++) {
            int64_t i = (int64_t)r * t->channels + c;
            float xhat = normalised(t, x[i], c);
            float du = before_activation(t, xhat, dy[i], first * t->channels + i, c);

            if (g->mean_du)
                du = (du - g->mean_du[c]) - xhat * g->mean_du_xhat[c];
            dx[i] = g->factor[c] * du;
        }
    }
}

const sep_simd_batch_norm sep_batch_norm_generic = {
    .stats = stats,
    .join = join,
    .apply = apply,
    .reduce = reduce,
    .dx = dx,
};
