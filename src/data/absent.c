/* Classes that no labelled training scan shows: nothing teaches them. */
#include "data/scan.h"
#include "septum/metrics.h"

#include <stdio.h>

enum { NAMED = 8 }; /* classes that a warning names; of more it has the number */

/* The class behind `list` (freed). */
static char *with_class(char *list, const sep_dataset *dataset, int class_index)
{
    char *title = sep_class_title(class_index, dataset->class_name[class_index]);
    char *longer = title == NULL ? NULL : list == NULL ? sep_strdup(title) : sep_format("%s, %s", list, title);

    sep_free(title);
    sep_free(list);
    return longer;
}

static sep_status warn(sep_dataset *dataset, const sep_label_counts *shown, int absent, int scans)
{
    char *list = NULL, more[32] = "";
    int named = 0;

    for (int c = 1; c < dataset->classes && named < NAMED; c++)
        if (shown->voxels[c] == 0) {
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
    sep_label_counts shown = {0};
    int scans = 0, absent = 0;

    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].labelled) {
            sep_label_counts_add(&shown, &dataset->scan[i].label);
            scans++;
        }
    for (int c = 1; c < dataset->classes; c++)
        absent += shown.voxels[c] == 0;
    return scans > 0 && absent > 0 ? warn(dataset, &shown, absent, scans) : SEP_OK;
}
