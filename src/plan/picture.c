/* What a network is shown: the slices' pixels, the part of them in a patch, and how they are augmented. */
#include "plan/choices.h"

#include <math.h>
#include <stdio.h>

/* ---- the picture that a network sees ----------------------------------------------------------------------------- */

typedef struct plane {
    double size[2]; /* pixels, as the network's spacing makes them */
    bool resampled;
} plane;

/* Where pixels vary, and the usual ones are of a size that data.spacing can have. */
static bool wants_resampling(const sep_facts *facts)
{
    const double varies = 0.05;

    for (int axis = 0; axis < 2; axis++)
        if (!(facts->spacing[axis] >= SEP_LEAST_SPACING && facts->spacing[axis] <= SEP_MOST_SPACING))
            return false;
    return facts->spacing_spread >= varies;
}

static plane plane_of(const sep_facts *facts)
{
    plane p = {.resampled = wants_resampling(facts)};

    for (int axis = 0; axis < 2; axis++)
        p.size[axis] = p.resampled ? facts->extent[axis] / facts->spacing[axis] : facts->size[axis];
    return p;
}

/* Small pictures are enlarged, since their structures are small too; others lose a little. */
static int patch_of(const plane *p)
{
    enum { STEP = 32, SMALL = 96, LARGEST = 256 };
    const double low = fmin(p->size[0], p->size[1]), high = fmax(p->size[0], p->size[1]);
    const int patch = low < SMALL ? (int)ceil(fmin(high, SMALL) / STEP) * STEP : (int)(low / STEP) * STEP;

    return patch < LARGEST ? patch : LARGEST;
}

sep_status sep_choose_picture(const sep_facts *facts, sep_plan_choices *choices)
{
    const plane p = plane_of(facts);
    const int patch = patch_of(&p);
    const double most = 1.5;
    char reason[400];

    if (p.resampled) {
        snprintf(reason, sizeof reason,
                 "Pixels differ in size by %.0f %% (middle nine tenths): all slices are brought to the median.",
                 100 * facts->spacing_spread);
        SEP_TRY(sep_plan_add(choices, "data.spacing", reason, "%.3g,%.3g", facts->spacing[0], facts->spacing[1]));
    }
    if (fmax(p.size[0], p.size[1]) > most * patch) {
        snprintf(reason, sizeof reason,
                 "Slices (median %.0f x %.0f pixels) are more than one and a half patches: the network sees windows.",
                 p.size[0], p.size[1]);
        SEP_TRY(sep_plan_add(choices, "data.view", reason, "window"));
    }
    snprintf(reason, sizeof reason, "A multiple of 32 near the median slice, %.0f x %.0f pixels, and no more than 256.",
             p.size[0], p.size[1]);
    return sep_plan_add(choices, "data.patch_size", reason, "%d", patch);
}

/* ---- augmentation ------------------------------------------------------------------------------------------------ */

static bool labels_tell_sides(const sep_facts *facts)
{
    return facts->sided[0] || facts->sided[1];
}

static bool no_mirror(const sep_facts *facts, int axis)
{
    return facts->sided[axis] || sep_has_sides(facts->alien, axis);
}

/* By label maps, and by pictures where these have a top. */
static void tell_mirrors(const sep_facts *facts, bool upright, char reason[400])
{
    const bool sided = labels_tell_sides(facts);
    const int axis = facts->sided[0] ? 0 : 1;
    int length = 0;

    if (sided)
        length = snprintf(reason, 400, "%s and %s %s.", facts->sided_class[axis][0], facts->sided_class[axis][1],
                          facts->sided_by_name ? "tell left from right by their names"
                                               : "change places in a mirror, by the label maps");
    else if (!upright)
        snprintf(reason, 400, "No two classes change places in a mirror: labels do not tell left from right.");
    if (upright && length < 400)
        snprintf(
            reason + length, (size_t)(400 - length),
            "%sAs they are, %.0f %% of such scans are more like the mean of the others than with columns mirrored, "
            "%.0f %% than with rows mirrored: no mirror from %.0f on.",
            sided ? " " : "", 100 * facts->alien[SEP_WAY_COLUMNS_MIRRORED], 100 * facts->alien[SEP_WAY_ROWS_MIRRORED],
            100 * SEP_ONE_SIDED);
}

static sep_status choose_turns(const sep_facts *facts, bool upright, sep_plan_choices *choices)
{
    const bool sided = labels_tell_sides(facts);
    char reason[400];

    snprintf(reason, sizeof reason,
             "As they are, %.0f %% of such scans are more like the mean of the others than turned by a quarter: %s.",
             100 * facts->alien[SEP_WAY_TURNED], upright ? "pictures have a top" : "they lie this way and that");
    return sep_plan_add(choices, "augmentation.quarter_turns",
                        upright || (!sided && facts->alien[SEP_WAY_TURNED] > 0) ? reason : NULL, "%s",
                        upright || sided ? "no" : "yes");
}

/* What no scan looks like need not be learned; where scans lie this way and that, all of it is. */
static sep_status choose_ways(const sep_facts *facts, sep_plan_choices *choices)
{
    static const char *const words[2][2] = {{"both", "columns"}, {"rows", "none"}}; /* [not columns][not rows] */
    const bool upright = sep_has_top(facts->alien);
    const char *mirror = words[no_mirror(facts, 0)][no_mirror(facts, 1)];
    char reason[400];

    tell_mirrors(facts, upright, reason);
    SEP_TRY(sep_plan_add(choices, "augmentation.mirror", reason, "%s", mirror));
    return choose_turns(facts, upright, choices);
}

sep_status sep_choose_augmentation(const sep_facts *facts, sep_plan_choices *choices)
{
    static const char *const often[][2] = {{"rotation_probability", "0.8"},   {"rotation", "30"},
                                           {"scale_probability", "0.8"},      {"shift_probability", "0.5"},
                                           {"elastic_probability", "0.5"},    {"bias_probability", "0.3"},
                                           {"brightness_probability", "0.3"}, {"contrast_probability", "0.3"},
                                           {"gamma_probability", "0.5"}};

    SEP_TRY(sep_plan_add(choices, "data.augmentation",
                         "Few labelled slices are seen many times: strong augmentation, on nearly every slice.",
                         "strong"));
    SEP_TRY(choose_ways(facts, choices));
    for (size_t i = 0; i < sizeof often / sizeof *often; i++) {
        const char *key = sep_arena_format(choices->arena, "augmentation.%s", often[i][0]);
        SEP_TRY(key != NULL ? sep_plan_add(choices, key, i == 0 ? "As measured on ACDC with 3 labelled cases." : NULL,
                                           "%s", often[i][1])
                            : SEP_ERR_MEMORY);
    }
    return SEP_OK;
}
