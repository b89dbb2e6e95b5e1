/* Mean Teacher (Tarvainen & Valpola 2017), in the form that semi-supervised comparisons run: on unlabelled slices the
 * student's probabilities learn, by squared differences, those that its moving average gives for the noisy image. */
#include "methods/table.h"

#include "methods/consistency.h"
#include "septum/ops.h"

typedef struct mean_teacher_options {
    float decay, noise, bound;
    int silent;
} mean_teacher_options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(mean_teacher_options, decay, 0.99, 0, 1, "of the teacher's moving average"),
    SEP_SETTING_FLOAT(mean_teacher_options, noise, 0.1, 0, 1, "deviation of what is added to the teacher's images"),
    SEP_SETTING_FLOAT(mean_teacher_options, bound, 0.2, 0, 1, "the largest such addition"),
    SEP_SETTING_INT(mean_teacher_options, silent, 1000, 0, 1 << 30, "iterations before consistency counts"),
    {0},
};

static void weight(const sep_moment *now, float *values, int64_t count)
{
    const mean_teacher_options *o = now->options;

    sep_ramp_weight(now, values, count);
    if (now->iteration < o->silent)
        values[0] = 0.0f;
}

static void draw_noise(const sep_moment *now, float *values, int64_t count)
{
    const mean_teacher_options *o = now->options;

    sep_draw_noise(now, o->noise, o->bound, values, count);
}

static sep_status build(sep_step *s)
{
    const mean_teacher_options *o = s->options;
    sep_halves student = sep_student_halves(s, 0);
    sep_node *clean = sep_unlabelled_image(s);

    if (clean == NULL)
        return sep_graph_status(s->graph);
    sep_node *noisy = sep_add(s->graph, clean, sep_host(s, *sep_node_shape(clean), draw_noise));
    sep_node *teacher = sep_teacher(s, 0, noisy, o->decay).logits;
    sep_node *taught = sep_detach(s->graph, sep_softmax(s->graph, teacher));
    sep_node *learned = sep_softmax(s->graph, student.unlabelled);
    sep_node *distance = sep_mse(s->graph, learned, taught);

    sep_learn(s, 0, "supervised", sep_supervised_halves(s, &student), NULL);
    sep_learn(s, 0, "consistency", distance, weight);
    sep_learn_additions(s, &(sep_compared){0, student, student.labelled, teacher}, 1);
    return sep_graph_status(s->graph);
}

const sep_method sep_mean_teacher = {
    .name = "mean-teacher",
    .summary = "a network that agrees with its own moving average on unlabelled slices",
    .students_low = 1,
    .students_high = 1,
    .uses_unlabelled = true,
    .settings = settings,
    .options_size = sizeof(mean_teacher_options),
    .compares = true,
    .build = build,
};
