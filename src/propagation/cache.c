/* data.registered = auto: registered labels that are made when they are missing, and kept beside what needs them. */
#include "propagation/registered.h"
#include "septum/matcher.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct cache {
    sep_dataset *dataset;
    const sep_propagation_options *options;
    char *folder, *pairs, *ranking; /* of the label maps; the files of pairs */
    bool *wanted;                   /* by training scan */
    int scans, missing, stale;      /* stale: another key than would be made now */
} cache;

/* ---- what is there ----------------------------------------------------------------------------------------------- */

/* Files that can't be read are made anew. */
static bool read_key(const char *path, uint64_t *key)
{
    sep_derivation from;

    if (!sep_file_exists(path) || sep_hdf5_read_derivation(path, &from) != SEP_OK)
        return false;
    *key = from.key;
    sep_derivation_free(&from);
    return true;
}

static sep_status look_at_scan(cache *c, int i)
{
    char *path = sep_format("%s/%s.h5", c->folder, c->dataset->scan[i].name);
    uint64_t key = 0;

    if (path == NULL)
        return SEP_ERR_MEMORY;
    const bool there = read_key(path, &key);
    const bool same = there && key == sep_registered_key(c->dataset, c->options, i);
    c->wanted[i] = !same;
    c->scans++;
    c->missing += !same;
    c->stale += there && !same;
    sep_free(path);
    return SEP_OK;
}

static sep_status look(cache *c)
{
    c->scans = c->missing = c->stale = 0;
    for (int i = 0; i < c->dataset->training; i++)
        if (!c->dataset->scan[i].labelled)
            SEP_TRY(look_at_scan(c, i));
    return SEP_OK;
}

/* Where deformations were made of a few pairs, affine maps of all of them lie beside. */
static const char *kept_maps(const cache *c)
{
    return c->options->registration.kind == SEP_DEFORMABLE ? c->ranking : c->pairs;
}

/* ---- what is made ------------------------------------------------------------------------------------------------ */

static sep_status remove_file(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return SEP_OK;
    return sep_fail(SEP_ERR_IO, "%s: can't be removed: %s", path, strerror(errno));
}

/* Pairs of other images, or made with other options, are no use any more. */
static bool are_of_no_use(sep_status status)
{
    return status == SEP_ERR_ARGUMENT || status == SEP_ERR_FORMAT;
}

static sep_status make(const cache *c)
{
    sep_status status = sep_registered_write(c->dataset, c->options, c->wanted, c->pairs, c->folder);

    if (!are_of_no_use(status))
        return status;
    if (!sep_file_exists(c->pairs) && !sep_file_exists(c->ranking))
        return status;
    sep_log(SEP_LOG_WARNING, "%s: all pairs are registered anew", sep_error_text());
    SEP_TRY(remove_file(c->pairs));
    SEP_TRY(remove_file(c->ranking));
    return sep_registered_write(c->dataset, c->options, c->wanted, c->pairs, c->folder);
}

static void say_what_is_made(const cache *c)
{
    if (c->stale > 0)
        sep_log(SEP_LOG_WARNING,
                "registered labels: %d of %d in %s were made of other images, label maps or options, and are made anew",
                c->stale, c->scans, c->folder);
    sep_log(SEP_LOG_INFO, "registered labels: %d of %d are to be made; stopped, they go on from there", c->missing,
            c->scans);
}

/* Label maps may all be there while the maps between scans are not. Of files that are of no use `make` says why. */
static sep_status look_at_maps(const cache *c, bool *known)
{
    int missing = 0;
    const sep_status status = sep_registered_missing_maps(c->dataset, c->options, c->pairs, &missing);

    *known = status == SEP_OK && missing == 0;
    if (missing > 0)
        sep_log(SEP_LOG_WARNING, "%s: %d pairs of scans are missing, and are registered anew", kept_maps(c), missing);
    return are_of_no_use(status) ? SEP_OK : status;
}

static sep_status fill(cache *c)
{
    bool known = false;

    SEP_TRY(look(c));
    if (c->missing > 0) {
        say_what_is_made(c);
    } else {
        sep_log(SEP_LOG_INFO, "registered labels: all %d are in %s", c->scans, c->folder);
        SEP_TRY(look_at_maps(c, &known));
    }
    return known ? SEP_OK : make(c);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static sep_status open_cache(sep_dataset *dataset, const sep_propagation_options *options, const char *folder, cache *c)
{
    *c = (cache){.dataset = dataset,
                 .options = options,
                 .folder = sep_format("%s/registered", folder),
                 .pairs = sep_format("%s/registrations.h5", folder),
                 .wanted = sep_calloc((size_t)dataset->training, sizeof *c->wanted)};
    c->ranking = c->pairs != NULL ? sep_ranking_file(c->pairs) : NULL;
    return c->folder != NULL && c->ranking != NULL && c->wanted != NULL ? sep_make_folders(folder) : SEP_ERR_MEMORY;
}

static void close_cache(cache *c)
{
    sep_free(c->folder);
    sep_free(c->pairs);
    sep_free(c->ranking);
    sep_free(c->wanted);
}

static sep_status fill_alone(cache *c)
{
    char *path = sep_format("%s.lock", c->folder);
    sep_lock *lock = NULL;

    sep_status status = path != NULL ? sep_lock_wait(path, c->folder, &lock) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = fill(c);
    sep_lock_release(lock);
    sep_free(path);
    return status;
}

static sep_status take_registrations(const cache *c)
{
    if (c->dataset->matcher.registrations != NULL || !sep_file_exists(kept_maps(c)))
        return SEP_OK;
    return sep_dataset_take_registrations(c->dataset, kept_maps(c));
}

sep_status sep_dataset_register_check(sep_dataset *dataset, const sep_propagation_options *options, const char *folder)
{
    cache c;

    sep_status status = open_cache(dataset, options, folder, &c);
    if (status == SEP_OK)
        status = look(&c);
    if (status == SEP_OK && c.stale > 0)
        status = sep_fail(SEP_ERR_ARGUMENT,
                          "%s: %d of %d registered label maps were made of other images, label maps "
                          "or options: a run can't go on with others; set back what has changed, or train into "
                          "another folder",
                          c.folder, c.stale, c.scans);
    close_cache(&c);
    return status;
}

sep_status sep_dataset_register(sep_dataset *dataset, const sep_propagation_options *options, const char *folder)
{
    cache c;

    sep_status status = open_cache(dataset, options, folder, &c);
    if (status == SEP_OK && dataset->unlabelled_slices > 0)
        status = fill_alone(&c);
    if (status == SEP_OK)
        status = sep_dataset_take_registered(dataset, c.folder);
    if (status == SEP_OK)
        status = take_registrations(&c);
    close_cache(&c);
    return status;
}
