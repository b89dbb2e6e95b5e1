/* MCSC v2 (Liu 2026, chapter 5): cross teaching with the contrast mcsc-v2. */
#include "methods/cross_teaching.h"

#include "contrasts/table.h"
#include "methods/table.h"

const sep_method sep_mcsc_v2 = {
    .name = "mcsc-v2",
    .summary = "cross teaching, and a contrast with a memory on two scales",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .compares = true,
    .contrast = &sep_contrast_mcsc_v2,
    .build = sep_build_cross_teaching,
};
