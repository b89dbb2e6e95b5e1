/* The table of a study: numbers, and the sheets that writers show them as. */
#ifndef SEPTUM_STUDY_TABLE_H
#define SEPTUM_STUDY_TABLE_H

#include "report/text.h"
#include "study/scores.h"

enum { SEP_BOOTSTRAP_DRAWS = 10000 };

/* A number that is not known is NaN. */
typedef struct sep_table_cell {
    int seeds; /* that are evaluated */
    double mean, low, high;
    int difference_seeds;                               /* that the row and the baseline's both have */
    double difference, difference_low, difference_high; /* to the baseline's row, and the 95 % interval over cases */
    double published;
} sep_table_cell;

typedef struct sep_table {
    sep_study *study;
    const sep_study_scores *scores;
    sep_table_cell *cell; /* see sep_table_at */
} sep_table;

sep_status sep_table_make(sep_study *study, const sep_study_scores *scores, sep_table *table) SEP_MUST_CHECK;
void sep_table_free(sep_table *table);
/* class_index 0 is the mean over the classes. */
const sep_table_cell *sep_table_at(const sep_table *table, sep_kept kept, sep_measure measure, int class_index, int row,
                                   int count);

/* ---- sheets ------------------------------------------------------------------------------------------------------ */

/* One measure of one class: rows of the study, a group of columns for each number of labelled cases. Strings lie in
 * the study's arena. */
enum { SEP_MOST_IN_GROUP = 3 };
typedef struct sep_sheet {
    const char *title;
    int groups, per_group, rows;
    const char *group[SEP_MOST_COUNTS];
    const char *head[SEP_MOST_IN_GROUP];
    const char *row[SEP_MOST_ROWS];
    const char *cell[SEP_MOST_ROWS][SEP_MOST_COUNTS * SEP_MOST_IN_GROUP];
} sep_sheet;

/* How many sheets there are: of the last checkpoint, then of the best where there is one. */
int sep_sheet_count(const sep_table *table);
/* How many of them show means over the classes for the last checkpoint: the first ones. */
int sep_sheet_summary_count(const sep_table *table);
sep_status sep_sheet_fill(const sep_table *table, int index, sep_sheet *sheet) SEP_MUST_CHECK;
/* What the numbers are, one sentence or two each. */
sep_status sep_table_notes(const sep_table *table, sep_strings *notes) SEP_MUST_CHECK;

/* ---- writers ----------------------------------------------------------------------------------------------------- */

/* Hands the first `sheets` sheets, then the notes, to their writers. */
sep_status sep_table_put(const sep_table *table, int sheets, void (*put)(const sep_sheet *, sep_text *),
                         void (*note)(const char *, sep_text *), sep_text *text) SEP_MUST_CHECK;

/* The first `sheets` sheets and the notes. */
sep_status sep_table_text(const sep_table *table, int sheets, sep_text *text) SEP_MUST_CHECK;
sep_status sep_table_markdown(const sep_table *table, sep_text *text) SEP_MUST_CHECK;
sep_status sep_table_latex(const sep_table *table, sep_text *text) SEP_MUST_CHECK;
/* One HTML page, with the curves of validation and pictures of cases beside the tables. */
sep_status sep_table_page(const sep_table *table, sep_text *text) SEP_MUST_CHECK;
/* One line a checkpoint, measure, class, row and number of cases. */
sep_status sep_table_csv(const sep_table *table, sep_text *text) SEP_MUST_CHECK;

#endif
