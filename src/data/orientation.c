/* The orientation in which most scans of a dataset are stored, and all others put into it. */
#include "data/scan.h"

#include <math.h>

/* Two directions agree within 45 degrees. */
static const double AGREES = 0.70710678118654752;

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* ---- what most are stored in ------------------------------------------------------------------------------------- */

static bool shares_slicing(const sep_orientation *a, const sep_orientation *b)
{
    return fabs(dot(a->direction[2], b->direction[2])) >= AGREES;
}

static bool shares_axes(const sep_orientation *a, const sep_orientation *b)
{
    for (int i = 0; i < 3; i++)
        if (dot(a->direction[i], b->direction[i]) < AGREES)
            return false;
    return true;
}

/* All scans: their grids, and how those lie. */
typedef struct stacks {
    const sep_volume *const *grid;
    sep_orientation *of;
    int count;
} stacks;

/* How many of the scans share with `one` what `shares` asks for. */
static int count_sharing(const stacks *s, const sep_orientation *one,
                         bool (*shares)(const sep_orientation *, const sep_orientation *))
{
    int sharing = 0;

    for (int i = 0; i < s->count; i++)
        sharing += shares(&s->of[i], one);
    return sharing;
}

/* How long the voxels of all scans are along a direction, in their shortest edges: thick slices lie across it. */
static double thickness(const stacks *s, const double direction[3])
{
    double sum = 0.0;

    for (int i = 0; i < s->count; i++) {
        const float *spacing = s->grid[i]->spacing;
        int nearest = 2;

        for (int axis = 0; axis < 2; axis++)
            if (fabs(dot(s->of[i].direction[axis], direction)) > fabs(dot(s->of[i].direction[nearest], direction)))
                nearest = axis;
        sum += (double)(spacing[nearest] / fminf(spacing[0], fminf(spacing[1], spacing[2])));
    }
    return sum;
}

/* A scan that is sliced as most are. */
static int find_slicing(const stacks *s)
{
    int found = 0, most = 0;
    double thickest = 0.0;

    for (int i = 0; i < s->count; i++) {
        const int sharing = count_sharing(s, &s->of[i], shares_slicing);
        const double thick = sharing >= most ? thickness(s, s->of[i].direction[2]) : 0.0;

        if (sharing > most || (sharing == most && thick > thickest)) {
            found = i;
            most = sharing;
            thickest = thick;
        }
    }
    return found;
}

/* Of the scans that are sliced as `slicing` is, one whose axes are those of most. */
static int find_axes(const stacks *s, int slicing)
{
    int found = slicing, most = 0;

    for (int i = 0; i < s->count; i++) {
        const int sharing = shares_slicing(&s->of[i], &s->of[slicing]) ? count_sharing(s, &s->of[i], shares_axes) : 0;

        if (sharing > most) {
            found = i;
            most = sharing;
        }
    }
    return found;
}

/* The mean of the scans that share the axes of `chosen`: the middle of oblique stacks, not the edge. */
static sep_orientation mean_orientation(const stacks *s, const sep_orientation *chosen)
{
    sep_orientation mean = {.known = true};

    for (int i = 0; i < s->count; i++)
        for (int k = 0; shares_axes(&s->of[i], chosen) && k < 9; k++)
            mean.direction[k / 3][k % 3] += s->of[i].direction[k / 3][k % 3];
    for (int axis = 0; axis < 3; axis++) {
        double *direction = mean.direction[axis];
        const double length = sqrt(dot(direction, direction));

        for (int row = 0; row < 3; row++)
            direction[row] /= length;
    }
    return mean;
}

sep_status sep_orientation_of_most(const sep_volume *const *grid, int count, sep_orientation *most)
{
    const stacks s = {.grid = grid, .count = count, .of = sep_calloc((size_t)count, sizeof *s.of)};

    if (s.of == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < count; i++)
        s.of[i] = sep_orientation_of(grid[i]);
    *most = mean_orientation(&s, &s.of[find_axes(&s, find_slicing(&s))]);
    sep_free(s.of);
    return SEP_OK;
}

static int count_without_geometry(const sep_dataset *dataset, int *first)
{
    int count = 0;

    for (int i = dataset->scans - 1; i >= 0; i--)
        if (!dataset->scan[i].image.has_geometry) {
            count++;
            *first = i;
        }
    return count;
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

/* What is said of all scans of a kind: how many, and the first in words. */
typedef struct tally {
    int count;
    char *first;
} tally;

/* "a (SPL: 20 slices of 18 x 3 became 3 of 18 x 20)" */
static char *describe_turn(const sep_scan *scan, const sep_volume *stored)
{
    const sep_orientation from = sep_orientation_of(stored);
    const sep_volume *now = &scan->image;
    char code[4];

    sep_orientation_code(&from, code);
    if (stored->depth == now->depth && stored->height == now->height)
        return sep_format("%s (%s)", scan->name, code);
    return sep_format("%s (%s: %d slices of %d x %d became %d of %d x %d)", scan->name, code, stored->depth,
                      stored->height, stored->width, now->depth, now->height, now->width);
}

sep_order sep_taken_order(sep_slice_axis axis, const sep_volume *grid)
{
    return grid->has_geometry ? sep_order_stored : sep_slice_axis_order(axis);
}

sep_status sep_image_cut(sep_slice_axis axis, const char *path, sep_volume *image)
{
    const sep_order order = sep_taken_order(axis, image);

    if (image->depth == 1 && !sep_order_is_stored(&order))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: is a single slice, and has none along data.slice_axis = %s", path,
                        sep_slice_axis_names[axis]);
    return sep_volume_reorder(image, &order);
}

sep_status sep_scan_reorder(const sep_order *order, sep_scan *scan)
{
    SEP_TRY(sep_volume_reorder(&scan->image, order));
    if (scan->agreement.data != NULL)
        SEP_TRY(sep_labels_reorder(&scan->agreement, order));
    return scan->label.data != NULL ? sep_labels_reorder(&scan->label, order) : SEP_OK;
}

static sep_status turn_scan(const sep_order *order, sep_scan *scan, tally *turned)
{
    const sep_volume stored = scan->image; /* size and geometry; the voxels go */

    SEP_TRY(sep_scan_reorder(order, scan));
    if (turned->count++ == 0)
        turned->first = describe_turn(scan, &stored);
    return turned->first != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status turn_scans(sep_dataset *dataset, tally *turned, tally *left)
{
    for (int i = 0; i < dataset->scans; i++) {
        sep_scan *scan = &dataset->scan[i];
        sep_order order;

        if (!sep_orientation_order(&dataset->orientation, &scan->image, &order) && left->count++ == 0)
            left->first = sep_strdup(scan->name);
        if (left->count > 0 && left->first == NULL)
            return SEP_ERR_MEMORY;
        if (!sep_order_is_stored(&order))
            SEP_TRY(turn_scan(&order, scan, turned));
    }
    return SEP_OK;
}

static sep_status note_turns(sep_dataset *dataset, const tally *turned, const tally *left)
{
    char code[4];

    sep_orientation_code(&dataset->orientation, code);
    if (turned->count > 0)
        SEP_TRY(
            sep_add_line(&dataset->notes, sep_format("%d of %d scans stored in another orientation than most (%s), and "
                                                     "put into it: first %s",
                                                     turned->count, dataset->scans, code, turned->first)));
    if (left->count > 0)
        SEP_TRY(
            sep_add_line(&dataset->warnings,
                         sep_format("%d of %d scans lie oblique to the orientation of most (%s), or are single slices "
                                    "across it, and stay as stored: first %s",
                                    left->count, dataset->scans, code, left->first)));
    return SEP_OK;
}

static sep_status find_most(sep_slice_axis axis, sep_dataset *dataset)
{
    const sep_volume **grid = sep_calloc((size_t)dataset->scans, sizeof *grid);

    if (grid == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < dataset->scans; i++)
        grid[i] = &dataset->scan[i].image;
    const sep_status status = sep_orientation_of_most(grid, dataset->scans, &dataset->orientation);
    dataset->orientation = sep_orientation_cut(&dataset->orientation, axis);
    sep_free(grid);
    return status;
}

static sep_status turn_all(sep_dataset *dataset)
{
    tally turned = {0}, left = {0};

    sep_status status = turn_scans(dataset, &turned, &left);
    if (status == SEP_OK)
        status = note_turns(dataset, &turned, &left);
    sep_free(turned.first);
    sep_free(left.first);
    return status;
}

sep_status sep_dataset_orient(const sep_data_config *config, sep_dataset *dataset)
{
    int first = 0;
    const int without = count_without_geometry(dataset, &first);

    dataset->slice_axis = without == dataset->scans ? config->slice_axis : SEP_SLICE_AXIS_Z;
    if (without == dataset->scans)
        return SEP_OK;
    if (without > 0 && config->slice_axis != SEP_SLICE_AXIS_Z)
        return sep_fail(
            SEP_ERR_ARGUMENT,
            "data.slice_axis = %s: %d of %d scans have no geometry, so that nothing says how they lie to the "
            "others: first %s",
            sep_slice_axis_names[config->slice_axis], without, dataset->scans, dataset->scan[first].name);
    if (without > 0)
        return sep_add_line(
            &dataset->warnings,
            sep_format("%d of %d scans have no geometry, so that each is taken in the order in which it is "
                       "stored: first %s",
                       without, dataset->scans, dataset->scan[first].name));
    SEP_TRY(find_most(config->slice_axis, dataset));
    return turn_all(dataset);
}
