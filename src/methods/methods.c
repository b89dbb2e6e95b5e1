/* The table of methods, and the pieces they are made of. */
#include "septum/methods.h"

#include "methods/table.h"
#include "septum/losses.h"
#include "septum/ops.h"

#include <stdio.h>
#include <string.h>

const sep_method *const sep_methods[] = {&sep_supervised, &sep_cross_teaching, NULL};

const sep_method *sep_method_find(const char *name)
{
    for (int i = 0; sep_methods[i] != NULL; i++)
        if (strcmp(sep_methods[i]->name, name) == 0)
            return sep_methods[i];
    return NULL;
}

sep_node *sep_term(sep_step *step, int student, const char *what, sep_node *value)
{
    if (value != NULL && step->terms < SEP_MAX_TERMS) {
        step->term[step->terms++] = (sep_loss_term){student, what, value};
        sep_keep(step->graph, value);
    }
    return value;
}

sep_node *sep_supervised_loss(sep_step *step, int student)
{
    sep_node *loss =
        sep_segmentation_loss(step->graph, step->labelled_logits[student], step->label, step->cross_entropy_weight);

    return sep_term(step, student, "supervised", loss);
}

sep_node *sep_ramp_up(sep_step *step)
{
    return sep_scale(step->graph, step->ramp, step->consistency_weight);
}

/* "u-net", or "u-net 1" and "u-net 2" where two students are of one kind. */
static void name_students(sep_step *step)
{
    for (int i = 0; i < step->students; i++) {
        int twins = 0, before = 0;
        for (int k = 0; k < step->students; k++) {
            twins += step->spec[k].kind == step->spec[i].kind;
            before += k < i && step->spec[k].kind == step->spec[i].kind;
        }
        if (twins > 1)
            snprintf(step->name[i], sizeof step->name[i], "%s %d", sep_net_name(step->spec[i].kind), before + 1);
        else
            snprintf(step->name[i], sizeof step->name[i], "%s", sep_net_name(step->spec[i].kind));
    }
}

/* The student's logits of some of the batch's samples. The second time it takes the parameters of the first. */
static sep_status apply_student(sep_step *step, int student, sep_node *image, sep_node **logits)
{
    sep_net_output output = {0};

    sep_scope_push(step->graph, "student_%d", student);
    sep_status status = sep_net_build(step->graph, &step->spec[student], image, &output);
    sep_scope_pop(step->graph);
    *logits = output.logits;
    return status;
}

static sep_status build_student(sep_step *step, int i)
{
    sep_graph *g = step->graph;
    sep_node *all;

    if (step->statistics == SEP_STATISTICS_JOINT || step->unlabelled == 0) {
        SEP_TRY(apply_student(step, i, step->image, &all));
        step->labelled_logits[i] = sep_batch_range(g, all, 0, step->labelled);
        if (step->unlabelled > 0)
            step->unlabelled_logits[i] = sep_batch_range(g, all, step->labelled, step->unlabelled);
        return sep_graph_status(g);
    }
    SEP_TRY(apply_student(step, i, sep_batch_range(g, step->image, 0, step->labelled), &step->labelled_logits[i]));
    return apply_student(step, i, sep_batch_range(g, step->image, step->labelled, step->unlabelled),
                         &step->unlabelled_logits[i]);
}

sep_status sep_method_build(const sep_method *method, sep_step *step, sep_node **total)
{
    if (step->students < method->students_low || step->students > method->students_high)
        return sep_fail(SEP_ERR_ARGUMENT, "method '%s' trains %d to %d networks, the configuration names %d",
                        method->name, method->students_low, method->students_high, step->students);
    if (method->uses_unlabelled && step->unlabelled < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "method '%s' needs unlabelled samples in the batch", method->name);
    name_students(step);
    for (int i = 0; i < step->students; i++)
        SEP_TRY(build_student(step, i));
    SEP_TRY(method->losses(step));
    *total = step->loss[0];
    for (int i = 1; i < step->students; i++)
        *total = sep_add(step->graph, *total, step->loss[i]);
    return sep_graph_status(step->graph);
}
