/* Points as a table, and the numbers about them. */
#include "features/view.h"

#include "report/text.h"

#include <inttypes.h>
#include <math.h>

char *sep_feature_csv(const sep_feature_view *view)
{
    sep_text text = {0};

    sep_text_add(&text, "case,slice,row,column,label,predicted\n");
    for (int i = 0; i < view->count; i++) {
        const sep_point *p = &view->point[i];
        sep_text_csv(&text, view->scan_name[p->scan]);
        sep_text_format(&text, ",%d,%d,%d,%d,%d\n", p->voxel.z, p->voxel.y, p->voxel.x, p->label, p->predicted);
    }
    return sep_text_take(&text);
}

static void put_number(sep_text *text, const char *key, double value)
{
    sep_text_format(text, "\"%s\": ", key);
    if (isfinite(value))
        sep_text_fixed(text, value, 6);
    else
        sep_text_add(text, "null");
}

static void put_class(sep_text *text, const sep_feature_view *view, int class_index)
{
    sep_text_add(text, "    {\"name\": ");
    sep_text_json(text, view->class_name[class_index]);
    sep_text_format(text, ", \"points\": %d, ", view->silhouettes.points[class_index]);
    put_number(text, "silhouette", view->silhouettes.of_class[class_index]);
    sep_text_add(text, class_index + 1 < view->classes ? "},\n" : "}\n");
}

static void put_source(sep_text *text, const sep_feature_view *view)
{
    sep_text_add(text, "{\n  \"model\": ");
    sep_text_json(text, view->model);
    sep_text_format(text, ",\n  \"student\": %d,\n  \"average\": %s,\n  \"map\": \"%s\",\n  \"labels\": \"%s\",\n",
                    view->answer.student, view->answer.average ? "true" : "false", view->map,
                    view->by_prediction ? "prediction" : "reference");
    sep_text_format(text, "  \"seed\": %" PRIu64 ",\n  \"points\": %d,\n  \"channels\": %d,\n", view->seed, view->count,
                    view->channels);
}

char *sep_feature_json(const sep_feature_view *view)
{
    sep_text text = {0};

    put_source(&text, view);
    sep_text_add(&text, "  \"pca_explained\": [");
    sep_text_fixed(&text, view->pca.explained[0], 6);
    sep_text_add(&text, ", ");
    sep_text_fixed(&text, view->pca.explained[1], 6);
    sep_text_add(&text, "],\n  \"tsne\": {");
    put_number(&text, "perplexity", view->tsne.perplexity);
    sep_text_add(&text, ", ");
    put_number(&text, "divergence", view->tsne.divergence);
    sep_text_add(&text, "},\n  ");
    put_number(&text, "silhouette", view->silhouettes.mean);
    sep_text_add(&text, ",\n  \"classes\": [\n");
    for (int c = 0; c < view->classes; c++)
        put_class(&text, view, c);
    sep_text_add(&text, "  ]\n}\n");
    return sep_text_take(&text);
}
