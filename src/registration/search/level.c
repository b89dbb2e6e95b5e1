/* One level of the search: from samples and a map to the cost and its derivative by the map. */
#include "registration/search/objective.h"

#include <math.h>
#include <string.h>

static bool voxel_map(const sep_level *level, const sep_map map, float voxel[3][4])
{
    sep_map whole;
    bool finite = sep_map_invert(level->moving->affine, whole);

    if (!finite)
        return false;
    sep_map_compose(whole, map, whole);
    sep_map_compose(whole, level->fixed->affine, whole);
    for (int i = 0; i < 12; i++) {
        voxel[i / 4][i % 4] = (float)whole[i / 4][i % 4];
        finite = finite && isfinite(voxel[i / 4][i % 4]);
    }
    return finite;
}

static sep_status left_numbers(void)
{
    return sep_fail(SEP_ERR_NUMERIC, "the search left the numbers: a transform with infinite elements");
}

sep_status sep_level_hold(sep_level *level, const sep_map map)
{
    const sep_volume *moving = level->moving;

    if (!voxel_map(level, map, level->region.map))
        return left_numbers();
    level->region.size[0] = moving->width;
    level->region.size[1] = moving->height;
    level->region.size[2] = moving->depth;
    level->evaluator->border = SEP_BORDER_HELD;
    level->has_drawn = false;
    return SEP_OK;
}

void sep_level_pad(sep_level *level)
{
    level->evaluator->border = SEP_BORDER_LOWEST;
    level->has_drawn = false;
}

sep_status sep_level_draw(sep_level *level, uint32_t draw)
{
    const sep_sample_region *region = level->evaluator->border == SEP_BORDER_HELD ? &level->region : NULL;

    if (level->has_drawn && level->drawn == draw)
        return SEP_OK;
    SEP_TRY(sep_samples_draw(&level->samples, level->fixed, level->seed, draw, level->patches, region));
    if (level->evaluator->grid.size[0] > 0 && !level->patches)
        SEP_TRY(sep_samples_group(&level->samples, &level->evaluator->grid));
    sep_measure_set_rows(&level->measure, &level->samples);
    SEP_TRY(level->evaluator->by->draw(level->evaluator, &level->samples));
    level->drawn = draw;
    level->has_drawn = true;
    return SEP_OK;
}

/* Lets samples outside count, unless they are left out. Returns the share of samples inside. */
static double count_inside(sep_level *level)
{
    sep_samples *s = &level->samples;
    int inside = 0;

    for (int i = 0; i < s->count; i++)
        inside += s->inside[i] > 0.0f;
    for (int i = 0; i < s->count && level->evaluator->border != SEP_BORDER_LEFT_OUT; i++)
        s->inside[i] = 1.0f;
    return (double)inside / s->count;
}

sep_status sep_level_cost(sep_level *level, const sep_map map, const float *coefficient, bool pull, double *cost)
{
    sep_samples *s = &level->samples;
    sep_evaluator *e = level->evaluator;
    float voxel[3][4];

    if (!voxel_map(level, map, voxel))
        return left_numbers();
    SEP_TRY(e->by->look_up(e, s, (const float(*)[4])voxel, coefficient));
    level->valid = count_inside(level);
    SEP_TRY(sep_measure_cost(&level->measure, e, s, pull, cost));
    if (level->valid < level->least)
        return sep_fail(SEP_ERR_NUMERIC, "too little overlap: %.0f %% of the samples lie inside the moving volume",
                        100.0 * level->valid);
    return SEP_OK;
}

/* dE/d(world map) = to_voxel(linear)^T dE/d(voxel map) to_world^T. */
sep_status sep_level_map_gradient(const sep_level *level, sep_map gradient)
{
    const double(*to_world)[4] = level->fixed->affine;
    float sum[SEP_SAMPLE_BLOCKS][3][4];
    double voxel[3][4] = {{0}};
    sep_map to_voxel;

    SEP_TRY(level->evaluator->by->map_gradient(level->evaluator, &level->samples, sum));
    for (int b = 0; b < sep_samples_blocks(&level->samples); b++)
        for (int i = 0; i < 12; i++)
            voxel[i / 4][i % 4] += (double)sum[b][i / 4][i % 4];
    memset(gradient, 0, sizeof(sep_map));
    if (!sep_map_invert(level->moving->affine, to_voxel))
        return SEP_OK;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            for (int j = 0; j < 3; j++)
                gradient[i][j] += to_voxel[k][i] * (voxel[k][0] * to_world[j][0] + voxel[k][1] * to_world[j][1] +
                                                    voxel[k][2] * to_world[j][2] + voxel[k][3] * to_world[j][3]);
            gradient[i][3] += to_voxel[k][i] * voxel[k][3];
        }
    return SEP_OK;
}
