/* Jacobi's method, rows by rows: only sums, products, quotients and roots, so the same bits everywhere. */
#include "features/pca.h"

#include <math.h>
#include <string.h>

enum { MOST_SWEEPS = 60 };
#define NEGLIGIBLE 1e-30 /* of the squares off the diagonal, beside those on it */

static double *row_of(double *matrix, int size, int row)
{
    return matrix + (size_t)row * (size_t)size;
}

static bool is_diagonal(const double *matrix, int size)
{
    double on = 0.0, off = 0.0;

    for (int i = 0; i < size; i++)
        for (int k = 0; k < size; k++) {
            const double value = matrix[(size_t)i * (size_t)size + (size_t)k];
            *(i == k ? &on : &off) += value * value;
        }
    return off <= NEGLIGIBLE * on;
}

/* Rotates two rows. */
static void turn_rows(double *matrix, int size, int p, int q, double c, double s)
{
    double *a = row_of(matrix, size, p), *b = row_of(matrix, size, q);

    for (int k = 0; k < size; k++) {
        const double x = a[k], y = b[k];
        a[k] = c * x - s * y;
        b[k] = s * x + c * y;
    }
}

/* And two columns; of the matrix both, which keeps it symmetric, of the vectors the columns. */
static void turn_columns(double *matrix, int size, int p, int q, double c, double s)
{
    for (int k = 0; k < size; k++) {
        double *row = row_of(matrix, size, k);
        const double x = row[p], y = row[q];
        row[p] = c * x - s * y;
        row[q] = s * x + c * y;
    }
}

/* The smaller of the two angles that make matrix[p][q] zero. */
static void rotate(double *matrix, int size, double *vectors, int p, int q)
{
    const double off = row_of(matrix, size, p)[q];

    if (off == 0.0)
        return;
    const double theta = (row_of(matrix, size, q)[q] - row_of(matrix, size, p)[p]) / (2.0 * off);
    const double t = (theta < 0.0 ? -1.0 : 1.0) / (fabs(theta) + sqrt(theta * theta + 1.0));
    const double c = 1.0 / sqrt(t * t + 1.0), s = t * c;

    turn_rows(matrix, size, p, q, c, s);
    turn_columns(matrix, size, p, q, c, s);
    turn_columns(vectors, size, p, q, c, s);
    row_of(matrix, size, p)[q] = row_of(matrix, size, q)[p] = 0.0;
}

void sep_eigen_symmetric(double *matrix, int size, double *vectors)
{
    memset(vectors, 0, (size_t)size * (size_t)size * sizeof *vectors);
    for (int i = 0; i < size; i++)
        row_of(vectors, size, i)[i] = 1.0;
    for (int sweep = 0; sweep < MOST_SWEEPS && !is_diagonal(matrix, size); sweep++)
        for (int p = 0; p < size - 1; p++)
            for (int q = p + 1; q < size; q++)
                rotate(matrix, size, vectors, p, q);
}
