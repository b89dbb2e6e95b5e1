/* Whether a checkpoint's tensors are those of the networks that it describes. */
#include "model/checkpoint_tensors.h"

#include "model/predictor.h"

#include <stdio.h>
#include <string.h>

static sep_status check_tensor(const sep_safetensors *file, const sep_tensor *tensor)
{
    const sep_stored_tensor *stored = sep_safetensors_find(file, tensor->name);
    char have[SEP_SHAPE_TEXT], want[SEP_SHAPE_TEXT];

    if (stored == NULL)
        return sep_fail(SEP_ERR_FORMAT, "there is no tensor '%s'", tensor->name);
    if (stored->rank > SEP_MAX_RANK || !sep_shape_equal(&stored->shape, &tensor->shape))
        return sep_fail(SEP_ERR_FORMAT, "tensor '%s' is %s, not %s", tensor->name, sep_shape_text(&stored->shape, have),
                        sep_shape_text(&tensor->shape, want));
    return SEP_OK;
}

static bool is_listed(const sep_strings *names, const char *name, size_t length)
{
    for (int i = 0; i < names->count; i++)
        if (strlen(names->item[i]) == length && strncmp(names->item[i], name, length) == 0)
            return true;
    return false;
}

/* The part of a tensor's name before its first dot. */
static size_t scope_length(const char *name)
{
    return strcspn(name, ".");
}

sep_status sep_checkpoint_training_scopes(const sep_store *store, sep_strings *scopes)
{
    char scope[256];

    for (int i = 0; i < sep_store_count(store); i++) {
        const char *name = sep_store_tensor(store, i)->name;
        size_t length = scope_length(name);
        if (strncmp(name, "student_", 8) == 0 || strncmp(name, "average_", 8) == 0 || is_listed(scopes, name, length))
            continue;
        snprintf(scope, sizeof scope, "%.*s", (int)length, name);
        SEP_TRY(sep_strings_add(scopes, scope));
    }
    return SEP_OK;
}

/* The tensor whose momenta the optimiser keeps under this name; NULL for another name. */
static const sep_tensor *optimised(const sep_store *store, const char *name)
{
    const char *suffix = strrchr(name, '.');
    char parameter[256];

    if (suffix == NULL || (strcmp(suffix, ".momentum") != 0 && strcmp(suffix, ".moments") != 0))
        return NULL;
    snprintf(parameter, sizeof parameter, "%.*s", (int)(suffix - name), name);
    return sep_store_find(store, parameter);
}

/* Tensors beyond those of the networks belong to their optimisers, or to training alone. */
static sep_status check_no_others(const sep_safetensors *file, const sep_model_info *info, const sep_store *store)
{
    if (sep_safetensors_count(file) == sep_store_count(store))
        return SEP_OK; /* all of them were found */
    for (int i = 0; i < sep_safetensors_count(file); i++) {
        const char *name = sep_safetensors_at(file, i)->name;
        if (sep_store_find(store, name) == NULL && optimised(store, name) == NULL &&
            !is_listed(&info->training_scopes, name, scope_length(name)))
            return sep_fail(SEP_ERR_FORMAT, "tensor '%.200s' belongs to none", name);
    }
    return SEP_OK;
}

static sep_status check_network(const sep_safetensors *file, const sep_model_info *info, sep_store *store, int network)
{
    sep_network_graph graph = {0};
    int checked = sep_store_count(store);
    sep_status status = sep_network_build(store, info->spec, info->students, network, 1, &graph);

    sep_graph_destroy(graph.graph);
    SEP_TRY(status);
    for (; checked < sep_store_count(store); checked++)
        SEP_TRY(check_tensor(file, sep_store_tensor(store, checked)));
    return SEP_OK;
}

/* Network by network, so that a file of few tensors is refused before many are listed. */
static sep_status check_networks(const sep_safetensors *file, const sep_model_info *info, sep_store *store)
{
    for (int i = 0; i < (info->averages ? 2 : 1) * info->students; i++)
        SEP_TRY(check_network(file, info, store, i));
    return check_no_others(file, info, store);
}

sep_status sep_checkpoint_check_tensors(const sep_safetensors *file, const sep_model_info *info)
{
    sep_store *store;

    SEP_TRY(sep_store_create(NULL, 0, &store)); /* names and shapes need no device */
    sep_status status = check_networks(file, info, store);
    sep_store_destroy(store);
    if (status == SEP_OK || status == SEP_ERR_MEMORY)
        return status;
    return sep_fail_within(SEP_ERR_FORMAT, "its tensors are not those of the networks that it describes");
}
