/* Rows and peaks of a run, and the numbers that follow from a time. */
#include "bench/result.h"

#include "config.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- the machine --------------------------------------------------------------------------------------------------
 */

/* "model name : Intel(R) Xeon(R) Processor" of /proc/cpuinfo; the architecture's name where there is no such line. */
static void read_processor(char *text, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(text, size, "%s", colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

void bench_machine_read(bench_machine *machine)
{
    struct utsname system;

    *machine = (bench_machine){.processors = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    if (uname(&system) == 0) {
        snprintf(machine->processor, sizeof machine->processor, "%.64s", system.machine);
        snprintf(machine->system, sizeof machine->system, "%.40s %.40s", system.sysname, system.release);
    }
    read_processor(machine->processor, sizeof machine->processor);
    snprintf(machine->compiler, sizeof machine->compiler, "%s", SEP_COMPILER);
    snprintf(machine->version, sizeof machine->version, "%s", SEP_VERSION);
}

double bench_peak_memory(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0; /* the kernel counts in KiB */
}

/* ---- lists --------------------------------------------------------------------------------------------------------
 */

/* Room for one more of a list that doubles at powers of two. */
static void *grow(void *list, int count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return list;
    void *larger = sep_calloc(count ? 2 * (size_t)count : 1, size);
    if (larger && list)
        memcpy(larger, list, (size_t)count * size);
    if (larger)
        sep_free(list);
    return larger;
}

sep_status bench_result_add_row(bench_result *result, const bench_row *row)
{
    bench_row *rows = grow(result->row, result->rows, sizeof *rows);

    if (!rows)
        return SEP_ERR_MEMORY;
    result->row = rows;
    result->row[result->rows++] = *row;
    return SEP_OK;
}

sep_status bench_result_add_peak(bench_result *result, const bench_peak *peak)
{
    bench_peak *peaks = grow(result->peak, result->peaks, sizeof *peaks);

    if (!peaks)
        return SEP_ERR_MEMORY;
    result->peak = peaks;
    result->peak[result->peaks++] = *peak;
    return SEP_OK;
}

bench_peak *bench_result_peak(const bench_result *result, const char *isa, int threads)
{
    for (int i = 0; i < result->peaks; i++)
        if (strcmp(result->peak[i].isa, isa) == 0 && result->peak[i].threads == threads)
            return &result->peak[i];
    return NULL;
}

void bench_result_free(bench_result *result)
{
    for (int i = 0; i < result->rows; i++)
        json_decref(result->row[i].profile);
    sep_free(result->peak);
    sep_free(result->row);
    *result = (bench_result){0};
}

/* ---- what follows from a time -------------------------------------------------------------------------------------
 */

void bench_row_rate(bench_row *row, const bench_peak *peak, double multiply_adds, double bytes, double footprint)
{
    double seconds = row->ours.median;

    row->gflops = 2.0 * multiply_adds / seconds * 1e-9;
    row->gbytes = bytes / seconds * 1e-9;
    row->intensity = bytes > 0.0 ? 2.0 * multiply_adds / bytes : 0.0;
    if (!peak)
        return;
    double by_fma = 2.0 * multiply_adds / (peak->gflops * 1e9);
    double by_memory = bytes > 0.0 ? bytes / (bench_peak_bandwidth(peak, footprint) * 1e9) : 0.0;
    row->percent = 100.0 * fmax(by_fma, by_memory) / seconds;
    snprintf(row->limit, sizeof row->limit, "%s", by_fma >= by_memory ? "fma" : "memory");
}

double bench_row_ratio(const bench_row *row)
{
    return row->peer.samples > 0 ? row->peer.median / row->ours.median : 0.0;
}

double bench_row_cpu_ratio(const bench_row *row)
{
    return row->cpu.samples > 0 ? row->cpu.median / row->ours.median : 0.0;
}
