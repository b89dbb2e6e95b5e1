/* Measures the problems of a job on an OpenCL device, beside the processor and, for linear layers, beside CLBlast. */
#include "bench/case.h"
#include "bench/check.h"
#include "bench/job.h"
#include "bench/peak_device.h"
#include "cli/options.h"
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHORTEST_SECONDS 2e-3 /* for a row when the time is up */
#define DISAGREES        1e-3 /* share of the largest result by which fast modes may be off */

typedef struct device_session {
    const bench_job *job;
    bench_result *result;
    sep_device *cpu, *device, *blas; /* blas: the device once more, in fast mode, or NULL */
    int units, rows_left;
    double end;
    sep_progress *progress;
} device_session;

/* A case on the device, on the processor and perhaps through CLBlast. */
typedef struct triple {
    bench_case *device, *cpu, *blas;
} triple;

void bench_list_devices(FILE *file)
{
    sep_opencl_info info[64];
    const char *tables[4];
    int count = sep_opencl_list(info, 64);

    fprintf(file, "cpu: best table %s\n", sep_cpu_tables(tables) > 0 ? tables[0] : "");
    for (int i = 0; i < count && i < 64; i++)
        fprintf(file, "opencl:%d: %s (%s, driver %s)\n", i, info[i].name, info[i].platform, info[i].driver);
}

sep_status bench_device_open(const bench_job *job, sep_device **device, bench_machine *machine, int *units)
{
    sep_opencl_info info[64];
    int64_t number;

    if (strncmp(job->device, "opencl:", 7) != 0 || !sep_parse_int(job->device + 7, &number))
        return sep_usage_error("--device: cpu or opencl:N, not '%s' (--list names them)", job->device);
    SEP_TRY(sep_device_open(job->device, 0, job->mode, device));
    sep_opencl_list(info, 64);
    *units = info[number].units;
    snprintf(machine->device, sizeof machine->device, "%s, driver %.40s%s", (*device)->description, info[number].driver,
             job->mode == SEP_FAST ? ", fast" : "");
    return SEP_OK;
}

static sep_status open_session(device_session *s)
{
    bench_peak peak;

    SEP_TRY(sep_cpu_create(s->job->threads[0], s->job->isa[0], &s->cpu));
    SEP_TRY(bench_device_open(s->job, &s->device, &s->result->machine, &s->units));
    if (SEP_HAVE_CLBLAST && s->job->peer && s->job->mode == SEP_REPRODUCIBLE) {
        SEP_TRY(sep_device_open(s->job->device, 0, SEP_FAST, &s->blas));
        snprintf(s->result->machine.peer, sizeof s->result->machine.peer, "CLBlast");
    }
    SEP_TRY(bench_peak_of_device(s->device, s->job->device, s->units, &peak));
    return bench_result_add_peak(s->result, &peak);
}

/* ---- the same case on each --------------------------------------------------------------------------------------- */

static bool is_product(const bench_problem *problem)
{
    return strcmp(problem->family->name, "linear") == 0;
}

static void destroy_triple(triple *t)
{
    bench_case_destroy(t->device);
    bench_case_destroy(t->cpu);
    bench_case_destroy(t->blas);
}

static sep_status create_triple(const device_session *s, const bench_problem *problem, bench_pass pass, triple *t)
{
    sep_algorithm algorithm = s->job->algorithm;

    *t = (triple){0};
    SEP_TRY(bench_case_create(problem, pass, algorithm, s->device, &t->device));
    SEP_TRY(bench_case_create(problem, pass, algorithm, s->cpu, &t->cpu));
    if (s->blas && is_product(problem))
        SEP_TRY(bench_case_create(problem, pass, algorithm, s->blas, &t->blas));
    return SEP_OK;
}

/* ---- checking ---------------------------------------------------------------------------------------------------- */

/* Whether the output is near to what the processor gave. */
static bool is_near(const bench_case *c, const bench_snapshot *wanted, const bench_snapshot *got)
{
    int output = c->layout.output[c->layout.steps - 1];
    const float *a = wanted->values[output], *b = got->values[output];
    double largest = 0.0, difference = 0.0;

    if (c->layout.tensor[output].dtype != SEP_F32)
        return true;
    for (int64_t i = 0; i < sep_shape_count(&c->layout.tensor[output].shape); i++) {
        largest = fmax(largest, fabs((double)a[i]));
        difference = fmax(difference, fabs((double)a[i] - (double)b[i]));
    }
    return difference <= DISAGREES * largest;
}

static sep_status check_near(bench_case *c, sep_device *device, const bench_snapshot *wanted, bool *near)
{
    bench_snapshot got;
    sep_status status = bench_snapshot_take(c, device, BENCH_RANDOM, 1, &got);

    if (status == SEP_OK)
        *near = is_near(c, wanted, &got);
    bench_snapshot_free(&got);
    return status;
}

static sep_status check_against(const device_session *s, triple *t, const bench_snapshot *wanted, bench_row *row)
{
    bench_difference difference = {0};
    bool near = true;

    if (s->job->mode == SEP_FAST)
        SEP_TRY(check_near(t->device, s->device, wanted, &near));
    else
        SEP_TRY(bench_check(t->device, s->device, BENCH_RANDOM, 1, wanted, &difference));
    snprintf(row->check, sizeof row->check, "%s",
             difference.found || !near  ? "differs"
             : s->job->mode == SEP_FAST ? "near"
                                        : s->job->isa[0]);
    if (t->blas)
        SEP_TRY(check_near(t->blas, s->blas, wanted, &near));
    if (!near && !difference.found)
        snprintf(row->check, sizeof row->check, "not as peer");
    return SEP_OK;
}

/* The processor's results first: its tensors are what the timings start from too. */
static sep_status check_row(const device_session *s, triple *t, bench_row *row)
{
    bench_snapshot wanted;
    sep_status status = bench_snapshot_take(t->cpu, s->cpu, BENCH_RANDOM, 1, &wanted);

    if (status == SEP_OK)
        status = check_against(s, t, &wanted, row);
    bench_snapshot_free(&wanted);
    return status;
}

/* ---- timing ------------------------------------------------------------------------------------------------------ */

static sep_status time_row(const device_session *s, triple *t, bench_row *row)
{
    const bench_work ours = bench_case_work(t->device), peer = bench_case_work(t->blas);
    bench_work cpu = bench_case_work(t->cpu);
    double share = fmax(s->end - s->job->clock(), 0.0) / (s->rows_left > 0 ? s->rows_left : 1);
    bench_timing none;

    cpu.finish = NULL; /* its runs are done when they return */
    SEP_TRY(bench_measure(&ours, t->blas ? &peer : NULL, fmax(2.0 / 3.0 * share, SHORTEST_SECONDS), s->job->clock,
                          &row->ours, &row->peer));
    return bench_measure(&cpu, NULL, fmax(share / 3.0, SHORTEST_SECONDS), s->job->clock, &row->cpu, &none);
}

static sep_status measure_pass(device_session *s, const bench_item *item, bench_pass pass)
{
    bench_row row = {.threads = s->units};
    triple t;
    sep_status status = create_triple(s, &item->problem, pass, &t);

    if (status == SEP_OK)
        status = check_row(s, &t, &row);
    if (status == SEP_OK)
        status = time_row(s, &t, &row);
    if (status == SEP_OK) {
        const bench_layout *layout = &t.device->layout;

        bench_row_name(&row, item, t.device, s->job->device);
        bench_row_rate(&row, &s->result->peak[0], bench_problem_work(&item->problem, pass), (double)layout->traffic,
                       (double)layout->footprint);
        status = bench_result_add_row(s->result, &row);
    }
    destroy_triple(&t);
    s->rows_left--;
    sep_progress_update(s->progress, s->result->rows, row.shape);
    return status;
}

static sep_status measure_all(device_session *s)
{
    const bench_job *job = s->job;

    s->end = job->clock() + job->seconds;
    SEP_TRY(open_session(s));
    s->rows_left = bench_job_rows(job);
    if (s->rows_left == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "the operation has no such pass");
    s->progress = isatty(STDERR_FILENO) ? sep_progress_start(job->device, s->rows_left, 0) : NULL;
    for (int i = 0; i < job->items; i++)
        for (int pass = 0; pass < BENCH_PASSES; pass++)
            if (job->pass[pass] && bench_problem_has_pass(&job->item[i].problem, (bench_pass)pass))
                SEP_TRY(measure_pass(s, &job->item[i], (bench_pass)pass));
    return bench_peak_of_device_again(s->device, &s->result->peak[0]);
}

sep_status bench_run_device(const bench_job *job, bench_result *result)
{
    device_session session = {.job = job, .result = result};

    bench_machine_read(&result->machine);
    sep_status status = measure_all(&session);
    sep_progress_finish(session.progress);
    sep_device_destroy(session.blas);
    sep_device_destroy(session.device);
    sep_device_destroy(session.cpu);
    return status;
}
