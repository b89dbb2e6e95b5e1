/* Multi-scale cross contrast (Liu et al., BMVC 2023; chapter 4 of the thesis): cross teaching with the contrast mcsc.
 */
#include "methods/cross_teaching.h"

#include "contrasts/table.h"
#include "methods/table.h"

const sep_method sep_mcsc = {
    .name = "mcsc",
    .summary = "cross teaching, and the contrast of patches on two scales",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .compares = true,
    .contrast = &sep_contrast_mcsc,
    .build = sep_build_cross_teaching,
};
