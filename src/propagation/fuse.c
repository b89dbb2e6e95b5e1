/* The labels of the best labelled scans, carried to an image and fused. */
#include "propagation/propagation.h"
#include "simd/elementary.h"

/* ---- who votes --------------------------------------------------------------------------------------------------- */

/* The deformation where there is one and it did some good. */
static const sep_pair *used_pair(const sep_propagation *p, int target, int scan, const sep_pair *ranked)
{
    const sep_stage_pairs *s = &p->refined;
    const sep_pair *refined = s->set != NULL ? sep_pairs_find(s->set, s->target[target], s->scan[scan]) : NULL;

    return refined != NULL && refined->state == SEP_PAIR_DONE && refined->mi_after > ranked->mi_after ? refined
                                                                                                      : ranked;
}

static sep_voter voter_of(const sep_propagation *p, int target, const sep_stage_pairs *stage, const sep_pair *ranked)
{
    const int scan = sep_propagation_scan(stage, ranked);
    const sep_pair *used = used_pair(p, target, scan, ranked);

    return (sep_voter){.scan = scan,
                       .transform = &used->transform,
                       .similarity = used->mi_after,
                       .cycle_error = ranked->has_cycle ? ranked->cycle_error : -1.0};
}

static double mean_cycle_error(const sep_voter *v, int count)
{
    double sum = 0.0;
    int cycles = 0;

    for (int i = 0; i < count; i++) {
        sum += v[i].cycle_error >= 0.0 ? v[i].cycle_error : 0.0;
        cycles += v[i].cycle_error >= 0.0;
    }
    return cycles > 0 ? sum / cycles : 0.0;
}

void sep_voters_weigh(sep_vote_weights weights, const sep_voter *v, int count, double *weight)
{
    const double mean = mean_cycle_error(v, count);

    for (int i = 0; i < count; i++) {
        const double in_means = v[i].cycle_error < 0.0 ? 2.0 : mean > 0.0 ? v[i].cycle_error / mean : 0.0;

        weight[i] = weights == SEP_VOTES_EQUAL ? 1.0 : v[i].similarity;
        if (weights == SEP_VOTES_BY_CONSISTENCY)
            weight[i] *= (double)sep_expf((float)-in_means);
    }
}

/* ---- one target -------------------------------------------------------------------------------------------------- */

typedef struct fusion {
    sep_voter *voter;
    sep_labels *map;
    double *weight;
    int count;
} fusion;

static sep_status begin(sep_propagation *p, int target, fusion *f)
{
    const sep_stage_pairs *stage;

    f->count = sep_propagation_best(p, target, &stage);
    f->voter = sep_calloc((size_t)f->count + 1, sizeof *f->voter);
    f->map = sep_calloc((size_t)f->count + 1, sizeof *f->map);
    f->weight = sep_calloc((size_t)f->count + 1, sizeof *f->weight);
    if (f->voter == NULL || f->map == NULL || f->weight == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < f->count; i++)
        f->voter[i] = voter_of(p, target, stage, p->ranked[i]);
    sep_voters_weigh(p->options.weights, f->voter, f->count, f->weight);
    return SEP_OK;
}

static sep_status name_sources(const sep_propagation *p, const fusion *f, sep_propagated *result)
{
    for (int i = 0; i < f->count; i++) {
        char *longer = sep_format("%s%s%s", i > 0 ? result->sources : "", i > 0 ? "\n" : "",
                                  p->dataset->scan[f->voter[i].scan].name);

        sep_free(result->sources);
        result->sources = longer;
        if (longer == NULL)
            return SEP_ERR_MEMORY;
    }
    return SEP_OK;
}

static sep_status fuse(const sep_propagation *p, int target, fusion *f, sep_propagated *result)
{
    const sep_registration_options *o = &p->options.registration;
    const sep_warp_options how = {.threads = o->threads, .simd = o->simd, .device = o->device};

    for (int i = 0; i < f->count; i++)
        SEP_TRY(sep_warp_labels(&p->dataset->scan[f->voter[i].scan].label, f->voter[i].transform,
                                p->target[target].image, &how, &f->map[i]));
    SEP_TRY(sep_labels_vote(f->map, f->weight, f->count, &result->labels, &result->agreement));
    return name_sources(p, f, result);
}

sep_status sep_propagation_label(sep_propagation *p, int target, sep_propagated *result)
{
    fusion f = {0};

    *result = (sep_propagated){0};
    SEP_TRY(sep_stop_check());
    sep_status status = begin(p, target, &f);
    if (status == SEP_OK && f.count > 0)
        status = fuse(p, target, &f, result);
    result->voters = f.count;
    for (int i = 0; f.map != NULL && i < f.count; i++)
        sep_labels_free(&f.map[i]);
    sep_free(f.voter);
    sep_free(f.map);
    sep_free(f.weight);
    if (status != SEP_OK)
        sep_propagated_free(result);
    return status;
}

void sep_propagated_free(sep_propagated *result)
{
    sep_labels_free(&result->labels);
    sep_labels_free(&result->agreement);
    sep_free(result->sources);
    *result = (sep_propagated){0};
}
