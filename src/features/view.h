/* Points of a space of features, what is computed of them, and the files that show it. */
#ifndef SEPTUM_FEATURES_VIEW_H
#define SEPTUM_FEATURES_VIEW_H

#include "features/pca.h"
#include "features/sample.h"
#include "features/silhouette.h"
#include "features/tsne.h"

typedef struct sep_feature_view {
    /* Where the points come from; the caller's. */
    const char *model, *map;
    sep_answer answer;
    uint64_t seed;
    bool by_prediction; /* labels are what the network predicts */
    int classes;
    const char *const *class_name, *const *scan_name;
    int count, channels;
    const sep_point *point;
    const float *feature; /* [count, channels] */
    /* Filled by sep_feature_view_compute. */
    sep_pca pca;
    sep_tsne_result tsne;
    sep_silhouettes silhouettes;
} sep_feature_view;

sep_status sep_feature_view_compute(sep_feature_view *view, const sep_tsne_options *options) SEP_MUST_CHECK;
void sep_feature_view_free(sep_feature_view *view);

/* The names of the files that are written, from 0 on, NULL behind the last; and all of them, into a folder that is
 * there. */
const char *sep_feature_file(int index);
sep_status sep_feature_view_write(const sep_feature_view *view, const char *folder) SEP_MUST_CHECK;

/* ---- the files --------------------------------------------------------------------------------------------------- */

/* Each is a text, freed with sep_free; NULL without memory. */
char *sep_feature_csv(const sep_feature_view *view);
char *sep_feature_json(const sep_feature_view *view);
char *sep_feature_page(const sep_feature_view *view);
/* A picture for a page, or one that stands alone. */
char *sep_feature_pca_svg(const sep_feature_view *view, bool standalone);
char *sep_feature_tsne_svg(const sep_feature_view *view, bool standalone);

#endif
