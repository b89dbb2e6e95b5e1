/* The numbers of the table as text: sheets of cells, and what to know of them. */
#include "study/table.h"

#include <math.h>
#include <string.h>

/* ---- which sheets ------------------------------------------------------------------------------------------------ */

typedef struct spot {
    sep_kept kept;
    sep_measure measure;
    int class_index;
} spot;

/* Means first, then class by class. */
static spot spot_of(const sep_table *table, int index)
{
    const int per_kept = SEP_MEASURES * (1 + table->scores->class_names.count);

    return (spot){(sep_kept)(index / per_kept), (sep_measure)(index % SEP_MEASURES), index % per_kept / SEP_MEASURES};
}

int sep_sheet_count(const sep_table *table)
{
    const int per_kept = SEP_MEASURES * (1 + table->scores->class_names.count);

    return table->scores->evaluated[SEP_KEPT_BEST] > 0 ? 2 * per_kept : per_kept;
}

int sep_sheet_summary_count(const sep_table *table)
{
    (void)table;
    return SEP_MEASURES;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* The text in the study's arena. */
static const char *keep(const sep_table *table, sep_text *text)
{
    char *bytes = sep_text_take(text);
    const char *kept = bytes != NULL ? sep_arena_format(table->study->arena, "%s", bytes) : NULL;

    sep_free(bytes);
    return kept;
}

static const char *measure_name(const sep_table *table, sep_measure measure)
{
    switch (measure) {
    case SEP_MEASURE_DICE:
        return "Dice in %";
    case SEP_MEASURE_HD95:
        return table->scores->mm ? "HD95 in mm" : "HD95 in voxels";
    case SEP_MEASURE_DICE_MEDPY:
        return "Dice in %, medpy's rule";
    default:
        return "HD95 in voxels, medpy's rule";
    }
}

static const char *title_of(const sep_table *table, const spot *at)
{
    const char *class_name =
        at->class_index == 0 ? "mean over the classes" : table->scores->class_names.item[at->class_index - 1];

    return sep_arena_format(table->study->arena, "%s, %s, %s checkpoint", measure_name(table, at->measure), class_name,
                            sep_kept_name(at->kept));
}

static void add_signed(sep_text *text, double value)
{
    if (value >= 0.05)
        sep_text_add(text, "+");
    sep_text_fixed(text, value, 1);
}

/* "76.1 (75.0 to 77.2)"; a star where not all seeds are there. */
static const char *mean_cell(const sep_table *table, const sep_table_cell *cell)
{
    sep_text text = {0};

    sep_text_fixed(&text, cell->mean, 1);
    if (cell->seeds > 0 && cell->seeds < table->study->seeds)
        sep_text_add(&text, "*");
    if (cell->seeds > 1 && isfinite(cell->low)) {
        sep_text_add(&text, " (");
        sep_text_fixed(&text, cell->low, 1);
        sep_text_add(&text, " to ");
        sep_text_fixed(&text, cell->high, 1);
        sep_text_add(&text, ")");
    }
    return keep(table, &text);
}

/* "+3.1 [+1.2, +5.0]"; a star where not all seeds are in it. */
static const char *difference_cell(const sep_table *table, const sep_table_cell *cell)
{
    sep_text text = {0};

    if (isfinite(cell->difference))
        add_signed(&text, cell->difference);
    if (isfinite(cell->difference) && cell->difference_seeds < table->study->seeds)
        sep_text_add(&text, "*");
    if (isfinite(cell->difference_low)) {
        sep_text_add(&text, " [");
        add_signed(&text, cell->difference_low);
        sep_text_add(&text, ", ");
        add_signed(&text, cell->difference_high);
        sep_text_add(&text, "]");
    }
    sep_text_add(&text, "");
    return keep(table, &text);
}

static const char *published_cell(const sep_table *table, const sep_table_cell *cell)
{
    sep_text text = {0};

    if (isfinite(cell->published))
        sep_text_fixed(&text, cell->published, 1);
    sep_text_add(&text, "");
    return keep(table, &text);
}

/* ---- sheets ------------------------------------------------------------------------------------------------------ */

static bool has_published(const sep_table *table, const spot *at)
{
    for (int row = 0; row < table->study->rows; row++)
        for (int count = 0; count < table->study->counts; count++)
            if (isfinite(sep_table_at(table, at->kept, at->measure, at->class_index, row, count)->published))
                return true;
    return false;
}

typedef const char *write_cell(const sep_table *table, const sep_table_cell *cell);

static void choose_columns(const sep_table *table, const spot *at, sep_sheet *sheet, write_cell **column)
{
    sheet->head[0] = table->study->seeds > 1 ? "mean (seeds)" : "mean";
    column[0] = mean_cell;
    sheet->per_group = 1;
    if (table->study->rows > 1) {
        sheet->head[sheet->per_group] = "difference [95 %]";
        column[sheet->per_group++] = difference_cell;
    }
    if (has_published(table, at)) {
        sheet->head[sheet->per_group] = "published";
        column[sheet->per_group++] = published_cell;
    }
}

static sep_status fill_row(const sep_table *table, const spot *at, write_cell *const *column, int row, sep_sheet *sheet)
{
    sheet->row[row] = table->study->row[row].title;
    for (int count = 0; count < table->study->counts; count++) {
        const sep_table_cell *cell = sep_table_at(table, at->kept, at->measure, at->class_index, row, count);
        for (int i = 0; i < sheet->per_group; i++) {
            const char **text = &sheet->cell[row][count * sheet->per_group + i];
            *text = column[i](table, cell);
            if (*text == NULL)
                return SEP_ERR_MEMORY;
        }
    }
    return SEP_OK;
}

sep_status sep_sheet_fill(const sep_table *table, int index, sep_sheet *sheet)
{
    const spot at = spot_of(table, index);
    write_cell *column[SEP_MOST_IN_GROUP];
    sep_study *study = table->study;

    *sheet = (sep_sheet){.title = title_of(table, &at), .groups = study->counts, .rows = study->rows};
    choose_columns(table, &at, sheet, column);
    for (int i = 0; i < study->counts; i++) {
        sheet->group[i] = sep_study_count_title(study, i);
        if (sheet->group[i] == NULL)
            return SEP_ERR_MEMORY;
    }
    for (int row = 0; row < study->rows; row++)
        SEP_TRY(fill_row(table, &at, column, row, sheet));
    return sheet->title != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* ---- notes ------------------------------------------------------------------------------------------------------- */

static sep_status add(sep_strings *notes, char *note)
{
    sep_status status = note != NULL ? sep_strings_add(notes, note) : SEP_ERR_MEMORY;

    sep_free(note);
    return status;
}

static sep_status note_scans(const sep_study_scores *scores, sep_strings *notes)
{
    if (scores->validates)
        return add(notes,
                   sep_format("There is no data.test_list: evaluated on the %d cases (%d scans) that validate, on "
                              "which the best checkpoint and, where a run has several networks, the one that "
                              "answers were chosen. These numbers are too good; take them for comparisons only.",
                              scores->cases, scores->scans));
    return add(notes, sep_format("Evaluated once on %d cases (%d scans) of data.test_list, which no training reads.",
                                 scores->cases, scores->scans));
}

static sep_status note_absent(const sep_table *table, sep_strings *notes)
{
    for (int k = 0; k < table->scores->class_names.count; k++) {
        bool known = false;
        for (int row = 0; row < table->study->rows; row++)
            for (int count = 0; count < table->study->counts; count++)
                known |= isfinite(sep_table_at(table, SEP_KEPT_LAST, SEP_MEASURE_DICE, k + 1, row, count)->mean);
        if (!known)
            SEP_TRY(add(notes, sep_format("%s is in no reference, and left out of the means.",
                                          table->scores->class_names.item[k])));
    }
    return SEP_OK;
}

static sep_status note_missing(const sep_table *table, sep_strings *notes)
{
    const int evaluated = table->scores->evaluated[SEP_KEPT_LAST], runs = table->study->runs;

    if (evaluated == runs)
        return SEP_OK;
    return add(notes,
               sep_format("%d of %d runs are evaluated so far; * marks means and differences over fewer seeds than the "
                          "study has: a difference is over those of both rows, and may not be that of the means.",
                          evaluated, runs));
}

static sep_status note_difference(const sep_table *table, sep_strings *notes)
{
    const sep_study *study = table->study;

    if (study->rows < 2)
        return SEP_OK;
    return add(notes,
               sep_format("difference: to %s, each scan's mean over the seeds first; in brackets the 95 %% "
                          "bootstrap interval over the cases: %d draws of all scans of a case together, "
                          "percentiles as numpy's method \"linear\". Above 0 is better of Dice, below 0 of HD95.",
                          study->row[study->baseline].title, SEP_BOOTSTRAP_DRAWS));
}

static bool publishes(const sep_table *table)
{
    for (int k = 0; k <= table->scores->class_names.count; k++)
        if (has_published(table, &(spot){SEP_KEPT_LAST, SEP_MEASURE_DICE_MEDPY, k}) ||
            has_published(table, &(spot){SEP_KEPT_LAST, SEP_MEASURE_HD95_MEDPY, k}))
            return true;
    return false;
}

sep_status sep_table_notes(const sep_table *table, sep_strings *notes)
{
    const sep_study *study = table->study;

    SEP_TRY(note_scans(table->scores, notes));
    SEP_TRY(note_missing(table, notes));
    SEP_TRY(add(notes, sep_format("The last checkpoint is that of the last iteration, the best one that of the highest "
                                  "mean Dice on the cases that validate; %s chosen by what it does here.",
                                  table->scores->validates ? "the last one is not" : "neither is")));
    if (study->seeds > 1)
        SEP_TRY(add(notes, sep_format("mean (seeds): over %d seeds, and from the lowest to the highest of them.",
                                      study->seeds)));
    SEP_TRY(note_difference(table, notes));
    SEP_TRY(
        add(notes, sep_format("Empty masks: where one of two is empty, Dice is 0 and HD95 the volume's diagonal; two "
                              "empty ones are Dice 1 and HD95 0. By medpy's rule, by which papers count, an empty "
                              "prediction is Dice 0 and HD95 0, a prediction where the reference is empty Dice 1 and "
                              "HD95 0, and distances are in voxels.")));
    if (publishes(table))
        SEP_TRY(add(notes, sep_format("published: as the study's file gives it; other data, iterations and patch sizes "
                                      "than here unless the file says otherwise.")));
    return note_absent(table, notes);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

sep_status sep_table_put(const sep_table *table, int sheets, void (*put)(const sep_sheet *, sep_text *),
                         void (*note)(const char *, sep_text *), sep_text *text)
{
    sep_sheet *sheet = sep_calloc(1, sizeof *sheet);
    sep_strings notes = {0};
    sep_status status = sheet != NULL ? sep_table_notes(table, &notes) : SEP_ERR_MEMORY;

    for (int i = 0; i < sheets && status == SEP_OK; i++) {
        status = sep_sheet_fill(table, i, sheet);
        if (status == SEP_OK)
            put(sheet, text);
    }
    for (int i = 0; i < notes.count && status == SEP_OK; i++)
        note(notes.item[i], text);
    sep_strings_free(&notes);
    sep_free(sheet);
    return status;
}
