/* The models that septum predict asks, and how each is asked. */
#include "cli/predict_models.h"

#include "cli/answer.h"

#include <string.h>

static sep_tta choose_tta(const char *word, const sep_decisions *decided)
{
    if (strcmp(word, "auto") == 0)
        return decided->tta;
    return strcmp(word, "all") == 0 ? SEP_TTA_ALL : strcmp(word, "flips") == 0 ? SEP_TTA_FLIPS : SEP_TTA_NONE;
}

static sep_status choose(sep_asked_models *m, int index, const sep_asking *asking)
{
    const sep_model_info *info = sep_model_get_info(m->model[index]);

    m->how[index].tta = choose_tta(asking->tta, &info->decisions);
    m->how[index].smooth = sep_choose_yes(asking->smooth, info->decisions.smooth);
    for (int c = 1; c < SEP_MOST_CLASSES; c++)
        m->largest[c] &= sep_choose_yes(asking->components, info->decisions.largest[c]);
    return sep_choose_answer(m->path[index], info, &m->how[index].answer);
}

sep_status sep_models_open(const sep_strings *path, const sep_asking *asking, sep_device *device, sep_asked_models *m)
{
    if (path->count > SEP_MOST_MODELS)
        return sep_usage_error("%d models: at most %d can be averaged", path->count, SEP_MOST_MODELS);
    memset(m->largest, 1, sizeof m->largest);
    for (int i = 0; i < path->count; i++) {
        m->path[i] = path->item[i];
        SEP_TRY(sep_model_load(m->path[i], device, &m->model[i]));
        m->count++;
        SEP_TRY(choose(m, i, asking));
    }
    return sep_models_check(m->model, m->path, m->count);
}

int sep_models_classes(const sep_asked_models *m)
{
    return sep_model_get_info(m->model[0])->spec[0].classes;
}

int sep_models_channels(const sep_asked_models *m)
{
    return sep_model_get_info(m->model[0])->spec[0].channels;
}

void sep_models_close(sep_asked_models *m)
{
    for (int i = 0; i < m->count; i++)
        sep_model_destroy(m->model[i]);
}

sep_status sep_models_predict(const sep_asked_models *m, const sep_volume *volume, bool disagrees,
                              sep_prediction *prediction)
{
    SEP_TRY(sep_models_segment(m->model, m->how, m->count, volume, disagrees, prediction));
    sep_status status = sep_labels_keep_largest(&prediction->labels, m->largest);
    if (status != SEP_OK)
        sep_prediction_free(prediction);
    return status;
}

sep_status sep_models_label(const sep_asked_models *m, const sep_volume *volume, sep_labels *labels)
{
    SEP_TRY(sep_model_segment(m->model[0], volume, &m->how[0], labels, NULL));
    sep_status status = sep_labels_keep_largest(labels, m->largest);
    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}
