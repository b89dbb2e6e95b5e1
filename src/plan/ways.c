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

/* In the order of most scans, of mean 0 and length 1; all 0 where there is nothing to see or to compare. */
static void standardise(const sep_surveyed *scan, double picture[CELLS])
{
    const int last = SIDE - 1;
    double mean = 0, square = 0;

    if (!is_comparable(scan))
        return;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int row = scan->order.flipped[1] ? last - y : y, column = scan->order.flipped[0] ? last - x : x;
            picture[y * SIDE + x] = (double)scan->thumbnail[row * SIDE + column];
            mean += picture[y * SIDE + x] / CELLS;
        }
    for (int i = 0; i < CELLS; i++) {
        picture[i] -= mean;
        square += picture[i] * picture[i];
    }
    for (int i = 0; i < CELLS; i++)
        picture[i] = square > 0 ? picture[i] / sqrt(square) : 0;
}

static double likeness(const double picture[CELLS], shown how, const double mean[CELLS])
{
    double sum = 0;

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            sum += picture[cell_of(how, y, x)] * mean[y * SIDE + x];
    return sum;
}

/* Scans of one case look alike whichever way they are, and say nothing of others. */
static void sum_of_others(const sep_survey *survey, double (*picture)[CELLS], const double all[CELLS], int index,
                          double sum[CELLS])
{
    memcpy(sum, all, CELLS * sizeof *sum);
    for (int i = 0; i < survey->scans; i++)
        if (survey->scan[i].entry->group == survey->scan[index].entry->group)
            for (int cell = 0; cell < CELLS; cell++)
                sum[cell] -= picture[i][cell];
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

static void compare(const sep_survey *survey, double (*picture)[CELLS], sep_facts *facts)
{
    double all[CELLS] = {0}, others[CELLS];
    int worse[SHOWN] = {0}, compared = 0;

    for (int i = 0; i < survey->scans; i++)
        for (int cell = 0; cell < CELLS; cell++)
            all[cell] += picture[i][cell];
    for (int i = 0; i < survey->scans; i++) {

        if (!is_comparable(&survey->scan[i]))
            continue;
        sum_of_others(survey, picture, all, i, others);
        const double own = likeness(picture[i], AS_IT_IS, others);
        for (int how = 0; how < SHOWN; how++)
            worse[how] += likeness(picture[i], (shown)how, others) < own;
        compared++;
    }
    if (compared == 0)
        return;
    facts->alien[SEP_WAY_COLUMNS_MIRRORED] = (double)worse[COLUMNS_MIRRORED] / compared;
    facts->alien[SEP_WAY_ROWS_MIRRORED] = (double)worse[ROWS_MIRRORED] / compared;
    facts->alien[SEP_WAY_TURNED] = fmin(worse[TURNED_LEFT], worse[TURNED_RIGHT]) / compared;
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
