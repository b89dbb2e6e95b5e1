/* The abdominal phantom: CT-like scans in Hounsfield units with eight organs (the classes of the Synapse set) between
 * bones, muscle, fat, lungs, bowel and a vein, some of them as dense as the organs they touch. */
#include "data/phantom.h"

#include <math.h>

const char *const sep_phantom_abdomen_names[SEP_PHANTOM_ABDOMEN_CLASSES] = {
    "background", "aorta", "gallbladder", "left kidney", "right kidney", "liver", "pancreas", "spleen", "stomach"};

enum { NONE, AORTA, GALLBLADDER, LEFT_KIDNEY, RIGHT_KIDNEY, LIVER, PANCREAS, SPLEEN, STOMACH };

/* An organ as it is on average: place and half lengths in mm (x to the patient's left, y to the back, z to the head;
 * the origin lies before the spine at the height of the pancreas), density in HU, and how each varies between patients.
 */
typedef struct organ_kind {
    int label;
    sep_point centre, axes;
    float shift, scale, deform, turn;
    float density[2];
    float bend;
} organ_kind;

/* Later ones cover earlier ones. */
static const organ_kind ORGANS[] = {
    {NONE, {20, -38, -70}, {75, 38, 45}, 10, 0.12f, 0.10f, 0.1f, {30, 15}, 0}, /* bowel */
    {NONE, {-70, -5, -75}, {24, 24, 45}, 8, 0.15f, 0.12f, 0.1f, {25, 20}, 0},
    {NONE, {88, 5, -60}, {20, 22, 60}, 8, 0.15f, 0.12f, 0.1f, {25, 20}, 0},
    {NONE, {-24, 12, -10}, {19, 17, 28}, 5, 0.12f, 0.10f, 0.1f, {55, 20}, 0},  /* duodenum */
    {NONE, {20, -28, 150}, {60, 42, 50}, 6, 0.10f, 0.06f, 0.1f, {140, 10}, 0}, /* heart */
    {STOMACH, {62, -32, 42}, {42, 33, 44}, 8, 0.14f, 0.10f, 0.15f, {38, 14}, 0},
    {LIVER, {-58, -10, 46}, {80, 70, 66}, 6, 0.09f, 0.06f, 0.06f, {108, 10}, 0},
    {LIVER, {0, -46, 52}, {58, 30, 34}, 6, 0.12f, 0.08f, 0.1f, {0, 0}, 0}, /* left lobe: as dense as the right */
    {SPLEEN, {98, 34, 54}, {24, 38, 46}, 6, 0.16f, 0.08f, 0.12f, {116, 10}, 0},
    {PANCREAS, {18, 2, 2}, {58, 14, 17}, 6, 0.10f, 0.06f, 0.1f, {88, 10}, 0.006f},
    {LEFT_KIDNEY, {64, 50, -12}, {26, 27, 52}, 6, 0.09f, 0.05f, 0.1f, {165, 18}, 0},
    {RIGHT_KIDNEY, {-62, 52, -26}, {26, 27, 52}, 6, 0.09f, 0.05f, 0.1f, {0, 0}, 0}, /* as the left one */
    {GALLBLADDER, {-44, -40, 2}, {15, 15, 27}, 5, 0.16f, 0.08f, 0.15f, {10, 5}, 0},
    {NONE, {-20, 34, 0}, {12, 10, 400}, 3, 0.12f, 0.04f, 0.02f, {135, 12}, 0}, /* vena cava */
    {AORTA, {7, 38, 0}, {11, 11, 400}, 3, 0.11f, 0.02f, 0.02f, {170, 15}, 0},
};

#define ORGAN_COUNT ((int)(sizeof ORGANS / sizeof ORGANS[0]))
#define FAT         -100.0f
#define MUSCLE      58.0f
#define GAS         -900.0f
#define HEIGHT      240.0f /* of the scan, mm */
#define LOWEST      -105.0f

typedef struct organ {
    sep_blob shape;
    float density;
} organ;

typedef struct scene {
    organ organ[ORGAN_COUNT];
    sep_blob body, cavity, vertebra, canal, psoas[2];
    float diaphragm; /* height of its dome */
    float vertebra_pitch, disc_phase, rib_pitch, rib_phase, wall_muscle, bone, noise;
    sep_texture *texture;
} scene;

/* ---- drawing a case ---------------------------------------------------------------------------------------------- */

/* `around` scales the place of an organ with the size of the body. */
static organ draw_organ(sep_dice *dice, const organ_kind *kind, float around, float density_before)
{
    sep_point centre = {sep_dice_about(dice, kind->centre.x * around, kind->shift),
                        sep_dice_about(dice, kind->centre.y * around, kind->shift),
                        sep_dice_about(dice, kind->centre.z, kind->shift)};
    sep_point axes = {kind->axes.x * around * sep_dice_about(dice, 1.0f, kind->scale),
                      kind->axes.y * around * sep_dice_about(dice, 1.0f, kind->scale),
                      kind->axes.z * sep_dice_about(dice, 1.0f, kind->scale)};
    float density = sep_dice_about(dice, kind->density[0], kind->density[1]);
    organ o = {.shape = sep_blob_make(centre, axes)};

    o.density = kind->density[0] == 0.0f ? density_before : density;
    o.shape.bend = kind->bend;
    sep_blob_deform(&o.shape, dice, kind->deform);
    for (int axis = 0; axis < 3; axis++)
        sep_blob_turn(&o.shape, axis, sep_dice_about(dice, 0.0f, kind->turn));
    return o;
}

static sep_blob draw_part(sep_dice *dice, sep_point centre, sep_point axes, float around)
{
    sep_blob part = sep_blob_make((sep_point){centre.x * around, centre.y * around, centre.z},
                                  (sep_point){axes.x * around, axes.y * around, axes.z});

    sep_blob_deform(&part, dice, 0.02f);
    return part;
}

static void draw_frame(sep_dice *dice, scene *s, float around)
{
    float fat = sep_dice_uniform(dice, 8.0f, 26.0f);

    s->cavity = draw_part(dice, (sep_point){0, 6, 20}, (sep_point){138, 94, 900}, around);
    s->body = s->cavity;
    s->body.axes.x += fat;
    s->body.axes.y += fat;
    s->diaphragm = sep_dice_about(dice, 98.0f, 6.0f);
    s->vertebra = draw_part(dice, (sep_point){0, 66, 0}, (sep_point){21, 17, 900}, around);
    s->canal = draw_part(dice, (sep_point){0, 89, 0}, (sep_point){10, 8, 900}, around);
    s->psoas[0] = draw_part(dice, (sep_point){-34, 66, -90}, (sep_point){19, 19, 90}, around);
    s->psoas[1] = draw_part(dice, (sep_point){34, 66, -90}, (sep_point){19, 19, 90}, around);
    s->vertebra_pitch = sep_dice_uniform(dice, 31.0f, 37.0f);
    s->disc_phase = sep_dice_uniform(dice, 0.0f, 1.0f);
    s->rib_pitch = sep_dice_uniform(dice, 26.0f, 32.0f);
    s->rib_phase = sep_dice_uniform(dice, 0.0f, 1.0f);
    s->wall_muscle = sep_dice_uniform(dice, 9.0f, 15.0f);
    s->bone = sep_dice_about(dice, 240.0f, 40.0f);
    s->noise = sep_dice_uniform(dice, 9.0f, 20.0f);
}

static void draw_scene(sep_dice *dice, scene *s)
{
    float around = sep_dice_about(dice, 1.0f, 0.06f);

    for (int i = 0; i < ORGAN_COUNT; i++) {
        int before = i == 0 ? 0 : i - 1;

        s->organ[i] = draw_organ(dice, &ORGANS[i], around, s->organ[before].density);
    }
    draw_frame(dice, s, around);
}

static sep_grid draw_grid(sep_dice *dice, const sep_phantom_config *config)
{
    sep_grid grid = {.size = config->size, .slices = config->slices > 0 ? config->slices : 3 * config->size / 8};

    grid.pixel = sep_dice_uniform(dice, 345.0f, 400.0f) / (float)config->size;
    grid.slice = HEIGHT / (float)grid.slices;
    grid.first_slice = LOWEST + sep_dice_about(dice, 0.0f, 5.0f) + 0.5f * grid.slice;
    return grid;
}

/* ---- rendering --------------------------------------------------------------------------------------------------- */

/* How far z is into its period, 0 to 1. */
static float phase_of(float z, float pitch, float start)
{
    float turns = z / pitch + start;

    return turns - floorf(turns);
}

static float spine_at(const scene *s, sep_point p, float width, float value)
{
    bool disc = phase_of(p.z, s->vertebra_pitch, s->disc_phase) < 0.24f;
    float body = sep_blob_distance(&s->vertebra, p), canal = sep_blob_distance(&s->canal, p);
    float shell = disc ? 90.0f : sep_paint(s->bone - 60.0f, s->bone + 320.0f, sep_cover(-3.0f - body, 2.0f));

    value = sep_paint(value, disc ? MUSCLE : s->bone + 250.0f, sep_cover(canal - 5.0f, width));
    value = sep_paint(value, 30.0f, sep_cover(canal, width));
    return sep_paint(value, shell, sep_cover(body, width));
}

/* Ribs: slanted bars in the wall of the upper half, further down towards the front. */
static float ribs_at(const scene *s, sep_point p, float wall, float width, float value)
{
    float slanted = p.z + 0.35f * p.y, phase = phase_of(slanted, s->rib_pitch, s->rib_phase);
    float across = (fabsf(phase - 0.5f) - 0.2f) * s->rib_pitch, along = fabsf(wall + 7.0f) - 4.0f;

    if (slanted < 0.0f)
        return value;
    return sep_paint(value, s->bone + 150.0f, sep_cover(fmaxf(across, along), width));
}

/* Skin, fat, wall, and what fills the cavity between the organs. */
static float frame_at(const scene *s, sep_point p, float width)
{
    float body = sep_blob_distance(&s->body, p), cavity = sep_blob_distance(&s->cavity, p);
    float coarse = sep_texture_at(s->texture, p, 22.0f), fine = sep_texture_at(s->texture, p, 8.0f);
    float inner = cavity + s->wall_muscle;
    float filling = FAT + 10.0f * fine + 140.0f * sep_cover(0.45f - coarse, 0.12f);
    float back = fmaxf(inner - 8.0f, 62.0f - p.y);
    float lung =
        s->diaphragm - 0.004f * (p.x * p.x + p.y * p.y) - p.z; /* it hangs around the dome of liver and spleen */
    float value = -1000.0f;

    value = sep_paint(value, FAT + 8.0f * fine, sep_cover(body, width));
    value = sep_paint(value, MUSCLE + 12.0f * fine, sep_cover(cavity, width));
    value = sep_paint(value, filling, sep_cover(inner, width));
    value = sep_paint(value, MUSCLE + 25.0f * coarse, sep_cover(back, width));
    for (int i = 0; i < 2; i++)
        value = sep_paint(value, MUSCLE, sep_cover(fmaxf(inner, sep_blob_distance(&s->psoas[i], p)), width));
    value = sep_paint(value, -850.0f + 60.0f * fine, sep_cover(fmaxf(inner, lung), width));
    return ribs_at(s, p, cavity, width, value);
}

/* Gas lies in front in stomach and bowel; the cortex of a kidney is denser than its middle. */
static float density_at(const scene *s, const organ *o, int label, sep_point p, float distance)
{
    float fine = sep_texture_at(s->texture, p, 9.0f), coarse = sep_texture_at(s->texture, p, 20.0f);
    float level = o->shape.centre.y - 0.55f * o->shape.axes.y;

    if (label == STOMACH && p.y < level && distance < -4.0f)
        return GAS;
    if (label == STOMACH)
        return o->density + 30.0f * coarse;
    if (label == LEFT_KIDNEY || label == RIGHT_KIDNEY)
        return o->density - 45.0f * sep_cover(distance + 9.0f, 3.0f);
    if (label == LIVER)
        return o->density + 35.0f * sep_cover(0.68f - fine, 0.1f);
    if (label == PANCREAS)
        return o->density + 25.0f * fine;
    if (label == NONE && o->density < 50.0f)
        return coarse > 0.5f && distance < -5.0f ? GAS : o->density + 40.0f * fine;
    return o->density + 6.0f * fine;
}

/* Fat and vessels enter a kidney from the middle: not part of it. */
static bool in_hilum(const organ *o, sep_point p)
{
    float inwards = o->shape.centre.x > 0.0f ? o->shape.centre.x - p.x : p.x - o->shape.centre.x;
    float y = p.y - o->shape.centre.y, z = p.z - o->shape.centre.z;

    return inwards > 0.25f * o->shape.axes.x && y * y + 0.3f * z * z < 55.0f;
}

static float render_point(const scene *s, const sep_grid *grid, sep_point p, uint8_t *label)
{
    float width = 0.8f * grid->pixel, value = frame_at(s, p, width);
    float wall = sep_blob_distance(&s->cavity, p) + s->wall_muscle;
    float spine = fminf(sep_blob_distance(&s->vertebra, p), sep_blob_distance(&s->canal, p) - 5.0f);
    float outside = fmaxf(wall, -spine);

    *label = NONE;
    for (int i = 0; i < ORGAN_COUNT; i++) {
        const organ *o = &s->organ[i];
        int kind = ORGANS[i].label;
        float distance = fmaxf(sep_blob_distance(&o->shape, p), outside);

        if (distance > width || ((kind == LEFT_KIDNEY || kind == RIGHT_KIDNEY) && in_hilum(o, p)))
            continue;
        value = sep_paint(value, density_at(s, o, kind, p, distance), sep_cover(distance, width));
        if (distance < 0.0f)
            *label = (uint8_t)kind;
    }
    return spine_at(s, p, width, value);
}

static void render_plane(const scene *s, const sep_grid *grid, const sep_random *noise, int z, float *image,
                         uint8_t *label)
{
    uint64_t voxel = (uint64_t)z * (uint64_t)grid->size * (uint64_t)grid->size;

    for (int y = 0; y < grid->size; y++) {
        for (int x = 0; x < grid->size; x++, voxel++) {
            float value = render_point(s, grid, sep_grid_point(grid, z, y, x), &label[voxel]);

            value += s->noise * sep_random_normal(noise, voxel);
            image[voxel] = fmaxf(-1024.0f, fminf(3071.0f, floorf(value + 0.5f)));
        }
    }
}

sep_status sep_phantom_abdomen(const sep_phantom_config *config, int index, sep_volume *volume, sep_labels *labels)
{
    sep_dice dice = sep_dice_make("phantom abdomen", config->seed, index);
    const sep_random noise = {
        .seed = config->seed, .stream = sep_stream("phantom tomography"), .iteration = (uint32_t)index};
    scene s = {0};
    sep_grid grid;

    SEP_TRY(sep_phantom_check(config, index));
    grid = draw_grid(&dice, config);
    draw_scene(&dice, &s);
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
