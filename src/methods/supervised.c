/* Learning from labelled slices alone: "labelled only" with few of them, "fully supervised" with all. */
#include "methods/table.h"

static sep_status losses(sep_step *step)
{
    step->loss[0] = sep_supervised_loss(step, 0);
    return sep_graph_status(step->graph);
}

const sep_method sep_supervised = {
    .name = "supervised",
    .summary = "one network, labelled slices only",
    .students_low = 1,
    .students_high = 1,
    .losses = losses,
};
