/* 3 x 4 matrices in double. */
#include "registration/transform/matrix.h"

#include <math.h>
#include <string.h>

void sep_map_identity(sep_map map)
{
    memset(map, 0, sizeof(sep_map));
    for (int i = 0; i < 3; i++)
        map[i][i] = 1.0;
}

/* Of the 2 x 2 block that leaves out row i and column j, with its sign: the cofactor. */
static double cofactor(const sep_map m, int i, int j)
{
    const int r = (i + 1) % 3, s = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;

    return m[r][c] * m[s][d] - m[r][d] * m[s][c];
}

double sep_map_determinant(const sep_map map)
{
    return map[0][0] * cofactor(map, 0, 0) + map[0][1] * cofactor(map, 0, 1) + map[0][2] * cofactor(map, 0, 2);
}

void sep_map_point(const sep_map map, const double in[3], double out[3])
{
    const double x = in[0], y = in[1], z = in[2];

    for (int i = 0; i < 3; i++)
        out[i] = map[i][0] * x + map[i][1] * y + map[i][2] * z + map[i][3];
}

void sep_map_compose(const sep_map second, const sep_map first, sep_map out)
{
    sep_map product;

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            product[i][j] = second[i][0] * first[0][j] + second[i][1] * first[1][j] + second[i][2] * first[2][j] +
                            (j == 3 ? second[i][3] : 0.0);
    memcpy(out, product, sizeof product);
}

bool sep_map_invert(const sep_map map, sep_map out)
{
    const double determinant = sep_map_determinant(map);
    sep_map inverse;

    if (determinant == 0.0 || !isfinite(determinant) || !isfinite(1.0 / determinant))
        return false;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            inverse[i][j] = cofactor(map, j, i) / determinant;
    for (int i = 0; i < 3; i++)
        inverse[i][3] = -(inverse[i][0] * map[0][3] + inverse[i][1] * map[1][3] + inverse[i][2] * map[2][3]);
    memcpy(out, inverse, sizeof inverse);
    return true;
}
