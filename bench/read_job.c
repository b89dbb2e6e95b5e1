/* From the words of the command line to a job. */
#include "bench/job.h"
#include "bench/peer.h"
#include "cli/compute.h"
#include "config.h"

#include <string.h>

/* ---- lists of words ---------------------------------------------------------------------------------------------- */

/* The next word of "a,b,c"; NULL at the end. Fails on nothing between commas. */
static const char *next_word(char **rest)
{
    char *word = *rest;

    if (word == NULL)
        return NULL;
    char *comma = strchr(word, ',');
    *rest = comma ? comma + 1 : NULL;
    if (comma)
        *comma = '\0';
    return word;
}

static sep_status read_passes(char *list, bench_job *job)
{
    const char *word;

    while ((word = next_word(&list)) != NULL) {
        bool known = strcmp(word, "all") == 0;
        for (int pass = 0; pass < BENCH_PASSES; pass++)
            if (strcmp(word, "all") == 0 || strcmp(word, bench_pass_names[pass]) == 0)
                known = job->pass[pass] = true;
        if (!known)
            return sep_usage_error("--pass: '%s' is not one of fwd, dx, dw, all", word);
    }
    return SEP_OK;
}

/* The tables' own names, so that they outlive the list. */
static sep_status read_isas(char *list, bench_job *job)
{
    const char *names[4], *word;
    int tables = sep_cpu_tables(names);

    if (list == NULL) {
        job->isa[job->isas++] = names[0];
        return SEP_OK;
    }
    while ((word = next_word(&list)) != NULL) {
        int found = -1;
        for (int i = 0; i < tables; i++)
            if (strcmp(word, names[i]) == 0)
                found = i;
        if (found < 0)
            return sep_usage_error("--isa: '%s' is not one of the tables that this processor runs (%s)", word,
                                   SEP_KERNELS);
        if (job->isas == BENCH_ISAS)
            return sep_usage_error("--isa: more than %d tables", BENCH_ISAS);
        job->isa[job->isas++] = names[found];
    }
    return SEP_OK;
}

static sep_status read_threads(char *list, int processors, bench_job *job)
{
    const char *word;

    while ((word = next_word(&list)) != NULL) {
        int64_t count;
        if (!sep_parse_int(word, &count) || count < 0 || count > 1024)
            return sep_usage_error("--threads: '%s' is not a number of threads", word);
        if (job->thread_counts == BENCH_THREAD_COUNTS)
            return sep_usage_error("--threads: more than %d counts", BENCH_THREAD_COUNTS);
        job->threads[job->thread_counts++] = count > 0 ? (int)count : processors;
    }
    return SEP_OK;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static sep_status read_clock(const bench_choices *choices, bench_job *job)
{
    bool cpu = strcmp(choices->clock, "cpu") == 0;

    job->clock = cpu ? bench_thread_seconds : sep_seconds;
    for (int t = 0; cpu && t < job->thread_counts; t++)
        if (job->threads[t] != 1)
            return sep_usage_error("--clock cpu sees one thread only: use it with --threads 1");
    return SEP_OK;
}

static sep_status read_algorithm(const bench_choices *choices, bool net, bench_job *job)
{
    job->algorithm = strcmp(choices->algorithm, "winograd") == 0 ? SEP_WINOGRAD
                     : strcmp(choices->algorithm, "direct") == 0 ? SEP_DIRECT
                                                                 : SEP_BY_SHAPE;
    if (net && job->algorithm != SEP_BY_SHAPE)
        return sep_usage_error("--algorithm: a network chooses for itself, by shape");
    return SEP_OK;
}

/* A device is measured beside one table with one number of threads. */
static sep_status read_device(bench_job *job)
{
    SEP_TRY(sep_read_mode(&job->mode));
    if (strcmp(sep_device_option, "cpu") == 0)
        return SEP_OK;
    job->device = sep_device_option;
    if (job->isas > 1 || job->thread_counts > 1)
        return sep_usage_error("--device: give one table (--isa) and one number of --threads to compare with");
    if (job->clock != sep_seconds)
        return sep_usage_error("--clock cpu does not see the time of a device");
    return SEP_OK;
}

sep_status bench_job_read(const bench_choices *choices, bool net, bench_job *job)
{
    bench_machine machine;
    char *passes = sep_strdup(choices->passes), *isas = choices->isas ? sep_strdup(choices->isas) : NULL;
    char *threads = sep_strdup(choices->threads);

    bench_machine_read(&machine);
    sep_status status = passes && threads && (isas || !choices->isas) ? SEP_OK : SEP_ERR_MEMORY;
    if (status == SEP_OK && !net)
        status = read_passes(passes, job);
    if (status == SEP_OK)
        status = read_isas(isas, job);
    if (status == SEP_OK)
        status = read_threads(threads, machine.processors, job);
    if (status == SEP_OK)
        status = read_clock(choices, job);
    if (status == SEP_OK)
        status = read_algorithm(choices, net, job);
    if (status == SEP_OK)
        status = read_device(job);
    sep_free(passes);
    sep_free(isas);
    sep_free(threads);
    job->peer = !choices->no_peer && (job->device || bench_peer_name()[0] != '\0');
    return status;
}
