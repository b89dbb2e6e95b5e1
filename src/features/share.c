/* Equal shares, as far as there is enough. */
#include "features/sample.h"

static int count_open(const int64_t *have, int count, const int64_t *share)
{
    int open = 0;

    for (int i = 0; i < count; i++)
        open += share[i] < have[i];
    return open;
}

/* Up to `most` more for one; returns how many. */
static int64_t give(int64_t have, int64_t most, int64_t *share)
{
    const int64_t more = have - *share < most ? have - *share : most;

    *share += more;
    return more;
}

int64_t sep_share_evenly(const int64_t *have, const int *order, int count, int64_t wanted, int64_t *share)
{
    int64_t left = wanted;
    int open;

    for (int i = 0; i < count; i++)
        share[i] = 0;
    while ((open = count_open(have, count, share)) > 0 && left >= open) {
        const int64_t each = left / open;
        for (int i = 0; i < count; i++)
            left -= give(have[i], each, &share[i]);
    }
    for (int i = 0; i < count && left > 0; i++)
        left -= give(have[order[i]], 1, &share[order[i]]);
    return wanted - left;
}
