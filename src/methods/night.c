/* The method that `septum plan` chooses where there are few labels: what measurement supports of copy-paste (Bai et
 * al., CVPR 2023) and weak-to-strong consistency (Yang et al., CVPR 2023), on one network or two: then both learn from
 * the same mixtures, and their moving averages label together, by the mean of their probabilities.
 *
 * At first it learns from labelled images, some with a part of another labelled one in them. Then the moving average,
 * in inference mode, labels the unlabelled images as geometry alone shows them; of each class the largest component
 * stays, and the student learns what is certain from the strongly changed image with a part of a labelled or another
 * unlabelled one in it. A class of which less is certain than its share of the labelled pixels promises has a lower
 * threshold, so that one which is hard at first (the right ventricle, with one labelled heart) does not starve. Late in
 * the run the unlabelled scans are labelled once, volume by volume, by the mean over the symmetries that augmentation
 * shows, and what the moving average says of an image is mixed with that. With night.restart a new network begins
 * there; what it says of an image is not worth learning at first, so for half of the time that is left it learns the
 * volumes' labels alone.
 *
 * With train.registered the start is with all images: what registration says of the unlabelled ones
 * (septum/registered.h) stands where later the labels of the moving average do. */
#include "methods/mixing.h"
#include "methods/table.h"

#include "losses/parts.h"

#define MEMORY_DECAY 0.99f /* of the moving shares of classes */
#define SMALLEST     1e-6f /* share of a class that is there */

typedef struct night_options {
    float warm_up, rise, relabel, decay, threshold, lowest, weight;
    float pasted, labelled_pasted, volumes;
    bool restart, components, symmetries;
    sep_box_settings box;
} night_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(night_options, warm_up, 0.2, 0, 0.9, "share of the run that learns from labelled images only"),
    SEP_SETTING_FLOAT(night_options, rise, 0.05, 0, 0.9,
                      "share of the run in which pseudo-labels rise to their weight"),
    SEP_SETTING_FLOAT(night_options, relabel, 0.6, 0, 1,
                      "share of the run after which the scans are labelled volume by volume; 1: they never are"),
    SEP_SETTING_FLOAT(night_options, volumes, 0.5, 0, 1,
                      "what these labels count beside those of the image, from then on"),
    SEP_SETTING_BOOL(night_options, symmetries, true,
                     "volumes are labelled by the mean over the mirrors and quarter turns that augmentation shows"),
    SEP_SETTING_BOOL(night_options, restart, false,
                     "a new network then, which for half of what is left learns these labels alone"),
    SEP_SETTING_FLOAT(night_options, decay, 0.99, 0, 1, "of the labelling moving average"),
    SEP_SETTING_FLOAT(night_options, threshold, 0.95, 0, 1, "probability from which a pixel is learned"),
    SEP_SETTING_FLOAT(night_options, lowest, 0.7, 0, 1, "threshold of a class of which nothing is certain"),
    SEP_SETTING_FLOAT(night_options, weight, 1, 0, 1e6, "of the pseudo-labels' loss"),
    SEP_SETTING_FLOAT(night_options, pasted, 0.5, 0, 1,
                      "share of boxes in unlabelled images that are of labelled ones"),
    SEP_SETTING_FLOAT(night_options, labelled_pasted, 0.5, 0, 1,
                      "share of labelled images with a box of another one during the warm-up"),
    SEP_SETTING_BOOL(night_options, components, true, "of each class only the largest component is learned"),
    SEP_SETTING_NAMED("mixed", night_options, box.probability, SEP_SETTING_IS_FLOAT, 0.75, 0, 1, NULL,
                      "share of unlabelled images with a box of another one", 0.75),
    SEP_BOX_SETTINGS(night_options, 0.1, 0.45, 2),
    {0},
};

enum { OF_LABELLED, OF_ALL, OF_VOLUMES, STAGES };

static int stage(const sep_moment *now)
{
    const night_options *o = now->options;
    const float done = (float)now->iteration / (float)now->iterations;

    return done < o->warm_up ? OF_LABELLED : done < o->relabel ? OF_ALL : OF_VOLUMES;
}

/* ---- what the host says ------------------------------------------------------------------------------------------ */

static void draw_boxes(const sep_moment *now, float *values, int64_t count)
{
    const night_options *o = now->options;

    sep_draw_boxes(now, "night.box", &o->box, false, values, count);
}

static void draw_labelled_boxes(const sep_moment *now, float *values, int64_t count)
{
    const night_options *o = now->options;
    sep_box_settings boxes = o->box;

    boxes.probability = o->labelled_pasted;
    sep_draw_boxes(now, "night.labelled_box", &boxes, false, values, count);
}

/* 1 where the box shows a labelled image. */
static void draw_donors(const sep_moment *now, float *values, int64_t count)
{
    const night_options *o = now->options;
    const sep_random random = sep_moment_random(now, "night.donor");

    for (int64_t i = 0; i < count; i++)
        values[i] = sep_random_uniform(&random, (uint64_t)i) < o->pasted ? 1.0f : 0.0f;
}

static void weight(const sep_moment *now, float *values, int64_t count)
{
    const night_options *o = now->options;
    const float done = (float)now->iteration / (float)now->iterations, risen = done - o->warm_up;

    (void)count;
    values[0] = risen < o->rise ? o->weight * risen / o->rise : o->weight;
}

/* What the labels of volumes count in each image: all, until the new network knows something. */
static void share_behind_restart(const sep_moment *now, float *values, int64_t count)
{
    const night_options *o = now->options;
    const bool knows_nothing = 2 * now->iteration < now->stage_begin + now->iterations;

    for (int64_t i = 0; i < count; i++)
        values[i] = knows_nothing ? 1.0f : o->volumes;
}

/* ---- thresholds -------------------------------------------------------------------------------------------------- */

/* The moving mean up to the step before of each class's share of the pixels that `target` has: [C], 0 at the start. */
static sep_node *moving_share(sep_step *s, const char *name, sep_node *target)
{
    sep_graph *g = s->graph;
    const sep_shape *shape = sep_node_shape(target);
    const float pixels = (float)(sep_shape_count(shape) / sep_shape_last(shape));
    sep_node *memory = sep_memory(s, name, SEP_SHAPE(sep_shape_last(shape)), SEP_F32);
    sep_node *share = sep_scale(g, sep_sum_rows(g, target), (1.0f - MEMORY_DECAY) / pixels);

    sep_overwrite(g, memory, sep_add(g, sep_scale(g, memory, MEMORY_DECAY), share));
    return memory;
}

/* lowest + (threshold - lowest) min(1, 2 certain / promised), class by class: a class reaches its whole threshold when
 * half of what the labelled images promise is certain. */
static sep_node *thresholds(sep_step *s, sep_node *certain, sep_node *promised)
{
    const night_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *there = sep_loss_at_least(g, promised, SMALLEST);
    sep_node *share = sep_divide(g, sep_scale(g, certain, 2.0f), there), *one = sep_constant(g, SEP_SHAPE(1), 1.0f);

    return sep_loss_plus(g, sep_scale(g, sep_minimum(g, share, one), o->threshold - o->lowest), o->lowest);
}

/* What the moving averages say of the unlabelled images: the mean of their probabilities. */
static sep_node *teachers_word(sep_step *s)
{
    const night_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *weak = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){0}), *sum = NULL;

    for (int i = 0; i < s->students; i++) {
        sep_node *p = sep_softmax(g, sep_inference_teacher(s, i, weak, o->decay).logits);

        sum = i == 0 ? p : sep_add(g, sum, p);
    }
    return s->students == 1 ? sum : sep_scale(g, sum, 1.0f / (float)s->students);
}

/* Certain pixels of the unlabelled images, each with the class that the moving averages see there. */
static sep_node *pseudo_target(sep_step *s, sep_node *labelled)
{
    const night_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *p = teachers_word(s);

    if (p == NULL || labelled == NULL)
        return NULL;
    sep_node *labels = sep_pseudo_labels(g, p, o->components);
    sep_node *memory = sep_memory(s, "night.certain", SEP_SHAPE(s->spec[0].classes), SEP_F32);
    sep_node *threshold = thresholds(s, memory, moving_share(s, "night.promised", labelled));
    sep_node *certain = sep_certain(g, p, sep_sum_channels(g, sep_mul(g, labels, threshold)));
    sep_node *target = sep_detach(g, sep_mul(g, labels, certain));

    moving_share(s, "night.certain", target);
    return target;
}

/* Those labels, and as far as they are certain the ones of the whole volume. */
static sep_node *with_volumes(sep_step *s, sep_node *pseudo)
{
    const night_options *o = s->options;
    const sep_shape each = SEP_SHAPE(s->unlabelled, 1, 1, 1);

    if (s->stage != OF_VOLUMES || pseudo == NULL)
        return pseudo;
    sep_node *share = o->restart ? sep_host(s, each, share_behind_restart) : sep_constant(s->graph, each, o->volumes);

    return sep_mixed(s->graph, share, sep_registered_target(s, true), pseudo);
}

/* ---- what is learned --------------------------------------------------------------------------------------------- */

static void learn_from_labelled(sep_step *s, sep_node *image, sep_node *target)
{
    sep_graph *g = s->graph;
    const int n = s->labelled;
    sep_node *box = sep_boxes(s, n, draw_labelled_boxes);
    sep_node *seen = sep_mixed(g, box, sep_rolled(g, image, 1, n), image);
    sep_node *learned = sep_mixed(g, box, sep_rolled(g, target, 1, n), target);

    for (int i = 0; i < s->students; i++) {
        const sep_net_output output = sep_student(s, i, seen);

        sep_learn(s, i, "supervised", sep_supervised_mixture(s, &output, learned), NULL);
    }
}

/* How unlabelled images are mixed: what lies in the box is of a labelled image where `donor` says so, else of the next
 * one. */
typedef struct night_masks {
    sep_node *box, *donor;
} night_masks;

/* Images, or labels as numbers. */
static sep_node *mix(sep_step *s, const night_masks *masks, sep_node *labelled, sep_node *unlabelled)
{
    sep_graph *g = s->graph;
    const int n = s->unlabelled;
    sep_node *other = sep_mixed(g, masks->donor, sep_rolled(g, labelled, 0, n), sep_rolled(g, unlabelled, 1, n));

    return sep_mixed(g, masks->box, other, unlabelled);
}

static night_masks draw_masks(sep_step *s)
{
    const int n = s->unlabelled;

    return (night_masks){sep_boxes(s, n, draw_boxes), sep_host(s, SEP_SHAPE(n, 1, 1, 1), draw_donors)};
}

static sep_node *strong_image(sep_step *s)
{
    return sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){.strong = true});
}

static void learn_from_registered(sep_step *s, sep_node *image, sep_node *target, sep_node *registered)
{
    const night_options *o = s->options;
    sep_node *weak = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){0});
    const night_masks masks = draw_masks(s);
    sep_node *seen = mix(s, &masks, image, strong_image(s)), *learned = mix(s, &masks, target, registered);

    for (int i = 0; i < s->students; i++) {
        const sep_halves student = sep_student_halves_of(s, i, seen);
        sep_node *p = sep_softmax(s->graph, sep_inference_teacher(s, i, weak, o->decay).logits);
        sep_node *judge = mix(s, &masks, target, sep_detach(s->graph, sep_pseudo_labels(s->graph, p, false)));

        sep_learn(s, i, "supervised", sep_supervised_halves(s, &student), NULL);
        sep_learn_registered_mixture(s, &(sep_compared){i, student, student.labelled, judge}, learned);
    }
}

static void learn_from_all(sep_step *s, sep_node *image, sep_node *target)
{
    sep_node *pseudo = with_volumes(s, pseudo_target(s, target));

    if (pseudo == NULL)
        return;
    const night_masks masks = draw_masks(s);
    sep_node *seen = mix(s, &masks, image, strong_image(s)), *learned = mix(s, &masks, target, pseudo);
    for (int i = 0; i < s->students; i++) {
        const sep_halves student = sep_student_halves_of(s, i, seen);
        sep_node *loss = sep_weighed_loss(s->graph, student.unlabelled, learned, s->cross_entropy_weight);

        sep_learn(s, i, "supervised", sep_supervised_halves(s, &student), NULL);
        sep_learn(s, i, "pseudo labels", loss, weight);
    }
}

static bool restarts(const void *options)
{
    const night_options *o = options;

    return o->restart;
}

static bool labels_by_symmetries(const void *options)
{
    const night_options *o = options;

    return o->symmetries;
}

static sep_status build(sep_step *s)
{
    const night_options *o = s->options;

    SEP_TRY(sep_boxes_check("night", &o->box));
    if (o->relabel < o->warm_up)
        return sep_fail(SEP_ERR_ARGUMENT, "night.relabel is below night.warm_up");
    if (o->relabel <= 0.0f)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "night.relabel is 0: networks that have learned nothing would label the scans");
    if (o->warm_up == 0.0f && s->registered->used)
        return sep_fail(
            SEP_ERR_ARGUMENT,
            "train.registered teaches during night's warm start, of which night.warm_up = 0 leaves nothing");
    sep_node *image = sep_batch_range(s->graph, s->image, 0, s->labelled);
    sep_node *target = sep_labelled_target(s, s->labelled);
    sep_node *registered = s->stage == OF_LABELLED ? sep_registered_truth(s) : NULL;
    if (registered != NULL)
        learn_from_registered(s, image, target, registered);
    else if (s->stage == OF_LABELLED)
        learn_from_labelled(s, image, target);
    else
        learn_from_all(s, image, target);
    return sep_graph_status(s->graph);
}

const sep_method sep_night = {
    .name = "night",
    .summary = "few labels: a warm start, then certain pseudo-labels in strongly changed, mixed and pasted images",
    .students_low = 1,
    .students_high = 2,
    .uses_unlabelled = true,
    .learns_mixtures = true,
    .settings = settings,
    .options_size = sizeof(night_options),
    .stages = STAGES,
    .stage = stage,
    .relabels = OF_VOLUMES,
    .labels_by_symmetries = labels_by_symmetries,
    .restarts = restarts,
    .takes_registered = true,
    .answers_by_mean = true,
    .build = build,
};
