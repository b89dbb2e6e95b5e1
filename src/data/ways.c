/* Which way up pictures are: see ways.h. */
#include "data/ways.h"

#include <math.h>
#include <string.h>

enum { SIDE = SEP_THUMBNAIL, CELLS = SEP_THUMBNAIL_CELLS, FEWEST_CASES = 5 };

typedef enum shown { AS_IT_IS, COLUMNS_MIRRORED, ROWS_MIRRORED, TURNED_LEFT, TURNED_RIGHT, SHOWN } shown;

/* ---- thumbnails -------------------------------------------------------------------------------------------------- */

/* Of row or column `cell` of a thumbnail the first pixel: the next one's is where it ends, though one it has. */
static int first_pixel(int cell, int pixels)
{
    return (int)((int64_t)cell * pixels / SEP_THUMBNAIL);
}

static float mean_of_cell(const sep_volume *channel, int row, int column, float low, float high)
{
    const int top = first_pixel(row, channel->height), left = first_pixel(column, channel->width);
    const int below = first_pixel(row + 1, channel->height), beside = first_pixel(column + 1, channel->width);
    const int bottom = below > top ? below : top + 1, right = beside > left ? beside : left + 1;
    double sum = 0;

    for (int z = 0; z < channel->depth; z++)
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++)
                sum += fminf(fmaxf(sep_volume_slice(channel, z)[y * channel->width + x], low), high);
    return (float)(sum / ((double)channel->depth * (bottom - top) * (right - left)));
}

void sep_thumbnail_draw(const sep_volume *channel, float low, float high, float thumbnail[CELLS])
{
    for (int i = 0; i < CELLS; i++)
        thumbnail[i] = mean_of_cell(channel, i / SIDE, i % SIDE, low, high);
}

/* ---- comparison -------------------------------------------------------------------------------------------------- */

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

static void make_length_1(double picture[CELLS])
{
    double square = 0;

    for (int i = 0; i < CELLS; i++)
        square += picture[i] * picture[i];
    for (int i = 0; i < CELLS && square > 0; i++)
        picture[i] /= sqrt(square);
}

/* Of mean 0 and length 1; all 0 where there is nothing to see. */
static void standardise(const sep_viewed *scan, double picture[CELLS])
{
    double mean = 0;

    for (int i = 0; i < CELLS; i++) {
        picture[i] = (double)scan->thumbnail[i];
        mean += picture[i] / CELLS;
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
static void mean_of_others(const sep_viewed *scan, int scans, double (*picture)[CELLS], const double all[CELLS],
                           int index, double mean[CELLS])
{
    memcpy(mean, all, CELLS * sizeof *mean);
    for (int i = 0; i < scans; i++)
        if (scan[i].group == scan[index].group)
            for (int cell = 0; cell < CELLS; cell++)
                mean[cell] -= picture[i][cell];
    make_length_1(mean);
}

static int cases_of(const sep_viewed *scan, int scans)
{
    int cases = 0;

    for (int i = 0; i < scans; i++) {
        int before = 0;
        while (before < i && scan[before].group != scan[i].group)
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

static void compare(const sep_viewed *scan, int scans, double (*picture)[CELLS], double alien[SEP_WAYS])
{
    double all[CELLS] = {0}, others[CELLS];
    margins margin[SHOWN] = {0};

    for (int i = 0; i < scans; i++)
        for (int cell = 0; cell < CELLS; cell++)
            all[cell] += picture[i][cell];
    for (int i = 0; i < scans; i++) {
        mean_of_others(scan, scans, picture, all, i, others);
        const double own = likeness(picture[i], AS_IT_IS, others);
        for (int how = 0; how < SHOWN; how++)
            add_margin(&margin[how], own - likeness(picture[i], (shown)how, others));
    }
    alien[SEP_WAY_COLUMNS_MIRRORED] = share_above(&margin[COLUMNS_MIRRORED]);
    alien[SEP_WAY_ROWS_MIRRORED] = share_above(&margin[ROWS_MIRRORED]);
    alien[SEP_WAY_TURNED] = fmin(share_above(&margin[TURNED_LEFT]), share_above(&margin[TURNED_RIGHT]));
}

/* Those that have a thumbnail, one behind the other; how many they are. */
static int gather(const sep_viewed *scan, int scans, sep_viewed *viewed)
{
    int count = 0;

    for (int i = 0; i < scans; i++)
        if (scan[i].thumbnail != NULL)
            viewed[count++] = scan[i];
    return count;
}

static sep_status tell(const sep_viewed *scan, int scans, double alien[SEP_WAYS])
{
    if (cases_of(scan, scans) < FEWEST_CASES)
        return SEP_OK;
    double(*picture)[CELLS] = sep_calloc((size_t)scans, sizeof *picture);
    if (picture == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < scans; i++)
        standardise(&scan[i], picture[i]);
    compare(scan, scans, picture, alien);
    sep_free(picture);
    return SEP_OK;
}

sep_status sep_ways_tell(const sep_viewed *scan, int scans, double alien[SEP_WAYS])
{
    sep_viewed *viewed = sep_calloc((size_t)scans, sizeof *viewed);

    memset(alien, 0, SEP_WAYS * sizeof *alien);
    const sep_status status = viewed != NULL ? tell(viewed, gather(scan, scans, viewed), alien) : SEP_ERR_MEMORY;
    sep_free(viewed);
    return status;
}
