/* Bidirectional copy-paste (Bai et al., CVPR 2023). At first a part of one labelled image is pasted into another; from
 * the best of these networks on, parts of unlabelled images are pasted into labelled ones and the other way round, and
 * what is unlabelled learns the labels that the network's moving average gives it: of each class the largest component.
 *
 * The released code labels by its average in training mode, which here is a setting; its Dice loss counts the whole
 * image for the background, which its authors have mended since and nobody needs. */
#include "methods/mixing.h"
#include "methods/table.h"

#include "losses/parts.h"

typedef enum teacher_mode { INFERENCE = 0, TRAINING } teacher_mode;
typedef enum box_kind { BY_SAMPLE = 0, BY_BATCH } box_kind;
typedef struct copy_paste_options {
    float pretraining, decay, side, weight;
    bool components;
    teacher_mode teacher;
    box_kind box;
} copy_paste_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(copy_paste_options, pretraining, 0.25, 0, 1, "share of the run that pastes labelled images only"),
    SEP_SETTING_FLOAT(copy_paste_options, decay, 0.99, 0, 1, "of the teacher's moving average"),
    SEP_SETTING_FLOAT(copy_paste_options, side, 0.6667, 0.05, 1, "of the box, as a share of the patch's"),
    SEP_SETTING_FLOAT(copy_paste_options, weight, 0.5, 0, 1e6, "of pseudo-labelled pixels beside labelled ones"),
    SEP_SETTING_BOOL(copy_paste_options, components, true, "of each class only the largest component is learned"),
    SEP_SETTING_QUIRK(copy_paste_options, teacher, "inference|training", INFERENCE, TRAINING,
                      "how the moving average works while it labels"),
    SEP_SETTING_QUIRK(copy_paste_options, box, "sample|batch", BY_SAMPLE, BY_BATCH,
                      "whether each sample has a box of its own"),
    {0},
};

enum { OF_LABELLED, OF_BOTH, STAGES };

static int stage(const sep_moment *now)
{
    const copy_paste_options *o = now->options;

    return (float)now->iteration >= o->pretraining * (float)now->iterations ? OF_BOTH : OF_LABELLED;
}

static void draw_boxes(const sep_moment *now, float *values, int64_t count)
{
    const copy_paste_options *o = now->options;
    const float area = o->side * o->side;
    const sep_box_settings boxes = {.probability = 1.0f, .low = area, .high = area, .aspect = 1.0f};

    sep_draw_boxes(now, "copy_paste.box", &boxes, o->box == BY_BATCH, values, count);
}

/* Two halves of the samples of a kind: images and what is to be learned of them. */
typedef struct half {
    sep_node *image, *target;
} half;

static half half_of(sep_graph *g, sep_node *image, sep_node *target, int which)
{
    if (image == NULL || target == NULL)
        return (half){0};
    const int count = sep_node_shape(target)->dim[0] / 2;

    return (half){sep_batch_range(g, image, which * count, count), sep_batch_range(g, target, which * count, count)};
}

static sep_node *masked(sep_graph *g, sep_node *target, sep_node *mask)
{
    return target != NULL && mask != NULL ? sep_mul(g, target, mask) : NULL;
}

/* The student sees `inside` in the boxes and `outside` around them; each region is a loss of its own. */
static void learn_pasted(sep_step *s, const half *inside, const half *outside, sep_node *box, sep_node *loss[2])
{
    sep_graph *g = s->graph;
    sep_node *around = sep_loss_complement(g, box);
    const sep_net_output output = sep_student(s, 0, sep_mixed(g, box, inside->image, outside->image));

    loss[0] = sep_supervised_mixture(s, &output, masked(g, inside->target, box));
    loss[1] = sep_supervised_mixture(s, &output, masked(g, outside->target, around));
}

/* What the moving average says of the unlabelled images as geometry alone shows them. */
static sep_node *pseudo_target(sep_step *s)
{
    const copy_paste_options *o = s->options;
    sep_node *weak = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){0});
    sep_net_output taught =
        o->teacher == TRAINING ? sep_teacher(s, 0, weak, o->decay) : sep_inference_teacher(s, 0, weak, o->decay);

    return taught.logits != NULL ? sep_pseudo_labels(s->graph, taught.logits, o->components) : NULL;
}

static void learn_from_labelled(sep_step *s, const half labelled[2])
{
    sep_node *loss[2];

    learn_pasted(s, &labelled[0], &labelled[1], sep_boxes(s, s->labelled / 2, draw_boxes), loss);
    sep_learn(s, 0, "supervised", sep_add(s->graph, loss[0], loss[1]), NULL);
}

static void weight(const sep_moment *now, float *values, int64_t count)
{
    const copy_paste_options *o = now->options;

    (void)count;
    values[0] = o->weight;
}

/* The first halves: labelled into unlabelled; the second: unlabelled into labelled. */
static void learn_from_both(sep_step *s, const half labelled[2])
{
    sep_graph *g = s->graph;
    sep_node *image = sep_unlabelled_image(s), *target = pseudo_target(s),
             *box = sep_boxes(s, s->labelled / 2, draw_boxes);
    const half unlabelled[2] = {half_of(g, image, target, 0), half_of(g, image, target, 1)};
    sep_node *into_unlabelled[2], *into_labelled[2];

    learn_pasted(s, &labelled[0], &unlabelled[0], box, into_unlabelled);
    learn_pasted(s, &unlabelled[1], &labelled[1], box, into_labelled);
    sep_learn(s, 0, "supervised", sep_add(g, into_unlabelled[0], into_labelled[1]), NULL);
    sep_learn(s, 0, "pseudo labels", sep_add(g, into_unlabelled[1], into_labelled[0]), weight);
}

static sep_status build(sep_step *s)
{
    sep_graph *g = s->graph;

    if (s->labelled % 2 != 0 || s->labelled != s->unlabelled)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "method 'copy-paste' pastes halves of the batch into each other: train.labelled_batch (%d) and "
                        "train.unlabelled_batch (%d) must be equal and even",
                        s->labelled, s->unlabelled);
    sep_node *image = sep_batch_range(g, s->image, 0, s->labelled), *target = sep_labelled_target(s, s->labelled);
    const half labelled[2] = {half_of(g, image, target, 0), half_of(g, image, target, 1)};

    if (s->stage == OF_LABELLED)
        learn_from_labelled(s, labelled);
    else
        learn_from_both(s, labelled);
    return sep_graph_status(g);
}

const sep_method sep_copy_paste = {
    .name = "copy-paste",
    .summary = "parts of labelled and unlabelled images pasted into each other, labelled by the moving average",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .learns_mixtures = true,
    .settings = settings,
    .options_size = sizeof(copy_paste_options),
    .stages = STAGES,
    .stage = stage,
    .stage_starts_from_best = true,
    .build = build,
};
