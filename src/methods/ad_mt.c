/* Alternate diverse teaching (Zhao et al., ECCV 2024): two moving averages of one student, of which only one is moved
 * at a time, by turns of random length. They label together, each counting more where it is surer; where they disagree
 * and the student is surer than both, its word is taken. In the turns of the first the student learns this from the
 * strongly changed image, in those of the second from the plain one with a box of another in it, so that the two come
 * to differ.
 *
 * In the released code the teacher whose turn it is labels in training mode; here both are in inference mode, and the
 * student's word too, for which the code sends the plain images through it a second time. */
#include "methods/mixing.h"
#include "methods/table.h"

#include "septum/losses.h"
#include "septum/ops.h"
#include "septum/train.h"

#define SMALLEST 1e-8f /* within the logarithm of entropies */

typedef struct ad_mt_options {
    float decay, threshold, weight, rise;
    int longest;
    sep_box_settings box;
} ad_mt_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(ad_mt_options, decay, 0.99, 0, 1, "of the teachers' moving averages"),
    SEP_SETTING_FLOAT(ad_mt_options, threshold, 0.95, 0, 1, "probability from which a pixel is learned"),
    SEP_SETTING_FLOAT(ad_mt_options, weight, 2, 0, 1e6, "of the pseudo-labels' loss, once it has grown"),
    SEP_SETTING_FLOAT(ad_mt_options, rise, 0.25, 1e-6, 1, "share of the run over which that weight grows"),
    SEP_SETTING_INT(ad_mt_options, longest, 50, 1, 1 << 20, "iterations that a turn lasts at most"),
    SEP_BOX_SETTINGS(ad_mt_options, 0.02, 0.4, 3.3),
    {0},
};

/* ---- turns ------------------------------------------------------------------------------------------------------- */

typedef struct turns {
    int teacher;      /* whose turn it is */
    int64_t moved[2]; /* how often each was moved, this iteration included */
} turns;

/* A walk from the start of the run: turn k lasts as long as the draw k says. */
static turns turns_of(const sep_moment *now)
{
    const ad_mt_options *o = now->options;
    const sep_random random = {.seed = now->seed, .stream = sep_stream("ad_mt.turn")};
    int64_t left = now->iteration + 1;
    turns t = {0};

    for (uint64_t k = 0;; k++) {
        const int64_t length = 1 + (int64_t)sep_random_below(&random, k, (uint32_t)o->longest);
        t.teacher = (int)(k % 2);
        t.moved[t.teacher] += left < length ? left : length;
        if (left <= length)
            return t;
        left -= length;
    }
}

static void moves_of(const sep_moment *now, int teacher, float *values)
{
    const turns t = turns_of(now);

    values[0] = t.teacher == teacher ? (float)t.moved[teacher] : 0.0f;
}

static void first_moves(const sep_moment *now, float *values, int64_t count)
{
    (void)count;
    moves_of(now, 0, values);
}

static void second_moves(const sep_moment *now, float *values, int64_t count)
{
    (void)count;
    moves_of(now, 1, values);
}

/* ---- what the host says ------------------------------------------------------------------------------------------ */

/* 1 in the turns of the second teacher, for each sample. */
static void draw_turn(const sep_moment *now, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)turns_of(now).teacher;
}

static void draw_boxes(const sep_moment *now, float *values, int64_t count)
{
    const ad_mt_options *o = now->options;
    sep_box_settings boxes = o->box;

    boxes.probability = 1.0f;
    sep_draw_boxes(now, "ad_mt.box", &boxes, false, values, count);
}

static void weight(const sep_moment *now, float *values, int64_t count)
{
    const ad_mt_options *o = now->options;
    const int64_t rise = (int64_t)((double)o->rise * (double)now->iterations + 0.5);

    (void)count;
    values[0] = o->weight * sep_ramp_value(SEP_RAMP_LINEAR, now->iteration, rise > 0 ? rise : 1);
}

/* ---- what is learned --------------------------------------------------------------------------------------------- */

static sep_node *teacher_says(sep_step *s, int number, sep_node *x)
{
    const ad_mt_options *o = s->options;
    const sep_teacher_kind kind = {
        .decay = o->decay, .infers = true, .moves = number == 0 ? first_moves : second_moves};
    sep_node *logits = sep_teacher_of_kind(s, 0, number, x, &kind).logits;

    return logits != NULL ? sep_softmax(s->graph, logits) : NULL;
}

static sep_node *student_says(sep_step *s, sep_node *x)
{
    sep_inference_push(s->graph);
    sep_node *logits = sep_student(s, 0, x).logits;
    sep_inference_pop(s->graph);
    return logits != NULL ? sep_detach(s->graph, sep_softmax(s->graph, logits)) : NULL;
}

/* exp(-entropy): [N, H, W, 1]. */
static sep_node *sureness(sep_graph *g, sep_node *p)
{
    return sep_exp(g, sep_scale(g, sep_entropy(g, p, SMALLEST), -1.0f));
}

static sep_node *weighed_mean(sep_graph *g, sep_node *a, sep_node *b)
{
    sep_node *of_a = sureness(g, a), *of_b = sureness(g, b);
    sep_node *part_of_a = sep_mul(g, a, of_a), *part_of_b = sep_mul(g, b, of_b);
    sep_node *sum = sep_add(g, part_of_a, part_of_b);

    return sep_divide(g, sum, sep_add(g, of_a, of_b));
}

/* 1 where the two see another class. */
static sep_node *disagree(sep_graph *g, sep_node *a, sep_node *b)
{
    sep_node *of_a = sep_pseudo_labels(g, a, false), *of_b = sep_pseudo_labels(g, b, false);
    sep_node *same = sep_sum_channels(g, sep_mul(g, of_a, of_b)), *half = sep_constant(g, SEP_SHAPE(1), 0.5f);

    return sep_less(g, same, half);
}

/* Certain pixels of the plain images, each with the class that is seen there. */
static sep_node *pseudo_target(sep_step *s, sep_node *weak)
{
    const ad_mt_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *first = teacher_says(s, 0, weak), *second = teacher_says(s, 1, weak), *own = student_says(s, weak);

    if (first == NULL || second == NULL || own == NULL)
        return NULL;
    sep_node *fused = weighed_mean(g, first, second);
    sep_node *theirs = sep_max_channels(g, fused), *its = sep_max_channels(g, own);
    sep_node *surer = sep_less(g, theirs, its), *open = disagree(g, first, second);
    sep_node *p = sep_mixed(g, sep_mul(g, open, surer), own, fused);
    sep_node *certain = sep_certain(g, p, sep_constant(g, SEP_SHAPE(1), o->threshold));
    sep_node *labels = sep_pseudo_labels(g, p, false);

    return sep_detach(g, sep_mul(g, labels, certain));
}

static sep_status build(sep_step *s)
{
    const ad_mt_options *o = s->options;
    sep_graph *g = s->graph;
    const int n = s->unlabelled;

    SEP_TRY(sep_boxes_check("ad-mt", &o->box));
    sep_node *weak = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){0});
    sep_node *strong = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){.strong = true});
    sep_node *target = weak != NULL ? pseudo_target(s, weak) : NULL;
    if (target == NULL)
        return sep_graph_status(g);
    sep_node *box = sep_boxes(s, n, draw_boxes);
    sep_node *turn = sep_host(s, SEP_SHAPE(n, 1, 1, 1), draw_turn), *mixes = sep_mul(g, box, turn);
    sep_node *plain = sep_mixed(g, turn, weak, strong);
    sep_halves student = sep_student_halves_of(s, 0, sep_mixed(g, mixes, sep_rolled(g, weak, 1, n), plain));
    sep_node *learned = sep_mixed(g, mixes, sep_rolled(g, target, 1, n), target);

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &student), NULL);
    sep_learn(s, 0, "pseudo labels", sep_weighed_dice(g, student.unlabelled, learned), weight);
    return sep_graph_status(g);
}

const sep_method sep_ad_mt = {
    .name = "ad-mt",
    .summary = "two moving averages, moved by turns, label together; the student learns from one kind of image a turn",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(ad_mt_options),
    .build = build,
};
