/* Cross pseudo supervision (Chen et al. 2021): two networks of one kind that start differently; each learns the other's
 * argmax on the unlabelled slices, by cross entropy. `loss = dice` is cross teaching's, between equals. */
#include "methods/table.h"

#include "septum/losses.h"

typedef enum cps_loss { BY_CROSS_ENTROPY = 0, BY_DICE } cps_loss;
typedef struct cps_options {
    cps_loss loss;
} cps_options;

static const sep_setting settings[] = {
    SEP_SETTING_CHOICE(cps_options, loss, "cross-entropy|dice", BY_CROSS_ENTROPY,
                       "by which the other's labels are learned"),
    {0},
};

static sep_status build(sep_step *s)
{
    const cps_options *o = s->options;
    sep_halves net[2];

    for (int i = 0; i < 2; i++)
        net[i] = sep_student_halves(s, i);
    for (int i = 0; i < 2; i++) {
        sep_node *mine = net[i].unlabelled, *other = net[1 - i].unlabelled;
        sep_node *pseudo = o->loss == BY_DICE ? sep_pseudo_dice(s->graph, mine, other)
                                              : sep_pseudo_cross_entropy(s->graph, mine, other);
        sep_learn(s, i, "supervised", sep_supervised_halves(s, &net[i]), NULL);
        sep_learn(s, i, "pseudo labels", pseudo, sep_ramp_weight);
    }
    sep_learn_cross_additions(s, net);
    return sep_graph_status(s->graph);
}

const sep_method sep_cps = {
    .name = "cps",
    .summary = "two networks of one kind, each learns the other's labels of unlabelled slices",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(cps_options),
    .compares = true,
    .build = build,
};
