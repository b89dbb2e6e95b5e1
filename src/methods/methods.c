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

sep_node *sep_labelled_logits(sep_step *step, int student)
{
    return sep_batch_range(step->graph, step->output[student].logits, 0, step->labelled);
}

sep_node *sep_unlabelled_logits(sep_step *step, int student)
{
    return sep_batch_range(step->graph, step->output[student].logits, step->labelled, step->unlabelled);
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
        sep_segmentation_loss(step->graph, sep_labelled_logits(step, student), step->label, step->cross_entropy_weight);

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

sep_status sep_method_build(const sep_method *method, sep_step *step, sep_node **total)
{
    if (step->students < method->students_low || step->students > method->students_high)
        return sep_fail(SEP_ERR_ARGUMENT, "method '%s' trains %d to %d networks, the configuration names %d",
                        method->name, method->students_low, method->students_high, step->students);
    if (method->uses_unlabelled && step->unlabelled < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "method '%s' needs unlabelled samples in the batch", method->name);
    name_students(step);
    for (int i = 0; i < step->students; i++) {
        sep_scope_push(step->graph, "student_%d", i);
        sep_status status = sep_net_build(step->graph, &step->spec[i], step->image, &step->output[i]);
        sep_scope_pop(step->graph);
        SEP_TRY(status);
    }
    SEP_TRY(method->losses(step));
    *total = step->loss[0];
    for (int i = 1; i < step->students; i++)
        *total = sep_add(step->graph, *total, step->loss[i]);
    return sep_graph_status(step->graph);
}
