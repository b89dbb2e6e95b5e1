/* One word per contrast; each is defined in the file of its name. And the rows of settings that all of them have. */
#ifndef SEPTUM_CONTRASTS_TABLE_H
#define SEPTUM_CONTRASTS_TABLE_H

#include "septum/contrasts.h"

#define SEP_CONTRASTS(X) X(scl) X(balanced) X(glcl) X(reco) X(mcsc) X(mcsc_v2) X(cct_r)

#define SEP_DECLARE_CONTRAST(name) extern const sep_contrast sep_contrast_##name;
SEP_CONTRASTS(SEP_DECLARE_CONTRAST)
#undef SEP_DECLARE_CONTRAST

enum { SEP_COUNTED_ONCE = 0, SEP_COUNTED_TWICE };

/* Of the member `common` of a struct `type`, with these defaults; `released`: how often released code counts the
 * weight. */
#define SEP_CONTRAST_COMMON(type, on_full, on_quarter, on_eighth, heavy, warm, wide, released)                         \
    SEP_SETTING_NAMED("full", type, common.scale[SEP_SCALE_FULL], SEP_SETTING_IS_BOOL, on_full, 0, 1, NULL,            \
                      "compares maps of the images' size", on_full),                                                   \
        SEP_SETTING_NAMED("quarter", type, common.scale[SEP_SCALE_QUARTER], SEP_SETTING_IS_BOOL, on_quarter, 0, 1,     \
                          NULL, "compares maps of a quarter of the images' side", on_quarter),                         \
        SEP_SETTING_NAMED("eighth", type, common.scale[SEP_SCALE_EIGHTH], SEP_SETTING_IS_BOOL, on_eighth, 0, 1, NULL,  \
                          "compares maps of an eighth of the images' side", on_eighth),                                \
        SEP_SETTING_NAMED("cross", type, common.cross, SEP_SETTING_IS_BOOL, true, 0, 1, NULL,                          \
                          "a network's pixels are labelled by the other's prediction, not by its own", true),          \
        SEP_SETTING_NAMED("weight", type, common.weight, SEP_SETTING_IS_FLOAT, heavy, 0, 1e6, NULL,                    \
                          "of the contrast of each scale", heavy),                                                     \
        SEP_SETTING_NAMED("counted", type, common.counted, SEP_SETTING_IS_CHOICE, SEP_COUNTED_ONCE, 0, 0,              \
                          "once|twice", "the weight: as the losses of both networks are added up", released),          \
        SEP_SETTING_NAMED("temperature", type, common.temperature, SEP_SETTING_IS_FLOAT, warm, 0.0125, 100, NULL,      \
                          "divides the cosines", warm),                                                                \
        SEP_SETTING_NAMED("hidden", type, common.hidden, SEP_SETTING_IS_INT, 256, 1, 4096, NULL,                       \
                          "channels between the projector's layers", 256),                                             \
        SEP_SETTING_NAMED("features", type, common.features, SEP_SETTING_IS_INT, wide, 1, 4096, NULL,                  \
                          "numbers that a pixel is projected to", wide)

#endif
