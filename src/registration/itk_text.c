/* ITK's transform text: from text to entries of numbers, and entries that are linear maps. */
#include "registration/itk_text.h"

#include "registration/matrix.h"

#include <math.h>
#include <string.h>

enum { LONGEST_NUMBER = 64, MOST_NUMBERS = 1 << 24 };

void sep_itk_entry_free(sep_itk_entry *entry)
{
    sep_free(entry->parameter);
    sep_free(entry->fixed);
    memset(entry, 0, sizeof *entry);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static size_t line_length(const char *line)
{
    return strcspn(line, "\r\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return line + strspn(line, "\r\n");
}

/* What follows "KEY:" and blanks where the line starts so; NULL where it doesn't. */
static const char *value_of(const char *line, const char *key)
{
    const size_t length = strlen(key);

    if (strncmp(line, key, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    return line + strspn(line, " \t");
}

/* The numbers up to the end of the line. */
static sep_status read_numbers(const char *text, double **numbers, int *count)
{
    const char *end = text + line_length(text);
    int capacity = 1;

    for (const char *c = text; c < end; c++)
        capacity += *c == ' ' || *c == '\t';
    if (capacity > MOST_NUMBERS)
        return sep_fail(SEP_ERR_FORMAT, "more than %d parameters", MOST_NUMBERS);
    *count = 0;
    *numbers = sep_calloc((size_t)capacity, sizeof **numbers);
    if (*numbers == NULL)
        return SEP_ERR_MEMORY;
    while (text < end) {
        const size_t length = strcspn(text, " \t\r\n");
        char word[LONGEST_NUMBER];

        if (length == 0) {
            text++;
            continue;
        }
        if (length >= sizeof word)
            return sep_fail(SEP_ERR_FORMAT, "a parameter of %zu characters is no number", length);
        memcpy(word, text, length);
        word[length] = '\0';
        if (!sep_parse_float(word, &(*numbers)[(*count)++]))
            return sep_fail(SEP_ERR_FORMAT, "the parameter '%s' is no finite number", word);
        text += length;
    }
    return SEP_OK;
}

/* "AffineTransform_double_3_3" -> "AffineTransform"; another dimension than 3 is an error. */
static sep_status read_name(const char *value, sep_itk_entry *entry)
{
    const size_t length = line_length(value), stem = strcspn(value, "_\r\n \t");

    if (stem == 0 || stem >= sizeof entry->name)
        return sep_fail(SEP_ERR_FORMAT, "a transform without a name");
    memcpy(entry->name, value, stem);
    entry->name[stem] = '\0';
    if (length < 4 || strncmp(value + strcspn(value, "\r\n \t") - 4, "_3_3", 4) != 0)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%.*s: only transforms from 3 to 3 dimensions are read", (int)length,
                        value);
    return SEP_OK;
}

sep_status sep_itk_next(const char **cursor, sep_itk_entry *entry, bool *found)
{
    sep_status status = SEP_OK;
    const char *line = *cursor, *value;

    memset(entry, 0, sizeof *entry);
    *found = false;
    for (; *line != '\0' && status == SEP_OK; line = next_line(line)) {
        if ((value = value_of(line, "Transform")) != NULL) {
            if (*found)
                break;
            *found = true;
            status = read_name(value, entry);
        } else if ((value = value_of(line, "Parameters")) != NULL && *found && entry->parameter == NULL) {
            status = read_numbers(value, &entry->parameter, &entry->parameters);
        } else if ((value = value_of(line, "FixedParameters")) != NULL && *found && entry->fixed == NULL) {
            status = read_numbers(value, &entry->fixed, &entry->fixed_parameters);
        } else if (*line != '#') {
            status = sep_fail(SEP_ERR_FORMAT, "'%.*s' is no line of an ITK transform file",
                              (int)(line_length(line) < 40 ? line_length(line) : 40), line);
        }
    }
    *cursor = line;
    if (status != SEP_OK)
        sep_itk_entry_free(entry);
    return status;
}

/* ---- linear maps ------------------------------------------------------------------------------------------------- */

/* Of a unit quaternion with vector part v (ITK's versor; the scalar part is not negative). */
static void versor_matrix(const double v[3], double m[3][3])
{
    const double square = 1.0 - v[0] * v[0] - v[1] * v[1] - v[2] * v[2], w = square > 0.0 ? sqrt(square) : 0.0;

    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;

        m[i][i] = 1.0 - 2.0 * (v[j] * v[j] + v[k] * v[k]);
        m[i][j] = 2.0 * (v[i] * v[j] - w * v[k]);
        m[j][i] = 2.0 * (v[i] * v[j] + w * v[k]);
    }
}

static void turn(int axis, double angle, double m[3][3])
{
    const int j = (axis + 1) % 3, k = (axis + 2) % 3;

    memset(m, 0, 9 * sizeof(double));
    m[axis][axis] = 1.0;
    m[j][j] = m[k][k] = cos(angle);
    m[k][j] = sin(angle);
    m[j][k] = -m[k][j];
}

static void multiply(double a[3][3], double b[3][3], double out[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

/* R = Rz Rx Ry, or Rz Ry Rx where the fourth fixed parameter says so. */
static void euler_matrix(const sep_itk_entry *e, double m[3][3])
{
    const bool zyx = e->fixed_parameters > 3 && e->fixed[3] != 0.0;
    double x[3][3], y[3][3], z[3][3], xy[3][3];

    turn(0, e->parameter[0], x);
    turn(1, e->parameter[1], y);
    turn(2, e->parameter[2], z);
    multiply(zyx ? y : x, zyx ? x : y, xy);
    multiply(z, xy, m);
}

/* Kinds of linear transforms: how many parameters, and which of them start the translation. */
static const struct kind {
    const char *name;
    int parameters, translation;
} kinds[] = {
    {"AffineTransform", 12, 9},       {"MatrixOffsetTransformBase", 12, 9}, {"Euler3DTransform", 6, 3},
    {"VersorRigid3DTransform", 6, 3}, {"Similarity3DTransform", 7, 3},      {"TranslationTransform", 3, 0},
    {"IdentityTransform", 0, -1},
};

static void linear_part(const sep_itk_entry *e, const struct kind *kind, double m[3][3])
{
    memset(m, 0, 9 * sizeof(double));
    m[0][0] = m[1][1] = m[2][2] = 1.0;
    if (kind->translation == 9)
        memcpy(m, e->parameter, 9 * sizeof(double));
    else if (strcmp(kind->name, "Euler3DTransform") == 0)
        euler_matrix(e, m);
    else if (kind->translation == 3)
        versor_matrix(e->parameter, m);
    for (int i = 0; i < 9 && kind->parameters == 7; i++)
        m[i / 3][i % 3] *= e->parameter[6];
}

/* LPS to RAS: both sides' first two axes change sign. */
static const double flip[3] = {-1.0, -1.0, 1.0};

sep_status sep_itk_linear(const sep_itk_entry *e, double map[3][4], double centre[3], bool *linear)
{
    const struct kind *kind = NULL;
    double m[3][3], c[3] = {0};

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (strcmp(kinds[k].name, e->name) == 0)
            kind = &kinds[k];
    *linear = kind != NULL;
    if (kind == NULL)
        return SEP_OK;
    if (e->parameters != kind->parameters || (kind->translation > 0 && e->fixed_parameters < 3))
        return sep_fail(SEP_ERR_FORMAT, "%s has %d parameters and %d fixed ones; %d and 3 are wanted", e->name,
                        e->parameters, e->fixed_parameters, kind->parameters);
    if (kind->translation > 0)
        memcpy(c, e->fixed, sizeof c);
    linear_part(e, kind, m);
    for (int i = 0; i < 3; i++) {
        double b = c[i] + (kind->translation >= 0 ? e->parameter[kind->translation + i] : 0.0);

        for (int j = 0; j < 3; j++) {
            b -= m[i][j] * c[j];
            map[i][j] = flip[i] * m[i][j] * flip[j];
        }
        map[i][3] = flip[i] * b;
        centre[i] = flip[i] * c[i];
    }
    return SEP_OK;
}
