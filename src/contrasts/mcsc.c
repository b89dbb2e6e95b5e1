/* Multi-scale cross contrast (Liu et al., BMVC 2023): balanced, on two scales, each network's pixels labelled by the
 * other. Chapter 4 of the thesis. */
#include "contrasts/patches.h"

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(sep_patch_options, true, false, true, 1e-3, 0.1, 128, SEP_COUNTED_TWICE),
    SEP_PATCH_SETTINGS(true, true, true),
    {0},
};

const sep_contrast sep_contrast_mcsc = {
    .name = "mcsc",
    .summary = "balanced, at full size and at an eighth: cross teaching's contrast of 2023",
    .settings = settings,
    .options_size = sizeof(sep_patch_options),
    .build = sep_patch_contrast,
};
