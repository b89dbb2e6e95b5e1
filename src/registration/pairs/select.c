/* Best registration selection, and the vote of label maps. */
#include "septum/registration_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- scores ------------------------------------------------------------------------------------------------------ */

static bool is_candidate(const sep_pairs *set, const sep_pair *pair)
{
    const sep_pairs_volume *fixed = &set->volume[pair->fixed], *moving = &set->volume[pair->moving];

    return moving->volume != NULL && moving->labelled && moving->of_case != fixed->of_case;
}

/* Consistent is not enough: the direct similarity must have grown. */
static bool is_usable(const sep_pair *pair)
{
    return pair->state == SEP_PAIR_DONE && pair->mi_after > pair->mi_identity &&
           pair->report.after > pair->report.before;
}

static double rmse_of(const sep_pair *pair)
{
    return pair->cycle_rmse;
}

static double mi_of(const sep_pair *pair)
{
    return pair->cycle_mi;
}

typedef struct spread {
    double mean, deviation;
} spread;

static spread spread_of(sep_pair *const *pair, int count, double (*value)(const sep_pair *))
{
    double sum = 0.0, squares = 0.0;

    for (int i = 0; i < count; i++)
        sum += value(pair[i]);
    const double mean = count > 0 ? sum / count : 0.0;
    for (int i = 0; i < count; i++)
        squares += (value(pair[i]) - mean) * (value(pair[i]) - mean);
    return (spread){mean, count > 0 ? sqrt(squares / count) : 0.0};
}

static double z_score(double value, spread s)
{
    return s.deviation > 0.0 ? (value - s.mean) / s.deviation : 0.0;
}

static void score(sep_pair *const *pair, int count, const sep_selection *selection)
{
    const spread rmse = spread_of(pair, count, rmse_of), mi = spread_of(pair, count, mi_of);
    const double w_rmse = selection->rmse_weight != 0.0 ? selection->rmse_weight : 1.0,
                 w_mi = selection->mi_weight != 0.0 ? selection->mi_weight : 1.0;

    for (int i = 0; i < count; i++) {
        const double raw = selection->published ? w_rmse * pair[i]->cycle_rmse + w_mi * pair[i]->cycle_mi
                                                : z_score(pair[i]->cycle_rmse, rmse) - z_score(pair[i]->cycle_mi, mi);
        pair[i]->score = nearbyint(raw * 1e9) / 1e9;
    }
}

static int by_score(const void *a, const void *b)
{
    const sep_pair *p = *(sep_pair *const *)a, *q = *(sep_pair *const *)b;

    if (p->has_cycle != q->has_cycle)
        return p->has_cycle ? -1 : 1;
    if (p->score < q->score || p->score > q->score)
        return p->score < q->score ? -1 : 1;
    if (p->mi_after < q->mi_after || p->mi_after > q->mi_after)
        return p->mi_after > q->mi_after ? -1 : 1;
    return p->moving - q->moving;
}

/* Most similar first, by the metric of the search. */
static int by_similarity(const void *a, const void *b)
{
    const sep_pair *p = *(sep_pair *const *)a, *q = *(sep_pair *const *)b;

    if (p->report.after < q->report.after || p->report.after > q->report.after)
        return p->report.after > q->report.after ? -1 : 1;
    return p->moving - q->moving;
}

/* ---- lots -------------------------------------------------------------------------------------------------------- */

static uint64_t hash_name(uint64_t hash, const char *name)
{
    return sep_hash(hash, name, strlen(name) + 1);
}

/* By names, so that it does not matter what else is in the set. */
static void draw_lots(const sep_pairs *set, sep_pair *const *pair, int count, uint64_t seed)
{
    for (int i = 0; i < count; i++) {
        const uint64_t fixed = hash_name(SEP_HASH_START, set->volume[pair[i]->fixed].name);
        const sep_random random = {.seed = seed ^ hash_name(fixed, set->volume[pair[i]->moving].name),
                                   .stream = sep_stream("selection")};

        pair[i]->score = (double)sep_random_uniform(&random, 0);
    }
}

static int by_lot(const void *a, const void *b)
{
    const sep_pair *p = *(sep_pair *const *)a, *q = *(sep_pair *const *)b;

    if (p->score < q->score || p->score > q->score)
        return p->score < q->score ? -1 : 1;
    return p->moving - q->moving;
}

/* ---- ranks ------------------------------------------------------------------------------------------------------- */

static void forget_ranks(sep_pairs *set, int fixed)
{
    for (int m = 0; m < set->volumes; m++) {
        sep_pair *pair = sep_pairs_find(set, fixed, m);

        if (pair != NULL) {
            pair->rank = -1;
            pair->score = 0.0;
        }
    }
}

/* Those with a cycle or those without one: their number. */
static int collect(const sep_pairs *set, int fixed, bool with_cycle, sep_pair **candidate)
{
    int count = 0;

    for (int m = 0; m < set->volumes; m++) {
        sep_pair *pair = sep_pairs_find(set, fixed, m);

        if (pair != NULL && pair->has_cycle == with_cycle && is_candidate(set, pair) && is_usable(pair))
            candidate[count++] = pair;
    }
    return count;
}

/* The first `cycles` have a cycle. */
static void sort_by_quality(sep_pair **candidate, int cycles, int others, const sep_selection *selection)
{
    const int wanted = selection->shortlist > 0 ? selection->shortlist : 2;

    score(candidate, cycles, selection);
    qsort(candidate, (size_t)cycles, sizeof *candidate, by_similarity);
    qsort(candidate, (size_t)(wanted < cycles ? wanted : cycles), sizeof *candidate, by_score);
    qsort(candidate + cycles, (size_t)others, sizeof *candidate, by_score);
}

static void rank_fixed(sep_pairs *set, int fixed, const sep_selection *selection, sep_pair **candidate)
{
    forget_ranks(set, fixed);
    const int cycles = collect(set, fixed, true, candidate), others = collect(set, fixed, false, candidate + cycles);
    if (selection->random) {
        draw_lots(set, candidate, cycles + others, selection->seed);
        qsort(candidate, (size_t)(cycles + others), sizeof *candidate, by_lot);
    } else {
        sort_by_quality(candidate, cycles, others, selection);
    }
    for (int i = 0; i < cycles + others; i++)
        candidate[i]->rank = i;
}

sep_status sep_pairs_select(sep_pairs *set, const sep_selection *selection)
{
    sep_pair **candidate = sep_calloc((size_t)set->volumes + 1, sizeof(sep_pair *));

    if (candidate == NULL)
        return SEP_ERR_MEMORY;
    for (int fixed = 0; fixed < set->volumes; fixed++)
        if (set->volume[fixed].volume != NULL)
            rank_fixed(set, fixed, selection, candidate);
    sep_free(candidate);
    return SEP_OK;
}

int sep_pairs_ranked(const sep_pairs *set, int fixed, const sep_pair **ranked, int most)
{
    const int room = most < set->volumes ? most : set->volumes;
    int count = 0;

    memset(ranked, 0, (size_t)room * sizeof *ranked);
    for (int m = 0; m < set->volumes; m++) {
        const sep_pair *pair = sep_pairs_find(set, fixed, m);

        if (pair != NULL && pair->rank >= 0 && pair->rank < room)
            ranked[pair->rank] = pair;
    }
    while (count < room && ranked[count] != NULL)
        count++;
    return count;
}

/* ---- the vote ---------------------------------------------------------------------------------------------------- */

static sep_status check_grids(const sep_labels *map, int count)
{
    if (count < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "no label map to vote");
    for (int i = 1; i < count; i++)
        if (map[i].depth != map->depth || map[i].height != map->height || map[i].width != map->width)
            return sep_fail(SEP_ERR_SHAPE, "the label maps that vote are not of one size");
    return SEP_OK;
}

static uint8_t winner(const sep_labels *map, const double *weight, int count, size_t voxel, double total[256])
{
    uint8_t best = map[0].data[voxel];

    for (int i = 0; i < count; i++)
        total[map[i].data[voxel]] = 0.0;
    for (int i = 0; i < count; i++)
        total[map[i].data[voxel]] += weight[i];
    if (map->ignores)
        total[SEP_IGNORED] = -1.0; /* no class: any other wins */
    for (int i = 1; i < count; i++)
        if (total[map[i].data[voxel]] > total[best])
            best = map[i].data[voxel];
    return best;
}

/* The share of the weight that voted for a class, in 255ths. */
static uint8_t share(const sep_labels *map, const double *weight, int count, size_t voxel, uint8_t class)
{
    double all = 0.0, of_class = 0.0;

    for (int i = 0; i < count; i++) {
        all += weight[i];
        of_class += map[i].data[voxel] == class ? weight[i] : 0.0;
    }
    return (uint8_t)(255.0 * of_class / all + 0.5);
}

/* An empty map on the grid of another. */
static sep_status create_like(const sep_labels *map, sep_labels *out)
{
    SEP_TRY(sep_labels_create(out, map->depth, map->height, map->width));
    uint8_t *const data = out->data;
    *out = *map;
    out->data = data;
    return SEP_OK;
}

static void vote(const sep_labels *map, const double *weight, int count, sep_labels *out, sep_labels *agreement)
{
    const size_t voxels = (size_t)map->depth * (size_t)map->height * (size_t)map->width;
    double total[256];

    for (size_t v = 0; v < voxels; v++) {
        out->data[v] = winner(map, weight, count, v, total);
        if (agreement != NULL)
            agreement->data[v] = share(map, weight, count, v, out->data[v]);
    }
}

sep_status sep_labels_vote(const sep_labels *map, const double *weight, int count, sep_labels *out,
                           sep_labels *agreement)
{
    SEP_TRY(check_grids(map, count));
    SEP_TRY(create_like(map, out));
    sep_status status = SEP_OK;
    if (agreement != NULL) {
        status = create_like(map, agreement);
        agreement->ignores = false;
    }
    if (status == SEP_OK)
        vote(map, weight, count, out, agreement);
    else
        sep_labels_free(out);
    return status;
}
