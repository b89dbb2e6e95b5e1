/* Augmentation of slices: quarter turns, flips and small rotations, as maps from each pixel to the one it shows. */
#include "septum/augment.h"

#include <math.h>
#include <stdlib.h>

#define MAX_DEGREES 20

/* Cosine and sine of whole degrees, correctly rounded, so that no machine's libm decides where a pixel goes. */
static const double COSINE_SINE[MAX_DEGREES + 1][2] = {
    {1.0, 0.0},
    {0.9998476951563913, 0.01745240643728351},
    {0.9993908270190958, 0.03489949670250097},
    {0.9986295347545738, 0.052335956242943835},
    {0.9975640502598242, 0.0697564737441253},
    {0.9961946980917455, 0.08715574274765818},
    {0.9945218953682733, 0.10452846326765347},
    {0.992546151641322, 0.12186934340514748},
    {0.9902680687415704, 0.13917310096006544},
    {0.9876883405951378, 0.15643446504023087},
    {0.984807753012208, 0.17364817766693036},
    {0.981627183447664, 0.1908089953765448},
    {0.9781476007338057, 0.20791169081775934},
    {0.9743700647852352, 0.224951054343865},
    {0.9702957262759965, 0.24192189559966773},
    {0.9659258262890683, 0.25881904510252074},
    {0.9612616959383189, 0.27563735581699916},
    {0.9563047559630354, 0.2923717047227367},
    {0.9510565162951535, 0.30901699437494745},
    {0.9455185755993168, 0.32556815445715664},
    {0.9396926207859084, 0.3420201433256687},
};

static const sep_transform IDENTITY = {.quarter_turns = 0, .flip = -1, .degrees = 0};

/* An integer in [0, bound) from one random word. */
static int below(uint32_t word, uint32_t bound)
{
    return (int)((uint64_t)word * bound >> 32);
}

sep_transform sep_transform_draw(sep_augmentation augmentation, const sep_view_id *view)
{
    const sep_random random = {.seed = view->seed, .stream = sep_stream("augmentation"), .iteration = view->iteration};
    sep_transform transform = IDENTITY;
    uint32_t word[4];

    if (augmentation != SEP_AUGMENT_FLIPS && augmentation != SEP_AUGMENT_THESIS)
        return transform;
    sep_random_words(&random, ((uint64_t)(uint32_t)view->view << 32) + (uint64_t)(uint32_t)view->position, word);
    if (below(word[0], 2) == 1) {
        transform.quarter_turns = below(word[2], 4);
        transform.flip = below(word[3], 2);
    } else if (augmentation == SEP_AUGMENT_THESIS && below(word[1], 2) == 1) {
        transform.degrees = below(word[2], 2 * MAX_DEGREES) - MAX_DEGREES;
    }
    return transform;
}

void sep_transform_size(const sep_transform *transform, int height, int width, int *out_height, int *out_width)
{
    bool swapped = transform->quarter_turns % 2 != 0;

    *out_height = swapped ? width : height;
    *out_width = swapped ? height : width;
}

/* The input's pixel that (y, x) shows after `turns` counter-clockwise quarter turns of a height x width slice. */
static int32_t turned(int turns, int height, int width, int y, int x)
{
    switch (turns) {
    case 1:
        return x * width + (width - 1 - y);
    case 2:
        return (height - 1 - y) * width + (width - 1 - x);
    case 3:
        return (height - 1 - x) * width + y;
    default:
        return y * width + x;
    }
}

/* The input's pixel that (y, x) shows after turns and the flip. */
static int32_t flipped(const sep_transform *transform, int height, int width, int y, int x)
{
    int out_height, out_width;

    sep_transform_size(transform, height, width, &out_height, &out_width);
    return turned(transform->quarter_turns, height, width, transform->flip == 0 ? out_height - 1 - y : y,
                  transform->flip == 1 ? out_width - 1 - x : x);
}

/* Double precision and scipy's order of operations: shift + y * row + x * column. */
typedef struct rotation {
    double c, s, shift_y, shift_x;
} rotation;

static rotation rotation_by(int degrees, int height, int width)
{
    const double c = COSINE_SINE[abs(degrees)][0];
    const double s = degrees < 0 ? -COSINE_SINE[-degrees][1] : COSINE_SINE[degrees][1];
    const double centre_y = (height - 1) / 2.0, centre_x = (width - 1) / 2.0;

    return (rotation){c, s, centre_y - (c * centre_y + s * centre_x), centre_x - (-s * centre_y + c * centre_x)};
}

static int32_t rotated(const rotation *r, int height, int width, int y, int x)
{
    const double at_y = r->shift_y + y * r->c + x * r->s, at_x = r->shift_x + y * -r->s + x * r->c;
    const bool inside = at_y >= 0.0 && at_y <= height - 1 && at_x >= 0.0 && at_x <= width - 1;

    return inside ? (int32_t)floor(at_y + 0.5) * width + (int32_t)floor(at_x + 0.5) : -1;
}

/* The transform of a slice that was shown, once transformed, as `plain` has it. */
static sep_geometry turned_geometry(const sep_transform *transform, int height, int width, const sep_geometry *plain)
{
    static const float cosine[4] = {1.0f, 0.0f, -1.0f, 0.0f}, sine[4] = {0.0f, 1.0f, 0.0f, -1.0f};
    const double *turn = COSINE_SINE[abs(transform->degrees)];
    sep_geometry geometry = {.centre = {0.5f * (float)(height - 1), 0.5f * (float)(width - 1)}};
    float c = transform->degrees != 0 ? (float)turn[0] : cosine[transform->quarter_turns];
    float s = transform->degrees != 0 ? (float)turn[1] : sine[transform->quarter_turns];
    float rows = transform->flip == 0 ? -plain->matrix[0][0] : plain->matrix[0][0];
    float columns = transform->flip == 1 ? -plain->matrix[1][1] : plain->matrix[1][1];

    s = transform->degrees < 0 ? -s : s;
    geometry.matrix[0][0] = c * rows;
    geometry.matrix[0][1] = s * columns;
    geometry.matrix[1][0] = -s * rows;
    geometry.matrix[1][1] = c * columns;
    return geometry;
}

sep_geometry sep_geometry_of_transform(const sep_transform *transform, int height, int width, int patch_height,
                                       int patch_width)
{
    int out_height, out_width;

    sep_transform_size(transform, height, width, &out_height, &out_width);
    const sep_geometry plain = sep_geometry_plain(out_height, out_width, patch_height, patch_width);
    return turned_geometry(transform, height, width, &plain);
}

sep_geometry sep_geometry_window_of_transform(const sep_transform *transform, int height, int width)
{
    const sep_geometry plain = sep_geometry_window(height, width);

    return turned_geometry(transform, height, width, &plain);
}

void sep_transform_map(const sep_transform *transform, int height, int width, int32_t *source)
{
    const rotation r = rotation_by(transform->degrees, height, width);
    int out_height, out_width;

    sep_transform_size(transform, height, width, &out_height, &out_width);
    for (int y = 0; y < out_height; y++)
        for (int x = 0; x < out_width; x++)
            *source++ =
                transform->degrees != 0 ? rotated(&r, height, width, y, x) : flipped(transform, height, width, y, x);
}
