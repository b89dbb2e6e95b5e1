/* septum: the ways of learning. A method says which networks it trains, which losses they get and what else happens in
 * a step. Each is one file in src/methods/ and one row of the table there. */
#ifndef SEPTUM_METHODS_H
#define SEPTUM_METHODS_H

#include "septum/nets.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_MAX_STUDENTS 4
#define SEP_MAX_TERMS    16

/* A number worth seeing in the log. */
typedef struct sep_loss_term {
    int student;
    const char *name; /* "supervised" */
    sep_node *value;
} sep_loss_term;

/* Which samples batch norm takes its statistics from. */
typedef enum sep_batch_statistics {
    SEP_STATISTICS_JOINT = 0, /* labelled and unlabelled samples together, as the published runs do */
    SEP_STATISTICS_SEPARATE   /* each kind by itself; both move the running statistics */
} sep_batch_statistics;

/* One training step under construction: what a method finds, and what it leaves. Labelled samples come first in the
 * batch. */
typedef struct sep_step {
    sep_graph *graph;
    int labelled, unlabelled; /* samples of each kind in the batch */
    sep_node *image;          /* [labelled + unlabelled, H, W, 1] */
    sep_node *label;          /* I32 [labelled, H, W] */
    sep_node *ramp;           /* scalar input: rises from exp(-5) to 1 over the training */
    float cross_entropy_weight;
    float consistency_weight; /* of the unlabelled terms, at the ramp's end */
    sep_batch_statistics statistics;
    int students;
    sep_net_spec spec[SEP_MAX_STUDENTS];
    char name[SEP_MAX_STUDENTS][32]; /* for the log: "u-net", or "u-net 1" and "u-net 2" */
    /* Logits of the labelled samples and of the unlabelled ones (NULL without any). */
    sep_node *labelled_logits[SEP_MAX_STUDENTS], *unlabelled_logits[SEP_MAX_STUDENTS];
    sep_node *loss[SEP_MAX_STUDENTS]; /* what each student minimises */
    int terms;
    sep_loss_term term[SEP_MAX_TERMS];
} sep_step;

typedef struct sep_method {
    const char *name, *summary;
    int students_low, students_high;
    bool uses_unlabelled;
    sep_status (*losses)(sep_step *step); /* sets step->loss[] from the logits */
} sep_method;

/* All methods, NULL at the end; and the one of that name, or NULL. */
extern const sep_method *const sep_methods[];
const sep_method *sep_method_find(const char *name);

/* ---- what methods are made of ------------------------------------------------------------------------------------ */

/* Cross entropy and Dice against the given labels; listed as a term. */
sep_node *sep_supervised_loss(sep_step *step, int student);
/* consistency_weight * ramp, as a scalar node. */
sep_node *sep_ramp_up(sep_step *step);
/* Lists a value of a student for the log; returns the value. */
sep_node *sep_term(sep_step *step, int student, const char *what, sep_node *value);

/* Builds the students named in step->spec (scopes student_0, student_1, ...), the method's losses, and adds these up
 * into *total. The caller has set graph, sizes, weights, image, label and ramp. */
sep_status sep_method_build(const sep_method *method, sep_step *step, sep_node **total) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
