/* The second stage: a B-spline deformation before the linear map, whose grid becomes finer with the levels. */
#include "registration/search/register.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>

/* Cells along each axis of the last level, `grid` mm long or less; one where the axis has one voxel. */
static void cells_wanted(const sep_volume *fixed, double grid, int cells[3])
{
    const int voxels[3] = {fixed->width, fixed->height, fixed->depth};

    for (int axis = 0; axis < 3; axis++) {
        const double extent = (voxels[axis] - 1) * (double)fixed->spacing[axis];
        const double wanted = ceil(extent / grid), most = voxels[axis];

        cells[axis] = (int)(wanted < 1.0 ? 1.0 : wanted < most ? wanted : most);
    }
}

static void coarse_cells(const int wanted[3], int levels, int cells[3])
{
    for (int axis = 0; axis < 3; axis++)
        cells[axis] = (wanted[axis] + (1 << (levels - 1)) - 1) >> (levels - 1);
}

static sep_status refine(sep_spline *spline, const int wanted[3])
{
    bool twice[3];

    for (int axis = 0; axis < 3; axis++)
        twice[axis] = spline->size[axis] - 3 < wanted[axis];
    return sep_spline_refine(spline, twice);
}

/* The optimisers see all components as one vector. */
static sep_status spline_level(sep_registration *r, int i, sep_spline *spline)
{
    const size_t nodes = sep_spline_nodes(spline), bytes = nodes * sizeof(double);
    const uint32_t draw = (uint32_t)(SEP_MAX_LEVELS + SEP_SPLINE_LEVELS - i) * SEP_DRAWS_A_LEVEL;
    double *parameter = sep_calloc(3, bytes);
    sep_level level = {0};
    sep_spline_problem problem = {0};
    sep_status status = parameter != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_registration_level(r, i, r->options.spline_samples, &level);
    if (status == SEP_OK)
        status = sep_level_hold(&level, (const double(*)[4])r->transform->matrix);
    level.least = 0.0;
    if (status == SEP_OK)
        status = sep_spline_problem_create(&level, (const double(*)[4])r->transform->matrix, spline, r->options.bending,
                                           &problem);
    if (status == SEP_OK)
        status = sep_spline_problem_penalise(&problem, r->options.jacobian, r->options.threads);
    if (status == SEP_OK) {
        const sep_objective objective = sep_spline_objective(&problem);

        for (size_t c = 0; c < 3; c++)
            memcpy(parameter + c * nodes, spline->coefficient[c], bytes);
        status = sep_descend(r, &objective, r->options.spline_iterations, draw, parameter);
        for (size_t c = 0; c < 3; c++)
            memcpy(spline->coefficient[c], parameter + c * nodes, bytes);
    }
    sep_spline_problem_free(&problem);
    sep_level_free(&level);
    sep_free(parameter);
    return status;
}

sep_status sep_register_spline(sep_registration *r)
{
    const int levels = r->options.levels < SEP_SPLINE_LEVELS ? r->options.levels : SEP_SPLINE_LEVELS;
    int wanted[3], cells[3];
    sep_spline spline;

    cells_wanted(&r->fixed->level[0], r->options.grid, wanted);
    coarse_cells(wanted, levels, cells);
    SEP_TRY(sep_spline_create(&r->fixed->level[0], cells, &spline));
    sep_status status = SEP_OK;
    for (int i = levels - 1; i >= 0 && status == SEP_OK; i--) {
        if (i < levels - 1)
            status = refine(&spline, wanted);
        if (status == SEP_OK)
            status = spline_level(r, i, &spline);
        sep_progress_update(r->progress, r->options.levels + levels - i, NULL);
    }
    if (status == SEP_OK)
        r->transform->spline = spline;
    else
        sep_spline_free(&spline);
    return status;
}
