/* Augmentation of slices: quarter turns, flips and small rotations, as maps from each pixel to the one it shows. */
#include "septum/data.h"

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

sep_transform sep_transform_draw(sep_augmentation augmentation, uint64_t seed, uint32_t iteration, int position)
{
    const sep_random random = {.seed = seed, .stream = sep_stream("augmentation"), .iteration = iteration};
    sep_transform transform = IDENTITY;
    uint32_t word[4];

    if (augmentation == SEP_AUGMENT_NONE)
        return transform;
    sep_random_words(&random, (uint64_t)position, word);
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

static void map_turn_and_flip(const sep_transform *transform, int height, int width, int32_t *source)
{
    int out_height, out_width;

    sep_transform_size(transform, height, width, &out_height, &out_width);
    for (int y = 0; y < out_height; y++) {
        for (int x = 0; x < out_width; x++) {
            int from_y = transform->flip == 0 ? out_height - 1 - y : y;
            int from_x = transform->flip == 1 ? out_width - 1 - x : x;

            *source++ = turned(transform->quarter_turns, height, width, from_y, from_x);
        }
    }
}

/* Double precision and scipy's order of operations: shift + y * row + x * column. */
static void map_rotation(int degrees, int height, int width, int32_t *source)
{
    double c = COSINE_SINE[abs(degrees)][0];
    double s = degrees < 0 ? -COSINE_SINE[-degrees][1] : COSINE_SINE[degrees][1];
    double centre_y = (height - 1) / 2.0, centre_x = (width - 1) / 2.0;
    double shift_y = centre_y - (c * centre_y + s * centre_x);
    double shift_x = centre_x - (-s * centre_y + c * centre_x);

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double at_y = shift_y + y * c + x * s;
            double at_x = shift_x + y * -s + x * c;
            bool inside = at_y >= 0.0 && at_y <= height - 1 && at_x >= 0.0 && at_x <= width - 1;

            *source++ = inside ? (int32_t)floor(at_y + 0.5) * width + (int32_t)floor(at_x + 0.5) : -1;
        }
    }
}

void sep_transform_map(const sep_transform *transform, int height, int width, int32_t *source)
{
    if (transform->degrees != 0)
        map_rotation(transform->degrees, height, width, source);
    else
        map_turn_and_flip(transform, height, width, source);
}
