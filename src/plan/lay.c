/* How the scans of a data set lie to each other, and along which of their axes they are cut into slices. What their
 * files say before any voxel is read is enough for that. */
#include "plan/survey.h"

/* ---- orders ------------------------------------------------------------------------------------------------------ */

/* As training finds it; not known: every scan is taken as it is stored. */
static sep_status find_orientation(const sep_survey *survey, sep_orientation *most)
{
    *most = (sep_orientation){0};
    if (!sep_survey_has_geometry(survey))
        return SEP_OK;
    const sep_volume **grid = sep_arena_alloc(survey->arena, (size_t)survey->scans * sizeof *grid);
    if (grid == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < survey->scans; i++)
        grid[i] = &survey->scan[i].grid;
    return sep_orientation_of_most(grid, survey->scans, most);
}

static sep_status put_into(const sep_orientation *most, sep_survey *survey)
{
    for (int i = 0; i < survey->scans; i++) {
        sep_surveyed *scan = &survey->scan[i];

        if (!sep_orientation_order(most, &scan->grid, &scan->order) || !sep_order_is_stored(&scan->order))
            SEP_TRY(sep_survey_note(survey, SEP_FOUND_AXIS, "%s", scan->entry->name));
    }
    return SEP_OK;
}

static void cut(const sep_orientation *most, sep_slice_axis axis, sep_survey *survey)
{
    const sep_orientation wanted = sep_orientation_cut(most, axis);

    survey->data.slice_axis = axis;
    for (int i = 0; i < survey->scans; i++) {
        sep_surveyed *scan = &survey->scan[i];

        if (most->known)
            (void)sep_orientation_order(&wanted, &scan->grid, &scan->order);
        else
            scan->order = sep_taken_order(axis, &scan->grid);
    }
}

/* ---- the axis ---------------------------------------------------------------------------------------------------- */

/* Along an axis (x, y) that is not that of the slices. */
static bool is_thick(const sep_surveyed *scan, int axis)
{
    float spacing[3];
    int size[3];

    for (int i = 0; i < 3; i++) {
        spacing[i] = sep_surveyed_spacing(scan, i);
        size[i] = sep_surveyed_size(scan, i);
    }
    return scan->grid.has_geometry && sep_is_thick_along(axis, spacing, size);
}

/* Without geometry, by sizes: the axis that is shorter than both others is that of the slices, mostly; -1: none is. */
static int short_axis(const sep_surveyed *scan)
{
    int least = 2;

    for (int axis = 0; axis < 2; axis++)
        least = sep_surveyed_size(scan, axis) < sep_surveyed_size(scan, least) ? axis : least;
    for (int axis = 0; axis < 3; axis++)
        if (axis != least && 4 * sep_surveyed_size(scan, axis) < 5 * sep_surveyed_size(scan, least))
            return -1;
    return least;
}

static bool has_short(const sep_surveyed *scan, int axis)
{
    return !scan->grid.has_geometry && scan->grid.depth > 1 && short_axis(scan) == axis;
}

/* Less than half as many slices as rows and columns: a stack. Of volumes that are about as deep as wide each axis is as
 * good as stored, or better (docs/results/data-sets.md). */
static bool is_stack(const sep_surveyed *scan, int axis)
{
    const int depth = sep_surveyed_size(scan, axis);

    return has_short(scan, axis) && 2 * depth < sep_surveyed_size(scan, 1 - axis) &&
           2 * depth < sep_surveyed_size(scan, 2);
}

/* What most scans say, be it that all have geometry or that none has. */
static sep_slice_axis find_slice_axis(const sep_survey *survey)
{
    static const sep_slice_axis found[2] = {SEP_SLICE_AXIS_X, SEP_SLICE_AXIS_Y};
    const bool geometry = survey->scan[0].grid.has_geometry;

    for (int axis = 0; axis < 2; axis++) {
        int says = 0;

        for (int i = 0; i < survey->scans; i++) {
            const sep_surveyed *scan = &survey->scan[i];

            if (scan->grid.has_geometry != geometry)
                return SEP_SLICE_AXIS_Z;
            says += geometry ? is_thick(scan, axis) : is_stack(scan, axis);
        }
        if (2 * says > survey->scans)
            return found[axis];
    }
    return SEP_SLICE_AXIS_Z;
}

/* ---- what looks wrong ------------------------------------------------------------------------------------------- */

/* Where some scans have geometry, those that have none decide for all. */
static sep_status judge_geometry(sep_survey *survey)
{
    int known = 0;

    for (int i = 0; i < survey->scans; i++)
        known += survey->scan[i].grid.has_geometry;
    for (int i = 0; known > 0 && i < survey->scans; i++)
        if (!survey->scan[i].grid.has_geometry)
            SEP_TRY(sep_survey_note(survey, SEP_FOUND_NO_GEOMETRY, "%s", survey->scan[i].entry->name));
    return SEP_OK;
}

static sep_status judge_thickness(sep_survey *survey)
{
    for (int i = 0; i < survey->scans; i++) {
        const sep_surveyed *scan = &survey->scan[i];

        for (int axis = 0; axis < 2; axis++)
            if (is_thick(scan, axis))
                SEP_TRY(sep_survey_note(survey, SEP_FOUND_THICK, "%s (%.3g mm, along z %.3g)", scan->entry->name,
                                        (double)sep_surveyed_spacing(scan, axis),
                                        (double)sep_surveyed_spacing(scan, 2)));
    }
    return SEP_OK;
}

static sep_status judge_sizes(sep_survey *survey)
{
    int as_most = 0;

    for (int i = 0; i < survey->scans; i++)
        as_most += short_axis(&survey->scan[i]) == 2;
    for (int i = 0; i < survey->scans; i++) {
        const sep_surveyed *scan = &survey->scan[i];

        if (has_short(scan, 0) || has_short(scan, 1))
            SEP_TRY(sep_survey_note(survey, 2 * as_most > survey->scans ? SEP_FOUND_AXIS : SEP_FOUND_SLICES_LAST,
                                    "%s (%dx%dx%d)", scan->entry->name, scan->grid.depth, scan->grid.height,
                                    scan->grid.width));
    }
    return SEP_OK;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

/* Pictures are slices as they are, and would have to be read for their size. */
static sep_status read_grids(sep_survey *survey)
{
    for (int i = 0; i < survey->scans; i++) {
        sep_surveyed *scan = &survey->scan[i];

        SEP_TRY(sep_image_read_grid(scan->entry->image_path, survey->channels, &scan->grid));
        if (scan->grid.depth == 1 && !scan->grid.has_geometry)
            return SEP_OK;
    }
    return SEP_OK;
}

sep_status sep_survey_lay(sep_survey *survey)
{
    sep_orientation most;

    SEP_TRY(read_grids(survey));
    SEP_TRY(find_orientation(survey, &most));
    SEP_TRY(put_into(&most, survey));
    const sep_slice_axis axis = find_slice_axis(survey);
    if (axis != SEP_SLICE_AXIS_Z)
        cut(&most, axis, survey);
    SEP_TRY(judge_geometry(survey));
    SEP_TRY(judge_thickness(survey));
    return judge_sizes(survey);
}
