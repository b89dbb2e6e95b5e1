/* The runs of a study in processes of their own: each is this program with --only, one run, and --no-tables. */
#include "cli/study_jobs.h"

#include "cli/compute.h"
#include "cli/options.h"
#include "cli/program.h"
#include "septum/process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { MOST_JOBS = 256, LOOK_EVERY_MS = 50 };

typedef struct crew {
    const sep_study_job *job;
    const sep_study_state *run;
    int runs, next;
    int jobs, working; /* processes, at most and now */
    pid_t process[MOST_JOBS];
    const char *name[MOST_JOBS]; /* of the run that it does */
    int done, failed;
    bool stopping;
} crew;

/* ---- one process ------------------------------------------------------------------------------------------------- */

static sep_status add_option(sep_strings *words, const char *option, const char *value)
{
    SEP_TRY(sep_strings_add(words, option));
    return sep_strings_add(words, value);
}

static sep_status write_command(const crew *c, const char *run, sep_strings *words)
{
    const int threads = sep_thread_count((int)sep_threads_option) / c->jobs;
    char count[16], limit[32];

    snprintf(count, sizeof count, "%d", threads > 1 ? threads : 1);
    snprintf(limit, sizeof limit, "%.17g", (double)sep_memory_limit() / (1 << 30));
    SEP_TRY(sep_strings_add(words, "septum"));
    SEP_TRY(sep_strings_add(words, "study"));
    SEP_TRY(sep_strings_add(words, "--quiet"));
    SEP_TRY(sep_strings_add(words, "--no-tables"));
    SEP_TRY(add_option(words, "--out", c->job->folder));
    SEP_TRY(add_option(words, "--only", run));
    SEP_TRY(add_option(words, "--threads", count));
    SEP_TRY(add_option(words, "--device", sep_device_option));
    SEP_TRY(add_option(words, "--memory-limit", limit));
    if (sep_fast_option)
        SEP_TRY(sep_strings_add(words, "--fast"));
    for (int i = 0; i < c->job->settings->count; i++)
        SEP_TRY(add_option(words, "--set", c->job->settings->item[i]));
    SEP_TRY(sep_strings_add(words, "--"));
    return sep_strings_add(words, c->job->file);
}

static sep_status spawn(const sep_strings *words, pid_t *process)
{
    const char *program = sep_file_exists("/proc/self/exe") ? "/proc/self/exe" : words->item[0];
    char **argument = sep_calloc((size_t)words->count + 1, sizeof *argument);

    if (argument == NULL)
        return SEP_ERR_MEMORY;
    memcpy(argument, words->item, (size_t)words->count * sizeof *argument);
    const int error = posix_spawnp(process, program, NULL, NULL, argument, environ);
    sep_free(argument);
    return error == 0 ? SEP_OK : sep_fail(SEP_ERR_IO, "no process can be started: %s", strerror(error));
}

static sep_status start(crew *c)
{
    const char *run = c->run[c->next].name;
    sep_strings words = {0};

    sep_status status = write_command(c, run, &words);
    if (status == SEP_OK)
        status = spawn(&words, &c->process[c->working]);
    sep_strings_free(&words);
    if (status == SEP_OK) {
        c->name[c->working++] = run;
        c->next++;
        sep_log(SEP_LOG_INFO, "%s begins", run);
    }
    return status;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void take_result(crew *c, int index, int result)
{
    const int code = WIFEXITED(result) ? WEXITSTATUS(result) : -1;

    if (code == SEP_EXIT_INTERRUPTED)
        c->stopping = true;
    else if (code != 0)
        c->failed++;
    c->done++;
    sep_log(SEP_LOG_INFO, "%s %s; %d of %d", c->name[index],
            code == 0                      ? "is done"
            : code == SEP_EXIT_INTERRUPTED ? "is stopped"
                                           : "failed",
            c->done, c->runs);
    c->working--;
    c->process[index] = c->process[c->working];
    c->name[index] = c->name[c->working];
}

static void look_at_processes(crew *c)
{
    for (int i = c->working - 1; i >= 0; i--) {
        int result;
        if (waitpid(c->process[i], &result, WNOHANG) == c->process[i])
            take_result(c, i, result);
    }
}

/* Ctrl-C in a terminal has reached the processes already; a signal to this one alone has not. */
static void pass_on_stop(crew *c)
{
    if (c->stopping || !sep_stop_requested())
        return;
    c->stopping = true;
    for (int i = 0; i < c->working; i++)
        kill(c->process[i], SIGTERM);
}

/* Passes over what is done already. */
static bool has_next(crew *c)
{
    while (c->next < c->runs && c->run[c->next].stage == SEP_STUDY_EVALUATED) {
        c->next++;
        c->done++;
    }
    return !c->stopping && c->next < c->runs;
}

static sep_status work(crew *c)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    sep_status status = SEP_OK;

    while (has_next(c) || c->working > 0) {
        while (status == SEP_OK && c->working < c->jobs && has_next(c))
            status = start(c);
        c->stopping |= status != SEP_OK;
        nanosleep(&pause, NULL);
        pass_on_stop(c);
        look_at_processes(c);
    }
    SEP_TRY(status);
    if (c->stopping)
        return SEP_ERR_INTERRUPTED;
    if (c->failed > 0)
        return sep_fail(SEP_ERR_NUMERIC, "%d of %d runs failed: see above", c->failed, c->runs);
    return SEP_OK;
}

sep_status sep_study_train_jobs(sep_study *study, const sep_study_choice *choice, const sep_study_job *job, int jobs)
{
    sep_study_state *states;
    crew c = {.job = job, .jobs = jobs};

    SEP_TRY(sep_study_list(study, choice, NULL, &states, &c.runs));
    c.run = states;
    sep_stop_on_signals();
    sep_status status = work(&c);
    sep_free(states);
    return status;
}
