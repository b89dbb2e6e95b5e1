/* The local contrast of Hu et al. (MICCAI 2021), within cross teaching as the thesis's Table 5.4 has it: their
 * self-supervised training beforehand is left out. */
#include "contrasts/patches.h"

static const sep_setting settings[] = {
    SEP_CONTRAST_COMMON(sep_patch_options, true, false, false, 1e-3, 0.1, 128, SEP_COUNTED_ONCE),
    SEP_PATCH_SETTINGS(false, false, false),
    {0},
};

const sep_contrast sep_contrast_glcl = {
    .name = "glcl",
    .summary = "scl of patches in the same place, by a linear projector",
    .settings = settings,
    .options_size = sizeof(sep_patch_options),
    .linear = true,
    .build = sep_patch_contrast,
};
