/* Which runs of a study are meant. */
#include "study/state.h"

#include <string.h>

/* The run itself, or the row or the count that it is of. */
static bool is_named(const sep_study_run *run, const char *name)
{
    const size_t length = strlen(name);

    return strncmp(run->name, name, length) == 0 && (run->name[length] == '\0' || run->name[length] == '/');
}

static bool is_wanted(const sep_study_run *run, const sep_strings *only)
{
    for (int i = 0; only != NULL && i < only->count; i++)
        if (is_named(run, only->item[i]))
            return true;
    return only == NULL || only->count == 0;
}

static sep_status check_names(const sep_study *study, const sep_strings *only)
{
    for (int i = 0; only != NULL && i < only->count; i++) {
        bool found = false;
        for (int k = 0; k < study->runs && !found; k++)
            found = is_named(&study->run[k], only->item[i]);
        if (!found)
            return sep_fail(SEP_ERR_ARGUMENT,
                            "%s: no run is named %s: names are as in %s, or its first one or two parts", study->path,
                            only->item[i], study->run[0].name);
    }
    return SEP_OK;
}

sep_status sep_study_choose(const sep_study *study, const sep_study_choice *choice, int **chosen, int *count)
{
    const int parts = choice->parts > 0 ? choice->parts : 1, part = choice->parts > 0 ? choice->part : 1;
    int wanted = 0;

    *count = 0;
    *chosen = NULL;
    if (part < 1 || part > parts)
        return sep_fail(SEP_ERR_ARGUMENT, "there is no part %d of %d", part, parts);
    SEP_TRY(check_names(study, choice->only));
    *chosen = sep_calloc((size_t)study->runs, sizeof **chosen);
    if (*chosen == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < study->runs; i++)
        if (is_wanted(&study->run[i], choice->only) && wanted++ % parts == part - 1)
            (*chosen)[(*count)++] = i;
    return SEP_OK;
}
