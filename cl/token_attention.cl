/* Attention over all tokens: see the definition in septum/operation.h. A slab of queries of every head is worked out at
 * a time; its scores p and their gradients ds lie in the workspace, [unit][query of the slab][key], where a unit is a
 * head of a sample. */

#define SETUP                                                                                                          \
    const int unit = get_global_id(1), channels = heads * dim;                                                         \
    const long query_at = (long)(unit / heads) * queries * channels + (long)first * channels + unit % heads * dim;     \
    const long key_at = (long)(unit / heads) * keys * channels + unit % heads * dim

#define SIZES const int queries, const int keys, const int heads, const int dim, const int first, const int count

/* The rows of p: softmax of a query's scores. A work-item a row. */
__kernel void token_scores(TENSOR(q), TENSOR(k), SIZES, const float factor, TENSOR(scores))
{
    const int i = get_global_id(0);

    if (i >= count)
        return;
    SETUP;
    OPEN(q);
    OPEN(k);
    OPEN(scores);
    __global float *const p = scores + ((long)unit * count + i) * keys;
    __global const float *const query = q + query_at + (long)i * channels;
    float best = -INFINITY, lane[16];

    for (int j = 0; j < keys; j++) {
        float s = ZERO(q);

        for (int d = 0; d < dim; d++)
            s = fma(query[d] * factor, k[key_at + (long)j * channels + d], s);
        p[j] = s;
        best = s > best ? s : best;
    }
    for (int l = 0; l < 16; l++) {
        lane[l] = ZERO(q);
        for (int j = l; j < keys; j += 16) {
            p[j] = sep_expf(p[j] - best);
            lane[l] = lane[l] + p[j];
        }
    }
    const float share = QUOTIENT(1.0f, join_own_lanes(lane));

    for (int j = 0; j < keys; j++)
        p[j] = p[j] * share;
}

/* The rows of ds. */
__kernel void token_score_gradients(TENSOR(scores), TENSOR(v), TENSOR(dout), SIZES, TENSOR(gradients))
{
    const int i = get_global_id(0);

    if (i >= count)
        return;
    SETUP;
    OPEN(scores);
    OPEN(v);
    OPEN(dout);
    OPEN(gradients);
    const long row = ((long)unit * count + i) * keys;
    __global const float *const dy = dout + query_at + (long)i * channels;
    float lane[16];

    for (int l = 0; l < 16; l++) {
        lane[l] = ZERO(v);
        for (int j = l; j < keys; j += 16) {
            float dp = ZERO(v);

            for (int d = 0; d < dim; d++)
                dp = fma(dy[d], v[key_at + (long)j * channels + d], dp);
            gradients[row + j] = dp;
            lane[l] = fma(scores[row + j], dp, lane[l]);
        }
    }
    const float sum = join_own_lanes(lane);

    for (int j = 0; j < keys; j++)
        gradients[row + j] = scores[row + j] * (gradients[row + j] - sum);
}

/* out of the slab's queries: factor * chain over keys of scores (p or ds) by k or v. A work-item an element. */
__kernel void token_mix(TENSOR(scores), TENSOR(right), SIZES, const float factor, TENSOR(out))
{
    const int i = get_global_id(0) / dim, d = get_global_id(0) % dim;

    if (i >= count)
        return;
    SETUP;
    OPEN(scores);
    OPEN(right);
    OPEN(out);
    __global const float *const row = scores + ((long)unit * count + i) * keys;
    float sum = ZERO(right);

    for (int j = 0; j < keys; j++)
        sum = fma(row[j], right[key_at + (long)j * channels + d], sum);
    out[query_at + (long)i * channels + d] = factor * sum;
}

/* dk or dv goes on by the slab's queries: chain of scores (ds or p) by factor * left (q or dout). */
__kernel void token_add(TENSOR(scores), TENSOR(left), SIZES, const float factor, TENSOR(out))
{
    const int j = get_global_id(0) / dim, d = get_global_id(0) % dim;

    if (j >= keys)
        return;
    SETUP;
    OPEN(scores);
    OPEN(left);
    OPEN(out);
    const long at = key_at + (long)j * channels + d;
    float sum = first > 0 ? out[at] : ZERO(left);

    for (int i = 0; i < count; i++)
        sum = fma(scores[((long)unit * count + i) * keys + j], left[query_at + (long)i * channels + d] * factor, sum);
    out[at] = sum;
}
