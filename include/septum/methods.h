/* septum: the ways of learning. A method is a recipe of networks, as a network is a recipe of operations: it applies
 * networks to what it likes, as often as it likes, and says what is learned from the results. Each is one file in
 * src/methods/ and one row of the table there.
 *
 * A method is called once, when the step is built. What it asks for (passes, numbers drawn by the host, teachers) the
 * step records, and training serves it in every iteration. What is remembered between iterations are tensors of the
 * store, the method's memories among them: iteration t is a function of these, the seed and t.
 *
 * A method may have stages, each a step of its own: it is called once for each, and says of which one an iteration is.
 * What has the same name is the same: networks, their optimiser's state and memories go on from stage to stage. */
#ifndef SEPTUM_METHODS_H
#define SEPTUM_METHODS_H

#include "septum/contrasts.h"
#include "septum/losses.h"
#include "septum/nets.h"
#include "septum/registered.h"
#include "septum/settings.h"
#include "septum/streams.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_MAX_STUDENTS    4
#define SEP_MAX_TEACHERS    (2 * SEP_MAX_STUDENTS)
#define SEP_MAX_TERMS       32
#define SEP_MAX_HOST_VALUES 32
#define SEP_MAX_HEADS       4
#define SEP_MAX_STAGES      4
#define SEP_METHOD_OPTIONS  256 /* bytes of a method's own struct of options, at most */

/* ---- what the host says in each iteration ------------------------------------------------------------------------ */

/* An iteration as the host sees it. */
typedef struct sep_moment {
    uint64_t seed;
    int64_t iteration, iterations; /* iteration counts from 0 */
    int64_t stage_begin;           /* the first iteration of this stage since another one; 0 where there is one alone */
    int height, width;             /* of the patch */
    float ramp;                    /* train.consistency_weight times the run's ramp, which rises from exp(-5) to 1 */
    uint32_t stream;               /* of the uniform numbers that are asked for; 0: of none */
    const void *options;           /* the method's own */
    const sep_contrast_settings *contrast;
    const sep_registered_settings *registered;
} sep_moment;

/* Fills `values`, `count` of them, for one iteration. Pure, so that a resumed run says the same. */
typedef void sep_host_value(const sep_moment *now, float *values, int64_t count);

/* The random numbers of that name in an iteration: the next iteration has others. */
sep_random sep_moment_random(const sep_moment *now, const char *stream);

/* ---- a training step under construction -------------------------------------------------------------------------- */

/* Which samples batch norm takes its statistics from. */
typedef enum sep_batch_statistics {
    SEP_STATISTICS_JOINT = 0, /* labelled and unlabelled samples together, as the published runs do */
    SEP_STATISTICS_SEPARATE   /* each kind by itself; both move the running statistics */
} sep_batch_statistics;

#define SEP_SHARED (-1) /* of no student alone */

/* A number worth seeing in the log. */
typedef struct sep_loss_term {
    int student;      /* or SEP_SHARED */
    const char *name; /* "supervised" */
    sep_node *value;
    sep_host_value *weight; /* NULL: 1 */
} sep_loss_term;

/* An input that the host fills before each run. */
typedef struct sep_host_input {
    sep_host_value *value;
    uint32_t stream; /* of uniform numbers; 0 */
    sep_node *node;
} sep_host_input;

/* An input that the loader fills. */
typedef struct sep_streamed_input {
    sep_stream_request request;
    sep_node *node;
} sep_streamed_input;

/* How a moving average follows its student. */
typedef struct sep_teacher_kind {
    float decay;
    bool infers; /* works in inference mode, by averaged running statistics */
    /* One number: how often it has been moved, this iteration included; 0: it stands still. NULL: it is moved in every
     * iteration. */
    sep_host_value *moves;
} sep_teacher_kind;

/* A teacher that the step has: its scope is `name`. */
typedef struct sep_teacher_use {
    char name[32]; /* empty: there is none */
    int student;
    sep_teacher_kind kind;
} sep_teacher_use;

/* What a method finds, and what it has asked for. Methods read it and call the functions below; the rest is between
 * these and training. Labelled samples come first in the batch. */
typedef struct sep_step {
    sep_graph *graph;
    const void *options;           /* the method's own struct */
    int stage;                     /* the one that is being built, from 0 on */
    int labelled, unlabelled;      /* samples of each kind in the batch */
    sep_node *image;               /* [labelled + unlabelled, H, W, channels] */
    sep_node *label;               /* I32 [labelled, H, W] */
    const sep_loss_settings *loss; /* the supervised one */
    const sep_contrast_settings *contrast;
    const sep_registered_settings *registered;
    float cross_entropy_weight;
    sep_batch_statistics statistics;
    int students;
    sep_net_spec spec[SEP_MAX_STUDENTS];
    char name[SEP_MAX_STUDENTS][32]; /* for the log: "u-net", or "u-net 1" and "u-net 2" */

    int terms;
    sep_loss_term term[SEP_MAX_TERMS];
    int host_values;
    sep_host_input host_value[SEP_MAX_HOST_VALUES];
    int streams;
    sep_streamed_input streamed[SEP_MAX_STREAMS];
    sep_teacher_use teacher[SEP_MAX_TEACHERS]; /* i: of student i; SEP_MAX_STUDENTS + i: its second one */
    sep_node *total;                           /* what the step minimises */
} sep_step;

/* ---- networks: each call is one more pass, with dropout of its own ----------------------------------------------- */

/* Student i (scope student_<i>) on x [N, H, W, channels]. */
sep_net_output sep_student(sep_step *step, int student, sep_node *x);
/* Its two halves, for who disturbs the maps in between. Decoder 0 is its own; 1, 2, ... are others of the same kind,
 * which start differently (scope auxiliary_<i>_<decoder>). Its optimiser moves them too; prediction knows nothing of
 * them. */
sep_maps sep_student_maps(sep_step *step, int student, sep_node *x);
sep_net_output sep_student_decode(sep_step *step, int student, const sep_maps *maps, int decoder);
/* Its moving average (scope teacher_<i>), through which no gradient flows. It starts as a copy of the student; after
 * each step's updates, its parameters become a * themselves + (1 - a) * the student's, a = min(1 - 1 / (n + 1), decay),
 * where n steps before averaged it: all of the run or, where only some stages have it and move the student, those of
 * these stages. It is a copy when the first of them begins. Dropout and batch norm work as in training, running
 * statistics are its own. */
sep_net_output sep_teacher(sep_step *step, int student, sep_node *x, float decay);
/* The same in inference mode: without dropout, and by running statistics that are averages of the student's as its
 * parameters are. */
sep_net_output sep_inference_teacher(sep_step *step, int student, sep_node *x, float decay);
/* Any kind of teacher, each always of the same; number 1 is a second one (scope teacher_<i>_1). */
sep_net_output sep_teacher_of_kind(sep_step *step, int student, int number, sep_node *x, const sep_teacher_kind *kind);

/* Logits of the batch's labelled samples and of its unlabelled ones (NULL without any), in one pass or two as
 * step->statistics says; and what the passes gave: of all samples, or, where the second has logits, of each kind. */
typedef struct sep_halves {
    sep_node *labelled, *unlabelled;
    sep_net_output pass[2];
} sep_halves;
sep_halves sep_student_halves(sep_step *step, int student);
/* The same with other images in the place of the unlabelled ones. */
sep_halves sep_student_halves_of(sep_step *step, int student, sep_node *unlabelled);

/* The images of the unlabelled samples. */
sep_node *sep_unlabelled_image(sep_step *step);

/* ---- heads ------------------------------------------------------------------------------------------------------- */

/* Parameters that only training has, such as a projector's: what is built until the pop lies in a scope that begins
 * with the name of one of the method's heads ("projector_full" of "projector"), whose optimiser moves it. It is part of
 * checkpoints and unknown to prediction. */
void sep_head_push(sep_step *step, const char *format, ...) SEP_PRINTF(2, 3);
void sep_head_pop(sep_step *step);

/* ---- what comes in with a step ----------------------------------------------------------------------------------- */

/* Float32 of that shape, filled by `value`. Asking twice for the same value and shape gives one input. */
sep_node *sep_host(sep_step *step, sep_shape shape, sep_host_value *value);
/* Uniform random numbers in [0, 1), by 24 bits: those of the stream of that name, for each use its own. Asking twice
 * for the same name and shape gives one input. */
sep_node *sep_host_uniform(sep_step *step, const char *name, sep_shape shape);

/* What the loader makes of each of these samples (septum/streams.h); NULL where the batch has none of them. Asking
 * twice for the same gives one input. */
sep_node *sep_streamed(sep_step *step, const sep_batch_stream *stream, sep_rows rows);
/* Views: [n, H, W, channels]; and the map [n, H, W, 2] of one with a geometry of its own, which says where in the
 * batch's image lies what the view shows. */
sep_node *sep_view_image(sep_step *step, sep_rows rows, sep_view_request view);
sep_node *sep_view_map(sep_step *step, sep_rows rows, sep_view_request view);
/* Of all samples, I32 [n, H / shrink, W / shrink]: where their pixels lie in a memory of earlier maps. */
sep_node *sep_match_rows(sep_step *step, sep_match_request match);

/* ---- what stays ------------------------------------------------------------------------------------------------ */

/* A tensor that is there in the next step as this one leaves it: zero at the start, part of the run's checkpoints and
 * hash, unknown to prediction. All that read it in a step see what the step before left, whatever writes it (sep_put,
 * sep_overwrite) and wherever that was built. Asking twice for one name gives one tensor. SEP_F16 halves a bank of
 * features: rows of floats are rounded when they are put, and sep_gather makes floats of them, which is the only way to
 * read them. */
sep_node *sep_memory(sep_step *step, const char *name, sep_shape shape, sep_dtype dtype);

/* ---- what is learned --------------------------------------------------------------------------------------------- */

/* Logged as "<network> <what>"; times `weight` (one number; NULL: 1), added to what the step minimises. */
void sep_learn(sep_step *step, int student, const char *what, sep_node *loss, sep_host_value *weight);
/* "u-net supervised", or what is shared by its own name alone. */
#define SEP_TERM_NAME 96
void sep_term_name(const sep_step *step, int term, char name[SEP_TERM_NAME]);
/* The ramp of the unlabelled losses, as a weight. */
sep_host_value sep_ramp_weight;
/* The supervised loss that the run's settings choose, of logits of the labelled samples; of a lower scale, with the
 * nearest labels. */
sep_node *sep_supervised_loss(sep_step *step, sep_node *logits);
/* That of all that a network hands out of the labelled samples: its logits, and by their weights its side outputs. */
sep_node *sep_supervised_halves(sep_step *step, const sep_halves *net);
/* Each student learns so, from the labelled samples alone: nothing else passes through it. */
void sep_learn_labelled(sep_step *step);
/* That supervised loss of a target [N, H, W, classes] as sep_weighed_loss of septum/losses.h takes it, of all samples
 * of a pass. */
sep_node *sep_supervised_mixture(sep_step *step, const sep_net_output *output, sep_node *target);

/* A network whose predictions are compared, and of whoever judges its pixels the logits (where no contrast is learned,
 * the labels as numbers): unlabelled samples without any are left out. */
typedef struct sep_compared {
    int student;
    sep_halves net;
    sep_node *labelled, *unlabelled;
} sep_compared;
/* What the run's settings add to any method that says `compares`: registered labels (septum/registered.h) and a
 * contrast of feature maps (septum/contrasts.h); else nothing. */
void sep_learn_additions(sep_step *step, const sep_compared *compared, int count);
void sep_learn_registered(sep_step *step, const sep_compared *compared, int count);
/* For a method whose network sees mixtures of the unlabelled samples, and which `takes_registered`: the registered
 * labels as numbers, [unlabelled, H, W, classes], times the agreement, NULL where the run does not learn them; and
 * learning what the method mixed of them as it mixed the images (NULL: nothing). */
sep_node *sep_registered_truth(sep_step *step);
/* Those labels whatever the run's settings say, times the agreement or not. */
sep_node *sep_registered_target(sep_step *step, bool agreement);
void sep_learn_registered_mixture(sep_step *step, const sep_compared *compared, sep_node *mixture);
void sep_learn_contrast(sep_step *step, const sep_compared *compared, int count);
/* The additions of students 0 and 1, each of which judges the other. */
void sep_learn_cross_additions(sep_step *step, const sep_halves net[2]);

/* ---- methods ----------------------------------------------------------------------------------------------------- */

typedef struct sep_method {
    const char *name, *summary;
    int students_low, students_high;
    bool uses_unlabelled;
    const sep_setting *settings; /* of the section [<name>]; NULL: none */
    /* Names of its heads, NULL after the last: each has an optimiser and a schedule of its own, from the section of its
     * name, by default student 0's. */
    const char *head[SEP_MAX_HEADS + 1];
    double head_rate[SEP_MAX_HEADS]; /* their learning rates by default; 0: student 0's */
    size_t options_size;             /* of the struct that they fill */
    bool compares;                   /* whether it takes registered labels and a contrast */
    bool takes_registered;           /* whether it takes registered labels, though no contrast */
    bool registered;                 /* where train.registered says nothing */
    const sep_contrast *contrast;    /* where train.contrast names none */
    bool answers_by_mean;            /* where train.validate says nothing */
    bool learns_mixtures; /* of label maps, sep_supervised_mixture: for those there is the loss dice-ce alone */
    /* A step each, built in this order; 0 or 1: there is one. The stage of an iteration (stage_begin is 0 here) is a
     * pure function too: `now->iteration >= options->pretrain`, or `now->iteration % 2`. */
    int stages;
    int (*stage)(const sep_moment *now);
    /* Where a stage begins for the first time, the run goes on from its best checkpoint so far, with all that is in it,
     * and teachers start anew, as copies of their students. Without a checkpoint, since the run has validated nothing
     * or keeps nothing, networks are as the stage before left them. */
    bool stage_starts_from_best;
    /* The stage, from 1 on, at whose beginning the unlabelled scans are labelled by the run's own networks (the mean of
     * its students, or of their moving averages by train.ema, where there are any), volume by volume, of each class the
     * largest component; 0: none. The method asks for these labels as for registered ones. */
    int relabels;
    /* Whether they label by the mean over the mirrors and quarter turns that augmentation shows, both mirrors or none,
     * and bring probabilities back to the scan's grid; NULL: they see each slice once, as it is. */
    bool (*labels_by_symmetries)(const void *options);
    /* Whether, behind that, networks, optimisers and memories begin anew, from other random numbers; NULL: they never
     * do. The learning rate goes on as it would. */
    bool (*restarts)(const void *options);
    sep_status (*build)(sep_step *step);
} sep_method;

/* All methods, NULL at the end; and the one of that name, or NULL. */
extern const sep_method *const sep_methods[];
const sep_method *sep_method_find(const char *name);

/* Has the method build its step. The caller has set graph, options, sizes, weights, networks, image and label. */
sep_status sep_method_build(const sep_method *method, sep_step *step) SEP_MUST_CHECK;
/* The same of a warm start, in which its networks learn from the labelled samples alone; and whether it can have one:
 * methods with stages have their own, where they want it. */
sep_status sep_method_build_warm_start(const sep_method *method, sep_step *step) SEP_MUST_CHECK;
bool sep_method_takes_warm_start(const sep_method *method);

#ifdef __cplusplus
}
#endif
#endif
