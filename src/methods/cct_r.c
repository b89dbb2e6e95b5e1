/* CCT-R (Liu 2026, chapter 6): cross teaching; registered labels of the unlabelled slices; and a contrast whose
 * positives come from the same place in other scans. Answers with the mean of both networks' logits. */
#include "methods/cross_teaching.h"

#include "contrasts/table.h"
#include "methods/table.h"

const sep_method sep_cct_r = {
    .name = "cct-r",
    .summary = "cross teaching, registered labels, and a contrast with the same place in other scans",
    .students_low = 2,
    .students_high = 2,
    .uses_unlabelled = true,
    .compares = true,
    .registered = true,
    .contrast = &sep_contrast_cct_r,
    .answers_by_mean = true,
    .build = sep_build_cross_teaching,
};
