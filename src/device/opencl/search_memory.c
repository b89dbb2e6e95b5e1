/* What a level of registration's search has on the device. All memory is made at once; a draw sends the samples and the
 * lists of those that each sum takes. */
#include "device/opencl/search.h"

#include <string.h>

static void count_words(const sep_search *s, size_t words[SEP_SEARCH_PIECES])
{
    const sep_search_level *l = &s->level;
    const size_t samples = (size_t)l->samples, blocks = (size_t)s->blocks, bins = (size_t)l->bins;
    const size_t bent = s->nodes > 0 ? samples : 0;
    const size_t wanted[SEP_SEARCH_PIECES] = {
        [SEP_SEARCH_VOLUME] = (size_t)l->volume[0] * (size_t)l->volume[1] * (size_t)l->volume[2],
        [SEP_SEARCH_AT] = 3 * samples,
        [SEP_SEARCH_ROW_START] = blocks * bins + 1,
        [SEP_SEARCH_ROW_ORDER] = samples,
        [SEP_SEARCH_NODE] = bent,
        [SEP_SEARCH_WEIGHT] = 12 * bent,
        [SEP_SEARCH_NODE_START] = blocks * s->nodes + 1,
        [SEP_SEARCH_NODE_ENTRY] = SEP_TAPS * bent,
        [SEP_SEARCH_COEFFICIENT] = 3 * s->nodes,
        [SEP_SEARCH_FOUND] = 2 * samples,
        [SEP_SEARCH_BEYOND] = 3 * samples,
        [SEP_SEARCH_GRADIENT] = 3 * samples,
        [SEP_SEARCH_COLUMN] = samples,
        [SEP_SEARCH_SHARE] = 4 * samples,
        [SEP_SEARCH_PARTIAL] = blocks * bins * bins,
        [SEP_SEARCH_HISTOGRAM] = bins * bins,
        [SEP_SEARCH_FORCE] = samples,
        [SEP_SEARCH_PULL] = 3 * bent,
        [SEP_SEARCH_SUM] = 3 * blocks * s->nodes,
        [SEP_SEARCH_MAP_SUM] = 12 * blocks,
    };

    memcpy(words, wanted, sizeof wanted);
}

void sep_search_destroy(sep_search *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < SEP_SEARCH_PIECES; i++)
        sep_cl_buffer_destroy(&s->cl->base, s->piece[i].buffer);
    sep_free(s);
}

sep_status sep_search_create(sep_device *device, const sep_search_level *level, sep_search **search)
{
    sep_search *s = sep_calloc(1, sizeof *s);
    size_t words[SEP_SEARCH_PIECES];
    sep_status status = SEP_OK;

    *search = s;
    if (s == NULL)
        return SEP_ERR_MEMORY;
    s->cl = (sep_cl *)device;
    s->level = *level;
    s->blocks = sep_search_blocks(level);
    s->nodes = sep_search_nodes(level);
    count_words(s, words);
    for (int i = 0; i < SEP_SEARCH_PIECES && status == SEP_OK; i++)
        status = sep_cl_make(s->cl, "the search for a transform", i == SEP_SEARCH_VOLUME ? level->data : NULL,
                             words[i] * sizeof(float), &s->piece[i]);
    if (status == SEP_OK)
        return SEP_OK;
    sep_search_destroy(s);
    *search = NULL;
    return status;
}

sep_status sep_search_send(sep_search *s, sep_search_piece to, size_t first, const void *from, size_t words)
{
    return sep_cl_upload(&s->cl->base, s->piece[to].buffer, first * sizeof(float), from, words * sizeof(float));
}

sep_status sep_search_fetch(const sep_search *s, sep_search_piece from, size_t first, void *to, size_t words)
{
    return sep_cl_download(&s->cl->base, s->piece[from].buffer, first * sizeof(float), to, words * sizeof(float));
}

/* ---- a draw ------------------------------------------------------------------------------------------------------ */

static sep_status send_rows(sep_search *s, const int32_t *row)
{
    const size_t samples = (size_t)s->level.samples, starts = (size_t)s->blocks * (size_t)s->level.bins + 1;
    int32_t *bin = sep_calloc(2 * samples + starts, sizeof *bin);

    if (bin == NULL)
        return SEP_ERR_MEMORY;
    int32_t *order = bin + samples, *start = order + samples;
    sep_list_rows(&s->level, row, bin, start, order);
    sep_status status = sep_search_send(s, SEP_SEARCH_ROW_START, 0, start, starts);
    if (status == SEP_OK)
        status = sep_search_send(s, SEP_SEARCH_ROW_ORDER, 0, order, samples);
    sep_free(bin);
    return status;
}

/* What sep_list_nodes makes. */
typedef struct node_lists {
    int32_t *first, *start, *entry;
    float *weight;
} node_lists;

static sep_status send_lists(sep_search *s, const node_lists *l)
{
    const size_t samples = (size_t)s->level.samples;

    SEP_TRY(sep_search_send(s, SEP_SEARCH_NODE, 0, l->first, samples));
    SEP_TRY(sep_search_send(s, SEP_SEARCH_WEIGHT, 0, l->weight, 12 * samples));
    SEP_TRY(sep_search_send(s, SEP_SEARCH_NODE_START, 0, l->start, (size_t)s->blocks * s->nodes + 1));
    return sep_search_send(s, SEP_SEARCH_NODE_ENTRY, 0, l->entry, SEP_TAPS * samples);
}

static sep_status send_nodes(sep_search *s, const float *const at[3])
{
    const size_t samples = (size_t)s->level.samples;
    const node_lists l = {.first = sep_calloc(samples, sizeof *l.first),
                          .start = sep_calloc((size_t)s->blocks * s->nodes + 1, sizeof *l.start),
                          .entry = sep_calloc(SEP_TAPS * samples, sizeof *l.entry),
                          .weight = sep_calloc(12 * samples, sizeof *l.weight)};
    sep_status status = SEP_ERR_MEMORY;

    if (l.first != NULL && l.start != NULL && l.entry != NULL && l.weight != NULL) {
        sep_list_nodes(&s->level, at, l.first, l.weight, l.start, l.entry);
        status = send_lists(s, &l);
    }
    sep_free(l.first);
    sep_free(l.start);
    sep_free(l.entry);
    sep_free(l.weight);
    return status;
}

sep_status sep_search_draw(sep_search *s, const float *const at[3], const int32_t *row)
{
    const size_t samples = (size_t)s->level.samples;

    for (size_t i = 0; i < 3; i++)
        SEP_TRY(sep_search_send(s, SEP_SEARCH_AT, i * samples, at[i], samples));
    SEP_TRY(send_rows(s, row));
    return s->nodes > 0 ? send_nodes(s, at) : SEP_OK;
}
