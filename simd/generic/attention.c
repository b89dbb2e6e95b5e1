/* Window attention of one head in plain C: the definition. */
#include "simd/attention.h"

#include "simd/elementary.h"
#include "simd/generic/lane_sum.h"

/* Chain over d of (q_i * scale) * k_j, then the bias and the penalty. */
static float score(const sep_attention_terms *t, int i, int j, int columns)
{
    float s = 0.0f;

    for (int d = 0; d < t->dim; d++)
        s = fmaf(t->q[i * t->stride + d] * t->scale, t->k[j * t->stride + d], s);
    if (t->bias)
        s += t->bias[j * columns + i];
    if (t->region && t->region[i] != t->region[j])
        s += SEP_ATTENTION_PENALTY;
    return s;
}

/* p[tokens][columns]: softmax over j of the scores. */
static void probabilities(const sep_attention_terms *t, int tokens, int columns, float *p)
{
    for (int i = 0; i < tokens; i++, p += columns) {
        float best = -INFINITY;

        for (int j = 0; j < tokens; j++) {
            p[j] = score(t, i, j, columns);
            best = p[j] > best ? p[j] : best;
        }
        for (int j = 0; j < tokens; j++)
            p[j] = sep_expf(p[j] - best);

        float share = 1.0f / lane_sum(p, tokens);
        for (int j = 0; j < tokens; j++)
            p[j] = p[j] * share;
    }
}

static void forward(const sep_attention_terms *t, float *scratch, float *out)
{
    int tokens = t->window * t->window, columns = sep_attention_columns(tokens);
    float *p = scratch;

    probabilities(t, tokens, columns, p);
    for (int i = 0; i < tokens; i++) {
        for (int d = 0; d < t->dim; d++) {
            float sum = 0.0f;

            for (int j = 0; j < tokens; j++)
                sum = fmaf(p[i * columns + j], t->v[j * t->stride + d], sum);
            out[i * t->out_stride + d] = sum;
        }
    }
}

/* ds_ij = p_ij * (dp_ij - lane sum_j(p_ij * dp_ij)), dp_ij = chain over d of dout_i * v_j. */
static void score_gradient(const sep_attention_terms *t, const float *dout, const float *p, int tokens, int columns,
                           float *ds)
{
    for (int i = 0; i < tokens; i++, p += columns, ds += columns) {
        for (int j = 0; j < tokens; j++) {
            float dp = 0.0f;

            for (int d = 0; d < t->dim; d++)
                dp = fmaf(dout[i * t->out_stride + d], t->v[j * t->stride + d], dp);
            ds[j] = dp;
        }

        float sum = lane_sum_of_products(p, ds, tokens);
        for (int j = 0; j < tokens; j++)
            ds[j] = p[j] * (ds[j] - sum);
    }
}

/* Row `token`, channel d of dq, dk and dv. */
static void operand_gradients(const sep_attention_terms *t, const sep_attention_gradient *g, const float *p,
                              const float *ds, int token, int d, int tokens, int columns)
{
    float dq = 0.0f, dk = 0.0f, dv = 0.0f;

    for (int other = 0; other < tokens; other++) {
        dq = fmaf(ds[token * columns + other], t->k[other * t->stride + d], dq);
        dk = fmaf(ds[other * columns + token], t->q[other * t->stride + d] * t->scale, dk);
        dv = fmaf(p[other * columns + token], g->dout[other * t->out_stride + d], dv);
    }
    g->dq[token * t->stride + d] = t->scale * dq;
    g->dk[token * t->stride + d] = dk;
    g->dv[token * t->stride + d] = dv;
}

/* This window's sum of ds over the pairs of each offset, in rising (i, j), added to the sums of the block. */
static void add_offset_sums(const float *ds, int window, int columns, float *sums)
{
    int side = 2 * window - 1, tokens = window * window;

    for (int dy = 1 - window; dy < window; dy++) {
        for (int dx = 1 - window; dx < window; dx++) {
            float sum = 0.0f;

            for (int i = 0; i < tokens; i++) {
                int y = i / window - dy, x = i % window - dx;

                if (y >= 0 && y < window && x >= 0 && x < window)
                    sum += ds[i * columns + y * window + x];
            }
            sums[(dy + window - 1) * side + dx + window - 1] += sum;
        }
    }
}

static void backward(const sep_attention_terms *t, const sep_attention_gradient *g, float *scratch)
{
    int tokens = t->window * t->window, columns = sep_attention_columns(tokens);
    float *p = scratch, *ds = scratch + tokens * columns;

    probabilities(t, tokens, columns, p);
    score_gradient(t, g->dout, p, tokens, columns, ds);
    for (int token = 0; token < tokens; token++)
        for (int d = 0; d < t->dim; d++)
            operand_gradients(t, g, p, ds, token, d, tokens, columns);
    if (g->offset_sums)
        add_offset_sums(ds, t->window, columns, g->offset_sums);
}

const sep_simd_attention sep_attention_generic = {
    .forward = forward,
    .backward = backward,
};
