/* How many iterations a run of a row has where the study gives hours: as many as fit, by some timed steps. All runs of
 * a row have as many, so that seeds can be compared: the first that measures decides, in FOLDER/ROW/length.ini. */
#include "study/state.h"

#include "septum/process.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { WAIT_SECONDS = 600 }; /* for another process that measures */

static sep_status read_length(const char *path, int64_t *iterations)
{
    sep_options *options = sep_options_create();

    sep_status status = options != NULL ? sep_options_load(options, path) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = sep_options_int(options, "row.iterations", 0, 1, INT64_C(1) << 31, iterations);
    sep_options_destroy(options);
    return status;
}

static sep_status write_length(const char *path, int64_t iterations)
{
    char *text = sep_format("[row]\niterations = %" PRId64 "\n", iterations);
    sep_status status = text != NULL ? sep_file_write_atomic(path, text, strlen(text)) : SEP_ERR_MEMORY;

    sep_free(text);
    return status;
}

/* Every row has a run in the first places of the list. */
static sep_status measure(const sep_study *study, int row, sep_device *device, int64_t *iterations)
{
    double seconds;

    SEP_TRY(sep_study_time(study, &study->run[row], device, &seconds));
    const double fit = study->hours * 3600 / seconds;
    *iterations = fit >= 20 ? (int64_t)fit / 10 * 10 : (int64_t)fit + 1;
    return SEP_OK;
}

static sep_status measure_and_write(const sep_study *study, int row, sep_device *device, const char *path,
                                    int64_t *iterations)
{
    if (sep_file_exists(path)) /* another process was first */
        return read_length(path, iterations);
    SEP_TRY(measure(study, row, device, iterations));
    SEP_TRY(write_length(path, *iterations));
    sep_log(SEP_LOG_INFO, "%s: %" PRId64 " iterations fit into %g hours", study->row[row].name, *iterations,
            study->hours);
    return SEP_OK;
}

static sep_status decide(const sep_study *study, int row, sep_device *device, const char *folder, const char *path,
                         int64_t *iterations)
{
    char *lock_path = sep_format("%s/lock", folder);
    sep_lock *lock = NULL;
    sep_status status = lock_path != NULL ? sep_make_folders(folder) : SEP_ERR_MEMORY;

    for (int i = 0; status == SEP_OK && lock == NULL; i++) {
        status = sep_lock_take(lock_path, folder, &lock);
        if (status == SEP_ERR_IO && i < WAIT_SECONDS && !sep_stop_requested()) {
            nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
            status = SEP_OK;
        }
    }
    if (status == SEP_OK)
        status = measure_and_write(study, row, device, path, iterations);
    sep_lock_release(lock);
    sep_free(lock_path);
    return status;
}

static sep_status settle_row(sep_study *study, int row, sep_device *device, bool write)
{
    int64_t *iterations = &study->row[row].iterations;
    char *folder = sep_format("%s/%s", study->folder, study->row[row].name);
    char *path = folder != NULL ? sep_format("%s/length.ini", folder) : NULL;
    sep_status status = path != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK && sep_file_exists(path))
        status = read_length(path, iterations);
    else if (status == SEP_OK && device != NULL)
        status = write ? decide(study, row, device, folder, path, iterations) : measure(study, row, device, iterations);
    sep_free(path);
    sep_free(folder);
    return status;
}

sep_status sep_study_settle(sep_study *study, sep_device *device, bool write)
{
    for (int row = 0; study->hours > 0 && row < study->rows; row++)
        if (study->row[row].iterations == 0)
            SEP_TRY(settle_row(study, row, device, write));
    return SEP_OK;
}
