/* Learning from labelled slices alone: "labelled only" with few of them, "fully supervised" with all. */
#include "methods/table.h"

static sep_status build(sep_step *s)
{
    sep_learn_labelled(s);
    return sep_graph_status(s->graph);
}

const sep_method sep_supervised = {
    .name = "supervised",
    .summary = "one network, labelled slices only",
    .students_low = 1,
    .students_high = 1,
    .build = build,
};
