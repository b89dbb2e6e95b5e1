/* The size of a product's rectangles: see gemm_cut.h. Every column of rectangles takes all of a anew, every row of them
 * all of b; so the fewer the better, but for the threads that have to be busy. */
#include "device/cpu/gemm_cut.h"

#include <math.h>

/* What one float of a or b costs beside the products, in multiply-adds: of a that is read where it lies, of what is
 * laid out, and of the activation. Chosen so that the cuts that ran fastest come out shortest. */
#define COST_OF_READING    24
#define COST_OF_LAYING_OUT 48
#define COST_OF_ACTIVATING 48

/* Times up to here are as good as the shortest. */
#define SLACK 1.02

typedef struct cutting {
    sep_gemm_piece piece;
    int units;   /* rectangles */
    double time; /* until the last thread is done: multiply-adds in a step of the depth */
} cutting;

static double time_of(const sep_product *m, const cutting *c)
{
    double rows = c->piece.rows, columns = c->piece.columns;
    double a = (sep_gemm_along_depth(m) ? COST_OF_READING : COST_OF_LAYING_OUT) +
               (sep_gemm_activates(m) ? COST_OF_ACTIVATING : 0);
    double b = m->packed ? COST_OF_READING : COST_OF_LAYING_OUT;

    return sep_cpu_ceiling(c->units, m->cpu->threads) * (rows * columns + rows * a + columns * b);
}

/* Into so many rows and columns of rectangles, or as many as the scratch needs. */
static cutting cut_into(const sep_product *m, int down, int across)
{
    int most_rows = sep_gemm_along_depth(m) ? m->rows : SEP_GEMM_KEPT_ROWS;
    int rows = sep_cpu_min(most_rows, sep_cpu_ceiling(m->rows, down));
    int columns = sep_cpu_min(SEP_GEMM_B_COLUMNS, sep_cpu_ceiling(m->columns, across));
    cutting c = {.piece = {sep_gemm_even_piece(m->rows, rows, m->cpu->simd->tile->rows),
                           sep_gemm_even_piece(m->columns, columns, m->cpu->simd->tile->columns)}};

    c.units = sep_cpu_ceiling(m->rows, c.piece.rows) * sep_cpu_ceiling(m->columns, c.piece.columns);
    c.time = time_of(m, &c);
    return c;
}

/* Of all ways whose time is about the shortest the one with the most rectangles: cores may differ in speed, or be busy
 * with something else. */
sep_gemm_piece sep_gemm_cut(const sep_product *m)
{
    int wanted = sep_cpu_wanted_units(m->cpu);
    double shortest = INFINITY;
    cutting best = {.units = 0};

    for (int down = 1; down <= wanted; down++)
        for (int across = 1; down * across <= wanted; across++)
            shortest = fmin(shortest, cut_into(m, down, across).time);
    for (int down = 1; down <= wanted; down++)
        for (int across = 1; down * across <= wanted; across++) {
            cutting c = cut_into(m, down, across);

            if (c.time <= SLACK * shortest && c.units > best.units)
                best = c;
        }
    return best.piece;
}
