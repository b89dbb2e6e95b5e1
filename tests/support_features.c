/* The points that tests/reference/make_feature_goldens.py computes with. */
#include "support_features.h"

void support_features(float *feature, int count, int channels, int classes)
{
    for (int i = 0; i < count * channels; i++)
        feature[i] = (float)((i * 7919 + 13) % 1009) / 1009.0f;
    for (int i = 0; i < count; i++)
        feature[i * channels + i % classes] += 1.0f;
}

void support_places(float *place, int axis, int count)
{
    for (int i = 0; i < count; i++)
        place[i] = (float)(((2 * i + axis) * 104729L + 7) % 997) / 256.0f;
}
