/* Uncertainty-aware mean teacher (Yu et al. 2019): Mean Teacher, but only where the teacher is sure. How sure it is, is
 * the entropy of its mean over several noisy passes; the limit rises over the run.
 *
 * The released code was written for two classes, and its constants stay when there are more: `constants = two`. Here
 * they follow the classes: the limit is a share of ln C, and the mean goes over the C probabilities of a sure pixel. */
#include "methods/table.h"

#include "losses/parts.h"
#include "methods/consistency.h"
#include "septum/ops.h"
#include "septum/train.h"
#include "simd/elementary.h"

typedef enum constants { OF_CLASSES = 0, OF_TWO } constants;
typedef struct uamt_options {
    float decay, noise, bound, limit;
    int passes;
    constants constants;
} uamt_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(uamt_options, decay, 0.99, 0, 1, "of the teacher's moving average"),
    SEP_SETTING_FLOAT(uamt_options, noise, 0.1, 0, 1, "deviation of what is added to the teacher's images"),
    SEP_SETTING_FLOAT(uamt_options, bound, 0.2, 0, 1, "the largest such addition"),
    SEP_SETTING_INT(uamt_options, passes, 8, 1, 64, "noisy passes whose mean tells where the teacher is sure"),
    SEP_SETTING_FLOAT(uamt_options, limit, 0.75, 0, 1, "share of the largest entropy that is sure at first; 1 at last"),
    SEP_SETTING_QUIRK(uamt_options, constants, "classes|two", OF_CLASSES, OF_TWO,
                      "largest entropy and mean: of the classes, or of two whatever there are"),
    {0},
};

/* For the pass that is learned from and for those that tell the doubt: one after the other. */
static void draw_noise(const sep_moment *now, float *values, int64_t count)
{
    const uamt_options *o = now->options;

    sep_draw_noise(now, o->noise, o->bound, values, count);
}

static void draw_limit(const sep_moment *now, float *values, int64_t count)
{
    const uamt_options *o = now->options;

    (void)count;
    values[0] = o->limit + (1.0f - o->limit) * sep_ramp_value(SEP_RAMP_LINEAR, now->iteration, now->iterations);
}

/* The teacher's logits for the images with the noise of pass k. */
static sep_node *noisy_pass(sep_step *s, sep_node *clean, sep_node *noise, int k)
{
    const uamt_options *o = s->options;
    int samples = sep_node_shape(clean)->dim[0];
    sep_node *mine = sep_batch_range(s->graph, noise, k * samples, samples);

    return sep_teacher(s, 0, sep_add(s->graph, clean, mine), o->decay).logits;
}

/* Entropy of the mean of passes 1 to `passes`, [N, H, W, 1]. */
static sep_node *doubt(sep_step *s, sep_node *clean, sep_node *noise)
{
    const uamt_options *o = s->options;
    sep_graph *g = s->graph;
    sep_node *sum = sep_softmax(g, noisy_pass(s, clean, noise, 1));

    for (int k = 2; k <= o->passes; k++) {
        sep_node *p = sep_softmax(g, noisy_pass(s, clean, noise, k));
        sum = sep_add(g, sum, p);
    }
    return sep_entropy(g, sep_detach(g, sep_scale(g, sum, 1.0f / (float)o->passes)), 1e-6f);
}

/* Mean of the squared differences over the pixels where `sure` is 1; 0 where there are none. */
static sep_node *sure_distance(sep_step *s, sep_node *learned, sep_node *taught, sep_node *sure, float classes)
{
    sep_graph *g = s->graph;
    sep_node *squares = sep_sum_channels(g, sep_square(g, sep_subtract(g, learned, taught)));
    sep_node *sum = sep_sum_all(g, sep_mul(g, squares, sure));
    sep_node *most = sep_loss_at_least(g, sep_sum_all(g, sure), 1.0f);

    return sep_scale(g, sep_divide(g, sum, most), 1.0f / classes);
}

static sep_status build(sep_step *s)
{
    const uamt_options *o = s->options;
    sep_graph *g = s->graph;
    float classes = o->constants == OF_TWO ? 2.0f : (float)s->spec[0].classes;
    sep_halves student = sep_student_halves(s, 0);
    sep_node *clean = sep_unlabelled_image(s);

    if (clean == NULL)
        return sep_graph_status(g);
    sep_shape all = *sep_node_shape(clean);
    all.dim[0] *= 1 + o->passes;
    sep_node *noise = sep_host(s, all, draw_noise);
    sep_node *teacher = noisy_pass(s, clean, noise, 0);
    sep_node *taught = sep_detach(g, sep_softmax(g, teacher));
    sep_node *limit = sep_scale(g, sep_host(s, SEP_SHAPE(1), draw_limit), sep_logf(classes));
    sep_node *sure = sep_less(g, doubt(s, clean, noise), limit);
    sep_node *learned = sep_softmax(g, student.unlabelled);

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &student), NULL);
    sep_learn(s, 0, "consistency", sure_distance(s, learned, taught, sure, classes), sep_ramp_weight);
    sep_learn_additions(s, &(sep_compared){0, student, student.labelled, teacher}, 1);
    return sep_graph_status(g);
}

const sep_method sep_uamt = {
    .name = "uamt",
    .summary = "Mean Teacher, where the teacher is sure",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(uamt_options),
    .compares = true,
    .build = build,
};
