/* A graph that trains, on a store of its own. */
#include "support_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int support_graph_setup(void **state)
{
    support_graph *f = sep_calloc(1, sizeof *f);

    assert_int_equal(sep_cpu_create(1, NULL, &f->device), SEP_OK);
    assert_int_equal(sep_store_create(f->device, 1, &f->store), SEP_OK);
    f->graph = sep_graph_create(f->store, true);
    *state = f;
    return 0;
}

int support_graph_teardown(void **state)
{
    support_graph *f = *state;

    sep_graph_destroy(f->graph);
    sep_store_destroy(f->store);
    sep_device_destroy(f->device);
    sep_free(f);
    return 0;
}
