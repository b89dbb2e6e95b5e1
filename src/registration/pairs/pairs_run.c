/* Registers the open pairs of a set, many at a time, and keeps what is finished. */
#include "registration/pairs/pairs_file.h"
#include "registration/search/evaluator.h"
#include "septum/process.h"

#include <stdio.h>
#include <string.h>

static const double least_wait = 10.0, writing_share = 0.05;

/* What the threads share; all but the list is under the lock `finishing`. */
typedef struct work {
    sep_pairs *set;
    const char *path;
    sep_prepared_volume **prepared; /* by volume; NULL where no open pair needs it, or it can't be */
    char **reason;                  /* why not, by volume */
    sep_pair **todo;
    int count, done;
    sep_progress *progress;
    double written, took; /* when the file was last written, and how long that took */
    sep_status status;    /* the first failure, and its text */
    char text[512];
} work;

static void note_failure(work *w, sep_status status)
{
    if (status == SEP_OK || w->status != SEP_OK)
        return;
    snprintf(w->text, sizeof w->text, "%s", sep_error_text());
#pragma omp atomic write
    w->status = status;
}

static bool must_stop(const work *w)
{
    sep_status status;

#pragma omp atomic read
    status = w->status;
    return sep_stop_requested() || status != SEP_OK;
}

/* ---- what is kept on the way ------------------------------------------------------------------------------------- */

static sep_status keep(work *w)
{
    const double start = sep_seconds();

    if (w->path == NULL)
        return SEP_OK;
    SEP_TRY(sep_pairs_write(w->set, w->path));
    w->written = sep_seconds();
    w->took = w->written - start;
    return SEP_OK;
}

static void finish_pair(work *w, sep_status status, const char *name)
{
    const double wait = w->took / writing_share > least_wait ? w->took / writing_share : least_wait;

    w->done++;
    note_failure(w, status);
    sep_progress_update(w->progress, w->done, name);
    if (sep_seconds() - w->written > wait)
        note_failure(w, keep(w));
}

/* ---- one pair ---------------------------------------------------------------------------------------------------- */

static bool is_machines_fault(sep_status status)
{
    return status == SEP_ERR_MEMORY || status == SEP_ERR_DEVICE || status == SEP_ERR_UNSUPPORTED;
}

static sep_status check_prepared(const work *w, const sep_pair *asked)
{
    const int volume[2] = {asked->fixed, asked->moving};

    for (int i = 0; i < 2; i++)
        if (w->prepared[volume[i]] == NULL)
            return sep_fail(SEP_ERR_ARGUMENT, "%s", w->reason[volume[i]]);
    return SEP_OK;
}

/* What can't be tried is a failed pair, unless it is the machine's fault. */
static sep_status try_pair(const work *w, const sep_pair *asked, sep_pair *pair)
{
    sep_registration_options options = w->set->options;

    options.threads = 1;
    options.quiet = true;
    sep_status status = check_prepared(w, asked);
    if (status == SEP_OK)
        status = sep_register_prepared(w->prepared[asked->fixed], w->prepared[asked->moving], &options,
                                       &pair->transform, &pair->report);
    if (status == SEP_OK)
        status = sep_pair_similarity(w->set->volume[asked->fixed].volume, w->set->volume[asked->moving].volume, pair);
    if (status == SEP_OK || is_machines_fault(status))
        return status;
    pair->report.failed = true;
    snprintf(pair->report.reason, sizeof pair->report.reason, "%s", sep_error_text());
    return SEP_OK;
}

static sep_status register_pair(const work *w, const sep_pair *asked, sep_pair *pair)
{
    *pair = *asked;
    sep_status status = try_pair(w, asked, pair);
    if (status == SEP_OK)
        pair->state = pair->report.failed ? SEP_PAIR_FAILED : SEP_PAIR_DONE;
    if (pair->state != SEP_PAIR_DONE)
        sep_spatial_free(&pair->transform);
    return status;
}

/* A device does one pair after the other. */
static void register_all(work *w)
{
    const sep_registration_options *o = &w->set->options;
    const int threads = sep_searches_on_device(o->device) ? 1 : sep_thread_count(o->threads);

#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int i = 0; i < w->count; i++) {
        sep_pair found;

        if (must_stop(w))
            continue;
        const sep_status status = register_pair(w, w->todo[i], &found);
#pragma omp critical(sep_pairs_finishing)
        {
            if (status == SEP_OK)
                *w->todo[i] = found;
            finish_pair(w, status, w->set->volume[found.fixed].name);
        }
    }
}

/* ---- before and after -------------------------------------------------------------------------------------------- */

static bool is_loaded(const sep_pairs *set, const sep_pair *pair)
{
    return set->volume[pair->fixed].volume != NULL && set->volume[pair->moving].volume != NULL;
}

static bool is_to_do(const sep_pairs *set, const sep_pair *pair)
{
    return pair->state == SEP_PAIR_OPEN && is_loaded(set, pair);
}

int sep_pairs_to_do(const sep_pairs *set)
{
    int count = 0;

    for (int i = 0; i < set->pairs; i++)
        count += is_to_do(set, &set->pair[i]);
    return count;
}

static sep_status list_open(work *w)
{
    w->todo = sep_calloc((size_t)w->set->pairs + 1, sizeof *w->todo);
    w->prepared = sep_calloc((size_t)w->set->volumes + 1, sizeof *w->prepared);
    w->reason = sep_calloc((size_t)w->set->volumes + 1, sizeof *w->reason);
    if (w->todo == NULL || w->prepared == NULL || w->reason == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < w->set->pairs; i++)
        if (is_to_do(w->set, &w->set->pair[i]))
            w->todo[w->count++] = &w->set->pair[i];
    return SEP_OK;
}

/* An image that can't be registered, a constant one say, fails with its pairs. */
static sep_status prepare_one(work *w, int index)
{
    const sep_pairs_volume *v = &w->set->volume[index];

    if (w->prepared[index] != NULL || w->reason[index] != NULL)
        return SEP_OK;
    const sep_status status =
        sep_prepare_volume(v->volume, v->name, w->set->options.levels, w->set->options.threads, &w->prepared[index]);
    if (status == SEP_OK || is_machines_fault(status))
        return status;
    w->reason[index] = sep_strdup(sep_error_text());
    return w->reason[index] != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status prepare(work *w)
{
    for (int i = 0; i < w->count; i++) {
        SEP_TRY(prepare_one(w, w->todo[i]->fixed));
        SEP_TRY(prepare_one(w, w->todo[i]->moving));
    }
    return SEP_OK;
}

static sep_status close_cycle(const sep_pairs *set, sep_pair *pair)
{
    const sep_pair *reverse = sep_pairs_find(set, pair->moving, pair->fixed);

    if (pair->has_cycle || pair->state != SEP_PAIR_DONE || reverse == NULL || reverse->state != SEP_PAIR_DONE ||
        !is_loaded(set, pair))
        return SEP_OK;
    return sep_pair_cycle(set->volume[pair->fixed].volume, reverse, pair);
}

static void close_cycles(work *w)
{
    sep_pairs *set = w->set;
    sep_progress *progress = sep_progress_start("there and back", set->pairs, 0);
    int done = 0;

#pragma omp parallel for num_threads(sep_thread_count(set->options.threads)) schedule(dynamic, 16)
    for (int i = 0; i < set->pairs; i++) {
        if (must_stop(w))
            continue;
        const sep_status status = close_cycle(set, &set->pair[i]);
#pragma omp critical(sep_pairs_finishing)
        {
            note_failure(w, status);
            sep_progress_update(progress, ++done, NULL);
        }
    }
    sep_progress_finish(progress);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static sep_status run(work *w)
{
    SEP_TRY(list_open(w));
    SEP_TRY(prepare(w));
    const int known = w->set->pairs - w->count;
    w->done = known;
    SEP_TRY(keep(w)); /* a path that can't be written shows before the work, not after it */
    w->written = sep_seconds();
    w->progress = sep_progress_start("registering pairs", w->set->pairs, known);
    register_all(w);
    sep_progress_finish(w->progress);
    if (!must_stop(w))
        close_cycles(w);
    const sep_status kept = keep(w);
    if (w->status != SEP_OK)
        return sep_fail(w->status, "%s", w->text);
    SEP_TRY(kept);
    if (sep_stop_requested())
        return sep_fail(SEP_ERR_INTERRUPTED, "stopped after %d of %d pairs%s", w->done, w->set->pairs,
                        w->path != NULL ? "; the same command goes on from there" : "");
    return SEP_OK;
}

sep_status sep_pairs_run(sep_pairs *set, const char *path)
{
    work w = {.set = set, .path = path};

    sep_status status = run(&w);
    for (int i = 0; w.prepared != NULL && i < set->volumes; i++)
        sep_prepared_free(w.prepared[i]);
    for (int i = 0; w.reason != NULL && i < set->volumes; i++)
        sep_free(w.reason[i]);
    sep_free(w.reason);
    sep_free(w.prepared);
    sep_free(w.todo);
    return status;
}

sep_status sep_pairs_rank(sep_pairs *set, const sep_selection *selection, const char *path)
{
    SEP_TRY(sep_pairs_run(set, path));
    SEP_TRY(sep_pairs_select(set, selection));
    return path != NULL ? sep_pairs_write(set, path) : SEP_OK;
}

sep_status sep_pairs_lock(const char *path, sep_lock **lock)
{
    *lock = NULL;
    if (path == NULL)
        return SEP_OK;
    char *file = sep_format("%s.lock", path);
    sep_status status = file != NULL ? sep_lock_take(file, path, lock) : SEP_ERR_MEMORY;
    sep_free(file);
    return status;
}
