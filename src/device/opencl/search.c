/* The evaluations of registration's search: launches of cl/search.cl. */
#include "device/opencl/search.h"

#include "device/opencl/reduction.h"

static void set_size(sep_cl_launch *l, const int size[3])
{
    for (int i = 0; i < 3; i++)
        sep_cl_int(l, size[i]);
}

static sep_status look_up(sep_search *s, const float map[3][4], const float *coefficient, sep_border border,
                          float lowest, float *value, float *inside, float *beyond)
{
    const size_t samples = (size_t)s->level.samples;
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "look_up_samples");

    if (s->nodes > 0)
        SEP_TRY(sep_search_send(s, SEP_SEARCH_COEFFICIENT, 0, coefficient, 3 * s->nodes));
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_AT]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.drawn);
    set_size(&l, s->level.size);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_COEFFICIENT]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_NODE]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_WEIGHT]);
    sep_cl_map(&l, map);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_VOLUME]);
    set_size(&l, s->level.volume);
    sep_cl_int(&l, (int)border);
    sep_cl_float(&l, lowest);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_FOUND]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_BEYOND]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_GRADIENT]);
    SEP_TRY(sep_cl_run_each(&l, s->level.samples));
    if (border == SEP_BORDER_HELD)
        SEP_TRY(sep_search_fetch(s, SEP_SEARCH_BEYOND, 0, beyond, 3 * samples));
    SEP_TRY(sep_search_fetch(s, SEP_SEARCH_FOUND, 0, value, samples));
    return sep_search_fetch(s, SEP_SEARCH_FOUND, samples, inside, samples);
}

static sep_status weigh(sep_search *s, bool outside_counts)
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "weigh_samples");

    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_FOUND]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.drawn);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_ROW_ORDER]);
    sep_cl_int(&l, s->level.bins);
    sep_cl_float(&l, s->level.bin_scale);
    sep_cl_float(&l, s->level.bin_offset);
    sep_cl_int(&l, outside_counts);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_COLUMN]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_SHARE]);
    return sep_cl_run_each(&l, s->level.samples);
}

static sep_status count_pairs(sep_search *s)
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "count_pairs");
    const int elements = s->level.bins * s->level.bins;

    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_ROW_START]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_COLUMN]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_SHARE]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.bins);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_PARTIAL]);
    SEP_TRY(sep_cl_run_columns(&l, elements, s->blocks));
    return sep_cl_tree_sum(s->cl, &s->piece[SEP_SEARCH_PARTIAL], s->blocks, elements, elements,
                           &s->piece[SEP_SEARCH_HISTOGRAM]);
}

static sep_status histogram(sep_search *s, bool outside_counts, float *to)
{
    SEP_TRY(weigh(s, outside_counts));
    SEP_TRY(count_pairs(s));
    return sep_search_fetch(s, SEP_SEARCH_HISTOGRAM, 0, to, (size_t)s->level.bins * (size_t)s->level.bins);
}

static sep_status pull_back(sep_search *s, float spring, const float back[3][4])
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "pull_back");

    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_FORCE]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_GRADIENT]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_BEYOND]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_float(&l, spring);
    sep_cl_map(&l, back);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_PULL]);
    return sep_cl_run_each(&l, s->level.samples);
}

static sep_status spread(sep_search *s, const float *force, float spring, const float back[3][4], float *sum)
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "spread_to_nodes");

    SEP_TRY(sep_search_send(s, SEP_SEARCH_FORCE, 0, force, (size_t)s->level.samples));
    SEP_TRY(pull_back(s, spring, back));
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_NODE_START]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_NODE_ENTRY]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_WEIGHT]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_PULL]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, (int)s->nodes);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_SUM]);
    SEP_TRY(sep_cl_run_columns(&l, (int64_t)s->nodes, s->blocks));
    return sep_search_fetch(s, SEP_SEARCH_SUM, 0, sum, 3 * (size_t)s->blocks * s->nodes);
}

static sep_status map_gradient(sep_search *s, const float *force, float (*sum)[3][4])
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "sum_by_map");

    SEP_TRY(sep_search_send(s, SEP_SEARCH_FORCE, 0, force, (size_t)s->level.samples));
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_FORCE]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_GRADIENT]);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_AT]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.block);
    sep_cl_tensor(&l, &s->piece[SEP_SEARCH_MAP_SUM]);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){(size_t)s->blocks, 3}, (size_t[3]){64}));
    return sep_search_fetch(s, SEP_SEARCH_MAP_SUM, 0, sum, 12 * (size_t)s->blocks);
}

const sep_search_kernels sep_cl_search = {.create = sep_search_create,
                                          .destroy = sep_search_destroy,
                                          .draw = sep_search_draw,
                                          .look_up = look_up,
                                          .histogram = histogram,
                                          .spread = spread,
                                          .map_gradient = map_gradient};
