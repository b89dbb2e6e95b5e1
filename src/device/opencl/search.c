/* The evaluations of registration's search. A level's memory is made at once; a draw sends the samples and the lists of
 * those that each sum takes. */
#include "device/opencl/backend.h"
#include "device/opencl/reduction.h"
#include "device/opencl/search_lists.h"

#include <string.h>

/* What lies on the device, in words of four bytes. */
typedef enum piece {
    VOLUME,
    AT,        /* [3][samples] */
    ROW_START, /* sep_list_rows */
    ROW_ORDER,
    NODE, /* sep_list_nodes: first nodes */
    WEIGHT,
    NODE_START,
    NODE_ENTRY,
    COEFFICIENT, /* [3][nodes] */
    FOUND,       /* [2][samples]: value, inside */
    GRADIENT,    /* [3][samples] */
    COLUMN,      /* [samples] */
    SHARE,       /* [4][samples] */
    PARTIAL,     /* [blocks][bins][bins] */
    HISTOGRAM,   /* [bins][bins] */
    FORCE,       /* [samples] */
    PULL,        /* [3][samples] */
    SUM,         /* [blocks][3][nodes] */
    MAP_SUM,     /* [blocks][3][4] */
    PIECES
} piece;

struct sep_search {
    sep_cl *cl;
    sep_search_level level; /* its `data` is the caller's and no longer looked at */
    int blocks;
    size_t nodes;
    sep_operand piece[PIECES];
};

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void count_words(const sep_search *s, size_t words[PIECES])
{
    const sep_search_level *l = &s->level;
    const size_t samples = (size_t)l->samples, blocks = (size_t)s->blocks, bins = (size_t)l->bins;
    const size_t bent = s->nodes > 0 ? samples : 0;
    const size_t wanted[PIECES] = {
        [VOLUME] = (size_t)l->volume[0] * (size_t)l->volume[1] * (size_t)l->volume[2],
        [AT] = 3 * samples,
        [ROW_START] = blocks * bins + 1,
        [ROW_ORDER] = samples,
        [NODE] = bent,
        [WEIGHT] = 12 * bent,
        [NODE_START] = blocks * s->nodes + 1,
        [NODE_ENTRY] = SEP_TAPS * bent,
        [COEFFICIENT] = 3 * s->nodes,
        [FOUND] = 2 * samples,
        [GRADIENT] = 3 * samples,
        [COLUMN] = samples,
        [SHARE] = 4 * samples,
        [PARTIAL] = blocks * bins * bins,
        [HISTOGRAM] = bins * bins,
        [FORCE] = samples,
        [PULL] = 3 * bent,
        [SUM] = 3 * blocks * s->nodes,
        [MAP_SUM] = 12 * blocks,
    };

    memcpy(words, wanted, sizeof wanted);
}

static void destroy(sep_search *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < PIECES; i++)
        sep_cl_buffer_destroy(&s->cl->base, s->piece[i].buffer);
    sep_free(s);
}

static sep_status create(sep_device *device, const sep_search_level *level, sep_search **search)
{
    sep_search *s = sep_calloc(1, sizeof *s);
    size_t words[PIECES];
    sep_status status = SEP_OK;

    *search = s;
    if (s == NULL)
        return SEP_ERR_MEMORY;
    s->cl = (sep_cl *)device;
    s->level = *level;
    s->blocks = sep_search_blocks(level);
    s->nodes = sep_search_nodes(level);
    count_words(s, words);
    for (int i = 0; i < PIECES && status == SEP_OK; i++)
        status = sep_cl_make(s->cl, "the search for a transform", i == VOLUME ? level->data : NULL,
                             words[i] * sizeof(float), &s->piece[i]);
    if (status == SEP_OK)
        return SEP_OK;
    destroy(s);
    *search = NULL;
    return status;
}

static sep_status send(sep_search *s, piece to, size_t first, const void *from, size_t words)
{
    return sep_cl_upload(&s->cl->base, s->piece[to].buffer, first * sizeof(float), from, words * sizeof(float));
}

static sep_status fetch(const sep_search *s, piece from, size_t first, void *to, size_t words)
{
    return sep_cl_download(&s->cl->base, s->piece[from].buffer, first * sizeof(float), to, words * sizeof(float));
}

/* ---- a draw ------------------------------------------------------------------------------------------------------ */

static sep_status send_rows(sep_search *s, const int32_t *row)
{
    const size_t samples = (size_t)s->level.samples, starts = (size_t)s->blocks * (size_t)s->level.bins + 1;
    int32_t *bin = sep_calloc(2 * samples + starts, sizeof *bin), *order = bin + samples, *start = order + samples;

    if (bin == NULL)
        return SEP_ERR_MEMORY;
    sep_list_rows(&s->level, row, bin, start, order);
    sep_status status = send(s, ROW_START, 0, start, starts);
    if (status == SEP_OK)
        status = send(s, ROW_ORDER, 0, order, samples);
    sep_free(bin);
    return status;
}

static sep_status send_nodes(sep_search *s, const float *const at[3])
{
    const size_t samples = (size_t)s->level.samples, starts = (size_t)s->blocks * s->nodes + 1;
    int32_t *first = sep_calloc((1 + SEP_TAPS) * samples + starts, sizeof *first), *entry = first + samples;
    int32_t *start = entry + SEP_TAPS * samples;
    float *weight = sep_calloc(12 * samples, sizeof *weight);
    sep_status status = first != NULL && weight != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK) {
        sep_list_nodes(&s->level, at, first, weight, start, entry);
        status = send(s, NODE, 0, first, samples);
    }
    if (status == SEP_OK)
        status = send(s, WEIGHT, 0, weight, 12 * samples);
    if (status == SEP_OK)
        status = send(s, NODE_START, 0, start, starts);
    if (status == SEP_OK)
        status = send(s, NODE_ENTRY, 0, entry, SEP_TAPS * samples);
    sep_free(first);
    sep_free(weight);
    return status;
}

static sep_status draw(sep_search *s, const float *const at[3], const int32_t *row)
{
    const size_t samples = (size_t)s->level.samples;

    for (size_t i = 0; i < 3; i++)
        SEP_TRY(send(s, AT, i * samples, at[i], samples));
    SEP_TRY(send_rows(s, row));
    return s->nodes > 0 ? send_nodes(s, at) : SEP_OK;
}

/* ---- launches ---------------------------------------------------------------------------------------------------- */

static void set_size(sep_cl_launch *l, const int size[3])
{
    for (int i = 0; i < 3; i++)
        sep_cl_int(l, size[i]);
}

static sep_status look_up(sep_search *s, const float map[3][4], const float *coefficient, float *value, float *inside)
{
    const size_t samples = (size_t)s->level.samples;
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "look_up_samples");

    if (s->nodes > 0)
        SEP_TRY(send(s, COEFFICIENT, 0, coefficient, 3 * s->nodes));
    sep_cl_tensor(&l, &s->piece[AT]);
    sep_cl_int(&l, s->level.samples);
    set_size(&l, s->level.size);
    sep_cl_tensor(&l, &s->piece[COEFFICIENT]);
    sep_cl_tensor(&l, &s->piece[NODE]);
    sep_cl_tensor(&l, &s->piece[WEIGHT]);
    sep_cl_map(&l, map);
    sep_cl_tensor(&l, &s->piece[VOLUME]);
    set_size(&l, s->level.volume);
    sep_cl_tensor(&l, &s->piece[FOUND]);
    sep_cl_tensor(&l, &s->piece[GRADIENT]);
    SEP_TRY(sep_cl_run_each(&l, s->level.samples));
    SEP_TRY(fetch(s, FOUND, 0, value, samples));
    return fetch(s, FOUND, samples, inside, samples);
}

static sep_status weigh(sep_search *s, const float *outside)
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "weigh_samples");

    sep_cl_tensor(&l, &s->piece[FOUND]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.drawn);
    sep_cl_tensor(&l, &s->piece[ROW_ORDER]);
    sep_cl_int(&l, s->level.bins);
    sep_cl_float(&l, s->level.bin_scale);
    sep_cl_float(&l, s->level.bin_offset);
    sep_cl_int(&l, outside != NULL);
    sep_cl_float(&l, outside != NULL ? *outside : 0.0f);
    sep_cl_tensor(&l, &s->piece[COLUMN]);
    sep_cl_tensor(&l, &s->piece[SHARE]);
    return sep_cl_run_each(&l, s->level.samples);
}

static sep_status count_pairs(sep_search *s)
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "count_pairs");
    const int elements = s->level.bins * s->level.bins;

    sep_cl_tensor(&l, &s->piece[ROW_START]);
    sep_cl_tensor(&l, &s->piece[COLUMN]);
    sep_cl_tensor(&l, &s->piece[SHARE]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.bins);
    sep_cl_tensor(&l, &s->piece[PARTIAL]);
    SEP_TRY(sep_cl_run_columns(&l, elements, s->blocks));
    return sep_cl_tree_sum(s->cl, &s->piece[PARTIAL], s->blocks, elements, elements, &s->piece[HISTOGRAM]);
}

static sep_status histogram(sep_search *s, const float *outside, float *to)
{
    SEP_TRY(weigh(s, outside));
    SEP_TRY(count_pairs(s));
    return fetch(s, HISTOGRAM, 0, to, (size_t)s->level.bins * (size_t)s->level.bins);
}

static sep_status pull_back(sep_search *s, const float back[3][4])
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "pull_back");

    sep_cl_tensor(&l, &s->piece[FORCE]);
    sep_cl_tensor(&l, &s->piece[GRADIENT]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_map(&l, back);
    sep_cl_tensor(&l, &s->piece[PULL]);
    return sep_cl_run_each(&l, s->level.samples);
}

static sep_status spread(sep_search *s, const float *force, const float back[3][4], float *sum)
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "spread_to_nodes");

    SEP_TRY(send(s, FORCE, 0, force, (size_t)s->level.samples));
    SEP_TRY(pull_back(s, back));
    sep_cl_tensor(&l, &s->piece[NODE_START]);
    sep_cl_tensor(&l, &s->piece[NODE_ENTRY]);
    sep_cl_tensor(&l, &s->piece[WEIGHT]);
    sep_cl_tensor(&l, &s->piece[PULL]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, (int)s->nodes);
    sep_cl_tensor(&l, &s->piece[SUM]);
    SEP_TRY(sep_cl_run_columns(&l, (int64_t)s->nodes, s->blocks));
    return fetch(s, SUM, 0, sum, 3 * (size_t)s->blocks * s->nodes);
}

static sep_status map_gradient(sep_search *s, const float *force, float (*sum)[3][4])
{
    sep_cl_launch l = sep_cl_begin(s->cl, SEP_CL_search, "sum_by_map");

    SEP_TRY(send(s, FORCE, 0, force, (size_t)s->level.samples));
    sep_cl_tensor(&l, &s->piece[FORCE]);
    sep_cl_tensor(&l, &s->piece[GRADIENT]);
    sep_cl_tensor(&l, &s->piece[AT]);
    sep_cl_int(&l, s->level.samples);
    sep_cl_int(&l, s->level.block);
    sep_cl_tensor(&l, &s->piece[MAP_SUM]);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){(size_t)s->blocks, 3}, (size_t[3]){64}));
    return fetch(s, MAP_SUM, 0, sum, 12 * (size_t)s->blocks);
}

const sep_search_kernels sep_cl_search = {.create = create,
                                          .destroy = destroy,
                                          .draw = draw,
                                          .look_up = look_up,
                                          .histogram = histogram,
                                          .spread = spread,
                                          .map_gradient = map_gradient};
