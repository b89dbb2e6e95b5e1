/* Group normalisation: what the channels of a group share. Statistics are [samples][2][channels], groups are `size`
 * neighbouring channels; sample and group of work-item i of samples * groups are i / groups and i % groups. */

#define GROUP_OF_ITEM                                                                                                  \
    const int item = get_global_id(0), groups = channels / size, sample = item / groups, first = item % groups * size; \
    if (item >= samples * groups)                                                                                      \
        return

/* Means and variances of channels become those of their groups. */
__kernel void group_stats_join(TENSOR(stats), const int samples, const int channels, const int size)
{
    GROUP_OF_ITEM;
    OPEN(stats);
    __global float *const means = stats + (long)sample * 2 * channels + first, *const variances = means + channels;
    float mean = ZERO(stats), variance = ZERO(stats);

    for (int c = 0; c < size; c++)
        mean = mean + means[c];
    mean = QUOTIENT(mean, (float)size);
    for (int c = 0; c < size; c++) {
        const float d = means[c] - mean;
        variance = variance + fma(d, d, variances[c]);
    }
    variance = QUOTIENT(variance, (float)size);
    for (int c = 0; c < size; c++) {
        means[c] = mean;
        variances[c] = variance;
    }
}

/* means[samples][groups][2], of gamma * du and of gamma * du * xhat. */
__kernel void group_dx_means(TENSOR(gamma), TENSOR(reduced), const int samples, const int channels, const int size,
                             const int rows, TENSOR(means))
{
    GROUP_OF_ITEM;
    OPEN(gamma);
    OPEN(reduced);
    OPEN(means);
    __global const float *const sums = reduced + (long)sample * 2 * channels;
    float of_du = ZERO(gamma), of_du_xhat = ZERO(gamma);

    for (int c = first; c < first + size; c++) {
        of_du = fma(gamma[c], sums[c], of_du);
        of_du_xhat = fma(gamma[c], sums[channels + c], of_du_xhat);
    }
    means[2 * item] = QUOTIENT(of_du, (float)((long)rows * size));
    means[2 * item + 1] = QUOTIENT(of_du_xhat, (float)((long)rows * size));
}

__kernel void group_dx(TENSOR(x), TENSOR(stats), TENSOR(gamma), TENSOR(beta), TENSOR(dy), TENSOR(means),
                       const int samples, const int channels, const int size, const int rows, const float epsilon,
                       const int activation, const float slope, TENSOR(dx))
{
    EACH(at, (long)samples * rows * channels);
    const long row = index_quotient(at, channels);
    const int c = at - row * channels, sample = row / rows, group = sample * (channels / size) + c / size;

    OPEN(x);
    OPEN(stats);
    OPEN(gamma);
    OPEN(beta);
    OPEN(dy);
    OPEN(means);
    OPEN(dx);
    __global const float *const of_sample = stats + (long)sample * 2 * channels;
    const float rstd = QUOTIENT(1.0f, ROOT(of_sample[channels + c] + epsilon));
    const float xhat = (x[at] - of_sample[c]) * rstd, u = fma(xhat, gamma[c], beta[c]);
    const float du = dy[at] * activation_slope(activation, slope, u);
    const float rest = fma(xhat, -(rstd * means[2 * group + 1]), -(rstd * means[2 * group]));

    dx[at] = (gamma[c] * rstd) * du + rest;
}
