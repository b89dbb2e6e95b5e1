/* The points that tests/reference/make_feature_goldens.py computes with. */
#ifndef SEPTUM_TESTS_SUPPORT_FEATURES_H
#define SEPTUM_TESTS_SUPPORT_FEATURES_H

/* [count, channels]: noise in [0, 1), and 1 more in channel i % classes of point i. */
void support_features(float *feature, int count, int channels, int classes);
/* One axis of places of the plane, [count]. */
void support_places(float *place, int axis, int count);

#endif
