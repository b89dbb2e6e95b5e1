/* The samples that each sum over them takes: sorted by counting. */
#include "device/opencl/search.h"

#include "simd/generic/sampling.h"

#include <string.h>

int sep_search_blocks(const sep_search_level *level)
{
    return (level->samples + level->block - 1) / level->block;
}

size_t sep_search_nodes(const sep_search_level *level)
{
    return (size_t)level->size[0] * (size_t)level->size[1] * (size_t)level->size[2];
}

/* Which lists samples go to: sample s of block b to b * keys + first[s] + offset[tap] for each tap. */
typedef struct keys {
    const int32_t *first, *offset;
    int taps;
    size_t keys;
} keys;

/* start[] is where each list ends, then, as they fill up from the back, where it begins. */
static void fill_lists(const sep_search_level *level, const keys *k, int32_t *start, int32_t *entry)
{
    const size_t lists = (size_t)sep_search_blocks(level) * k->keys;

    memset(start, 0, (lists + 1) * sizeof *start);
    for (int s = 0; s < level->samples; s++) {
        int32_t *length = start + (size_t)(s / level->block) * k->keys + k->first[s];

        for (int tap = 0; tap < k->taps; tap++)
            length[k->offset[tap]]++;
    }
    for (size_t i = 1; i <= lists; i++)
        start[i] += start[i - 1];
    for (int s = level->samples - 1; s >= 0; s--) {
        int32_t *end = start + (size_t)(s / level->block) * k->keys + k->first[s];

        for (int tap = 0; tap < k->taps; tap++)
            entry[--end[k->offset[tap]]] = s * k->taps + tap;
    }
}

void sep_list_rows(const sep_search_level *level, const int32_t *row, int32_t *bin, int32_t *start, int32_t *order)
{
    const int32_t offset = 0;

    for (int s = 0; s < level->samples; s++)
        bin[s] = row[s] / level->bins;
    fill_lists(level, &(keys){bin, &offset, 1, (size_t)level->bins}, start, order);
}

void sep_list_nodes(const sep_search_level *level, const float *const at[3], int32_t *first, float *weight,
                    int32_t *start, int32_t *entry)
{
    sep_control_grid grid;
    int32_t offset[SEP_TAPS];

    memcpy(grid.size, level->size, sizeof grid.size);
    memcpy(grid.scale, level->node_scale, sizeof grid.scale);
    memcpy(grid.offset, level->node_offset, sizeof grid.offset);
    for (int s = 0; s < level->samples; s++) {
        float w[3][4];

        first[s] = (int32_t)spline_support(&grid, at, s, w);
        for (int k = 0; k < 12; k++)
            weight[(size_t)k * (size_t)level->samples + (size_t)s] = w[k / 4][k % 4];
    }
    for (int tap = 0; tap < SEP_TAPS; tap++)
        offset[tap] = (tap / 16 * grid.size[1] + tap / 4 % 4) * grid.size[0] + tap % 4;
    fill_lists(level, &(keys){first, offset, SEP_TAPS, sep_search_nodes(level)}, start, entry);
}
