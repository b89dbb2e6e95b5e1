/* DeepAtlas (Xu & Niethammer, MICCAI 2019) on slices: a segmenter and a registration network, trained in turn, each on
 * what the other gives for pairs of slices. Fixed are the samples of the batch; moving, for each, the slice at the same
 * height of a labelled scan, with its labels. The segmenter learns that its labels of a fixed slice are the moving
 * one's, carried over; the registration that images and labels agree where they were carried.
 *
 * Where we differ: moving slices are always labelled, so that the segmenter learns from pairs whose fixed slice is not
 * (where both are, there is nothing to learn; pairs without any label are left out). The network that does not learn is
 * in inference mode. The paper registers volumes; its registration network is replaced by a U-Net as the segmenters'.
 */
#include "methods/table.h"

#include "methods/deformation.h"
#include "septum/ops.h"

#include <stdio.h>

#define DEFORMATION "deformation"

typedef enum smoothness_penalty { BY_GRADIENT = 0, BY_BENDING } smoothness_penalty;
typedef struct deep_atlas_options {
    int base, squarings, silent;
    float scale, similarity, smoothness, anatomy;
    smoothness_penalty penalty;
} deep_atlas_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(deep_atlas_options, base, 16, 1, 1024, "channels of the registration network's first level"),
    SEP_SETTING_FLOAT(deep_atlas_options, scale, 1, 0, 100, "pixels that a unit of its output stands for"),
    SEP_SETTING_INT(deep_atlas_options, squarings, 0, 0, 7, "of its output as a velocity; 0: it is the displacement"),
    SEP_SETTING_FLOAT(deep_atlas_options, similarity, 1, 0, 1e6, "weight of 1 - correlation of the images"),
    SEP_SETTING_FLOAT(deep_atlas_options, smoothness, 0.1, 0, 1e6, "weight of the field's smoothness"),
    SEP_SETTING_CHOICE(deep_atlas_options, penalty, "gradient|bending", BY_GRADIENT, "what smoothness is measured by"),
    SEP_SETTING_FLOAT(deep_atlas_options, anatomy, 3, 0, 1e6, "weight of 1 - Dice of the labels, for both networks"),
    SEP_SETTING_INT(deep_atlas_options, silent, 0, 0, 1 << 30, "iterations before it counts for the segmenter"),
    {0},
};

enum { SEGMENTER = 0, REGISTERS = 1, STAGES = 2 };

static int stage(const sep_moment *now)
{
    return now->iteration % 2 == 0 ? SEGMENTER : REGISTERS;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

static void similarity_weight(const sep_moment *now, float *values, int64_t count)
{
    (void)count;
    values[0] = ((const deep_atlas_options *)now->options)->similarity;
}

static void smoothness_weight(const sep_moment *now, float *values, int64_t count)
{
    (void)count;
    values[0] = ((const deep_atlas_options *)now->options)->smoothness;
}

static void anatomy_weight(const sep_moment *now, float *values, int64_t count)
{
    (void)count;
    values[0] = ((const deep_atlas_options *)now->options)->anatomy;
}

static void segmenter_anatomy_weight(const sep_moment *now, float *values, int64_t count)
{
    const deep_atlas_options *o = now->options;

    (void)count;
    values[0] = now->iteration < o->silent ? 0.0f : o->anatomy;
}

/* ---- registration ------------------------------------------------------------------------------------------------ */

/* The network's field for pairs of images [n, H, W, channels]. */
static sep_node *register_pairs(sep_step *s, sep_node *moving, sep_node *fixed)
{
    const deep_atlas_options *o = s->options;
    const int *d = sep_node_shape(s->image)->dim;
    char text[64];
    sep_net_spec spec;
    sep_net_output output = {0};
    sep_node *pairs = sep_concat(s->graph, moving, fixed);

    snprintf(text, sizeof text, "base = %d\nno_dropout = true\n", o->base);
    sep_status status = sep_net_spec_read("u-net", text, &spec);
    spec.classes = 2;
    spec.channels = 2 * d[3];
    spec.height = d[1];
    spec.width = d[2];
    sep_head_push(s, DEFORMATION);
    if (status == SEP_OK && pairs != NULL)
        status = sep_net_build(s->graph, &spec, pairs, &output);
    sep_head_pop(s);
    if (status != SEP_OK)
        sep_graph_fail_as_held(s->graph, status);
    return sep_scale(s->graph, output.logits, o->scale);
}

/* The last samples of all: the unlabelled ones. */
static sep_node *unlabelled_of(sep_step *s, sep_node *all)
{
    return sep_batch_range(s->graph, all, s->labelled, s->unlabelled);
}

/* ---- what each learns -------------------------------------------------------------------------------------------- */

static void teach_segmenter(sep_step *s)
{
    const deep_atlas_options *o = s->options;
    sep_graph *g = s->graph;
    sep_halves net = sep_student_halves(s, 0);
    sep_node *moving = unlabelled_of(s, sep_streamed(s, &sep_counterpart_images, SEP_ROWS_ALL));
    sep_node *label = unlabelled_of(s, sep_streamed(s, &sep_counterpart_labels, SEP_ROWS_ALL));
    sep_node *fixed = sep_unlabelled_image(s);

    sep_inference_push(g);
    sep_node *field = register_pairs(s, moving, fixed);
    sep_inference_pop(g);
    sep_node *move = sep_detach(g, sep_integrate(g, field, o->squarings));
    sep_node *carried = sep_warp(g, sep_one_hot(g, label, s->spec[0].classes), move);

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &net), NULL);
    sep_learn(s, 0, "anatomy", sep_mismatch(g, carried, sep_softmax(g, net.unlabelled)), segmenter_anatomy_weight);
}

/* What the fixed slices show: the truth, and where there is none what the segmenter makes of them. */
static sep_node *fixed_anatomy(sep_step *s)
{
    sep_graph *g = s->graph;
    sep_node *truth = sep_one_hot(g, s->label, s->spec[0].classes);

    sep_inference_push(g);
    sep_node *logits = sep_student(s, 0, sep_unlabelled_image(s)).logits;
    sep_inference_pop(g);
    return sep_concat_batch(g, truth, sep_detach(g, sep_softmax(g, logits)));
}

/* The mean of all channels'. */
static sep_node *dissimilarity(sep_graph *g, sep_node *moved, sep_node *fixed)
{
    const int channels = sep_shape_last(sep_node_shape(fixed));
    sep_node *sum = NULL;

    if (channels == 1)
        return sep_decorrelation(g, moved, fixed);
    for (int c = 0; c < channels; c++) {
        sep_node *one = sep_decorrelation(g, sep_slice_channels(g, moved, c, 1), sep_slice_channels(g, fixed, c, 1));
        sum = sum == NULL ? one : sep_add(g, sum, one);
    }
    return sep_scale(g, sum, 1.0f / (float)channels);
}

static void teach_registration(sep_step *s)
{
    const deep_atlas_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *moving = sep_streamed(s, &sep_counterpart_images, SEP_ROWS_ALL);
    sep_node *label = sep_streamed(s, &sep_counterpart_labels, SEP_ROWS_ALL);
    sep_node *field = register_pairs(s, moving, s->image);
    sep_node *move = sep_integrate(g, field, o->squarings);
    sep_node *smoothness = o->penalty == BY_BENDING ? sep_field_bending(g, field) : sep_field_roughness(g, field);
    sep_node *image = sep_warp(g, moving, move);
    sep_node *carried = sep_warp(g, sep_one_hot(g, label, s->spec[0].classes), move);

    sep_learn(s, SEP_SHARED, "registration similarity", dissimilarity(g, image, s->image), similarity_weight);
    sep_learn(s, SEP_SHARED, "registration smoothness", smoothness, smoothness_weight);
    sep_learn(s, SEP_SHARED, "registration anatomy", sep_mismatch(g, carried, fixed_anatomy(s)), anatomy_weight);
}

static sep_status build(sep_step *s)
{
    if (s->stage == SEGMENTER)
        teach_segmenter(s);
    else
        teach_registration(s);
    return sep_graph_status(s->graph);
}

const sep_method sep_deep_atlas = {
    .name = "deep-atlas",
    .summary = "a network and one that registers labelled slices to others, in turn",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .head = {DEFORMATION},
    .head_rate = {1e-3},
    .options_size = sizeof(deep_atlas_options),
    .stages = STAGES,
    .stage = stage,
    .build = build,
};
