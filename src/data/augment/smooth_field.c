/* Smooth random fields: uniform cubic B-splines, for elastic deformations and bias fields. */
#include "data/augment/draw.h"

/* The first of the four nodes that matter at a pixel, and their weights, which sum to 1. */
static int spline_weights(int index, int size, float weight[4])
{
    const int spans = SEP_ELASTIC_NODES - 3;
    float at = size > 1 ? (float)index * (float)spans / (float)(size - 1) : 0.0f;
    int first = (int)at < spans ? (int)at : spans - 1;
    float t = at - (float)first, u = 1.0f - t, square = t * t, cube = square * t;

    weight[0] = u * u * u / 6.0f;
    weight[1] = (3.0f * cube - 6.0f * square + 4.0f) / 6.0f;
    weight[2] = (-3.0f * cube + 3.0f * square + 3.0f * t + 1.0f) / 6.0f;
    weight[3] = cube / 6.0f;
    return first;
}

void sep_smooth_field(const float *nodes, int height, int width, float *out)
{
    for (int y = 0; y < height; y++) {
        float column[SEP_ELASTIC_NODES], weight[4];
        const float *row = nodes + spline_weights(y, height, weight) * SEP_ELASTIC_NODES;
        for (int k = 0; k < SEP_ELASTIC_NODES; k++)
            column[k] = weight[0] * row[k] + weight[1] * row[k + SEP_ELASTIC_NODES] +
                        weight[2] * row[k + 2 * SEP_ELASTIC_NODES] + weight[3] * row[k + 3 * SEP_ELASTIC_NODES];
        for (int x = 0; x < width; x++) {
            const float *node = column + spline_weights(x, width, weight);
            *out++ = weight[0] * node[0] + weight[1] * node[1] + weight[2] * node[2] + weight[3] * node[3];
        }
    }
}
