/* Measures the problems of a job on one instruction set, and each set in its turn. */
#include "bench/case.h"
#include "bench/check.h"
#include "bench/job.h"
#include "bench/peer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PLAIN_C_LIMIT    2e6 /* multiply-adds or floats up to which a row is checked against plain C */
#define AGAIN_SECONDS    5.0 /* between looks at the machine's peak */
#define NOTICED_DRIFT    0.05
#define PEER_DISAGREES   1e-3
#define SHORTEST_SECONDS 2e-3 /* for a row when the time is up */

/* One instruction set at work. */
typedef struct bench_session {
    const bench_job *job;
    const char *isa;
    bench_result *result;
    sep_device *home, *device[BENCH_THREAD_COUNTS];
    double end, looked; /* when the time is up, on the job's clock; when the peak was last measured */
    int rows_left;
    sep_progress *progress;
} bench_session;

static sep_status open_session(bench_session *s)
{
    SEP_TRY(sep_cpu_create(1, s->isa, &s->home));
    for (int t = 0; t < s->job->thread_counts; t++)
        SEP_TRY(sep_cpu_create(s->job->threads[t], s->isa, &s->device[t]));
    return s->job->peer ? bench_peer_confine(s->isa) : SEP_OK;
}

static void close_session(bench_session *s)
{
    sep_progress_finish(s->progress);
    for (int t = 0; t < s->job->thread_counts; t++)
        sep_device_destroy(s->device[t]);
    sep_device_destroy(s->home);
}

/* ---- the machine --------------------------------------------------------------------------------------------------
 */

static sep_status measure_peaks(bench_session *s)
{
    bench_peak peak;

    for (int t = 0; t < s->job->thread_counts && bench_peak_known(s->isa); t++) {
        SEP_TRY(bench_peak_measure(s->isa, s->job->threads[t], &peak));
        SEP_TRY(bench_result_add_peak(s->result, &peak));
    }
    s->looked = sep_seconds();
    return SEP_OK;
}

static void look_again(bench_session *s, bool last)
{
    if (!last && sep_seconds() - s->looked < AGAIN_SECONDS)
        return;
    for (int i = 0; i < s->result->peaks; i++)
        bench_peak_again(&s->result->peak[i], last);
    s->looked = sep_seconds();
}

static void report_drift(const bench_result *result)
{
    for (int i = 0; i < result->peaks; i++) {
        const bench_peak *peak = &result->peak[i];
        if (bench_peak_drift(peak) > NOTICED_DRIFT)
            sep_log(SEP_LOG_WARNING,
                    "the peak of %s with %d threads went from %.1f GFLOP/s at the start to between %.1f and %.1f: the "
                    "clock changed or others used the machine, read percentages with care",
                    peak->isa, peak->threads, peak->gflops, peak->gflops_low, peak->gflops_high);
    }
}

/* ---- checking -----------------------------------------------------------------------------------------------------
 */

/* The table that a row is checked against: plain C where that is quick, else another fast one; NULL where there is
 * none. */
static const char *reference_for(const bench_session *s, const bench_case *c)
{
    double cost = fmax(bench_problem_work(&c->problem, c->pass), (double)c->layout.traffic / sizeof(float));
    const char *names[4];
    int tables = sep_cpu_tables(names);

    if (strcmp(s->isa, "generic") != 0 && cost <= PLAIN_C_LIMIT)
        return "generic";
    for (int i = 0; i < tables; i++)
        if (strcmp(names[i], s->isa) != 0 && strcmp(names[i], "generic") != 0)
            return names[i];
    return NULL;
}

static sep_status take_reference(const bench_session *s, bench_case *c, const char *reference, bench_snapshot *snapshot)
{
    sep_device *device;

    *snapshot = (bench_snapshot){0};
    if (reference == NULL)
        return bench_case_fill(c, BENCH_RANDOM, 1);
    SEP_TRY(sep_cpu_create(s->job->threads[s->job->thread_counts - 1], reference, &device));
    sep_status status = bench_snapshot_take(c, device, BENCH_RANDOM, 1, snapshot);
    sep_device_destroy(device);
    return status;
}

static sep_status check_row(bench_case *c, sep_device *device, const char *reference, const bench_snapshot *snapshot,
                            bench_row *row)
{
    bench_difference difference;

    if (reference == NULL)
        return SEP_OK;
    SEP_TRY(bench_check(c, device, BENCH_RANDOM, 1, snapshot, &difference));
    snprintf(row->check, sizeof row->check, "%s", difference.found ? "differs" : reference);
    return SEP_OK;
}

/* ---- one row ------------------------------------------------------------------------------------------------------
 */

typedef struct our_work {
    bench_case *c;
    sep_device *device;
} our_work;

static sep_status run_ours(void *context)
{
    const our_work *work = context;

    return bench_case_run(work->c, work->device);
}

/* Our result against the peer's, where both compute the same. */
static sep_status check_peer(const bench_peer *peer, const bench_case *c, bench_row *row)
{
    double difference;

    SEP_TRY(bench_peer_difference(peer, c, &difference));
    if (difference > PEER_DISAGREES)
        snprintf(row->check, sizeof row->check, "not as peer");
    return SEP_OK;
}

static sep_status time_row(bench_session *s, bench_case *c, sep_device *device, bench_peer *peer, bench_row *row)
{
    our_work work = {c, device};
    bench_work ours = {.run = run_ours, .context = &work}, theirs = {.run = bench_peer_run, .context = peer};
    double share = fmax(s->end - s->job->clock(), 0.0) / (s->rows_left > 0 ? s->rows_left : 1);

    SEP_TRY(bench_measure(&ours, peer ? &theirs : NULL, fmax(share, SHORTEST_SECONDS), s->job->clock, &row->ours,
                          &row->peer));
    return peer ? check_peer(peer, c, row) : SEP_OK;
}

static sep_status measure_row(bench_session *s, bench_case *c, int t, bench_row *row)
{
    const bench_layout *layout = &c->layout;
    bench_peer *peer = NULL;

    if (s->job->peer && strcmp(s->isa, "generic") != 0)
        SEP_TRY(bench_peer_create(c, s->job->threads[t], &peer));
    SEP_TRY(bench_case_prepare(c, s->device[t]));
    sep_status status = time_row(s, c, s->device[t], peer, row);
    bench_peer_destroy(peer);
    SEP_TRY(status);
    bench_row_rate(row, bench_result_peak(s->result, s->isa, row->threads), bench_problem_work(&c->problem, c->pass),
                   (double)layout->traffic, (double)layout->footprint);
    return bench_result_add_row(s->result, row);
}

/* ---- all rows -----------------------------------------------------------------------------------------------------
 */

void bench_row_name(bench_row *row, const bench_item *item, const bench_case *c, const char *isa)
{
    snprintf(row->op, sizeof row->op, "%s", item->problem.family->name);
    bench_problem_word(&item->problem, row->shape);
    snprintf(row->pass, sizeof row->pass, "%s", bench_pass_names[c->pass]);
    snprintf(row->isa, sizeof row->isa, "%s", isa);
    snprintf(row->occurs, sizeof row->occurs, "%s", item->occurs);
    snprintf(row->algorithm, sizeof row->algorithm, "%s", bench_case_algorithm(c));
}

static sep_status measure_threads(bench_session *s, const bench_item *item, bench_case *c)
{
    const char *reference = reference_for(s, c);
    bench_snapshot snapshot;

    sep_status status = take_reference(s, c, reference, &snapshot);
    for (int t = 0; status == SEP_OK && t < s->job->thread_counts; t++) {
        bench_row row = {.threads = s->job->threads[t]};
        bench_row_name(&row, item, c, s->isa);
        look_again(s, false);
        status = check_row(c, s->device[t], reference, &snapshot, &row);
        if (status == SEP_OK)
            status = measure_row(s, c, t, &row);
        s->rows_left--;
        sep_progress_update(s->progress, s->result->rows, row.shape);
    }
    bench_snapshot_free(&snapshot);
    return status;
}

static sep_status measure_item(bench_session *s, const bench_item *item)
{
    for (int pass = 0; pass < BENCH_PASSES; pass++) {
        bench_case *c;
        if (!s->job->pass[pass] || !bench_problem_has_pass(&item->problem, (bench_pass)pass))
            continue;
        SEP_TRY(bench_case_create(&item->problem, (bench_pass)pass, s->job->algorithm, s->home, &c));
        sep_status status = measure_threads(s, item, c);
        bench_case_destroy(c);
        SEP_TRY(status);
    }
    return SEP_OK;
}

int bench_job_rows(const bench_job *job)
{
    int rows = 0;

    for (int i = 0; i < job->items; i++)
        for (int pass = 0; pass < BENCH_PASSES; pass++)
            rows += job->pass[pass] && bench_problem_has_pass(&job->item[i].problem, (bench_pass)pass);
    return rows * job->thread_counts;
}

static sep_status run_session(bench_session *s)
{
    const bench_job *job = s->job;
    char title[48];

    s->end = job->clock() + job->seconds / job->isas;
    SEP_TRY(open_session(s));
    SEP_TRY(measure_peaks(s));
    s->rows_left = bench_job_rows(job);
    if (s->rows_left == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "the operation has no such pass");
    snprintf(title, sizeof title, "measuring %s", s->isa);
    s->progress = isatty(STDERR_FILENO) ? sep_progress_start(title, s->rows_left, 0) : NULL;
    for (int i = 0; i < job->items; i++)
        SEP_TRY(measure_item(s, &job->item[i]));
    look_again(s, true);
    report_drift(s->result);
    return SEP_OK;
}

/* ---- instruction sets ---------------------------------------------------------------------------------------------
 */

typedef struct isa_job {
    const bench_job *job;
    const char *isa;
} isa_job;

static sep_status run_isa(const void *context, bench_result *result)
{
    const isa_job *one = context;
    bench_session session = {.job = one->job, .isa = one->isa, .result = result};

    if (one->job->peer)
        snprintf(result->machine.peer, sizeof result->machine.peer, "%s", bench_peer_name());
    sep_status status = run_session(&session);
    close_session(&session);
    return status;
}

sep_status bench_run(const bench_job *job, bench_result *result)
{
    bench_machine_read(&result->machine);
    for (int i = 0; i < job->isas; i++) {
        isa_job one = {job, job->isa[i]};
        SEP_TRY(job->isas == 1 ? run_isa(&one, result) : bench_in_child(run_isa, &one, result));
    }
    return SEP_OK;
}
