/* MCSC as its released code runs it (Liu et al., BMVC 2023), which the paper does not say: at first only the labelled
 * half of the batch is compared, and from the first validation on network 0 stays in inference mode: its batch norm
 * takes the running statistics, which stand still, and its dropout is off. With train.faithful = yes, the contrast's
 * own quirks come along. Its U-Net's head is a 3x3 convolution started by Xavier's normal distribution; here it starts
 * as all convolutions do. */
#include "methods/cross_teaching.h"

#include "contrasts/table.h"
#include "methods/table.h"

typedef struct released_options {
    int frozen_from, labelled_until;
} released_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(released_options, frozen_from, 1200, 0, 1 << 30, "iteration from which network 0 is frozen so"),
    SEP_SETTING_INT(released_options, labelled_until, 3000, 0, 1 << 30,
                    "iteration from which unlabelled pixels are compared too"),
    {0},
};

/* A stage for each pair of answers: whether network 0 is frozen, whether unlabelled pixels are compared. */
enum { FROZEN = 1, ALL_COMPARED = 2, STAGES = 4 };

static int stage(const sep_moment *now)
{
    const released_options *o = now->options;

    return (now->iteration >= o->frozen_from ? FROZEN : 0) | (now->iteration >= o->labelled_until ? ALL_COMPARED : 0);
}

static sep_halves apply(sep_step *s, int student)
{
    bool frozen = student == 0 && (s->stage & FROZEN) != 0;

    if (frozen)
        sep_inference_push(s->graph);
    sep_halves halves = sep_student_halves(s, student);
    if (frozen)
        sep_inference_pop(s->graph);
    return halves;
}

static sep_status build(sep_step *s)
{
    sep_halves net[2];

    for (int i = 0; i < 2; i++)
        net[i] = apply(s, i);
    sep_learn_cross_teaching(s, net);
    const sep_compared all[2] = {{0, net[0], net[1].labelled, net[1].unlabelled},
                                 {1, net[1], net[0].labelled, net[0].unlabelled}};
    const sep_compared labelled[2] = {{0, net[0], net[1].labelled, NULL}, {1, net[1], net[0].labelled, NULL}};
    sep_learn_registered(s, all, 2);
    sep_learn_contrast(s, (s->stage & ALL_COMPARED) != 0 ? all : labelled, 2);
    return sep_graph_status(s->graph);
}

const sep_method sep_mcsc_released = {
    .name = "mcsc-released",
    .summary = "mcsc as its released code runs it: labelled pixels first, a frozen norm later",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(released_options),
    .compares = true,
    .contrast = &sep_contrast_mcsc,
    .stages = STAGES,
    .stage = stage,
    .build = build,
};
