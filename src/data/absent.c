/* Classes that no labelled training scan shows: nothing teaches them. */
#include "data/scan.h"

#include <stdio.h>
#include <string.h>

enum { NAMED = 8 }; /* classes that a warning names; of more it has the number */

static void find_shown(const sep_labels *labels, bool shown[256])
{
    const size_t count = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;

    for (size_t i = 0; i < count; i++)
        shown[labels->data[i]] = true;
}

/* "3", or "3 (left ventricle)" where the class has a name that says more, behind `list` (freed). */
static char *with_class(char *list, const sep_dataset *dataset, int class_index)
{
    const char *name = dataset->class_name[class_index], *before = list != NULL ? list : "";
    const char *comma = list != NULL ? ", " : "";
    char number[32];

    snprintf(number, sizeof number, "class %d", class_index);
    char *longer = strcmp(name, number) == 0 ? sep_format("%s%s%d", before, comma, class_index)
                                             : sep_format("%s%s%d (%s)", before, comma, class_index, name);
    sep_free(list);
    return longer;
}

static sep_status warn(sep_dataset *dataset, const bool shown[256], int absent, int scans)
{
    char *list = NULL, more[32] = "";
    int named = 0;

    for (int c = 1; c < dataset->classes && named < NAMED; c++)
        if (!shown[c]) {
            list = with_class(list, dataset, c);
            named++;
            if (list == NULL)
                return SEP_ERR_MEMORY;
        }
    if (absent > named)
        snprintf(more, sizeof more, " and %d more", absent - named);
    char *line = sep_format("%s %s%s %s in none of the %d labelled scans", absent == 1 ? "class" : "classes", list,
                            more, absent == 1 ? "is" : "are", scans);
    sep_free(list);
    return sep_add_line(&dataset->warnings, line);
}

sep_status sep_dataset_warn_absent(sep_dataset *dataset)
{
    bool shown[256] = {false};
    int scans = 0, absent = 0;

    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].labelled) {
            find_shown(&dataset->scan[i].label, shown);
            scans++;
        }
    for (int c = 1; c < dataset->classes; c++)
        absent += !shown[c];
    return scans > 0 && absent > 0 ? warn(dataset, shown, absent, scans) : SEP_OK;
}
