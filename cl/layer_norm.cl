/* Layer normalisation: 16 work-items a row, one for each lane of its sums (septum/operation.h). Row r uses affine row
 * r % groups. */

#define GROUP 64 /* four rows */
#define LANES 16

/* Row of this work-item and its lane; work-items beyond the last row go along, so that barriers meet, and read row 0. */
#define LANE_OF_ROW                                                                                                    \
    __local float room[GROUP];                                                                                         \
    const int lane = get_local_id(0) % LANES;                                                                          \
    const long place = get_group_id(0) * (GROUP / LANES) + get_local_id(0) / LANES;                                    \
    const bool there = place < rows;                                                                                   \
    const long row = there ? place : 0

#define EACH_CHANNEL for (int c = lane; c < channels; c += LANES)

/* Mean and reciprocal deviation of row x[0 .. channels - 1]. */
#define STATISTICS(x)                                                                                                  \
    float part = zero;                                                                                                 \
    EACH_CHANNEL part = part + (x)[c];                                                                                 \
    const float mean = QUOTIENT(join_lanes(part, room), (float)channels);                                              \
    part = zero;                                                                                                       \
    EACH_CHANNEL                                                                                                       \
    {                                                                                                                  \
        const float distance = (x)[c] - mean;                                                                          \
        part = fma(distance, distance, part);                                                                          \
    }                                                                                                                  \
    const float variance = QUOTIENT(join_lanes(part, room), (float)channels);                                          \
    const float rstd = QUOTIENT(1.0f, ROOT(variance + epsilon))

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
layer_norm(TENSOR(x), TENSOR(gamma), TENSOR(beta), TENSOR(y), const long rows, const int channels, const int groups,
           const float epsilon)
{
    LANE_OF_ROW;
    OPEN(x);
    OPEN(gamma);
    OPEN(beta);
    OPEN(y);
    const float zero = ZERO(x);
    const long at = row * channels, affine = row % groups * channels;
    STATISTICS(x + at);

    if (there)
        EACH_CHANNEL y[at + c] = fma((x[at + c] - mean) * rstd, gamma[affine + c], beta[affine + c]);
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
layer_norm_dx(TENSOR(x), TENSOR(gamma), TENSOR(dy), TENSOR(dx), const long rows, const int channels, const int groups,
              const float epsilon)
{
    LANE_OF_ROW;
    OPEN(x);
    OPEN(gamma);
    OPEN(dy);
    OPEN(dx);
    const float zero = ZERO(x);
    const long at = row * channels, affine = row % groups * channels;
    STATISTICS(x + at);
    float sum = zero, product = zero;

    EACH_CHANNEL
    {
        const float g = dy[at + c] * gamma[affine + c];
        sum = sum + g;
        product = fma(g, (x[at + c] - mean) * rstd, product);
    }
    const float mean_g = QUOTIENT(join_lanes(sum, room), (float)channels);
    const float mean_g_xhat = QUOTIENT(join_lanes(product, room), (float)channels);

    if (there)
        EACH_CHANNEL
        {
            const float xhat = (x[at + c] - mean) * rstd;
            dx[at + c] = rstd * ((dy[at + c] * gamma[affine + c] - mean_g) - xhat * mean_g_xhat);
        }
}

/* statistics[row][2]: mean and reciprocal deviation. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
layer_norm_statistics(TENSOR(x), TENSOR(statistics), const long rows, const int channels, const float epsilon)
{
    LANE_OF_ROW;
    OPEN(x);
    OPEN(statistics);
    const float zero = ZERO(x);
    STATISTICS(x + row * channels);

    if (there && lane == 0) {
        statistics[2 * row] = mean;
        statistics[2 * row + 1] = rstd;
    }
}

/* partial[block][2][groups][channels]: chain of dy * xhat, plain sum of dy, over the rows of affine row g in block b: rows
 * (b * size + i) * groups + g, i < size. One work-item a channel of an affine row and block. */
__kernel void layer_norm_dparam_blocks(TENSOR(x), TENSOR(dy), TENSOR(statistics), const long rows_of_group,
                                       const int channels, const int groups, const int size, TENSOR(partial))
{
    const int c = get_global_id(0), g = get_global_id(1) % groups;
    const long block = get_global_id(1) / groups, end = min(rows_of_group, (block + 1) * size);

    if (c >= channels)
        return;
    OPEN(x);
    OPEN(dy);
    OPEN(statistics);
    OPEN(partial);
    float products = ZERO(x), sum = ZERO(x);

    for (long i = block * size; i < end; i++) {
        const long row = i * groups + g, at = row * channels + c;

        products = fma(dy[at], (x[at] - statistics[2 * row]) * statistics[2 * row + 1], products);
        sum = sum + dy[at];
    }
    partial[((2 * block) * groups + g) * channels + c] = products;
    partial[((2 * block + 1) * groups + g) * channels + c] = sum;
}
