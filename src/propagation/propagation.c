/* Pairs of labelled scans and the images that get their labels. */
#include "propagation/propagation.h"

#include <string.h>

/* ---- scans of a dataset ------------------------------------------------------------------------------------------ */

/* Another scan of the same case that is in the set already, or -1. */
static int same_case(const sep_dataset *dataset, const int *index, int scan)
{
    for (int i = 0; i < dataset->scans; i++)
        if (index[i] >= 0 && dataset->scan[i].group == dataset->scan[scan].group)
            return index[i];
    return -1;
}

sep_status sep_pairs_add_scan(sep_pairs *set, const sep_dataset *dataset, int *index, int i)
{
    const sep_scan *scan = &dataset->scan[i];
    const sep_volume image = sep_registration_image(dataset, &scan->image);

    return sep_pairs_add_volume(set, scan->name, &image, scan->labelled, same_case(dataset, index, i), &index[i]);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

char *sep_ranking_file(const char *registrations)
{
    const size_t length = strlen(registrations);

    if (sep_has_suffix(registrations, ".h5"))
        return sep_format("%.*s-affine.h5", (int)length - 3, registrations);
    return sep_format("%s-affine", registrations);
}

static sep_status add_labelled(const sep_dataset *dataset, sep_stage_pairs *stage)
{
    for (int i = 0; i < dataset->scans; i++)
        stage->scan[i] = -1;
    for (int i = 0; i < dataset->training; i++)
        if (dataset->scan[i].labelled)
            SEP_TRY(sep_pairs_add_scan(stage->set, dataset, stage->scan, i));
    return SEP_OK;
}

static sep_status open_stage(sep_propagation *p, sep_transform_kind kind, char *path, sep_stage_pairs *stage)
{
    sep_registration_options how = p->options.registration;

    how.tilt = sep_registration_tilt(&how); /* what ranks is free as far as what B-splines begin with */
    how.kind = kind;
    stage->path = path;
    stage->scan = sep_calloc((size_t)p->dataset->scans, sizeof *stage->scan);
    if (stage->scan == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_pairs_lock(path, &stage->lock));
    SEP_TRY(sep_pairs_open(path, &how, &stage->set));
    return add_labelled(p->dataset, stage);
}

static sep_status open_stages(sep_propagation *p, const char *registrations)
{
    const sep_transform_kind kind = p->options.registration.kind;
    char *path = registrations != NULL ? sep_strdup(registrations) : NULL;

    if (registrations != NULL && path == NULL)
        return SEP_ERR_MEMORY;
    if (kind != SEP_DEFORMABLE)
        return open_stage(p, kind, path, &p->ranking);
    SEP_TRY(open_stage(p, kind, path, &p->refined));
    path = registrations != NULL ? sep_ranking_file(registrations) : NULL;
    if (registrations != NULL && path == NULL)
        return SEP_ERR_MEMORY;
    return open_stage(p, SEP_AFFINE, path, &p->ranking);
}

sep_status sep_propagation_open(const sep_dataset *dataset, const sep_propagation_options *options,
                                const char *registrations, sep_propagation **propagation)
{
    sep_propagation *p = sep_calloc(1, sizeof *p);

    *propagation = NULL;
    if (p == NULL)
        return SEP_ERR_MEMORY;
    p->dataset = dataset;
    p->options = *options;
    const sep_status status = open_stages(p, registrations);
    if (status != SEP_OK) {
        sep_propagation_close(p);
        return status;
    }
    *propagation = p;
    return SEP_OK;
}

static void close_stage(sep_stage_pairs *stage)
{
    sep_pairs_free(stage->set);
    sep_lock_release(stage->lock);
    sep_free(stage->path);
    sep_free(stage->scan);
    sep_free(stage->target);
}

void sep_propagation_close(sep_propagation *p)
{
    if (p == NULL)
        return;
    close_stage(&p->ranking);
    close_stage(&p->refined);
    sep_free(p->target);
    sep_free(p->ranked);
    sep_free(p);
}

/* ---- targets ----------------------------------------------------------------------------------------------------- */

static sep_status grow(int **volume, int count, int capacity)
{
    int *larger = sep_grown(*volume, (size_t)count, (size_t)capacity, sizeof *larger);

    *volume = larger != NULL ? larger : *volume;
    return larger != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status reserve(sep_propagation *p)
{
    if (p->targets < p->capacity)
        return SEP_OK;
    const int capacity = p->capacity > 0 ? 2 * p->capacity : 16;
    sep_propagation_target *larger = sep_grown(p->target, (size_t)p->targets, (size_t)capacity, sizeof *larger);

    if (larger == NULL)
        return SEP_ERR_MEMORY;
    p->target = larger;
    SEP_TRY(grow(&p->ranking.target, p->targets, capacity));
    SEP_TRY(grow(&p->refined.target, p->targets, capacity));
    p->capacity = capacity;
    return SEP_OK;
}

static sep_status add_to_stage(const sep_propagation *p, const sep_propagation_target *target, sep_stage_pairs *stage)
{
    int *volume = &stage->target[p->targets];

    if (stage->set == NULL)
        return SEP_OK;
    if (target->scan < 0)
        return sep_pairs_add_volume(stage->set, target->name, target->image, false, -1, volume);
    SEP_TRY(sep_pairs_add_scan(stage->set, p->dataset, stage->scan, target->scan));
    *volume = stage->scan[target->scan];
    return SEP_OK;
}

static sep_status add(sep_propagation *p, const sep_propagation_target *target)
{
    SEP_TRY(reserve(p));
    SEP_TRY(add_to_stage(p, target, &p->ranking));
    if (!target->ranked_only)
        SEP_TRY(add_to_stage(p, target, &p->refined));
    p->target[p->targets++] = *target;
    return SEP_OK;
}

sep_status sep_propagation_add(sep_propagation *p, const char *name, const sep_volume *image, int scan)
{
    return add(p, &(sep_propagation_target){.name = name, .image = image, .scan = scan});
}

sep_status sep_propagation_add_ranked(sep_propagation *p, const char *name, const sep_volume *image, int scan)
{
    return add(p, &(sep_propagation_target){.name = name, .image = image, .scan = scan, .ranked_only = true});
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* Both ways between each target and each labelled scan. */
static sep_status want_ranking(sep_propagation *p)
{
    sep_stage_pairs *s = &p->ranking;

    for (int t = 0; t < p->targets; t++)
        for (int i = 0; i < p->dataset->training; i++) {
            const int from = s->scan[i], to = s->target[t];

            if (!p->dataset->scan[i].labelled || from == to)
                continue;
            SEP_TRY(sep_pairs_want(s->set, to, from));
            SEP_TRY(sep_pairs_want(s->set, from, to));
        }
    return SEP_OK;
}

sep_status sep_propagation_missing(sep_propagation *p, int *pairs)
{
    SEP_TRY(want_ranking(p));
    *pairs = sep_pairs_to_do(p->ranking.set);
    return SEP_OK;
}

static int ranked_in(sep_propagation *p, const sep_stage_pairs *stage, int target)
{
    return sep_pairs_ranked(stage->set, stage->target[target], p->ranked, p->options.voters);
}

int sep_propagation_best(sep_propagation *p, int target, const sep_stage_pairs **stage)
{
    const int count = ranked_in(p, &p->ranking, target);
    const bool by_deformation = count == 0 && p->refined.set != NULL;

    *stage = by_deformation ? &p->refined : &p->ranking;
    return by_deformation ? ranked_in(p, &p->refined, target) : count;
}

int sep_propagation_scan(const sep_stage_pairs *stage, const sep_pair *pair)
{
    int scan = 0;

    while (stage->scan[scan] != pair->moving)
        scan++;
    return scan;
}

/* Those that vote, or all where that is not known yet. */
static sep_status want_refined_of(sep_propagation *p, int target)
{
    sep_stage_pairs *s = &p->refined;
    const int count = ranked_in(p, &p->ranking, target), to = s->target[target];

    for (int i = 0; i < count; i++)
        SEP_TRY(sep_pairs_want(s->set, to, s->scan[sep_propagation_scan(&p->ranking, p->ranked[i])]));
    for (int i = 0; count == 0 && i < p->dataset->training; i++)
        if (p->dataset->scan[i].labelled && s->scan[i] != to)
            SEP_TRY(sep_pairs_want(s->set, to, s->scan[i]));
    return SEP_OK;
}

static sep_status run_refined(sep_propagation *p)
{
    if (p->refined.set == NULL)
        return SEP_OK;
    for (int t = 0; t < p->targets; t++)
        if (!p->target[t].ranked_only)
            SEP_TRY(want_refined_of(p, t));
    return sep_pairs_rank(p->refined.set, &p->options.selection, p->refined.path);
}

static sep_status make_room(sep_propagation *p)
{
    const int first = p->ranking.set->volumes, second = p->refined.set != NULL ? p->refined.set->volumes : 0;

    sep_free(p->ranked);
    p->ranked = sep_calloc((size_t)(first > second ? first : second) + 1, sizeof *p->ranked);
    return p->ranked != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_propagation_run(sep_propagation *p)
{
    SEP_TRY(make_room(p));
    SEP_TRY(want_ranking(p));
    SEP_TRY(sep_pairs_rank(p->ranking.set, &p->options.selection, p->ranking.path));
    return run_refined(p);
}
