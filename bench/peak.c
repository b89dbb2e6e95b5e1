/* The machine's own limits: fma in registers, and bandwidth from the first cache to memory. */
#include "bench/peak.h"

#include "bench/peak_kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define QUICK_SECONDS 0.02
#define FULL_SECONDS  0.1

static const struct {
    const char *isa;
    const bench_peak_kernels *kernels;
} tables[] = {
#if SEP_HAVE_AVX512
    {"avx512", &bench_peak_avx512},
#endif
#if SEP_HAVE_AVX2
    {"avx2", &bench_peak_avx2},
#endif
#if SEP_HAVE_NEON
    {"neon", &bench_peak_neon},
#endif
    {NULL, NULL}};

static const bench_peak_kernels *find_kernels(const char *isa)
{
    int i = 0;

    while (tables[i].isa && strcmp(tables[i].isa, isa) != 0)
        i++;
    return tables[i].kernels;
}

bool bench_peak_known(const char *isa)
{
    return find_kernels(isa) != NULL;
}

/* ---- arithmetic ---------------------------------------------------------------------------------------------------
 */

/* Seconds of `rounds` on every thread at once. */
static double time_rounds(const bench_peak_kernels *kernels, int threads, int64_t rounds)
{
    volatile double sink = 0.0;
    double total = 0.0, start = sep_seconds();

#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(+ : total)
    for (int t = 0; t < threads; t++)
        total += kernels->multiply_add(rounds);
    sink = total;
    (void)sink;
    return sep_seconds() - start;
}

/* The best of many short stretches: what the machine can do when nothing disturbs it. */
static double measure_gflops(const bench_peak_kernels *kernels, int threads, double seconds)
{
    const int64_t rounds = 100000;
    double best = 0.0, end = sep_seconds() + seconds;

    (void)time_rounds(kernels, threads, rounds);
    for (int tries = 0; tries < 5 || sep_seconds() < end; tries++) {
        double rate = (double)rounds * kernels->operations * threads / time_rounds(kernels, threads, rounds);
        best = fmax(best, rate);
    }
    return best * 1e-9;
}

void bench_peak_again(bench_peak *peak, bool last)
{
    double gflops = measure_gflops(find_kernels(peak->isa), peak->threads, last ? FULL_SECONDS : QUICK_SECONDS);

    peak->gflops_low = fmin(peak->gflops_low, gflops);
    peak->gflops_high = fmax(peak->gflops_high, gflops);
    if (last)
        peak->gflops_end = gflops;
}

double bench_peak_drift(const bench_peak *peak)
{
    return fmax(peak->gflops_high - peak->gflops, peak->gflops - peak->gflops_low) / peak->gflops;
}

/* ---- memory -------------------------------------------------------------------------------------------------------
 */

#define GRAIN 64 /* floats that are not divided among threads */

/* One pass: every thread takes one stretch of the three arrays, `repeats` times. */
static double time_triad(const bench_peak_kernels *kernels, int threads, const float *a, const float *b, float *c,
                         ptrdiff_t count, int repeats)
{
    ptrdiff_t share = count / threads / GRAIN * GRAIN;
    double start = sep_seconds();

#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++)
        for (int k = 0; k < repeats; k++)
            kernels->triad(a + t * share, b + t * share, c + t * share, share);
    return (sep_seconds() - start) * (double)count / (double)(share * threads);
}

static double measure_gbytes(const bench_peak_kernels *kernels, int threads, const float *a, const float *b, float *c,
                             double bytes)
{
    ptrdiff_t count = (ptrdiff_t)(bytes / (3 * sizeof(float)));
    int repeats = bytes < 4e6 ? (int)(4e6 / bytes) : 1;
    double best = INFINITY, end = sep_seconds() + FULL_SECONDS / 2;

    for (int tries = 0; tries < 3 || sep_seconds() < end; tries++)
        best = fmin(best, time_triad(kernels, threads, a, b, c, count, repeats) / repeats);
    return bytes / best * 1e-9;
}

static sep_status measure_memory(const bench_peak_kernels *kernels, bench_peak *peak)
{
    static const double sizes[BENCH_SIZES] = {24e3, 96e3, 384e3, 1536e3, 6e6, 48e6, 384e6};
    size_t count = (size_t)(sizes[BENCH_SIZES - 1] / (3 * sizeof(float)));
    float *a = sep_calloc(count, sizeof *a), *b = sep_calloc(count, sizeof *b), *c = sep_calloc(count, sizeof *c);
    sep_status status = a && b && c ? SEP_OK : sep_fail(SEP_ERR_MEMORY, "no memory to measure its bandwidth");

    for (int i = 0; status == SEP_OK && i < BENCH_SIZES; i++) {
        peak->bytes[i] = sizes[i];
        peak->gbytes[i] = measure_gbytes(kernels, peak->threads, a, b, c, sizes[i]);
    }
    sep_free(a);
    sep_free(b);
    sep_free(c);
    return status;
}

double bench_peak_bandwidth(const bench_peak *peak, double bytes)
{
    int i = 1;

    if (bytes <= peak->bytes[0])
        return peak->gbytes[0];
    while (i < BENCH_SIZES && bytes > peak->bytes[i])
        i++;
    if (i == BENCH_SIZES)
        return peak->gbytes[BENCH_SIZES - 1];
    double between = log(bytes / peak->bytes[i - 1]) / log(peak->bytes[i] / peak->bytes[i - 1]);
    return peak->gbytes[i - 1] * pow(peak->gbytes[i] / peak->gbytes[i - 1], between);
}

sep_status bench_peak_measure(const char *isa, int threads, bench_peak *peak)
{
    const bench_peak_kernels *kernels = find_kernels(isa);

    *peak = (bench_peak){.threads = threads};
    snprintf(peak->isa, sizeof peak->isa, "%s", isa);
    peak->gflops = peak->gflops_low = peak->gflops_high = measure_gflops(kernels, threads, FULL_SECONDS);
    return measure_memory(kernels, peak);
}
