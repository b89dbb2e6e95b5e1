/* Cross teaching (Luo et al. 2022): two networks of different kinds; each learns the other's argmax on the unlabelled
 * slices, by Dice. */
#include "methods/table.h"

#include "septum/losses.h"
#include "septum/ops.h"

static sep_node *learn_from_other(sep_step *s, int student)
{
    sep_node *pseudo = sep_pseudo_dice(s->graph, s->unlabelled_logits[student], s->unlabelled_logits[1 - student]);

    sep_term(s, student, "cross teaching", pseudo);
    return sep_mul(s->graph, pseudo, sep_ramp_up(s));
}

static sep_status losses(sep_step *s)
{
    for (int i = 0; i < 2; i++) {
        sep_node *supervised = sep_supervised_loss(s, i);
        s->loss[i] = sep_add(s->graph, supervised, learn_from_other(s, i));
    }
    return sep_graph_status(s->graph);
}

const sep_method sep_cross_teaching = {
    .name = "cross-teaching",
    .summary = "two networks, each learns the other's prediction on unlabelled slices",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .losses = losses,
};
