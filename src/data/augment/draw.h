/* Private to src/data/augment: numbers of one view. */
#ifndef SEPTUM_DATA_AUGMENT_DRAW_H
#define SEPTUM_DATA_AUGMENT_DRAW_H

#include "septum/augment.h"
#include "simd/random.h"

typedef struct sep_draw {
    sep_random random;
    uint64_t first; /* of this sample's numbers */
} sep_draw;

/* Numbers of a purpose: "strong.geometry". A view has 2^24 of them. */
static inline sep_draw sep_draw_for(const sep_view_id *view, const char *purpose)
{
    return (sep_draw){.random = {.seed = view->seed, .stream = sep_stream(purpose), .iteration = view->iteration},
                      .first = ((uint64_t)(uint32_t)view->position << 32) + ((uint64_t)(uint32_t)view->view << 24)};
}

static inline float sep_draw_between(const sep_draw *draw, uint64_t index, float low, float high)
{
    return low + (high - low) * sep_random_uniform(&draw->random, draw->first + index);
}

static inline bool sep_draw_chance(const sep_draw *draw, uint64_t index, float probability)
{
    return sep_random_uniform(&draw->random, draw->first + index) < probability;
}

static inline float sep_draw_normal(const sep_draw *draw, uint64_t index)
{
    return sep_random_normal(&draw->random, draw->first + index);
}

static inline void sep_draw_normals(const sep_draw *draw, uint64_t index, int64_t count, float *values)
{
    sep_random_normals(&draw->random, draw->first + index, count, values);
}

/* Half of the draws between low and 1, half between 1 and high, so that both directions are as frequent. */
static inline float sep_draw_about_one(const sep_draw *draw, uint64_t side, uint64_t index, float low, float high)
{
    bool below = sep_draw_chance(draw, side, 0.5f);

    if ((below && low < 1.0f) || high <= 1.0f)
        return sep_draw_between(draw, index, low, high < 1.0f ? high : 1.0f);
    return sep_draw_between(draw, index, low > 1.0f ? low : 1.0f, high);
}

/* Any foreground pixel with the same probability, by the number `index`; false where there is none. */
bool sep_draw_foreground(const sep_draw *draw, uint64_t index, const uint8_t *labels, int height, int width,
                         float centre[2]);

/* A smooth field over height x width pixels: a uniform cubic B-spline through SEP_ELASTIC_NODES^2 nodes, the outermost
 * ones beyond the border. out[height * width]. */
void sep_smooth_field(const float *nodes, int height, int width, float *out);

#endif
