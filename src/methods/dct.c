/* Deep co-training (Qiao et al. 2018), in the form that semi-supervised comparisons run: one network, whose predictions
 * for an unlabelled slice and for the same slice turned by quarters must agree. Each side learns from the other. */
#include "methods/table.h"

#include "septum/ops.h"

static void draw_turns(const sep_moment *now, float *values, int64_t count)
{
    const sep_random random = sep_moment_random(now, "dct.turns");

    (void)count;
    values[0] = (float)sep_random_below(&random, 0, 4);
}

/* The turned pass judges the straight one, turned back. */
static void learn_additions(sep_step *s, sep_halves student, sep_node *turned, sep_node *turns)
{
    sep_node *back = sep_turn_back(s->graph, sep_detach(s->graph, turned), turns);

    sep_learn_additions(s, &(sep_compared){0, student, student.labelled, back}, 1);
}

static sep_status build(sep_step *s)
{
    sep_graph *g = s->graph;
    sep_halves student = sep_student_halves(s, 0);
    sep_node *turns = sep_host(s, SEP_SHAPE(1), draw_turns);
    sep_node *turned = sep_student(s, 0, sep_turn(g, sep_unlabelled_image(s), turns)).logits;
    sep_node *straight_first = sep_turn(g, sep_softmax(g, student.unlabelled), turns);
    sep_node *turned_first = sep_softmax(g, turned);
    sep_node *to_turned = sep_mse(g, turned_first, sep_detach(g, straight_first));
    sep_node *to_straight = sep_mse(g, straight_first, sep_detach(g, turned_first));

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &student), NULL);
    sep_learn(s, 0, "agreement", sep_scale(g, sep_add(g, to_turned, to_straight), 0.5f), sep_ramp_weight);
    learn_additions(s, student, turned, turns);
    return sep_graph_status(g);
}

const sep_method sep_dct = {
    .name = "dct",
    .summary = "a network that says the same of a slice and of the slice turned",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .compares = true,
    .build = build,
};
