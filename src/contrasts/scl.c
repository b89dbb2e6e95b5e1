/* Supervised local contrast (Khosla et al. 2020, on pixels): every pixel of another class counts alike, and the
 * background, which would outweigh all else, has no anchors. The second row of the thesis's Tables 4.3 and 5.7. */
#include "contrasts/patches.h"

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(sep_patch_options, true, false, false, 1e-3, 0.1, 128, SEP_COUNTED_ONCE),
    SEP_PATCH_SETTINGS(false, false, true),
    {0},
};

const sep_contrast sep_contrast_scl = {
    .name = "scl",
    .summary = "pixels of a class alike, all others apart, within groups of patches",
    .settings = settings,
    .options_size = sizeof(sep_patch_options),
    .build = sep_patch_contrast,
};
