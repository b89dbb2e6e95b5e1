/* Whether a checkpoint holds the networks that it describes. A description is a few bytes that anyone can write, so it
 * is compared with the file's tensors before any memory or any time is spent on it. */
#include "train/checkpoint.h"

static sep_status check_tensor(const char *path, const sep_safetensors *file, const sep_tensor *tensor)
{
    char described[SEP_SHAPE_TEXT], stored[SEP_SHAPE_TEXT];
    const sep_stored_tensor *found = sep_safetensors_find(file, tensor->name);

    sep_shape_text(&tensor->shape, described);
    if (found == NULL)
        return sep_fail(SEP_ERR_FORMAT, "%s: describes a network with a tensor '%s', which it does not hold", path,
                        tensor->name);
    if (sep_shape_equal(&found->shape, &tensor->shape))
        return SEP_OK;
    return sep_fail(SEP_ERR_FORMAT, "%s: tensor '%s' is %s, the network that the checkpoint describes has %s", path,
                    tensor->name, sep_shape_text(&found->shape, stored), described);
}

/* Builds the network on a store that is never allocated, for the names and shapes. */
static sep_status check_built(const char *path, const sep_safetensors *file, const sep_net_spec *spec, int index,
                              sep_graph *graph, const sep_store *store)
{
    sep_node *image = sep_input(graph, "image", SEP_SHAPE(1, spec->height, spec->width, 1), SEP_F32);
    sep_net_output output = {0};
    sep_scope_push(graph, "student_%d", index);
    SEP_TRY(sep_net_build(graph, spec, image, &output));
    sep_scope_pop(graph);
    for (int i = 0; i < sep_store_count(store); i++)
        SEP_TRY(check_tensor(path, file, sep_store_tensor(store, i)));
    return SEP_OK;
}

sep_status sep_checkpoint_check_network(const char *path, const sep_safetensors *file, const sep_net_spec *spec,
                                        int index)
{
    sep_device *device;
    sep_store *store = NULL;

    SEP_TRY(sep_cpu_create(1, NULL, &device));
    sep_status status = sep_store_create(device, 0, &store);
    if (status == SEP_OK) {
        sep_graph *graph = sep_graph_create(store, false);
        status = graph != NULL ? check_built(path, file, spec, index, graph, store)
                               : sep_fail(SEP_ERR_MEMORY, "no memory for a graph");
        sep_graph_destroy(graph);
    }
    sep_store_destroy(store);
    sep_device_destroy(device);
    return status;
}
