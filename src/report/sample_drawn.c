/* What augmentation drew for a sample, in words: read back from where its patch lies in its slice. */
#include "report/sample_drawn.h"

#include "septum/data.h"

#include <math.h>

static void add_transform(sep_text *text, const sep_transform *transform)
{
    static const char *const axes[] = {"rows", "columns"};
    bool changed = transform->quarter_turns != 0 || transform->flip >= 0 || transform->degrees != 0;

    if (transform->quarter_turns != 0)
        sep_text_format(text, "turned by %d°; ", 90 * transform->quarter_turns);
    if (transform->flip >= 0)
        sep_text_format(text, "%s flipped; ", axes[transform->flip]);
    if (transform->degrees != 0)
        sep_text_format(text, "rotated by %d°; ", transform->degrees);
    sep_text_add(text, changed ? "resized" : "as it is; resized");
}

/* Scale, mirror and angle (counter-clockwise, as quarter turns): what the matrix does beyond resizing. */
static void add_matrix(sep_text *text, const sep_geometry *geometry, const sep_geometry *plain, const char *of_what)
{
    const double pi = 3.14159265358979323846;
    double y = plain->matrix[0][0] > 0.0f ? 1.0 / (double)plain->matrix[0][0] : 0.0;
    double x = plain->matrix[1][1] > 0.0f ? 1.0 / (double)plain->matrix[1][1] : 0.0;
    double a = (double)geometry->matrix[0][0] * y, b = (double)geometry->matrix[0][1] * x;
    double c = (double)geometry->matrix[1][0] * y, d = (double)geometry->matrix[1][1] * x;
    double determinant = a * d - b * c, sign = determinant < 0.0 ? -1.0 : 1.0;
    double angle = atan2(sign * b, sign * a) * 180.0 / pi;

    sep_text_add(text, "shows ");
    sep_text_number(text, sqrt(fabs(determinant)), 3);
    sep_text_add(text, of_what);
    sep_text_add(text, sign < 0.0 ? ", rows mirrored, then turned by " : ", turned by ");
    sep_text_number(text, angle, 1);
    sep_text_add(text, "°");
}

/* The largest of the nodes: what is shown bends less. */
static float largest_bend(const sep_geometry *geometry)
{
    float largest = 0.0f;

    for (int axis = 0; axis < 2; axis++)
        for (int i = 0; i < SEP_ELASTIC_NODES * SEP_ELASTIC_NODES; i++)
            largest = fmaxf(largest, fabsf(geometry->bend[axis][i]));
    return largest;
}

static void add_geometry(sep_text *text, const sep_geometry *geometry, const sep_geometry *plain, const char *of_what)
{
    add_matrix(text, geometry, plain, of_what);
    sep_text_add(text, "; its middle is that of the slice moved by ");
    sep_text_number(text, (double)(geometry->centre[0] - plain->centre[0]), 1);
    sep_text_add(text, " rows and ");
    sep_text_number(text, (double)(geometry->centre[1] - plain->centre[1]), 1);
    sep_text_add(text, " columns");
    if (!geometry->bends)
        return;
    sep_text_add(text, "; bent, by control points moved by up to ");
    sep_text_number(text, (double)largest_bend(geometry), 1);
    sep_text_add(text, " pixels");
}

void sep_text_drawn(sep_text *text, const sep_sample *sample, int height, int width)
{
    const sep_batch_config *config = sample->config;
    const sep_geometry plain = sep_geometry_plain(height, width, config->height, config->width),
                       window = sep_geometry_window(height, width);

    if (config->view == SEP_PATCH_WINDOW)
        add_geometry(text, &sample->placement.geometry, &window, " pixels of the slice a pixel");
    else if (config->augmentation == SEP_AUGMENT_STRONG)
        add_geometry(text, &sample->placement.geometry, &plain, " of the height and width");
    else
        add_transform(text, &sample->placement.transform);
}
