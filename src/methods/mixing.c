/* Boxes, mixed images and mixed targets. */
#include "methods/mixing.h"

#include "losses/parts.h"
#include "simd/elementary.h"

#include <math.h>
#include <string.h>

/* ---- boxes ------------------------------------------------------------------------------------------------------- */

typedef struct box {
    int top, left, height, width;
} box;

/* Which random numbers of a sample say what. */
enum { HAS_BOX, AREA, ASPECT, TOP, LEFT, NUMBERS };

/* `wanted` pixels, at least 1 and at most `most`. */
static int whole_side(float wanted, int most)
{
    const int side = (int)(wanted + 0.5f);

    return side < 1 ? 1 : side > most ? most : side;
}

static box draw_box(const sep_random *random, const sep_box_settings *s, int sample, int height, int width)
{
    const uint64_t first = (uint64_t)sample * NUMBERS;
    box drawn = {0};

    if (sep_random_uniform(random, first + HAS_BOX) >= s->probability)
        return drawn;
    const float area = s->low + (s->high - s->low) * sep_random_uniform(random, first + AREA);
    const float turn = 2.0f * sep_random_uniform(random, first + ASPECT) - 1.0f;
    const float aspect = sep_expf(turn * sep_logf(s->aspect));
    drawn.height = whole_side(sqrtf(area / aspect) * (float)height, height);
    drawn.width = whole_side(sqrtf(area * aspect) * (float)width, width);
    drawn.top = (int)sep_random_below(random, first + TOP, (uint32_t)(height - drawn.height) + 1);
    drawn.left = (int)sep_random_below(random, first + LEFT, (uint32_t)(width - drawn.width) + 1);
    return drawn;
}

static void fill_box(const box *b, int width, float *mask)
{
    for (int y = b->top; y < b->top + b->height; y++)
        for (int x = b->left; x < b->left + b->width; x++)
            mask[(size_t)y * (size_t)width + (size_t)x] = 1.0f;
}

void sep_draw_boxes(const sep_moment *now, const char *name, const sep_box_settings *settings, bool common,
                    float *values, int64_t count)
{
    const int64_t pixels = (int64_t)now->height * now->width;
    const sep_random random = sep_moment_random(now, name);

    memset(values, 0, (size_t)count * sizeof *values);
    for (int64_t i = 0; i < count / pixels; i++) {
        const box drawn = draw_box(&random, settings, common ? 0 : (int)i, now->height, now->width);
        fill_box(&drawn, now->width, values + i * pixels);
    }
}

sep_status sep_boxes_check(const char *method, const sep_box_settings *settings)
{
    if (settings->low > settings->high)
        return sep_fail(SEP_ERR_ARGUMENT, "%s.box_low is above %s.box_high", method, method);
    return SEP_OK;
}

sep_node *sep_boxes(sep_step *step, int samples, sep_host_value *draw)
{
    return sep_host(step, SEP_SHAPE(samples, step->spec[0].height, step->spec[0].width, 1), draw);
}

/* ---- mixing ------------------------------------------------------------------------------------------------------ */

/* Products rather than a difference, so that what is taken is taken exactly. */
sep_node *sep_mixed(sep_graph *g, sep_node *mask, sep_node *a, sep_node *b)
{
    sep_node *first = sep_mul(g, a, mask);
    sep_node *second = sep_mul(g, b, sep_loss_complement(g, mask));

    return sep_add(g, first, second);
}

sep_node *sep_rolled(sep_graph *g, sep_node *x, int first, int count)
{
    sep_node *rolled = NULL;

    if (x == NULL)
        return NULL;
    const int samples = sep_node_shape(x)->dim[0];
    while (count > 0) {
        const int taken = samples - first % samples < count ? samples - first % samples : count;
        sep_node *part = sep_batch_range(g, x, first % samples, taken);
        rolled = rolled == NULL ? part : sep_concat_batch(g, rolled, part);
        first += taken;
        count -= taken;
    }
    return rolled;
}

/* ---- targets ----------------------------------------------------------------------------------------------------- */

sep_node *sep_labelled_target(sep_step *step, int count)
{
    return sep_rolled(step->graph, sep_one_hot(step->graph, step->label, step->spec[0].classes), 0, count);
}

sep_node *sep_pseudo_labels(sep_graph *g, sep_node *probabilities, bool components)
{
    const int classes = sep_shape_last(sep_node_shape(probabilities));
    sep_node *labels = sep_argmax(g, probabilities);

    return sep_one_hot(g, components ? sep_largest_component(g, labels, classes) : labels, classes);
}

sep_node *sep_certain(sep_graph *g, sep_node *probabilities, sep_node *threshold)
{
    return sep_loss_complement(g, sep_less(g, sep_max_channels(g, probabilities), threshold));
}
