/* Whether a kernel table gives the bits that another gives. */
#include "bench/check.h"

#include <string.h>

sep_status bench_snapshot_take(bench_case *c, sep_device *device, bench_numbers numbers, uint32_t seed,
                               bench_snapshot *snapshot)
{
    *snapshot = (bench_snapshot){0};
    SEP_TRY(bench_case_fill(c, numbers, seed));
    SEP_TRY(bench_case_prepare(c, device));
    SEP_TRY(bench_case_run(c, device));
    for (int i = 0; i < c->layout.tensors; i++) {
        snapshot->values[i] = bench_case_read(c, i);
        if (snapshot->values[i] == NULL)
            return sep_fail(SEP_ERR_MEMORY, "no memory to keep a result");
    }
    return SEP_OK;
}

void bench_snapshot_free(bench_snapshot *snapshot)
{
    for (int i = 0; i < BENCH_TENSORS; i++)
        sep_free(snapshot->values[i]);
    *snapshot = (bench_snapshot){0};
}

static void compare(const bench_case *c, int index, const uint32_t *wanted, const uint32_t *got,
                    bench_difference *difference)
{
    int64_t count = sep_shape_count(&c->layout.tensor[index].shape);

    for (int64_t i = 0; i < count; i++) {
        if (wanted[i] == got[i])
            continue;
        if (!difference->found)
            *difference = (bench_difference){true, c->layout.tensor[index].name, i, 0, wanted[i], got[i]};
        difference->count++;
    }
}

sep_status bench_check(bench_case *c, sep_device *device, bench_numbers numbers, uint32_t seed,
                       const bench_snapshot *wanted, bench_difference *difference)
{
    bench_snapshot got;

    *difference = (bench_difference){0};
    sep_status status = bench_snapshot_take(c, device, numbers, seed, &got);
    for (int i = 0; status == SEP_OK && i < c->layout.tensors; i++)
        compare(c, i, wanted->values[i], got.values[i], difference);
    bench_snapshot_free(&got);
    return status;
}
