/* Supervised local contrast that is balanced: each class counts as one, whatever its pixels, and so the background can
 * have anchors. The fourth row of the thesis's Table 4.3. */
#include "contrasts/patches.h"

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(sep_patch_options, true, false, false, 1e-3, 0.1, 128, SEP_COUNTED_ONCE),
    SEP_PATCH_SETTINGS(true, true, true),
    {0},
};

const sep_contrast sep_contrast_balanced = {
    .name = "balanced",
    .summary = "scl in which every class weighs alike, background included",
    .settings = settings,
    .options_size = sizeof(sep_patch_options),
    .build = sep_patch_contrast,
};
