/* Which way up pictures are: chest radiographs and ultrasound have a top, hearts in MRI lie as the scanner was turned.
 * Each scan in small is compared with the mean of those of other cases, as it is, mirrored and turned. No label map is
 * needed, so that all scans say something, and few labelled ones can't mislead. */
#include "plan/choices.h"

#include <math.h>
#include <string.h>

enum { SIDE = SEP_THUMBNAIL, CELLS = SIDE * SIDE, FEWEST_CASES = 5 };

typedef enum shown { AS_IT_IS, COLUMNS_MIRRORED, ROWS_MIRRORED, TURNED_LEFT, TURNED_RIGHT, SHOWN } shown;

/* Where the pixel at row y, column x of a picture so shown is in the picture as it is. */
static int cell_of(shown how, int y, int x)
{
    const int last = SIDE - 1;

    switch (how) {
    case COLUMNS_MIRRORED:
        return y * SIDE + last - x;
    case ROWS_MIRRORED:
        return (last - y) * SIDE + x;
    case TURNED_LEFT:
        return x * SIDE + last - y;
    case TURNED_RIGHT:
        return (last - x) * SIDE + y;
    default:
        return y * SIDE + x;
    }
}

/* Its other axes would be shown by other sums than the thumbnail's. */
static bool is_comparable(const sep_surveyed *scan)
{
    return scan->order.axis[0] == 0 && scan->order.axis[1] == 1;
}

static void make_length_1(double picture[CELLS])
{
    double square = 0;

    for (int i = 0; i < CELLS; i++)
        square += picture[i] * picture[i];
    for (int i = 0; i < CELLS && square > 0; i++)
        picture[i] /= sqrt(square);
}

/* In the order of most scans, of mean 0 and length 1; all 0 where there is nothing to see or to compare. */
static void standardise(const sep_surveyed *scan, double picture[CELLS])
{
    const int last = SIDE - 1;
    double mean = 0;

    if (!is_comparable(scan))
        return;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int row = scan->order.flipped[1] ? last - y : y, column = scan->order.flipped[0] ? last - x : x;
            picture[y * SIDE + x] = (double)scan->thumbnail[row * SIDE + column];
            mean += picture[y * SIDE + x] / CELLS;
        }
    for (int i = 0; i < CELLS; i++)
        picture[i] -= mean;
    make_length_1(picture);
}

static double likeness(const double picture[CELLS], shown how, const double mean[CELLS])
{
    double sum = 0;

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            sum += picture[cell_of(how, y, x)] * mean[y * SIDE + x];
    return sum;
}

/* Scans of one case look alike whichever way they are, and say nothing of others. Of length 1, as pictures are. */
static void mean_of_others(const sep_survey *survey, double (*picture)[CELLS], const double all[CELLS], int index,
                           double mean[CELLS])
{
    memcpy(mean, all, CELLS * sizeof *mean);
    for (int i = 0; i < survey->scans; i++)
        if (survey->scan[i].entry->group == survey->scan[index].entry->group)
            for (int cell = 0; cell < CELLS; cell++)
                mean[cell] -= picture[i][cell];
    make_length_1(mean);
}

static int cases_of(const sep_survey *survey)
{
    int cases = 0;

    for (int i = 0; i < survey->scans; i++) {
        int before = 0;
        while (before < i && survey->scan[before].entry->group != survey->scan[i].entry->group)
            before++;
        cases += before == i;
    }
    return cases;
}

/* By how much scans are more like the others as they are than otherwise. */
typedef struct margins {
    int count;
    double sum, squares;
} margins;

static void add_margin(margins *m, double margin)
{
    m->count++;
    m->sum += margin;
    m->squares += margin * margin;
}

/* The share of scans whose margin is above 0, if margins are distributed normally. A count of those that were seen
 * would take the first five hearts that happen to lie alike for a rule. */
static double share_above(const margins *m)
{
    const double mean = m->sum / m->count, variance = fmax(m->squares / m->count - mean * mean, 0);

    if (!(variance > 0))
        return mean > 0 ? 1 : 0;
    return 0.5 * (1 + erf(mean / sqrt(2 * variance)));
}

static void compare(const sep_survey *survey, double (*picture)[CELLS], sep_facts *facts)
{
    double all[CELLS] = {0}, others[CELLS];
    margins margin[SHOWN] = {0};

    for (int i = 0; i < survey->scans; i++)
        for (int cell = 0; cell < CELLS; cell++)
            all[cell] += picture[i][cell];
    for (int i = 0; i < survey->scans; i++) {
        if (!is_comparable(&survey->scan[i]))
            continue;
        mean_of_others(survey, picture, all, i, others);
        const double own = likeness(picture[i], AS_IT_IS, others);
        for (int how = 0; how < SHOWN; how++)
            add_margin(&margin[how], own - likeness(picture[i], (shown)how, others));
    }
    if (margin[AS_IT_IS].count == 0)
        return;
    facts->alien[SEP_WAY_COLUMNS_MIRRORED] = share_above(&margin[COLUMNS_MIRRORED]);
    facts->alien[SEP_WAY_ROWS_MIRRORED] = share_above(&margin[ROWS_MIRRORED]);
    facts->alien[SEP_WAY_TURNED] = fmin(share_above(&margin[TURNED_LEFT]), share_above(&margin[TURNED_RIGHT]));
}

sep_status sep_facts_find_ways(const sep_survey *survey, sep_facts *facts)
{
    if (cases_of(survey) < FEWEST_CASES)
        return SEP_OK;
    double(*picture)[CELLS] = sep_calloc((size_t)survey->scans, sizeof *picture);
    if (picture == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < survey->scans; i++)
        standardise(&survey->scan[i], picture[i]);
    compare(survey, picture, facts);
    sep_free(picture);
    return SEP_OK;
}
