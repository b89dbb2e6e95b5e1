/* Whether the kernel tables of this machine give the published bits, and what differs first where they do not. */
#include "septum/verify.h"

#include "verify/cases.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

static const sep_verify_case *case_named(const char *name)
{
    for (int i = 0; i < sep_verify_case_count; i++)
        if (strcmp(sep_verify_cases[i].name, name) == 0)
            return &sep_verify_cases[i];
    return NULL;
}

static uint64_t combine(const sep_verify_hashes *hashes, int cases)
{
    return sep_hash(SEP_HASH_START, hashes->of_case, (size_t)cases * sizeof hashes->of_case[0]);
}

/* A loss that is not finite is a difference like others: published runs have none. */
static sep_status run_case(const sep_verify_case *c, sep_device *device, uint64_t *hash)
{
    sep_status status = sep_verify_run(c, device, hash, NULL);

    if (status == SEP_ERR_NUMERIC) {
        *hash = 0;
        return SEP_OK;
    }
    return status;
}

static sep_status run_device(sep_verify_report *report, int index, sep_progress *progress)
{
    sep_verify_device *d = &report->device[index];
    double start = sep_seconds();

    for (int i = 0; i < report->cases; i++) {
        sep_progress_update(progress, (int64_t)index * report->cases + i, d->device->description);
        double case_start = sep_seconds();
        SEP_TRY(run_case(case_named(report->name[i]), d->device, &d->computed.of_case[i]));
        sep_log(SEP_LOG_DEBUG, "%s, %s: %016" PRIx64 ", %.2f s", report->name[i], d->device->description,
                d->computed.of_case[i], sep_seconds() - case_start);
    }
    d->computed.all = combine(&d->computed, report->cases);
    d->seconds = sep_seconds() - start;
    return SEP_OK;
}

/* ---- what differs first ------------------------------------------------------------------------------------------ */

static bool find_differing(sep_verify_report *report)
{
    for (int i = 0; i < report->cases; i++)
        for (int d = 0; d < report->devices; d++)
            if (report->device[d].computed.of_case[i] != report->published.of_case[i]) {
                report->differing_case = i;
                report->differing_device = d;
                return true;
            }
    return false;
}

/* The last of those that fit: devices are listed best first, and the plainest is the best witness. */
static int find_other(const sep_verify_report *report)
{
    int i = report->differing_case, published = -1, different = -1;
    uint64_t wrong = report->device[report->differing_device].computed.of_case[i];

    for (int d = 0; d < report->devices; d++) {
        uint64_t hash = report->device[d].computed.of_case[i];
        if (hash == report->published.of_case[i])
            published = d;
        else if (hash != wrong)
            different = d;
    }
    return published >= 0 ? published : different;
}

static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0.0;

    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)a[i] - (double)b[i]);

        if (difference > largest) /* gcc 12 for AArch64 breaks down over fmax here */
            largest = difference;
    }
    return largest;
}

/* How far the difference leads: the case once more on each of the two devices. */
static sep_status measure_distance(const sep_verify_case *c, sep_verify_report *report)
{
    sep_verify_trace a = {0}, b = {0};
    uint64_t hash;
    sep_status status = sep_verify_run(c, report->device[report->differing_device].device, &hash, &a);

    if (status == SEP_OK)
        status = sep_verify_run(c, report->device[report->other_device].device, &hash, &b);
    report->measured = status == SEP_OK;
    if (report->measured) {
        report->loss_distance = largest_difference(a.value, b.value, a.losses);
        report->probability_distance = largest_difference(a.value + a.losses, b.value + b.losses, a.count - a.losses);
    }
    sep_free(a.value);
    sep_free(b.value);
    return status == SEP_ERR_NUMERIC ? SEP_OK : status; /* then there is nothing to compare */
}

static sep_status explain(sep_verify_report *report)
{
    const sep_verify_case *c = case_named(report->name[report->differing_case]);
    sep_device *both;
    uint64_t hash;

    report->other_device = find_other(report);
    if (report->other_device < 0)
        return SEP_OK;
    SEP_TRY(sep_lockstep_create(report->device[report->differing_device].device,
                                report->device[report->other_device].device, &both));
    sep_status status = sep_verify_run(c, both, &hash, NULL);
    report->difference = *sep_lockstep_difference(both);
    sep_device_destroy(both);
    return report->difference.found ? measure_distance(c, report) : status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

sep_status sep_verify_add(sep_verify_report *report, const char *table, int threads, sep_device *device)
{
    if (report->devices == SEP_VERIFY_DEVICES)
        return sep_fail(SEP_ERR_ARGUMENT, "more than %d devices to verify", SEP_VERIFY_DEVICES);
    sep_verify_device *d = &report->device[report->devices++];
    *d = (sep_verify_device){.threads = threads, .device = device};
    snprintf(d->table, sizeof d->table, "%s", table != NULL ? table : "best");
    return SEP_OK;
}

sep_status sep_verify_add_table(sep_verify_report *report, const char *table, int threads)
{
    sep_device *device;

    SEP_TRY(sep_cpu_create(threads, table, &device));
    sep_status status = sep_verify_add(report, table, threads, device);
    if (status != SEP_OK)
        sep_device_destroy(device);
    return status;
}

sep_status sep_verify_add_cases(sep_verify_report *report, sep_verify_size size)
{
    for (int i = 0; i < sep_verify_case_count; i++)
        if (sep_verify_cases[i].size <= size)
            SEP_TRY(sep_verify_add_case(report, sep_verify_cases[i].name));
    return SEP_OK;
}

static sep_status no_such_case(const char *name)
{
    char list[512] = "";

    for (int i = 0; i < sep_verify_case_count; i++) {
        strncat(list, i > 0 ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, sep_verify_cases[i].name, sizeof list - strlen(list) - 1);
    }
    return sep_fail(SEP_ERR_ARGUMENT, "there is no run '%.40s'; there are %s", name, list);
}

sep_status sep_verify_add_case(sep_verify_report *report, const char *name)
{
    const sep_verify_case *c = case_named(name);

    if (c == NULL)
        return no_such_case(name);
    for (int i = 0; i < report->cases; i++)
        if (strcmp(report->name[i], name) == 0)
            return sep_fail(SEP_ERR_ARGUMENT, "the run '%s' is named twice", name);
    report->name[report->cases] = c->name;
    report->published.of_case[report->cases++] = sep_verify_published(c->name);
    return SEP_OK;
}

sep_status sep_verify(sep_verify_report *report)
{
    sep_status status = SEP_OK;

    report->differing_case = report->differing_device = report->other_device = -1;
    report->published.all = combine(&report->published, report->cases);
    sep_progress *progress = sep_progress_start("verifying", (int64_t)report->devices * report->cases, 0);
    for (int d = 0; d < report->devices && status == SEP_OK; d++)
        status = run_device(report, d, progress);
    sep_progress_finish(progress);
    SEP_TRY(status);
    report->equal = !find_differing(report);
    return report->equal ? SEP_OK : explain(report);
}

void sep_verify_free(sep_verify_report *report)
{
    for (int d = 0; d < report->devices; d++)
        sep_device_destroy(report->device[d].device);
    *report = (sep_verify_report){0};
}
