/* septum-bench tune: for each family a problem of its own, and one parameter after the other changed as long as the
 * time lasts. A candidate must give the bits of the defaults: on awkward shapes when it is opened (trial.c), and on the
 * problem that is timed. */
#include "bench/tune.h"

#include "cli/program.h"
#include "config.h"

#if SEP_HAVE_OPENCL

#include "bench/case.h"
#include "bench/check.h"
#include "device/opencl/tuning.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEAST_GAIN     0.03 /* share of the time below which a change is none */
#define LONG_SECONDS   2e-3 /* a problem grows until a run takes as long: then launches cost nothing beside it */
#define SAMPLE_SECONDS 0.2  /* of timing a candidate */
#define LARGEST_SCALE  256
#define TURNS          3 /* in which a gain is confirmed */

/* The problem of a family: a letter and number that are scaled, and the rest of its word. */
typedef struct subject {
    sep_cl_program program;
    const char *family;
    char letter;
    int number;
    const char *rest;
    bench_pass pass;
    sep_algorithm algorithm;
} subject;

static const subject subjects[] = {
    {SEP_CL_product, "linear", 'r', 784, "c192o384b", BENCH_FWD, SEP_BY_SHAPE},
    {SEP_CL_narrow_product, "conv", 'n', 1, "h112w112c16o16k3", BENCH_FWD, SEP_WINOGRAD},
    {SEP_CL_convolution, "conv", 'n', 1, "h28w28c64o64k3", BENCH_FWD, SEP_DIRECT},
    {SEP_CL_narrow_convolution, "conv", 'n', 1, "h56w56c16o16k3", BENCH_FWD, SEP_DIRECT},
    {SEP_CL_outer, "conv", 'n', 1, "h28w28c64o64k3", BENCH_DW, SEP_DIRECT},
    {SEP_CL_narrow_outer, "conv", 'n', 1, "h56w56c16o16k3", BENCH_DW, SEP_DIRECT},
    {SEP_CL_winograd, "conv", 'n', 1, "h56w56c32o32k3", BENCH_FWD, SEP_WINOGRAD},
    {SEP_CL_attention, "attention", 'n', 1, "h28w28c96m3k7s3b", BENCH_DX, SEP_BY_SHAPE},
    {SEP_CL_reduction, "row-sum", 'r', 25088, "c64", BENCH_FWD, SEP_BY_SHAPE},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

/* A family at work. */
typedef struct tuning {
    const subject *subject;
    sep_cl *cl;
    bench_case *problem;
    bench_snapshot wanted; /* what the defaults left */
    double start, best;    /* seconds: of what was there before, and of the best parameters yet */
    double end;            /* when this family's time is up */
    char parameters[SEP_CL_PARAMETERS];
    int tried, refused;
} tuning;

/* ---- the problem ------------------------------------------------------------------------------------------------- */

static sep_status time_problem(const tuning *t, double *seconds)
{
    const bench_work work = bench_case_work(t->problem);
    bench_timing timing, none;

    SEP_TRY(bench_measure(&work, NULL, SAMPLE_SECONDS, sep_seconds, &timing, &none));
    *seconds = timing.fastest;
    return SEP_OK;
}

static sep_status open_problem(tuning *t, int scale)
{
    const subject *s = t->subject;
    bench_problem problem;
    char word[BENCH_WORD];

    snprintf(word, sizeof word, "%c%d%s", s->letter, s->number * scale, s->rest);
    SEP_TRY(bench_problem_parse(s->family, word, &problem));
    SEP_TRY(bench_case_create(&problem, s->pass, s->algorithm, &t->cl->base, &t->problem));
    SEP_TRY(bench_case_fill(t->problem, BENCH_RANDOM, 1));
    SEP_TRY(bench_case_prepare(t->problem, &t->cl->base));
    return time_problem(t, &t->start);
}

/* Large enough to keep the device busy. */
static sep_status find_problem(tuning *t)
{
    for (int scale = 1; scale <= LARGEST_SCALE; scale *= 4) {
        bench_case_destroy(t->problem);
        t->problem = NULL;
        SEP_TRY(open_problem(t, scale));
        if (t->start >= LONG_SECONDS)
            break;
    }
    return SEP_OK;
}

/* ---- candidates -------------------------------------------------------------------------------------------------- */

/* The text with another value of one parameter. */
static void change(const char *text, const char *name, int value, char changed[SEP_CL_PARAMETERS])
{
    const char *at = strstr(text, name), *end = at + strcspn(at, " ");

    /* ITEM_ROWS and the like are no part of each other's names */
    snprintf(changed, SEP_CL_PARAMETERS, "%.*s%s=%d%s", (int)(at - text), text, name, value, end);
}

/* Whether the program took the candidate and gives the same bits with it. */
static sep_status is_same(tuning *t, bool *same)
{
    bench_difference difference;

    SEP_TRY(bench_check(t->problem, &t->cl->base, BENCH_RANDOM, 1, &t->wanted, &difference));
    *same = !difference.found;
    return SEP_OK;
}

/* A candidate that can't be set, built or verified is no error: it is not taken. */
static sep_status try_candidate(tuning *t, const char *candidate)
{
    sep_cl_program program = t->subject->program;
    bool same = false;
    double seconds;

    if (sep_cl_set_parameters(t->cl, program, candidate) != SEP_OK)
        return SEP_OK; /* beyond the device's limits */
    t->tried++;
    SEP_TRY(is_same(t, &same));
    if (!same || strcmp(t->cl->parameters[program], candidate) != 0) { /* it was given up when it was opened */
        t->refused++;
        return SEP_OK;
    }
    SEP_TRY(time_problem(t, &seconds));
    sep_log(SEP_LOG_DEBUG, "tune: %s %s: %.3f ms", sep_cl_program_name(program), candidate, 1e3 * seconds);
    if (seconds < (1.0 - LEAST_GAIN) * t->best) {
        t->best = seconds;
        memcpy(t->parameters, candidate, sizeof t->parameters);
    }
    return SEP_OK;
}

static sep_status try_values(tuning *t, const char *name)
{
    const int *value = sep_cl_choices(name);
    int now = sep_cl_value_in(t->parameters, name);

    for (; value && *value > 0 && sep_seconds() < t->end; value++) {
        char candidate[SEP_CL_PARAMETERS];
        if (*value == now)
            continue;
        change(t->parameters, name, *value, candidate);
        SEP_TRY(try_candidate(t, candidate));
    }
    return SEP_OK;
}

/* One parameter after the other, each at its best value so far. */
static sep_status search(tuning *t)
{
    const char *at = sep_cl_default_parameters(t->subject->program);
    char name[24];
    int value, end;

    for (; sscanf(at, " %23[A-Z_]=%d%n", name, &value, &end) == 2; at += end)
        SEP_TRY(try_values(t, name));
    return SEP_OK;
}

/* Once more, the defaults and the best in turn: what looked like a gain may have been a quieter moment. */
static sep_status time_again(tuning *t, const char *parameters, double *fastest)
{
    double seconds;

    SEP_TRY(sep_cl_set_parameters(t->cl, t->subject->program, parameters));
    SEP_TRY(time_problem(t, &seconds));
    *fastest = fmin(*fastest, seconds);
    return SEP_OK;
}

static sep_status confirm(tuning *t)
{
    const char *defaults = sep_cl_default_parameters(t->subject->program);

    for (int turn = 0; turn < TURNS && strcmp(t->parameters, defaults) != 0; turn++) {
        SEP_TRY(time_again(t, defaults, &t->start));
        SEP_TRY(time_again(t, t->parameters, &t->best));
    }
    if (t->best > (1.0 - LEAST_GAIN) * t->start) {
        t->best = t->start;
        snprintf(t->parameters, sizeof t->parameters, "%s", defaults);
    }
    return sep_cl_set_parameters(t->cl, t->subject->program, t->parameters);
}

/* ---- a family ---------------------------------------------------------------------------------------------------- */

static sep_status tune_from_defaults(tuning *t)
{
    SEP_TRY(find_problem(t));
    SEP_TRY(bench_snapshot_take(t->problem, &t->cl->base, BENCH_RANDOM, 1, &t->wanted));
    t->best = t->start;
    SEP_TRY(search(t));
    return confirm(t);
}

static void print_family(const tuning *t)
{
    char word[BENCH_WORD];

    bench_problem_word(&t->problem->problem, word);
    printf("%-18s %-10s %-24s %-3s %10.3f %10.3f %6.2f  %3d %3d  %s\n", sep_cl_program_name(t->subject->program),
           t->subject->family, word, bench_pass_names[t->subject->pass], 1e3 * t->start, 1e3 * t->best,
           t->start / t->best, t->tried, t->refused, t->parameters);
    fflush(stdout);
}

static sep_status tune_family(sep_cl *cl, const subject *s, double end)
{
    tuning t = {.subject = s, .cl = cl, .end = end};
    const char *defaults = sep_cl_default_parameters(s->program);

    snprintf(t.parameters, sizeof t.parameters, "%s", defaults);
    SEP_TRY(sep_cl_set_parameters(cl, s->program, defaults));
    sep_status status = tune_from_defaults(&t);
    if (status == SEP_OK)
        print_family(&t);
    bench_snapshot_free(&t.wanted);
    bench_case_destroy(t.problem);
    return status;
}

static sep_status tune_all(sep_cl *cl, double minutes)
{
    double start = sep_seconds(), share = 60.0 * minutes / SUBJECTS;
    char *path;

    printf("%-18s %-10s %-24s %-3s %10s %10s %6s  %s  %s\n", "family", "operation", "shape", "", "default ms",
           "best ms", "gain", "tried, refused", "parameters");
    cl->tries = true;
    for (int i = 0; i < SUBJECTS; i++)
        SEP_TRY(tune_family(cl, &subjects[i], start + (i + 1) * share));
    sep_status status = sep_cl_write_tuning(cl, &path);
    if (status == SEP_OK)
        sep_print_line("written to %s", path);
    sep_free(path);
    return status;
}

sep_status bench_tune(const bench_job *job, double minutes)
{
    sep_device *device;
    bench_machine machine;
    int units;

    if (job->mode == SEP_FAST)
        return sep_usage_error("tune: --fast has its products from CLBlast, which has tuners of its own");
    SEP_TRY(bench_device_open(job, &device, &machine, &units));
    printf("%s\n", machine.device);
    sep_status status = tune_all((sep_cl *)device, minutes);
    sep_device_destroy(device);
    return status;
}

#else

sep_status bench_tune(const bench_job *job, double minutes)
{
    (void)job;
    (void)minutes;
    return sep_fail(SEP_ERR_UNSUPPORTED, "tune: this build has no OpenCL");
}

#endif
