/* Followers: work over a map (statistics of batch norm, bias gradients; in inference batch norm itself) that the device
 * does along with the operation that writes the map, so that it is not read from memory once more (sep_call.follow). */
#include "graph/internal.h"

/* Is what `node` reads besides its leader's result there before the leader runs? Tensors of the store are: they change
 * only after their last reader. */
static bool ready_before(const sep_node *node, const sep_node *leader)
{
    for (int k = 0; k < node->inputs; k++) {
        const sep_node *source = sep_view_root(node->input[k]);

        if (node->input[k] != leader && source->kind != SEP_NODE_TENSOR && source->id >= leader->id)
            return false;
    }
    return true;
}

static void find_leader(const sep_graph *graph, sep_node *node)
{
    sep_device *device = sep_store_device(graph->store);

    for (int k = 0; k < node->inputs; k++) {
        sep_node *leader = node->input[k];

        if (leader->kind == SEP_NODE_OPERATION && !leader->joined && leader->leader == NULL &&
            leader->follower == NULL && device->backend->follows(device, leader->op, node->op, k) &&
            ready_before(node, leader)) {
            node->leader = leader;
            leader->follower = node;
            return;
        }
    }
}

void sep_graph_find_followers(sep_graph *graph, const bool *live)
{
    sep_device *device = sep_store_device(graph->store);

    for (int i = 0; i < graph->nodes && device->backend->follows != NULL && !graph->unfused; i++) {
        sep_node *node = graph->node[i];

        if (!live[i] || node->kind != SEP_NODE_OPERATION || sep_updates(node))
            continue;
        find_leader(graph, node);
        graph->fused += node->leader != NULL;
    }
}
