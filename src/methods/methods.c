/* The table of methods, and how one is called. */
#include "septum/methods.h"

#include "methods/table.h"

#include <stdio.h>
#include <string.h>

#define SEP_METHOD_ENTRY(name) &sep_##name,
const sep_method *const sep_methods[] = {SEP_METHODS(SEP_METHOD_ENTRY) NULL};

const sep_method *sep_method_find(const char *name)
{
    for (int i = 0; sep_methods[i] != NULL; i++)
        if (strcmp(sep_methods[i]->name, name) == 0)
            return sep_methods[i];
    return NULL;
}

/* "u-net", or "u-net 0" and "u-net 1" where two students are of one kind: their numbers are those of [student_0] and of
 * --student. */
static void name_students(sep_step *step)
{
    for (int i = 0; i < step->students; i++) {
        int twins = 0;
        for (int k = 0; k < step->students; k++)
            twins += step->spec[k].net == step->spec[i].net;
        if (twins > 1)
            snprintf(step->name[i], sizeof step->name[i], "%s %d", step->spec[i].net->name, i);
        else
            snprintf(step->name[i], sizeof step->name[i], "%s", step->spec[i].net->name);
    }
}

static sep_status prepare(const sep_method *method, sep_step *step)
{
    if (step->students < method->students_low || step->students > method->students_high)
        return sep_fail(SEP_ERR_ARGUMENT, "method '%s' trains %d to %d networks, the configuration names %d",
                        method->name, method->students_low, method->students_high, step->students);
    if (method->uses_unlabelled && step->unlabelled < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "method '%s' needs unlabelled samples in the batch", method->name);
    name_students(step);
    return SEP_OK;
}

sep_status sep_method_build(const sep_method *method, sep_step *step)
{
    SEP_TRY(prepare(method, step));
    SEP_TRY(method->build(step));
    return sep_graph_status(step->graph);
}

bool sep_method_takes_warm_start(const sep_method *method)
{
    return method->uses_unlabelled && method->stages < 2;
}

sep_status sep_method_build_warm_start(const sep_method *method, sep_step *step)
{
    SEP_TRY(prepare(method, step));
    sep_learn_labelled(step);
    return sep_graph_status(step->graph);
}
