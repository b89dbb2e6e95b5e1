/* The kinds of linear transforms in ITK's files and their parameters. */
#include "registration/files/itk_file.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* y = L (x - centre) + centre + translation. */
static void about(double linear[3][3], const double *centre, const double *translation, sep_map map)
{
    for (int i = 0; i < 3; i++) {
        map[i][3] = centre[i] + translation[i];
        for (int j = 0; j < 3; j++) {
            map[i][j] = linear[i][j];
            map[i][3] -= linear[i][j] * centre[j];
        }
    }
}

static void affine(const double *parameter, const double *fixed, int fixed_count, sep_map map)
{
    double linear[3][3];

    (void)fixed_count;
    memcpy(linear, parameter, sizeof linear);
    about(linear, fixed, parameter + 9, map);
}

static void translation(const double *parameter, const double *fixed, int fixed_count, sep_map map)
{
    (void)fixed;
    (void)fixed_count;
    sep_map_identity(map);
    for (int i = 0; i < 3; i++)
        map[i][3] = parameter[i];
}

static void identity(const double *parameter, const double *fixed, int fixed_count, sep_map map)
{
    (void)parameter;
    (void)fixed;
    (void)fixed_count;
    sep_map_identity(map);
}

/* By an angle in radians about axis 0, 1 or 2. */
static void turn_about_axis(int axis, double angle, sep_map map)
{
    const int a = (axis + 1) % 3, b = (axis + 2) % 3;

    sep_map_identity(map);
    map[a][a] = map[b][b] = cos(angle);
    map[b][a] = sin(angle);
    map[a][b] = -map[b][a];
}

/* About y first, then x, then z; with a fourth fixed parameter of 1 about x, then y, then z. */
static void euler(const double *parameter, const double *fixed, int fixed_count, sep_map map)
{
    const int first = fixed_count > 3 && fixed[3] != 0.0 ? 0 : 1;
    double linear[3][3];
    sep_map turn, next;

    turn_about_axis(first, parameter[first], turn);
    turn_about_axis(1 - first, parameter[1 - first], next);
    sep_map_compose((const double(*)[4])next, (const double(*)[4])turn, turn);
    turn_about_axis(2, parameter[2], next);
    sep_map_compose((const double(*)[4])next, (const double(*)[4])turn, turn);
    for (int i = 0; i < 9; i++)
        linear[i / 3][i % 3] = turn[i / 3][i % 3];
    about(linear, fixed, parameter + 3, map);
}

/* A unit quaternion by its vector part, and a scale. */
static void scaled_versor(const double *parameter, double scale, const double *centre, sep_map map)
{
    const double x = parameter[0], y = parameter[1], z = parameter[2];
    const double w = sqrt(fmax(0.0, 1.0 - x * x - y * y - z * z));
    double linear[3][3] = {
        {1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)},
        {2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)},
        {2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)},
    };

    for (int i = 0; i < 9; i++)
        linear[i / 3][i % 3] *= scale;
    about(linear, centre, parameter + 3, map);
}

static void versor(const double *parameter, const double *fixed, int fixed_count, sep_map map)
{
    (void)fixed_count;
    scaled_versor(parameter, 1.0, fixed, map);
}

static void similarity(const double *parameter, const double *fixed, int fixed_count, sep_map map)
{
    (void)fixed_count;
    scaled_versor(parameter, parameter[6], fixed, map);
}

static const sep_itk_kind kinds[] = {
    {"AffineTransform", 12, 3, affine},          {"MatrixOffsetTransformBase", 12, 3, affine},
    {"Euler3DTransform", 6, 3, euler},           {"VersorRigid3DTransform", 6, 3, versor},
    {"Similarity3DTransform", 7, 3, similarity}, {"TranslationTransform", 3, 0, translation},
    {"IdentityTransform", 0, 0, identity},
};

const sep_itk_kind *sep_itk_find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}
