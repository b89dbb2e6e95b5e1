/* A graph that trains, on a store of its own and the processor with one thread: what tests of the graph begin with. */
#ifndef SEPTUM_TESTS_SUPPORT_GRAPH_H
#define SEPTUM_TESTS_SUPPORT_GRAPH_H

#include "septum/graph.h"

typedef struct support_graph {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
} support_graph;

/* For cmocka: *state is a support_graph. */
int support_graph_setup(void **state);
int support_graph_teardown(void **state);

#endif
