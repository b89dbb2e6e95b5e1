/* What commands say of files that lie in one space, or don't. */
#include "cli/space.h"

static void log_order(const char *name, const char *labels_are, const sep_volume *labels, const char *grid_is,
                      const sep_volume *grid)
{
    const sep_orientation from = sep_orientation_of(labels), to = sep_orientation_of(grid);
    char stored[4], wanted[4];

    sep_orientation_code(&from, stored);
    sep_orientation_code(&to, wanted);
    sep_log(SEP_LOG_INFO, "%s: %s is stored as %s, %s as %s: the same voxels, put into that order", name, labels_are,
            stored, grid_is, wanted);
}

sep_status sep_match_in_space(const char *name, const char *labels_are, sep_labels *labels, const char *grid_is,
                              const sep_volume *grid)
{
    const sep_volume stored = sep_labels_grid(labels);
    sep_space space;

    SEP_TRY(sep_labels_match(grid, labels, &space));
    if (space.relation == SEP_SPACE_REORDERED)
        log_order(name, labels_are, &stored, grid_is, grid);
    if (space.relation == SEP_SPACE_ELSEWHERE)
        sep_log(SEP_LOG_WARNING, "%s: %s lies elsewhere than %s (%s); taken voxel by voxel", name, labels_are, grid_is,
                space.text);
    return SEP_OK;
}

void sep_warn_of_unknown_spacing(const char *fixed, bool fixed_known, const char *moving, bool moving_known)
{
    if (fixed_known == moving_known)
        return;
    sep_log(SEP_LOG_WARNING, "%s says how large its voxels are, %s does not: those count as 1 mm, the first at 0",
            fixed_known ? fixed : moving, fixed_known ? moving : fixed);
}

void sep_log_dataset(const sep_dataset *dataset)
{
    char *summary = sep_dataset_summary(dataset);

    sep_log(SEP_LOG_INFO, "%s", summary != NULL ? summary : "");
    sep_free(summary);
    for (int i = 0; i < dataset->notes.count; i++)
        sep_log(SEP_LOG_INFO, "%s", dataset->notes.item[i]);
    for (int i = 0; i < dataset->warnings.count; i++)
        sep_log(SEP_LOG_WARNING, "%s", dataset->warnings.item[i]);
}
