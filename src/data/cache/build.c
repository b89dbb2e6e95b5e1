/* All images of a data set: their size, and how they come into memory or into a cache file. */
#include "data/cache/images.h"

#include "septum/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const double mib = 1048576.0;

/* Of all channels. */
static uint64_t voxels_of(const sep_volume *v)
{
    return (uint64_t)sep_volume_channels(v) * sep_volume_voxels(v);
}

uint64_t sep_dataset_image_bytes(const sep_dataset *dataset)
{
    uint64_t bytes = 0;

    for (int i = 0; i < dataset->scans; i++)
        bytes += voxels_of(&dataset->scan[i].image) * sizeof(float);
    return bytes;
}

uint64_t sep_dataset_cache_bytes(const sep_dataset *dataset)
{
    uint64_t bytes = SEP_SCAN_FILE_PAGE;

    for (int i = 0; i < dataset->scans; i++)
        bytes += sep_scan_record_bytes(voxels_of(&dataset->scan[i].image));
    return bytes;
}

static bool is_too_much(const sep_data_config *config, uint64_t bytes)
{
    return config->memory > 0 && (double)bytes > config->memory * mib;
}

bool sep_dataset_wants_cache(const sep_data_config *config, const sep_dataset *dataset)
{
    return is_too_much(config, sep_dataset_image_bytes(dataset));
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

/* What the threads share; the status and its text are under the lock `finishing`. */
typedef struct work {
    const sep_data_config *config;
    sep_dataset *dataset;
    sep_volume *grid; /* by scan: at the end of loading */
    uint64_t bytes, file_bytes;
    char *path;          /* of the file */
    sep_scan_file *file; /* NULL: into memory */
    sep_scan_use *use;   /* by scan */
    sep_scan_origin *origin;
    sep_progress *progress;
    int done;
    sep_status status; /* the first failure, and its text */
    char text[512];
} work;

static bool must_stop(const work *w)
{
    sep_status status;

#pragma omp atomic read
    status = w->status;
    return sep_stop_requested() || status != SEP_OK;
}

static void finish(work *w, int scan, sep_status status)
{
#pragma omp critical(sep_images_finishing)
    {
        if (status != SEP_OK && w->status == SEP_OK) {
            snprintf(w->text, sizeof w->text, "%s", sep_error_text());
#pragma omp atomic write
            w->status = status;
        }
        sep_progress_update(w->progress, ++w->done, w->dataset->scan[scan].name);
    }
}

/* Does to all scans, or to those that are to be written, what `act` does to one. */
static sep_status for_each(work *w, const char *title, bool written_alone, sep_status (*act)(work *, int))
{
    const int scans = w->dataset->scans;

    w->done = 0;
    for (int i = 0; written_alone && i < scans; i++)
        w->done += !w->use[i].writes;
    w->progress = sep_progress_start(title, scans, w->done);
#pragma omp parallel for num_threads(sep_thread_count(0)) schedule(dynamic)
    for (int i = 0; i < scans; i++)
        if (!must_stop(w) && (!written_alone || w->use[i].writes))
            finish(w, i, act(w, i));
    sep_progress_finish(w->progress);
    return w->status != SEP_OK ? sep_fail(w->status, "%s", w->text) : sep_stop_check();
}

/* ---- into memory ------------------------------------------------------------------------------------------------- */

static void take_hash(const work *w, int i, uint64_t hash)
{
    if (w->config->hashes || w->config->registered != NULL)
        w->dataset->scan[i].image_hash = hash;
}

static sep_status read_one(work *w, int i)
{
    uint64_t hash;
    sep_volume image;

    SEP_TRY(sep_image_prepare(w->config, w->dataset, i, NULL, &hash, &image));
    w->dataset->scan[i].image = image;
    take_hash(w, i, hash);
    return SEP_OK;
}

/* ---- into a file ------------------------------------------------------------------------------------------------- */

/* A record that is whole counts if it is still of the same files. */
static sep_status check_one(work *w, int i)
{
    const sep_scan *scan = &w->dataset->scan[i];
    const sep_scan_origin *found = sep_scan_file_origin(w->file, w->use[i].record);

    if (found != NULL && found->settings == w->origin[i].settings) {
        SEP_TRY(sep_image_fingerprint(scan->image_path, w->config->channels, &w->origin[i].source));
        w->use[i].writes = found->source != w->origin[i].source;
    }
    w->origin[i].hash = w->use[i].writes ? 0 : found->hash;
    return SEP_OK;
}

static sep_status write_one(work *w, int i)
{
    sep_scan_origin *origin = &w->origin[i];
    sep_volume image;

    SEP_TRY(sep_image_fingerprint(w->dataset->scan[i].image_path, w->config->channels, &origin->source));
    SEP_TRY(sep_image_prepare(w->config, w->dataset, i, &w->grid[i], &origin->hash, &image));
    const sep_status status = sep_scan_file_write(w->file, w->use[i].record, origin, image.data);
    sep_volume_free(&image);
    return status;
}

static void say_what_is_made(const work *w, int missing, bool anew)
{
    sep_log(SEP_LOG_INFO,
            "images take %.0f MiB, more than data.memory = %d: they lie in %s (%.0f MiB), where %d of %d are to be "
            "made%s; stopped, they go on from there",
            (double)w->bytes / mib, w->config->memory, w->path, (double)w->file_bytes / mib, missing, w->dataset->scans,
            anew ? ", in a new file" : "");
}

static int count_missing(const work *w)
{
    int missing = 0;

    for (int i = 0; i < w->dataset->scans; i++)
        missing += w->use[i].writes;
    return missing;
}

static bool has_records(const work *w)
{
    for (int i = 0; i < w->dataset->scans; i++)
        if (w->use[i].record >= 0)
            return true;
    return false;
}

static sep_status make_missing(work *w)
{
    bool anew;

    SEP_TRY(sep_scan_file_prepare(w->file, w->use, w->dataset->scans, &anew));
    say_what_is_made(w, count_missing(w), anew);
    return for_each(w, "images into the cache", true, write_one);
}

static sep_status complete(work *w)
{
    for (int i = 0; i < w->dataset->scans; i++) {
        const sep_scan *scan = &w->dataset->scan[i];
        w->use[i] = (sep_scan_use){.name = scan->name, .voxels = voxels_of(&w->grid[i]), .writes = true};
        w->use[i].record = sep_scan_file_find(w->file, scan->name, w->use[i].voxels);
    }
    if (has_records(w))
        SEP_TRY(for_each(w, "checking the cache", false, check_one));
    if (count_missing(w) > 0)
        return make_missing(w);
    sep_log(SEP_LOG_INFO, "images: all %d lie in %s (%.0f MiB)", w->dataset->scans, w->path,
            (double)w->file_bytes / mib);
    return SEP_OK;
}

static sep_status make_folder_of(const char *path)
{
    const int length = (int)(sep_file_name(path) - path);
    char *folder = length > 1 ? sep_format("%.*s", length - 1, path) : sep_strdup(".");
    const sep_status status = folder != NULL ? sep_make_folders(folder) : SEP_ERR_MEMORY;

    sep_free(folder);
    return status;
}

/* In a folder each set of scans that are prepared alike has a file, whichever of them train. */
static char *choose_path(const work *w)
{
    const char *cache = w->config->cache;
    uint64_t sum = 0;

    if (cache[0] == '\0' || cache[strlen(cache) - 1] != '/')
        return sep_strdup(cache);
    for (int i = 0; i < w->dataset->scans; i++) {
        const char *name = w->dataset->scan[i].name;
        sum += sep_hash(sep_hash(SEP_HASH_START, &w->origin[i].settings, sizeof(uint64_t)), name, strlen(name));
    }
    return sep_format("%s%016" PRIx64 ".cache", cache, sum);
}

static sep_status make_file(work *w)
{
    for (int i = 0; i < w->dataset->scans; i++)
        w->origin[i].settings = sep_image_settings(w->config, &w->grid[i]);
    w->path = choose_path(w);
    if (w->path == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(make_folder_of(w->path));
    SEP_TRY(sep_scan_file_open(w->path, &w->dataset->cache));
    w->file = w->dataset->cache;
    SEP_TRY(complete(w));
    for (int i = 0; i < w->dataset->scans; i++)
        take_hash(w, i, w->origin[i].hash);
    return sep_scan_file_map(w->file);
}

/* The voxels belong to the file, which the data set closes at its end. */
void sep_dataset_map_images(sep_dataset *dataset)
{
    for (int i = 0; dataset->cache != NULL && i < dataset->scans; i++) {
        sep_scan *scan = &dataset->scan[i];
        const int record = sep_scan_file_find(dataset->cache, scan->name, voxels_of(&scan->image));

        scan->image.data = sep_scan_file_voxels(dataset->cache, record);
        scan->image.borrowed = true;
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

bool sep_images_come_later(const sep_data_config *config)
{
    return config->memory > 0 && config->cache != NULL;
}

static sep_status measure(work *w)
{
    w->file_bytes = SEP_SCAN_FILE_PAGE;
    for (int i = 0; i < w->dataset->scans; i++) {
        SEP_TRY(sep_image_last_grid(w->config, w->dataset, i, &w->grid[i]));
        w->bytes += voxels_of(&w->grid[i]) * sizeof(float);
        w->file_bytes += sep_scan_record_bytes(voxels_of(&w->grid[i]));
    }
    return SEP_OK;
}

static sep_status make(work *w)
{
    SEP_TRY(measure(w));
    return is_too_much(w->config, w->bytes) ? make_file(w) : for_each(w, "reading images", false, read_one);
}

sep_status sep_dataset_make_images(const sep_data_config *config, sep_dataset *dataset)
{
    const size_t scans = (size_t)dataset->scans;
    work w = {.config = config,
              .dataset = dataset,
              .grid = sep_calloc(scans, sizeof *w.grid),
              .use = sep_calloc(scans, sizeof *w.use),
              .origin = sep_calloc(scans, sizeof *w.origin)};

    const sep_status status = w.grid != NULL && w.use != NULL && w.origin != NULL ? make(&w) : SEP_ERR_MEMORY;
    sep_free(w.path);
    sep_free(w.grid);
    sep_free(w.use);
    sep_free(w.origin);
    return status;
}
