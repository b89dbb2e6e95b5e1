/* Classes that no reference of an evaluation has. */
#include "septum/metrics.h"

#include <stdio.h>
#include <string.h>

enum { SHORTEST_RUN = 4 }; /* of classes that are named by the first and last */

bool sep_evaluation_is_absent(const sep_evaluation *evaluation, int class_index)
{
    return evaluation->case_names.count > 0 && evaluation->voxels[class_index].reference == 0;
}

/* Puts `more` (freed) behind *text; without memory *text becomes NULL. */
static void append(char **text, char *more)
{
    char *longer = *text && more ? sep_format("%s%s", *text, more) : NULL;
    sep_free(*text);
    sep_free(more);
    *text = longer;
}

/* Whether the class has no name but its number. */
static bool has_number_alone(int number, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, "class %d", number);
    return strcmp(text, name) == 0;
}

char *sep_class_title(int number, const char *name)
{
    return has_number_alone(number, name) ? sep_format("%d", number) : sep_format("%d (%s)", number, name);
}

static bool is_unnamed(const sep_evaluation *evaluation, int class_index)
{
    return has_number_alone(class_index + 1, evaluation->class_names.item[class_index]);
}

static char *name_class(const sep_evaluation *evaluation, int class_index)
{
    return sep_class_title(class_index + 1, evaluation->class_names.item[class_index]);
}

/* How many absent classes without a name follow each other from this one on. */
static int run_length(const sep_evaluation *evaluation, int class_index)
{
    int k = class_index;
    while (k < evaluation->foreground && sep_evaluation_is_absent(evaluation, k) && is_unnamed(evaluation, k))
        k++;
    return k - class_index;
}

/* "2, 3, 4" or "2, 6 to 54": sparse indices leave out long runs. */
static void append_names(const sep_evaluation *evaluation, char **text)
{
    const char *before = "";
    for (int k = 0; k < evaluation->foreground; k++) {
        if (!sep_evaluation_is_absent(evaluation, k))
            continue;
        int run = run_length(evaluation, k);
        append(text, sep_strdup(before));
        append(text, name_class(evaluation, k));
        before = ", ";
        if (run >= SHORTEST_RUN) {
            k += run - 1;
            append(text, sep_format(" to %d", k + 1));
        }
    }
}

/* What was predicted of classes that are nowhere: all of it false. */
static void append_predicted(const sep_evaluation *evaluation, char **text)
{
    const char *before = "; but predictions have ";
    for (int k = 0; k < evaluation->foreground; k++)
        if (sep_evaluation_is_absent(evaluation, k) && evaluation->voxels[k].prediction > 0) {
            append(text, sep_format("%s%lld voxels of ", before, (long long)evaluation->voxels[k].prediction));
            append(text, name_class(evaluation, k));
            before = ", ";
        }
}

sep_status sep_evaluation_say_absent(const sep_evaluation *evaluation, char **text)
{
    int absent = 0;
    *text = NULL;
    for (int k = 0; k < evaluation->foreground; k++)
        absent += sep_evaluation_is_absent(evaluation, k);
    if (absent == 0)
        return SEP_OK;
    *text = sep_strdup(absent == 1 ? "class " : "classes ");
    append_names(evaluation, text);
    append(text, sep_format(" %s in no reference: left out of the mean", absent == 1 ? "is" : "are"));
    append_predicted(evaluation, text);
    return *text ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_evaluation_warn_absent(const sep_evaluation *evaluation, const char *what)
{
    char *text;
    SEP_TRY(sep_evaluation_say_absent(evaluation, &text));
    if (text)
        sep_log(SEP_LOG_WARNING, "%s: %s", what, text);
    sep_free(text);
    return SEP_OK;
}
