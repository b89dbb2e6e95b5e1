/* What is computed of points, and which files show it. */
#include "features/view.h"

#include "features/npy.h"

#include <string.h>

/* ---- computing --------------------------------------------------------------------------------------------------- */

typedef enum which { LABEL, PREDICTED } which;

static uint8_t *classes_of(const sep_feature_view *view, which one)
{
    uint8_t *value = sep_calloc((size_t)view->count, 1);

    for (int i = 0; value != NULL && i < view->count; i++)
        value[i] = one == LABEL ? view->point[i].label : view->point[i].predicted;
    return value;
}

sep_status sep_feature_view_compute(sep_feature_view *view, const sep_tsne_options *options)
{
    uint8_t *label = classes_of(view, LABEL);
    sep_status status = label != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_silhouette(view->feature, view->count, view->channels, label, view->classes, options->threads,
                                &view->silhouettes);
    sep_free(label);
    if (status == SEP_OK)
        status = sep_pca_find(view->feature, view->count, view->channels, &view->pca);
    if (status == SEP_OK)
        status = sep_tsne(view->feature, view->count, view->channels, view->pca.score, options, &view->tsne);
    return status;
}

void sep_feature_view_free(sep_feature_view *view)
{
    sep_pca_free(&view->pca);
    sep_tsne_free(&view->tsne);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static sep_status write_classes(const sep_feature_view *view, which one, const char *path)
{
    uint8_t *value = classes_of(view, one);
    sep_status status = value != NULL ? sep_npy_write(path, SEP_NPY_U8, value, view->count, 0) : SEP_ERR_MEMORY;

    sep_free(value);
    return status;
}

static sep_status write_text(const char *path, char *text)
{
    sep_status status = text != NULL ? sep_file_write_atomic(path, text, strlen(text)) : SEP_ERR_MEMORY;

    sep_free(text);
    return status;
}

static sep_status write_features(const sep_feature_view *view, const char *path)
{
    return sep_npy_write(path, SEP_NPY_F32, view->feature, view->count, view->channels);
}

static sep_status write_labels(const sep_feature_view *view, const char *path)
{
    return write_classes(view, LABEL, path);
}

static sep_status write_predictions(const sep_feature_view *view, const char *path)
{
    return write_classes(view, PREDICTED, path);
}

static sep_status write_csv(const sep_feature_view *view, const char *path)
{
    return write_text(path, sep_feature_csv(view));
}

static sep_status write_pca(const sep_feature_view *view, const char *path)
{
    return write_text(path, sep_feature_pca_svg(view, true));
}

static sep_status write_tsne(const sep_feature_view *view, const char *path)
{
    return write_text(path, sep_feature_tsne_svg(view, true));
}

static sep_status write_page(const sep_feature_view *view, const char *path)
{
    return write_text(path, sep_feature_page(view));
}

static sep_status write_json(const sep_feature_view *view, const char *path)
{
    return write_text(path, sep_feature_json(view));
}

static const struct {
    const char *name;
    sep_status (*write)(const sep_feature_view *view, const char *path);
} files[] = {
    {"features.npy", write_features}, {"labels.npy", write_labels},  {"predictions.npy", write_predictions},
    {"points.csv", write_csv},        {"pca.svg", write_pca},        {"tsne.svg", write_tsne},
    {"features.html", write_page},    {"features.json", write_json},
};
enum { FILES = sizeof files / sizeof files[0] };

const char *sep_feature_file(int index)
{
    return index < FILES ? files[index].name : NULL;
}

sep_status sep_feature_view_write(const sep_feature_view *view, const char *folder)
{
    for (int i = 0; i < FILES; i++) {
        char *path = sep_format("%s/%s", folder, files[i].name);
        sep_status status = path != NULL ? files[i].write(view, path) : SEP_ERR_MEMORY;
        sep_free(path);
        SEP_TRY(status);
    }
    return SEP_OK;
}
