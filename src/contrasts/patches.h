/* The contrast of patch groups: what scl, balanced, glcl and mcsc are made of. */
#ifndef SEPTUM_CONTRASTS_PATCHES_H
#define SEPTUM_CONTRASTS_PATCHES_H

#include "contrasts/table.h"
#include "septum/methods.h"

typedef struct sep_patch_options {
    sep_contrast_common common;
    int full_patch, quarter_patch, eighth_patch, groups;
    float pairs; /* millions */
    bool balanced, background, shuffled;
    int order, cut; /* places of the words of their settings */
} sep_patch_options;

enum { SEP_ORDER_ALIKE = 0, SEP_ORDER_RELEASED };
enum { SEP_CUT_ALL = 0, SEP_CUT_RELEASED };

/* The rows beside the common ones, with these defaults. */
#define SEP_PATCH_SETTINGS(is_balanced, with_background, is_shuffled)                                                  \
    SEP_SETTING_INT(sep_patch_options, full_patch, 0, 0, 4096,                                                         \
                    "side of the patches of full maps; 0: in proportion to the map, 19 where it has 224"),             \
        SEP_SETTING_INT(sep_patch_options, quarter_patch, 0, 0, 4096, "of maps of a quarter; 0: 28 of 56"),            \
        SEP_SETTING_INT(sep_patch_options, eighth_patch, 0, 0, 4096, "of maps of an eighth; 0: 14 of 28"),             \
        SEP_SETTING_INT(sep_patch_options, groups, 0, 0, 1 << 16,                                                      \
                        "groups of patches that a step compares, drawn at random; 0: by pairs"),                       \
        SEP_SETTING(sep_patch_options, pairs, SEP_SETTING_IS_FLOAT, 20, 0, 1e6, NULL,                                  \
                    "millions of pairs of pixels a step and scale, but at least one group; 0: all groups", 0),         \
        SEP_SETTING_BOOL(sep_patch_options, balanced, is_balanced, "each class weighs as much as any other"),          \
        SEP_SETTING_BOOL(sep_patch_options, background, with_background, "pixels of the background are anchors too"),  \
        SEP_SETTING_BOOL(sep_patch_options, shuffled, is_shuffled, "groups are of patches from different places"),     \
        SEP_SETTING_QUIRK(sep_patch_options, order, "alike|released", SEP_ORDER_ALIKE, SEP_ORDER_RELEASED,             \
                          "of labels: as the features', or by row of the patch before map"),                           \
        SEP_SETTING_QUIRK(sep_patch_options, cut, "all|released", SEP_CUT_ALL, SEP_CUT_RELEASED,                       \
                          "all patches that fit, or one less a side; of an eighth the corner patch only")

/* The loss of one scale (sep_contrast's build). */
sep_node *sep_patch_contrast(sep_step *step, const sep_contrasted *at);

#endif
