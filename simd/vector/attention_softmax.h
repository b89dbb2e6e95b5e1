/* The softmax of attention and its gradient. Scores lie with keys as rows and queries as columns, so that the lanes of
 * a vector are different queries: the highest score, the sixteen partial sums of a lane sum and their tree all are
 * plain vector operations from row to row. One query may lie apart, as a row of its own (attention.c). Each step goes
 * over all columns before the next begins: the columns' long chains overlap in the processor. */
#ifndef SEPTUM_SIMD_VECTOR_ATTENTION_SOFTMAX_H
#define SEPTUM_SIMD_VECTOR_ATTENTION_SOFTMAX_H

#include "simd/attention.h"
#include "simd/vector/softmax_row.h"

/* Whether the last query lies apart, and how many are computed as columns. */
static inline bool has_query_apart(int tokens)
{
    return tokens > VEC_LANES && tokens % VEC_LANES == 1;
}

static inline int query_columns(int tokens)
{
    return (tokens - has_query_apart(tokens) + VEC_LANES - 1) / VEC_LANES * VEC_LANES;
}

/* ---- queries as columns ------------------------------------------------------------------------------------------ */

/* The scores of key j with bias and penalty, for the queries from `column`. */
VEC_INLINE vec adjusted(const sep_attention_terms *t, ptrdiff_t pitch, int j, int column, vec score)
{
    if (t->bias)
        score = vec_add(score, vec_load(t->bias + j * pitch + column));
    if (t->region) {
        vec_mask same = vec_int_eq(vec_int_load(t->region + column), vec_int_set1(t->region[j]));

        score = vec_select(same, score, vec_add(score, vec_set1(SEP_ATTENTION_PENALTY)));
    }
    return score;
}

/* Adjusts all scores; most[i] = the highest of query i. */
VEC_INLINE void adjust_columns(const sep_attention_terms *t, int tokens, float *s, float *most)
{
    const ptrdiff_t pitch = sep_attention_columns(tokens);
    const int count = query_columns(tokens);

    for (int column = 0; column < count; column += VEC_LANES) {
        vec best = vec_set1(-INFINITY);

        for (int j = 0; j < tokens; j++) {
            float *at = s + j * pitch + column;
            vec score = adjusted(t, pitch, j, column, vec_load(at));

            vec_store(at, score);
            best = vec_max(score, best);
        }
        vec_store(most + column, best);
    }
}

/* The tree of a lane sum whose lanes are vectors. */
VEC_INLINE vec join_lanes(vec lane[16])
{
    VEC_UNROLL
    for (int half = 8; half > 0; half /= 2)
        VEC_UNROLL
    for (int l = 0; l < half; l++)
        lane[l] = vec_add(lane[l], lane[l + half]);
    return lane[0];
}

/* p = exp(s - most) in place; returns the lane sums over keys. */
VEC_INLINE vec column_exponentials(int tokens, vec most, float *p)
{
    const ptrdiff_t pitch = sep_attention_columns(tokens);
    vec lane[16];

    VEC_UNROLL
    for (int l = 0; l < 16; l++) {
        lane[l] = vec_zero();
        for (int j = l; j < tokens; j += 16) {
            vec e = vec_exp_falling(vec_sub(vec_load(p + j * pitch), most));

            vec_store(p + j * pitch, e);
            lane[l] = vec_add(lane[l], e);
        }
    }
    return join_lanes(lane);
}

/* Softmax of adjusted scores; `most` then holds 1 / lane sum. */
VEC_INLINE void softmax_columns(int tokens, float *p, float *most)
{
    const ptrdiff_t pitch = sep_attention_columns(tokens);
    const int count = query_columns(tokens);

    for (int column = 0; column < count; column += VEC_LANES) {
        vec sum = column_exponentials(tokens, vec_load(most + column), p + column);

        vec_store(most + column, vec_div(vec_set1(1.0f), sum));
    }
    for (int j = 0; j < tokens; j++)
        for (int column = 0; column < count; column += VEC_LANES) {
            float *at = p + j * pitch + column;

            vec_store(at, vec_mul(vec_load(at), vec_load(most + column)));
        }
}

VEC_INLINE vec column_dot(int tokens, const float *a, const float *b)
{
    const ptrdiff_t pitch = sep_attention_columns(tokens);
    vec lane[16];

    VEC_UNROLL
    for (int l = 0; l < 16; l++) {
        lane[l] = vec_zero();
        for (int j = l; j < tokens; j += 16)
            lane[l] = vec_fma(vec_load(a + j * pitch), vec_load(b + j * pitch), lane[l]);
    }
    return join_lanes(lane);
}

/* ds = p * (dp - lane sum over keys(p * dp)) in place of dp; `sums` [count] holds the lane sums. */
VEC_INLINE void softmax_dx_columns(int tokens, const float *p, float *ds, float *sums)
{
    const ptrdiff_t pitch = sep_attention_columns(tokens);
    const int count = query_columns(tokens);

    for (int column = 0; column < count; column += VEC_LANES)
        vec_store(sums + column, column_dot(tokens, p + column, ds + column));
    for (int j = 0; j < tokens; j++)
        for (int column = 0; column < count; column += VEC_LANES) {
            ptrdiff_t at = j * pitch + column;

            vec_store(ds + at, vec_mul(vec_load(p + at), vec_sub(vec_load(ds + at), vec_load(sums + column))));
        }
}

/* ---- the last query as a row ------------------------------------------------------------------------------------- */

/* As adjust_columns, for the scores of the last query. */
VEC_INLINE float adjust_last(const sep_attention_terms *t, int tokens, float *s)
{
    const vec penalty = vec_set1(SEP_ATTENTION_PENALTY);
    const float *bias = t->bias ? t->bias + (ptrdiff_t)tokens * sep_attention_columns(tokens) : NULL;
    vec best = vec_set1(-INFINITY);

    for (int j = 0; j < tokens; j += VEC_LANES) {
        vec score = vec_load(s + j);

        if (bias)
            score = vec_add(score, vec_load(bias + j));
        if (t->region) {
            vec_mask same = vec_int_eq(vec_int_set1(t->region[tokens - 1]), vec_int_load(t->region + j));

            score = vec_select(same, score, vec_add(score, penalty));
        }
        vec_store(s + j, score);
        best = vec_merge(lanes_left(j, tokens), vec_max(score, best), best);
    }
    return vec_join_max(best);
}

VEC_INLINE void softmax_last(const sep_attention_terms *t, int tokens, float *p)
{
    row_scale(p, 1.0f / row_exponentials(p, adjust_last(t, tokens, p), tokens, p), tokens);
}

#endif
