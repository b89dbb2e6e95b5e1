/* Affine maps as vectors of parameters. */
#include "registration/search/parameters.h"

#include <math.h>
#include <string.h>

int sep_parameter_count(sep_transform_kind kind)
{
    return kind == SEP_RIGID ? 6 : kind == SEP_SIMILARITY ? 7 : 12;
}

void sep_parameters_identity(sep_transform_kind kind, double *parameter)
{
    memset(parameter, 0, (size_t)sep_parameter_count(kind) * sizeof *parameter);
    if (kind == SEP_SIMILARITY)
        parameter[6] = 1.0;
    if (kind == SEP_AFFINE)
        parameter[0] = parameter[4] = parameter[8] = 1.0;
}

static void cross_matrix(const double g[3], double s[3][3])
{
    memset(s, 0, 9 * sizeof(double));
    for (int i = 0; i < 3; i++) {
        s[(i + 2) % 3][(i + 1) % 3] = g[i];
        s[(i + 1) % 3][(i + 2) % 3] = -g[i];
    }
}

/* a b + c d */
static void products(const double a[3][3], const double b[3][3], const double c[3][3], const double d[3][3],
                     double out[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            out[i][j] = 0.0;
            for (int k = 0; k < 3; k++)
                out[i][j] += a[i][k] * b[k][j] + c[i][k] * d[k][j];
        }
}

static const double zero[3][3];

static void rotation(const double g[3], double r[3][3])
{
    const double factor = 2.0 / (1.0 + g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
    double s[3][3], square[3][3];

    cross_matrix(g, s);
    products(s, s, zero, zero, square);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            r[i][j] = (i == j ? 1.0 : 0.0) + factor * (s[i][j] + square[i][j]);
}

/* By g[k]: factor * (E + E S + S E - g[k] (R - I)), E the cross matrix of axis k. */
static void rotation_slope(const double g[3], int k, double slope[3][3])
{
    const double factor = 2.0 / (1.0 + g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
    double axis[3] = {0}, s[3][3], e[3][3], r[3][3], mixed[3][3];

    axis[k] = 1.0;
    cross_matrix(g, s);
    cross_matrix(axis, e);
    products(e, s, s, e, mixed);
    rotation(g, r);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            slope[i][j] = factor * (e[i][j] + mixed[i][j] - g[k] * (r[i][j] - (i == j ? 1.0 : 0.0)));
}

/* The part of the map that the linear part makes: L (x - centre), and what else is added. */
static void about(const double linear[3][3], double scale, const double centre[3], const double add[3], sep_map map)
{
    for (int i = 0; i < 3; i++) {
        map[i][3] = add[i];
        for (int j = 0; j < 3; j++) {
            map[i][j] = scale * linear[i][j];
            map[i][3] -= map[i][j] * centre[j];
        }
    }
}

static const double *translation_of(sep_transform_kind kind, const double *parameter)
{
    return parameter + (kind == SEP_AFFINE ? 9 : 3);
}

void sep_parameters_map(sep_transform_kind kind, const double *parameter, const double centre[3], sep_map map)
{
    const double *t = translation_of(kind, parameter);
    const double add[3] = {centre[0] + t[0], centre[1] + t[1], centre[2] + t[2]};
    double linear[3][3];

    if (kind == SEP_AFFINE)
        memcpy(linear, parameter, sizeof linear);
    else
        rotation(parameter, linear);
    about(linear, kind == SEP_SIMILARITY ? parameter[6] : 1.0, centre, add, map);
}

void sep_parameters_jacobian(sep_transform_kind kind, const double *parameter, const double centre[3],
                             sep_map jacobian[SEP_MAX_PARAMETERS])
{
    const double none[3] = {0}, scale = kind == SEP_SIMILARITY ? parameter[6] : 1.0;
    const int first = kind == SEP_AFFINE ? 9 : 3;
    double linear[3][3];

    memset(jacobian, 0, SEP_MAX_PARAMETERS * sizeof *jacobian);
    for (int k = 0; k < first; k++) {
        memset(linear, 0, sizeof linear);
        if (kind == SEP_AFFINE)
            linear[k / 3][k % 3] = 1.0;
        else
            rotation_slope(parameter, k, linear);
        about(linear, scale, centre, none, jacobian[k]);
    }
    for (int i = 0; i < 3; i++)
        jacobian[first + i][i][3] = 1.0;
    if (kind == SEP_SIMILARITY) {
        rotation(parameter, linear);
        about(linear, 1.0, centre, none, jacobian[6]);
    }
}
