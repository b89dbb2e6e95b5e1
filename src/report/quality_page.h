/* The page of estimated qualities: the worst cases first, beside their Dice where that is known. */
#ifndef SEPTUM_REPORT_QUALITY_PAGE_H
#define SEPTUM_REPORT_QUALITY_PAGE_H

#include "report/text.h"

/* Of each case its estimated Dice and, with references, its measured one: [cases], and [cases, classes] of the
 * foreground. NaN: not defined. `dice` and `class_dice` are both there or both NULL. */
typedef struct sep_quality_page {
    const char *title, *remark; /* what else is said of the estimates; NULL: nothing */
    int cases, classes;
    const char *const *case_name, *const *class_name;
    double doubt; /* cases whose estimate is below it are marked */
    const double *estimate, *of_class;
    const double *dice, *class_dice;
} sep_quality_page;

/* One self-contained HTML page, no script. */
sep_status sep_quality_page_write(const sep_quality_page *page, const char *out) SEP_MUST_CHECK;

#endif
