/* Interpolation consistency training (Verma et al. 2019): of two unlabelled images mixed, the student learns the
 * mixture of what its moving average gives for each. */
#include "methods/table.h"

#include "septum/ops.h"
#include "simd/elementary.h"

typedef struct ict_options {
    float decay, beta;
} ict_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(ict_options, decay, 0.99, 0, 1, "of the teacher's moving average"),
    SEP_SETTING_FLOAT(ict_options, beta, 0.2, 0.05, 4, "shares are drawn from Beta(beta, beta)"),
    {0},
};

/* Jöhnk's way to a Beta(b, b): of two uniforms to the power 1 / b, the first's share of their sum, if that is at
 * most 1. The attempts of value i are the draws (i, 0), (i, 1), ... */
static float draw_beta(const sep_random *random, uint32_t i, float b)
{
    for (uint32_t attempt = 0;; attempt++) {
        uint64_t at = ((uint64_t)attempt << 32 | i) * 2;
        float x = sep_expf(sep_logf(1.0f - sep_random_uniform(random, at)) / b);
        float y = sep_expf(sep_logf(1.0f - sep_random_uniform(random, at + 1)) / b);
        if (x + y > 0.0f && x + y <= 1.0f)
            return x / (x + y);
    }
}

static void draw_shares(const sep_moment *now, float *values, int64_t count)
{
    const ict_options *o = now->options;
    const sep_random random = sep_moment_random(now, "ict.share");

    for (int64_t i = 0; i < count; i++)
        values[i] = draw_beta(&random, (uint32_t)i, o->beta);
}

/* (1 - share) a + share b, a share a sample. */
static sep_node *mix(sep_graph *g, sep_node *a, sep_node *b, sep_node *share)
{
    return sep_add(g, a, sep_mul(g, sep_subtract(g, b, a), share));
}

/* Probabilities that the student's moving average gives for x; no gradient flows through them. */
static sep_node *teacher_says(sep_step *s, sep_node *x)
{
    const ict_options *o = s->options;

    return sep_detach(s->graph, sep_softmax(s->graph, sep_teacher(s, 0, x, o->decay).logits));
}

/* What registration says of the two images, mixed as they are: the student sees nothing but the mixture, and a pass
 * over the images as they are would cost two thirds of a step more. A contrast would find no pixel of one class there.
 */
static void learn_registered(sep_step *s, const sep_compared *compared, sep_node *share)
{
    sep_node *truth = sep_registered_truth(s);
    int half = s->unlabelled / 2;

    if (truth == NULL)
        return;
    sep_node *first = sep_batch_range(s->graph, truth, 0, half);
    sep_node *second = sep_batch_range(s->graph, truth, half, half);
    sep_learn_registered_mixture(s, compared, mix(s->graph, first, second, share));
}

static sep_status build(sep_step *s)
{
    sep_graph *g = s->graph;
    int half = s->unlabelled / 2;

    if (s->unlabelled % 2 != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "method 'ict' mixes unlabelled images by twos: train.unlabelled_batch is %d",
                        s->unlabelled);
    sep_node *share = sep_host(s, SEP_SHAPE(half, 1, 1, 1), draw_shares);
    sep_node *first = sep_batch_range(g, s->image, s->labelled, half);
    sep_node *second = sep_batch_range(g, s->image, s->labelled + half, half);
    sep_halves student = sep_student_halves_of(s, 0, mix(g, first, second, share));
    sep_node *taught_first = teacher_says(s, first);
    sep_node *taught_second = teacher_says(s, second);
    sep_node *taught = mix(g, taught_first, taught_second, share), *learned = sep_softmax(g, student.unlabelled);

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &student), NULL);
    sep_learn(s, 0, "consistency", sep_mse(g, learned, taught), sep_ramp_weight);
    learn_registered(s, &(sep_compared){0, student, student.labelled, taught}, share);
    return sep_graph_status(g);
}

const sep_method sep_ict = {
    .name = "ict",
    .summary = "a network that gives for mixed images the mixture of what its moving average gives for each",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(ict_options),
    .takes_registered = true,
    .build = build,
};
