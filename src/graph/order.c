/* The order: which nodes run, and when. */
#include "graph/internal.h"

#include <stdlib.h>

static void mark_live(const sep_graph *graph, bool *live)
{
    for (int i = graph->nodes - 1; i >= 0; i--) {
        const sep_node *node = graph->node[i];
        live[i] |= node->kept || sep_updates(node);
        for (int k = 0; live[i] && k < node->inputs; k++)
            live[node->input[k]->id] = true;
    }
}

sep_node *sep_view_root(sep_node *node)
{
    while (node->kind == SEP_NODE_VIEW)
        node = node->input[0];
    return node;
}

bool sep_updates(const sep_node *node)
{
    return node->kind == SEP_NODE_OPERATION && sep_rules[node->op].updates;
}

/* The place of each value (key, of operations) and the latest place at which it is read or updated (reader). */
typedef struct places {
    int *key, *reader;
} places;

static void note_reader(const places *p, const sep_node *node)
{
    for (int k = 0; k < node->inputs; k++) {
        int source = sep_view_root(node->input[k])->id;
        p->reader[source] = p->key[node->id] > p->reader[source] ? p->key[node->id] : p->reader[source];
    }
}

/* When all that the update reads is there and the last reader of what it overwrites is done. */
static int update_key(const places *p, const sep_node *update, int earliest)
{
    int key = earliest;

    for (int k = 0; k < update->inputs; k++) {
        const sep_node *source = sep_view_root(update->input[k]);
        int ready = source->kind == SEP_NODE_TENSOR ? p->reader[source->id] : p->key[source->id];
        key = ready > key ? ready : key;
    }
    return key;
}

/* Where in the order a node belongs. An operation keeps the place where it was built. Updates come after all readers of
 * the old value, and no later than they must, so that a gradient's memory is free again for the layers below; but never
 * before the guards, so that a loss that is not finite has changed nothing. Those of one tensor keep their order. */
static void sort_keys(const sep_graph *graph, const bool *live, int last_guard, const places *p)
{
    for (int i = 0; i < graph->nodes; i++) {
        const sep_node *node = graph->node[i];
        if (!live[i] || node->kind != SEP_NODE_OPERATION || sep_updates(node))
            continue;
        p->key[i] = node->leader != NULL ? node->leader->id : i;
        note_reader(p, node);
    }
    for (int i = 0; i < graph->nodes; i++) {
        const sep_node *node = graph->node[i];
        if (!sep_updates(node))
            continue;
        p->key[i] = update_key(p, node, last_guard + 1);
        note_reader(p, node);
    }
}

typedef struct sortable {
    int key;
    sep_node *node;
} sortable;

static int by_key(const void *a, const void *b)
{
    const sortable *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (sep_updates(x->node) != sep_updates(y->node))
        return sep_updates(x->node) ? 1 : -1;
    return x->node->id < y->node->id ? -1 : 1;
}

sep_status sep_graph_order(sep_graph *graph)
{
    size_t nodes = (size_t)graph->nodes + 1;
    bool *live = sep_calloc(nodes, sizeof *live);
    int *key = sep_calloc(2 * nodes, sizeof *key);
    sortable *sorted = sep_calloc(nodes, sizeof *sorted);
    int last_guard = -1;

    graph->order = sep_calloc(nodes, sizeof(sep_node *));
    if (live == NULL || key == NULL || sorted == NULL || graph->order == NULL) {
        sep_free(live);
        sep_free(key);
        sep_free(sorted);
        return sep_fail(SEP_ERR_MEMORY, "no memory to plan a graph of %d nodes", graph->nodes);
    }
    mark_live(graph, live);
    sep_graph_join_channels(graph, live);
    sep_graph_find_followers(graph, live);
    for (int i = 0; i < graph->guards; i++)
        last_guard = graph->guard[i]->id > last_guard ? graph->guard[i]->id : last_guard;
    sort_keys(graph, live, last_guard, &(places){.key = key, .reader = key + nodes});
    for (int i = 0; i < graph->nodes; i++)
        if (live[i] && graph->node[i]->kind == SEP_NODE_OPERATION && !graph->node[i]->joined)
            sorted[graph->calls++] = (sortable){key[i], graph->node[i]};
    qsort(sorted, (size_t)graph->calls, sizeof *sorted, by_key);
    for (int i = 0; i < graph->calls; i++) {
        graph->order[i] = sorted[i].node;
        graph->order[i]->position = i;
        graph->updates |= sep_updates(graph->order[i]);
        if (sorted[i].key <= last_guard)
            graph->forward_calls = i + 1;
    }
    sep_free(live);
    sep_free(key);
    sep_free(sorted);
    return SEP_OK;
}
