/* The cardiac phantom: cine-like short-axis scans. Two ventricles and a myocardium that vary between cases as in five
 * groups of patients (normal, dilated, hypertrophic, infarcted, large right ventricle), at end diastole and end
 * systole, among tissue that looks like them: liver, stomach, vessels, chest wall. */
#include "data/phantom.h"

#include <math.h>

const char *const sep_phantom_cardiac_names[SEP_PHANTOM_CARDIAC_CLASSES] = {"background", "right ventricle",
                                                                            "myocardium", "left ventricle"};

enum { BACKGROUND, RIGHT_VENTRICLE, MYOCARDIUM, LEFT_VENTRICLE };

/* Mean and spread over cases: millimetres, and the share of the cavity's radius that is left at end systole. */
typedef struct heart_group {
    float cavity[2], wall[2], contraction[2], right_width[2], thin_sector;
} heart_group;

static const heart_group GROUPS[] = {
    {.cavity = {24, 2}, .wall = {8.5f, 0.8f}, .contraction = {0.66f, 0.04f}, .right_width = {23, 3}},
    {.cavity = {33, 2.5f}, .wall = {8, 0.8f}, .contraction = {0.86f, 0.03f}, .right_width = {25, 4}},
    {.cavity = {22, 2}, .wall = {15, 2}, .contraction = {0.55f, 0.05f}, .right_width = {20, 3}},
    {.cavity = {29, 2.5f},
     .wall = {8.5f, 0.8f},
     .contraction = {0.80f, 0.04f},
     .right_width = {22, 3},
     .thin_sector = 1},
    {.cavity = {23, 2}, .wall = {8, 0.8f}, .contraction = {0.68f, 0.04f}, .right_width = {35, 4}},
};

#define GROUP_COUNT ((float)(sizeof GROUPS / sizeof GROUPS[0]))

typedef struct heart {
    sep_point centre;   /* of the left ventricle in the base's plane */
    float length;       /* from base to apex, outside */
    float base;         /* z of the valves' plane: atria lie above it */
    float cosine, sine; /* of the direction from the septum to the left ventricle's free wall */
    sep_blob outer, cavity, right;
    sep_blob papillary[2];
} heart;

/* Grey values between 0 (air) and about 1 (fat near the coil). */
typedef struct tissues {
    float blood, right_blood, muscle, fat, liver, stomach, spleen, lung, bone;
} tissues;

typedef struct scene {
    heart heart;
    tissues grey;
    sep_blob body, lung, abdomen, liver, stomach, spleen, vertebra, aorta;
    float skin_fat, chest_muscle; /* thicknesses */
    float heart_fat;
    sep_point coil;
    float coil_reach, noise;
    sep_texture *texture;
} scene;

/* ---- drawing a case ---------------------------------------------------------------------------------------------- */

/* Sizes at end diastole, the same draws for both phases. */
typedef struct heart_size {
    float cavity, wall, contraction, right_width, ellipticity, length;
    const heart_group *group;
} heart_size;

static float draw_pair(sep_dice *dice, const float pair[2])
{
    return sep_dice_about(dice, pair[0], pair[1]);
}

static heart_size draw_size(sep_dice *dice)
{
    const heart_group *group = &GROUPS[(int)sep_dice_uniform(dice, 0.0f, GROUP_COUNT)];
    heart_size size = {.group = group};

    size.cavity = draw_pair(dice, group->cavity);
    size.wall = draw_pair(dice, group->wall);
    size.contraction = draw_pair(dice, group->contraction);
    size.right_width = draw_pair(dice, group->right_width);
    size.ellipticity = sep_dice_about(dice, 0.0f, 0.04f);
    size.length = sep_dice_about(dice, 58.0f, 5.0f) + size.cavity;
    return size;
}

/* Systole: the cavity shrinks, the wall keeps its volume (so it thickens, the more as the heart gets shorter), the
 * valves move towards the apex. */
static void contract(heart_size *size, float *base)
{
    float outer = size->cavity + size->wall;
    float wall_area = (outer * outer - size->cavity * size->cavity) * 1.1f;

    *base = size->length * 0.3f * (1.0f - size->contraction);
    size->cavity *= size->contraction;
    size->wall = sqrtf(size->cavity * size->cavity + wall_area) - size->cavity;
    size->right_width *= 0.35f + 0.5f * size->contraction;
}

static void place_left(heart *h, const heart_size *size, sep_dice *dice)
{
    float outer = size->cavity + size->wall, stretch = 1.0f + size->ellipticity;
    sep_point inner_centre = h->centre;

    h->outer = sep_blob_make(h->centre, (sep_point){outer * stretch, outer / stretch, h->length});
    sep_blob_deform(&h->outer, dice, 0.012f);
    /* An infarct thins one sector: the cavity lies nearer to that side. */
    inner_centre.x += size->group->thin_sector * 0.3f * size->wall * sep_dice_uniform(dice, -1.0f, 1.0f);
    inner_centre.y += size->group->thin_sector * 0.3f * size->wall * sep_dice_uniform(dice, -1.0f, 1.0f);
    h->cavity = sep_blob_make(
        inner_centre, (sep_point){size->cavity * stretch, size->cavity / stretch, h->length - 0.9f * size->wall});
    sep_blob_deform(&h->cavity, dice, 0.02f);
}

/* A crescent: the part of a wider blob that the left ventricle does not cover. */
static void place_right(heart *h, const heart_size *size, float half_tangent, sep_dice *dice)
{
    float outer = size->cavity + size->wall;
    float depth = 0.55f * outer + 0.5f * size->right_width, shift = outer + size->right_width - depth;
    float breadth = outer * sep_dice_about(dice, 1.02f, 0.07f) + 0.1f * size->right_width;
    float length = h->length * sep_dice_about(dice, 0.88f, 0.05f);
    float slide = sep_dice_about(dice, 0.0f, 4.0f);
    sep_point centre = {h->centre.x - shift * h->cosine - slide * h->sine,
                        h->centre.y - shift * h->sine + slide * h->cosine, h->centre.z - 4.0f};

    h->right = sep_blob_make(centre, (sep_point){depth, breadth, length});
    sep_blob_deform(&h->right, dice, 0.04f);
    sep_blob_turn(&h->right, 2, half_tangent);
}

static void place_papillary(heart *h, const heart_size *size, sep_dice *dice)
{
    for (int i = 0; i < 2; i++) {
        float side = i == 0 ? 1.0f : -1.0f;
        float along = sep_dice_about(dice, 0.25f, 0.12f) * size->cavity;
        float across = side * sep_dice_about(dice, 0.62f, 0.06f) * size->cavity;
        float radius = sep_dice_about(dice, 4.2f, 0.7f);
        sep_point centre = {h->centre.x + along * h->cosine - across * h->sine,
                            h->centre.y + along * h->sine + across * h->cosine, 0.52f * h->length};

        h->papillary[i] = sep_blob_make(centre, (sep_point){radius, radius * 1.2f, 0.33f * h->length});
        sep_blob_deform(&h->papillary[i], dice, 0.08f);
    }
}

static heart draw_heart(sep_dice *dice, sep_phase phase)
{
    heart_size size = draw_size(dice);
    float half_tangent = sep_dice_about(dice, 0.0f, 0.17f), square = half_tangent * half_tangent;
    float tilt_x = sep_dice_about(dice, 0.0f, 0.04f), tilt_y = sep_dice_about(dice, 0.0f, 0.04f);
    heart h = {.length = size.length,
               .cosine = (1.0f - square) / (1.0f + square),
               .sine = 2.0f * half_tangent / (1.0f + square)};

    h.centre = (sep_point){sep_dice_about(dice, 2.0f, 8.0f), sep_dice_about(dice, -10.0f, 7.0f), 0.0f};
    if (phase == SEP_END_SYSTOLE)
        contract(&size, &h.base);
    place_left(&h, &size, dice);
    place_right(&h, &size, half_tangent, dice);
    place_papillary(&h, &size, dice);
    for (int axis = 0; axis < 2; axis++) {
        float tilt = axis == 0 ? tilt_x : tilt_y;

        sep_blob_turn(&h.outer, axis, tilt);
        sep_blob_turn(&h.cavity, axis, tilt);
        sep_blob_turn(&h.right, axis, tilt);
    }
    return h;
}

static sep_blob draw_organ(sep_dice *dice, sep_point centre, float shift, sep_point axes, float spread)
{
    sep_point moved = {sep_dice_about(dice, centre.x, shift), sep_dice_about(dice, centre.y, shift), centre.z};
    float scale = sep_dice_about(dice, 1.0f, 0.1f);
    sep_blob organ = sep_blob_make(moved, (sep_point){axes.x * scale, axes.y * scale, axes.z});

    sep_blob_deform(&organ, dice, spread);
    sep_blob_turn(&organ, 2, sep_dice_about(dice, 0.0f, 0.12f));
    return organ;
}

static void draw_surroundings(sep_dice *dice, scene *s)
{
    sep_point h = s->heart.centre;

    s->body = draw_organ(dice, (sep_point){0, 20, 40}, 6, (sep_point){140, 150, 600}, 0.03f);
    s->lung = draw_organ(dice, (sep_point){h.x + 14, h.y - 12, 20}, 8, (sep_point){97, 76, 140}, 0.06f);
    s->abdomen = draw_organ(dice, (sep_point){0, 112, 60}, 6, (sep_point){120, 76, 160}, 0.05f);
    s->liver = draw_organ(dice, (sep_point){h.x - 42, h.y + 68, 70}, 7, (sep_point){56, 33, 110}, 0.07f);
    s->stomach = draw_organ(dice, (sep_point){h.x + 42, h.y + 68, 80}, 8, (sep_point){32, 24, 60}, 0.08f);
    s->spleen = draw_organ(dice, (sep_point){h.x + 84, h.y + 62, 70}, 7, (sep_point){17, 28, 60}, 0.08f);
    s->vertebra = draw_organ(dice, (sep_point){h.x + 30, 108, 40}, 6, (sep_point){19, 16, 500}, 0.05f);
    s->aorta = draw_organ(dice, (sep_point){h.x + 48, h.y + 44, 40}, 6, (sep_point){10.5f, 10.5f, 800}, 0.02f);
    s->skin_fat = sep_dice_uniform(dice, 7.0f, 22.0f);
    s->chest_muscle = sep_dice_uniform(dice, 8.0f, 14.0f);
    s->heart_fat = sep_dice_uniform(dice, 1.0f, 5.0f);
}

static void draw_greys(sep_dice *dice, scene *s)
{
    s->grey.blood = sep_dice_about(dice, 0.70f, 0.06f);
    s->grey.right_blood = s->grey.blood * sep_dice_about(dice, 0.93f, 0.05f);
    s->grey.muscle = sep_dice_about(dice, 0.26f, 0.03f);
    s->grey.fat = sep_dice_about(dice, 0.86f, 0.07f);
    s->grey.liver = s->grey.muscle * sep_dice_about(dice, 1.1f, 0.15f);
    s->grey.stomach = sep_dice_uniform(dice, 0.2f, 0.65f);
    s->grey.spleen = sep_dice_about(dice, 0.38f, 0.05f);
    s->grey.lung = sep_dice_about(dice, 0.05f, 0.01f);
    s->grey.bone = sep_dice_about(dice, 0.42f, 0.05f);
    s->coil = (sep_point){sep_dice_uniform(dice, -110.0f, 60.0f), sep_dice_uniform(dice, -150.0f, -90.0f), 20.0f};
    s->coil_reach = sep_dice_uniform(dice, 130.0f, 230.0f);
    s->noise = sep_dice_uniform(dice, 0.012f, 0.032f);
}

static sep_grid draw_grid(sep_dice *dice, const sep_phantom_config *config, float length)
{
    sep_grid grid = {.size = config->size, .slices = config->slices};
    float beyond = sep_dice_uniform(dice, 0.0f, 10.0f), thickness = sep_dice_uniform(dice, 8.0f, 10.0f);

    grid.pixel = sep_dice_about(dice, 1.42f, 0.06f) * 224.0f / (float)config->size;
    grid.first_slice = sep_dice_uniform(dice, 1.0f, 7.0f);
    if (config->slices == 0) {
        float planes = (length + beyond - grid.first_slice) / thickness;

        grid.slices = (int)fmaxf(8.0f, fminf(12.0f, planes));
        grid.slice = thickness;
    } else {
        grid.slice = (length + beyond - grid.first_slice) / (float)config->slices;
    }
    return grid;
}

/* ---- rendering --------------------------------------------------------------------------------------------------- */

/* Everything but the heart, from the skin inwards. */
static float surroundings_at(const scene *s, sep_point p, float width)
{
    const tissues *grey = &s->grey;
    float body = sep_blob_distance(&s->body, p);
    float fine = sep_texture_at(s->texture, p, 5.0f), coarse = sep_texture_at(s->texture, p, 17.0f);
    float inner = body + s->skin_fat + s->chest_muscle;
    float bowel = sep_paint(grey->fat * 0.8f, 0.3f, sep_cover(coarse + 0.4f * fine, 0.25f));
    float streaks = sep_paint(grey->muscle, grey->fat * 0.8f, sep_cover(0.55f - fine, 0.2f));
    float vessels = sep_cover(0.62f - fine, 0.15f);
    float value = 0.01f;

    value = sep_paint(value, grey->fat * (1.0f + 0.06f * fine), sep_cover(body, width));
    value = sep_paint(value, streaks, sep_cover(body + s->skin_fat + 3.0f * coarse, width));
    value = sep_paint(value, bowel, sep_cover(inner, width));
    value =
        sep_paint(value, grey->lung + 0.3f * vessels, sep_cover(fmaxf(inner, sep_blob_distance(&s->lung, p)), width));
    value = sep_paint(value, bowel, sep_cover(fmaxf(inner, sep_blob_distance(&s->abdomen, p)), width));
    value =
        sep_paint(value, grey->liver + 0.2f * vessels, sep_cover(fmaxf(inner, sep_blob_distance(&s->liver, p)), width));
    value = sep_paint(value, grey->stomach + 0.08f * fine,
                      sep_cover(fmaxf(inner, sep_blob_distance(&s->stomach, p)), width));
    value = sep_paint(value, grey->spleen, sep_cover(fmaxf(inner, sep_blob_distance(&s->spleen, p)), width));
    value =
        sep_paint(value, grey->bone + 0.08f * fine, sep_cover(fmaxf(inner, sep_blob_distance(&s->vertebra, p)), width));
    value = sep_paint(value, grey->muscle, sep_cover(fmaxf(inner, sep_blob_distance(&s->aorta, p) - 1.5f), width));
    return sep_paint(value, grey->blood, sep_cover(sep_blob_distance(&s->aorta, p), width));
}

/* Distances to the heart's surfaces, negative inside. */
typedef struct heart_distance {
    float outer, cavity, right;
} heart_distance;

static heart_distance heart_distances(const heart *h, sep_point p)
{
    heart_distance d = {sep_blob_distance(&h->outer, p), sep_blob_distance(&h->cavity, p),
                        sep_blob_distance(&h->right, p)};

    d.right = fmaxf(d.right, -d.outer);
    return d;
}

static float heart_at(const scene *s, sep_point p, float width, float value)
{
    const tissues *grey = &s->grey;
    heart_distance d = heart_distances(&s->heart, p);
    float fine = sep_texture_at(s->texture, p, 4.0f), coarse = sep_texture_at(s->texture, p, 12.0f);
    float edge = fminf(d.outer, d.right - 2.5f), flow = 1.0f + 0.07f * coarse;
    float papillary = fminf(sep_blob_distance(&s->heart.papillary[0], p), sep_blob_distance(&s->heart.papillary[1], p));
    bool atria = p.z < s->heart.base;
    float wall = atria ? grey->blood * flow : grey->muscle * (1.0f + 0.08f * fine);
    float trabecula = sep_cover(d.right + 5.0f - 6.0f * fine, 1.5f);

    if (edge > s->heart_fat + 8.0f)
        return value;
    value = sep_paint(value, grey->fat * 0.9f, sep_cover(edge - s->heart_fat * (0.5f + coarse), width));
    value = sep_paint(value, grey->muscle, sep_cover(edge, width));
    value = sep_paint(value, sep_paint(0.65f * grey->right_blood, grey->right_blood * flow, trabecula),
                      sep_cover(d.right, width));
    value = sep_paint(value, wall, sep_cover(atria ? d.outer + 2.5f : d.outer, width));
    value = sep_paint(value, grey->blood * flow, sep_cover(d.cavity + 1.5f * fine, width));
    return atria ? value : sep_paint(value, grey->muscle * 1.1f, sep_cover(fmaxf(papillary, d.cavity + 0.5f), width));
}

static uint8_t label_at(const heart *h, sep_point p)
{
    heart_distance d = heart_distances(h, p);

    if (p.z < h->base)
        return BACKGROUND;
    if (d.cavity < 0.0f)
        return LEFT_VENTRICLE;
    if (d.outer < 0.0f)
        return MYOCARDIUM;
    return d.right < 0.0f ? RIGHT_VENTRICLE : BACKGROUND;
}

/* What the coil receives, brighter near it. The heart tapers within a slice: its mean over five depths of it. */
static float signal_at(const scene *s, const sep_grid *grid, sep_point p)
{
    float width = fmaxf(1.0f, 0.7f * grid->pixel), around = surroundings_at(s, p, width), sum = 0.0f;
    float x = (p.x - s->coil.x) / s->coil_reach, y = (p.y - s->coil.y) / s->coil_reach;

    for (int i = -2; i <= 2; i++)
        sum += heart_at(s, (sep_point){p.x, p.y, p.z + 0.2f * (float)i * grid->slice}, width, around);
    return sum / 5.0f * (0.35f + 1.1f / (1.0f + x * x + y * y));
}

/* The magnitude of a complex signal with normal noise in both parts, as a scanner stores it: whole numbers. */
static float with_noise(float signal, float noise, const sep_random *random, uint64_t voxel)
{
    float real = signal + noise * sep_random_normal(random, 2 * voxel);
    float imaginary = noise * sep_random_normal(random, 2 * voxel + 1);

    return floorf(1000.0f * sqrtf(real * real + imaginary * imaginary) + 0.5f);
}

static void render_plane(const scene *s, const sep_grid *grid, const sep_random *random, int z, float *image,
                         uint8_t *label)
{
    uint64_t voxel = (uint64_t)z * (uint64_t)grid->size * (uint64_t)grid->size;

    for (int y = 0; y < grid->size; y++) {
        for (int x = 0; x < grid->size; x++, voxel++) {
            sep_point p = sep_grid_point(grid, z, y, x);

            image[voxel] = with_noise(signal_at(s, grid, p), s->noise, random, voxel);
            label[voxel] = label_at(&s->heart, p);
        }
    }
}

sep_status sep_phantom_cardiac(const sep_phantom_config *config, int index, sep_phase phase, sep_volume *volume,
                               sep_labels *labels)
{
    sep_dice heart_dice = sep_dice_make("phantom heart", config->seed, index);
    sep_dice body_dice = sep_dice_make("phantom thorax", config->seed, index);
    const sep_random noise = {.seed = config->seed,
                              .stream = sep_stream(phase == SEP_END_DIASTOLE ? "phantom diastole" : "phantom systole"),
                              .iteration = (uint32_t)index};
    scene s = {.heart = draw_heart(&heart_dice, phase)};
    sep_grid grid;

    SEP_TRY(sep_phantom_check(config, index));
    grid = draw_grid(&body_dice, config, s.heart.length);
    draw_surroundings(&body_dice, &s);
    draw_greys(&body_dice, &s);
    s.texture = sep_texture_create(config->seed, index);
    if (s.texture == NULL)
        return SEP_ERR_MEMORY;
    if (sep_phantom_allocate(&grid, volume, labels) != SEP_OK) {
        sep_free(s.texture);
        return SEP_ERR_MEMORY;
    }
#pragma omp parallel for schedule(dynamic)
    for (int z = 0; z < grid.slices; z++)
        render_plane(&s, &grid, &noise, z, volume->data, labels->data);
    sep_free(s.texture);
    return SEP_OK;
}
