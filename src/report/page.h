/* The HTML page, section by section. Each section writes itself or, when it has nothing to say, nothing. */
#ifndef SEPTUM_REPORT_PAGE_H
#define SEPTUM_REPORT_PAGE_H

#include "report/run.h"
#include "report/text.h"
#include "septum/report.h"

typedef struct sep_page {
    sep_text text;
    sep_arena *arena; /* names and arrays that plots need while they are drawn */
    const sep_run *run;
    int runs;
    bool other_cases; /* they are not all scored on the same ones */
} sep_page;

void sep_page_style(sep_text *text);
void sep_page_summary(sep_page *page);
void sep_page_curves(sep_page *page);
void sep_page_scores(sep_page *page);
void sep_page_pictures(sep_page *page);
void sep_page_details(sep_page *page);

/* ---- what pages share -------------------------------------------------------------------------------------------- */

/* From the document's type to what stands first on it. The title, which is no HTML yet, is `before` (NULL: nothing)
 * and the name; the page begins with its kind and the name as its heading, unless `kind` is NULL. */
void sep_page_open(sep_text *text, const char *before, const char *name, const char *kind);
/* The footer and the end. */
void sep_page_close(sep_text *text);
/* The colours of the classes [classes], of which the background, which is left out, comes first. */
void sep_page_class_key(sep_text *text, const char *const *class_name, int classes);
/* A picture as the address of an image; and the same in a figure under its caption, which is HTML already. */
sep_status sep_page_image(sep_text *text, const sep_picture *picture) SEP_MUST_CHECK;
sep_status sep_page_figure(sep_text *text, const sep_picture *picture, const char *caption) SEP_MUST_CHECK;

/* ---- what sections share ----------------------------------------------------------------------------------------- */

/* "<h2>TITLE</h2>", and under it a paragraph of explanation unless it is NULL; both are HTML already. */
void sep_page_heading(sep_page *page, const char *title, const char *explanation);
/* <td>TEXT</td> */
void sep_page_cell(sep_page *page, const char *raw);
/* A plot on a card. */
void sep_page_plot(sep_page *page, const sep_plot *plot);
/* The colours of the classes of a run's pictures, and one of the pictures. */
void sep_page_key(sep_page *page, const sep_run *run);
void sep_page_picture(sep_page *page, const sep_picture_file *picture);

/* The best validation of a student: an index into its mean Dice curve; -1 without one. */
int sep_best_validation(const sep_curve *mean_dice);
/* How many classes of the foreground any run was validated on. */
int sep_page_class_count(const sep_page *page);
/* The name of a class of the foreground (0: the first), from the evaluation or the log; "class 1" without either. From
 * the arena; NULL without memory. */
const char *sep_page_class_name(sep_page *page, int class_index);

#endif
