/* A run's log.jsonl: whatever the bytes, curves of rising iterations. */
#include "report/run_log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_curve(const sep_curve *curve)
{
    if (!curve->name || curve->part < 0 || curve->count < 1)
        abort();
    for (int i = 1; i < curve->count; i++)
        if (!(curve->iteration[i] > curve->iteration[i - 1]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sep_run_log log;

    if (sep_run_log_parse((const char *)data, size, &log) != SEP_OK)
        return 0;
    if (log.unreadable_lines > log.lines)
        abort();
    for (int group = 0; group < SEP_CURVE_GROUPS; group++)
        for (int i = 0; i < log.group[group].count; i++)
            check_curve(&log.group[group].curve[i]);
    sep_run_log_free(&log);
    return 0;
}
