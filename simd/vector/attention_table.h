/* The gradient of attention's table of biases: sums of the score gradients over equal offsets. */
#ifndef SEPTUM_SIMD_VECTOR_ATTENTION_TABLE_H
#define SEPTUM_SIMD_VECTOR_ATTENTION_TABLE_H

#include "simd/vector/attention_head.h"

/* Of the queries in row iy of the window and the keys in row jy, whose offsets have one vertical part: adds each ds to
 * the sum of its horizontal part, those from lane `first` of them. To key x the query in column i has the offset
 * i - x, so its row of queries is loaded with a shift of x; lanes that have no query then keep their sum. */
VEC_INLINE vec add_row_of_keys(const head *h, int window, int jy, int iy, int first, vec sum)
{
    const float *ds = h->ds + (ptrdiff_t)jy * window * h->columns + iy * window + first - (window - 1);

    for (int x = 0; x < window; x++, ds += h->columns + 1) {
        uint32_t below = (1u << lanes_left(first, window - 1 - x)) - 1;
        uint32_t to_end = (1u << lanes_left(first, 2 * window - 1 - x)) - 1;

        sum = vec_select(vec_mask_of_bits(to_end & ~below), vec_add(sum, vec_load(ds)), sum);
    }
    return sum;
}

/* This window's sums, from +0: an offset's pairs come in rising order of keys, which is that of queries too. */
VEC_INLINE void sum_offsets(const head *h, int window)
{
    for (int i = 0; i < (2 * window - 1) * h->sum_columns; i += VEC_LANES)
        vec_store(h->sums + i, vec_zero());
    for (int jy = 0; jy < window; jy++)
        for (int iy = 0; iy < window; iy++)
            for (int first = 0; first < 2 * window - 1; first += VEC_LANES) {
                float *sum = h->sums + (ptrdiff_t)(iy - jy + window - 1) * h->sum_columns + first;

                vec_store(sum, add_row_of_keys(h, window, jy, iy, first, vec_load(sum)));
            }
}

static void add_offset_sums(const head *h, int window, float *sums)
{
    int side = 2 * window - 1;

    if (window == PUBLISHED_WINDOW)
        sum_offsets(h, PUBLISHED_WINDOW);
    else
        sum_offsets(h, window);
    for (int dy = 0; dy < side; dy++)
        for (int dx = 0; dx < side; dx += VEC_LANES) {
            float *to = sums + dy * side + dx;
            int n = lanes_left(dx, side);

            vec_store_up_to(to, vec_add(vec_load_up_to(to, n), vec_load(h->sums + dy * h->sum_columns + dx)), n);
        }
}

#endif
