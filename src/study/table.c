/* The numbers of the table. */
#include "study/table.h"

#include "study/bootstrap.h"

#include <math.h>

static size_t place(const sep_table *table, sep_kept kept, sep_measure measure, int class_index, int row, int count)
{
    const size_t classes = 1 + (size_t)table->scores->class_names.count;
    const size_t rows = (size_t)table->study->rows, counts = (size_t)table->study->counts;
    const size_t sheet = ((size_t)kept * SEP_MEASURES + (size_t)measure) * classes + (size_t)class_index;

    return (sheet * rows + (size_t)row) * counts + (size_t)count;
}

const sep_table_cell *sep_table_at(const sep_table *table, sep_kept kept, sep_measure measure, int class_index, int row,
                                   int count)
{
    return &table->cell[place(table, kept, measure, class_index, row, count)];
}

/* ---- one cell ---------------------------------------------------------------------------------------------------- */

/* What a cell is of. */
typedef struct spot {
    sep_kept kept;
    sep_measure measure;
    int class_index, count;
} spot;

/* Room for the work on a cell. */
typedef struct work {
    sep_bootstrap *bootstrap;
    double *difference, *sum; /* [scans], [cases] */
    int *count;               /* scans of each case */
} work;

/* The run of a row and a seed: see the order of sep_study's runs. */
static int run_of(const sep_study *study, const spot *at, int row, int seed)
{
    return (seed * study->counts + at->count) * study->rows + row;
}

static double mean(const double *values, int count)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

/* Of each scan; NULL where the run is not evaluated. */
static const double *scores_of(const sep_table *table, const spot *at, int row, int seed)
{
    return sep_study_scores_of(table->scores, at->kept, run_of(table->study, at, row, seed), at->measure,
                               at->class_index);
}

/* Mean and range over the seeds. */
static void take_seeds(const sep_table *table, const spot *at, int row, sep_table_cell *cell)
{
    double sum = 0;

    *cell = (sep_table_cell){.mean = NAN,
                             .low = INFINITY,
                             .high = -INFINITY,
                             .difference = NAN,
                             .difference_low = NAN,
                             .difference_high = NAN,
                             .published = NAN};
    for (int seed = 0; seed < table->study->seeds; seed++) {
        const double *values = scores_of(table, at, row, seed);
        if (values == NULL)
            continue;
        const double value = mean(values, table->scores->scans);
        cell->seeds++;
        sum += value;
        cell->low = fmin(cell->low, value);
        cell->high = fmax(cell->high, value);
    }
    cell->mean = sum / cell->seeds; /* 0 / 0 is NaN */
    if (!isfinite(cell->low))
        cell->low = cell->high = NAN;
}

/* Each scan's difference to the baseline, the mean over the seeds that both have, whose number comes back: seeds differ
 * more than rows. */
static int take_differences(const sep_table *table, const spot *at, int row, double *difference)
{
    const int scans = table->scores->scans;
    int seeds = 0;

    for (int i = 0; i < scans; i++)
        difference[i] = 0;
    for (int seed = 0; seed < table->study->seeds; seed++) {
        const double *own = scores_of(table, at, row, seed),
                     *other = scores_of(table, at, table->study->baseline, seed);
        if (own == NULL || other == NULL)
            continue;
        seeds++;
        for (int i = 0; i < scans; i++)
            difference[i] += own[i] - other[i];
    }
    for (int i = 0; i < scans; i++)
        difference[i] /= seeds; /* 0 / 0 is NaN */
    return seeds;
}

/* Scans of a case go together: end diastole and end systole of one heart are nearly one observation. */
static void compare(const sep_table *table, const work *w, sep_table_cell *cell)
{
    const sep_study_scores *scores = table->scores;

    for (int k = 0; k < scores->cases; k++)
        w->sum[k] = 0;
    for (int i = 0; i < scores->scans; i++)
        w->sum[scores->case_of[i]] += w->difference[i];
    cell->difference = mean(w->difference, scores->scans);
    sep_bootstrap_interval(w->bootstrap, w->sum, w->count, 0.95, &cell->difference_low, &cell->difference_high);
}

static double published(const sep_table *table, const spot *at, int row)
{
    const bool dice = at->measure == SEP_MEASURE_DICE || at->measure == SEP_MEASURE_DICE_MEDPY;

    if (at->measure == SEP_MEASURE_HD95 || at->class_index >= SEP_MOST_PUBLISHED)
        return NAN; /* papers count distances by the other rule */
    return table->study->row[row].published[dice ? SEP_PUBLISHED_DICE : SEP_PUBLISHED_HD95][at->count][at->class_index];
}

static void fill_column(const sep_table *table, const spot *at, const work *w)
{
    for (int row = 0; row < table->study->rows; row++) {
        sep_table_cell *cell = &table->cell[place(table, at->kept, at->measure, at->class_index, row, at->count)];
        take_seeds(table, at, row, cell);
        if (row != table->study->baseline) {
            cell->difference_seeds = take_differences(table, at, row, w->difference);
            compare(table, w, cell);
        }
        cell->published = published(table, at, row);
    }
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void fill(const sep_table *table, const work *w)
{
    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS; kept++)
        for (sep_measure measure = 0; measure < SEP_MEASURES; measure++)
            for (int k = 0; k <= table->scores->class_names.count; k++)
                for (int count = 0; count < table->study->counts; count++)
                    fill_column(table, &(spot){kept, measure, k, count}, w);
}

static sep_status prepare(const sep_study_scores *scores, work *w)
{
    const size_t scans = (size_t)scores->scans, cases = (size_t)scores->cases;

    w->difference = sep_calloc(scans + 1, sizeof *w->difference);
    w->sum = sep_calloc(cases + 1, sizeof *w->sum);
    w->count = sep_calloc(cases + 1, sizeof *w->count);
    if (w->difference == NULL || w->sum == NULL || w->count == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < scores->scans; i++)
        w->count[scores->case_of[i]]++;
    return sep_bootstrap_create(scores->cases, SEP_BOOTSTRAP_DRAWS, &w->bootstrap);
}

sep_status sep_table_make(sep_study *study, const sep_study_scores *scores, sep_table *table)
{
    work w = {0};

    *table = (sep_table){.study = study, .scores = scores};
    table->cell = sep_calloc(place(table, SEP_KEPT_KINDS, 0, 0, 0, 0), sizeof *table->cell);
    sep_status status = table->cell != NULL ? prepare(scores, &w) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        fill(table, &w);
    sep_bootstrap_destroy(w.bootstrap);
    sep_free(w.difference);
    sep_free(w.sum);
    sep_free(w.count);
    return status;
}

void sep_table_free(sep_table *table)
{
    sep_free(table->cell);
    *table = (sep_table){0};
}
