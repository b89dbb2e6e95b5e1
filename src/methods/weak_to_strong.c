/* Weak-to-strong consistency with CutMix: UniMatch (Yang et al., CVPR 2023) without its disturbed features, whose loss
 * is a tenth of the others' in the published logs. What the moving average is certain of in an unlabelled image as
 * geometry alone shows it, the student learns from the same image after strong photometry, with a box of another one in
 * it.
 *
 * Published are two strong images, the student itself in training mode for labels, and Dice alone, from the first step:
 * settings. The moving average has to wait: at first it is certain of background alone, and what learns that from it
 * finds nothing else any more (docs/results/acdc.md). */
#include "methods/mixing.h"
#include "methods/table.h"

#include "septum/losses.h"
#include "septum/ops.h"

typedef enum labeller { AVERAGE = 0, STUDENT } labeller;
typedef enum pseudo_loss { DICE_AND_CROSS_ENTROPY = 0, DICE_ALONE } pseudo_loss;
typedef struct weak_to_strong_options {
    float decay, threshold, weight, warm_up;
    int images;
    labeller labeller;
    pseudo_loss loss;
    sep_box_settings box;
} weak_to_strong_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(weak_to_strong_options, decay, 0.99, 0, 1, "of the labelling moving average"),
    SEP_SETTING_FLOAT(weak_to_strong_options, threshold, 0.95, 0, 1, "probability from which a pixel is learned"),
    SEP_SETTING_FLOAT(weak_to_strong_options, weight, 1, 0, 1e6, "of the pseudo-labels' loss"),
    SEP_SETTING_INT(weak_to_strong_options, images, 1, 1, 2, "strong images of each weak one"),
    SEP_SETTING_NAMED("warm_up", weak_to_strong_options, warm_up, SEP_SETTING_IS_FLOAT, 0.2, 0, 0.9, NULL,
                      "share of the run before pseudo-labels count", 0),
    SEP_SETTING_QUIRK(weak_to_strong_options, labeller, "average|student", AVERAGE, STUDENT,
                      "who labels: the moving average in inference mode, or the student as it trains"),
    SEP_SETTING_QUIRK(weak_to_strong_options, loss, "dice-ce|dice", DICE_AND_CROSS_ENTROPY, DICE_ALONE,
                      "by which pseudo-labels are learned"),
    SEP_SETTING_NAMED("mixed", weak_to_strong_options, box.probability, SEP_SETTING_IS_FLOAT, 0.5, 0, 1, NULL,
                      "share of images with a box of another one", 0.5),
    SEP_BOX_SETTINGS(weak_to_strong_options, 0.02, 0.4, 3.3),
    {0},
};

static void draw_boxes(const sep_moment *now, float *values, int64_t count)
{
    const weak_to_strong_options *o = now->options;

    sep_draw_boxes(now, "weak_to_strong.box", &o->box, false, values, count);
}

static void weight(const sep_moment *now, float *values, int64_t count)
{
    const weak_to_strong_options *o = now->options;

    (void)count;
    values[0] = (float)now->iteration >= o->warm_up * (float)now->iterations ? o->weight : 0.0f;
}

/* Certain pixels of the unlabelled images, each with the class that its labeller sees there. */
static sep_node *pseudo_target(sep_step *s)
{
    const weak_to_strong_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *weak = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){0});
    sep_node *logits =
        o->labeller == STUDENT ? sep_student(s, 0, weak).logits : sep_inference_teacher(s, 0, weak, o->decay).logits;

    if (logits == NULL)
        return NULL;
    sep_node *p = sep_detach(g, sep_softmax(g, logits));
    sep_node *threshold = sep_constant(g, SEP_SHAPE(1), o->threshold);
    sep_node *certain = sep_certain(g, p, threshold), *labels = sep_pseudo_labels(g, p, false);

    return sep_mul(g, labels, certain);
}

/* Each sample with a box of the next one: `images` strong images a sample, one batch behind the other. */
static void mix(sep_step *s, sep_node *target, sep_node **image, sep_node **mixed_target)
{
    const weak_to_strong_options *o = s->options;
    sep_graph *g = s->graph;
    const int n = s->unlabelled;
    sep_node *boxes = sep_boxes(s, o->images * n, draw_boxes);

    for (int i = 0; i < o->images; i++) {
        sep_node *strong = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){.number = i, .strong = true});
        sep_node *box = sep_batch_range(g, boxes, i * n, n);
        sep_node *seen = sep_mixed(g, box, sep_rolled(g, strong, 1, n), strong);
        sep_node *learned = sep_mixed(g, box, sep_rolled(g, target, 1, n), target);
        *image = i == 0 ? seen : sep_concat_batch(g, *image, seen);
        *mixed_target = i == 0 ? learned : sep_concat_batch(g, *mixed_target, learned);
    }
}

static sep_status build(sep_step *s)
{
    const weak_to_strong_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *target = pseudo_target(s), *image = NULL, *mixed_target = NULL;

    SEP_TRY(sep_boxes_check("weak-to-strong", &o->box));
    if (target == NULL)
        return sep_graph_status(g);
    mix(s, target, &image, &mixed_target);
    sep_halves student = sep_student_halves_of(s, 0, image);
    sep_node *loss = o->loss == DICE_ALONE
                         ? sep_weighed_dice(g, student.unlabelled, mixed_target)
                         : sep_weighed_loss(g, student.unlabelled, mixed_target, s->cross_entropy_weight);

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &student), NULL);
    sep_learn(s, 0, "pseudo labels", loss, weight);
    return sep_graph_status(g);
}

const sep_method sep_weak_to_strong = {
    .name = "weak-to-strong",
    .summary = "what is certain in plain unlabelled images is learned from strongly changed and mixed ones",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(weak_to_strong_options),
    .build = build,
};
