/* Cross teaching (Luo et al. 2022): two networks of different kinds; each learns the other's argmax on the unlabelled
 * slices, by Dice. */
#include "methods/cross_teaching.h"

#include "methods/table.h"

void sep_learn_cross_teaching(sep_step *s, const sep_halves net[2])
{
    for (int i = 0; i < 2; i++) {
        sep_learn(s, i, "supervised", sep_supervised_halves(s, &net[i]), NULL);
        sep_learn(s, i, "cross teaching", sep_pseudo_dice(s->graph, net[i].unlabelled, net[1 - i].unlabelled),
                  sep_ramp_weight);
    }
}

sep_status sep_build_cross_teaching(sep_step *s)
{
    sep_halves net[2];

    for (int i = 0; i < 2; i++)
        net[i] = sep_student_halves(s, i);
    sep_learn_cross_teaching(s, net);
    sep_learn_cross_additions(s, net);
    return sep_graph_status(s->graph);
}

const sep_method sep_cross_teaching = {
    .name = "cross-teaching",
    .summary = "two networks, each learns the other's prediction on unlabelled slices",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .compares = true,
    .build = sep_build_cross_teaching,
};
