/* Locks between processes: flock on a file that says who has it. */
#include "septum/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OWNER_SIZE 256

struct sep_lock {
    char *path;
    int descriptor;
};

/* ---- who has it -------------------------------------------------------------------------------------------------- */

#define SIGNATURE "process "

/* What the file says, "" for nothing. */
static void read_owner(const sep_lock *lock, char text[OWNER_SIZE])
{
    ssize_t length = pread(lock->descriptor, text, OWNER_SIZE - 1, 0);

    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

static sep_status fail_held(const sep_lock *lock, const char *what)
{
    char owner[OWNER_SIZE];

    read_owner(lock, owner);
    return sep_fail(SEP_ERR_IO, "%s: is being written by %s: wait until that is done, or write to another place", what,
                    owner[0] != '\0' ? owner : "another process");
}

/* A file of that name may be somebody's own. */
static sep_status check_is_lock(const sep_lock *lock)
{
    char owner[OWNER_SIZE];

    read_owner(lock, owner);
    if (owner[0] == '\0' || strncmp(owner, SIGNATURE, strlen(SIGNATURE)) == 0)
        return SEP_OK;
    return sep_fail(SEP_ERR_IO, "%s: a file of septum's must have this name, and another has it: rename that",
                    lock->path);
}

/* For people only: a lock whose file can't be written to is held all the same. */
static void sign(const sep_lock *lock)
{
    char host[64] = "", since[32] = "", text[OWNER_SIZE];
    time_t now = time(NULL);
    struct tm utc;

    if (gethostname(host, sizeof host - 1) != 0)
        snprintf(host, sizeof host, "this machine");
    if (gmtime_r(&now, &utc) != NULL)
        strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S UTC", &utc);
    int length = snprintf(text, sizeof text, SIGNATURE "%ld on %s, since %s\n", (long)getpid(), host, since);
    if (ftruncate(lock->descriptor, 0) != 0 || pwrite(lock->descriptor, text, (size_t)length, 0) != length)
        sep_log(SEP_LOG_DEBUG, "%s: can't be signed: %s", lock->path, strerror(errno));
}

/* ---- taking and releasing ---------------------------------------------------------------------------------------- */

static sep_status open_file(sep_lock *lock)
{
    lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (lock->descriptor < 0)
        return sep_fail(SEP_ERR_IO, "%s: can't be created: %s", lock->path, strerror(errno));
    return SEP_OK;
}

/* Whether the locked file is still the one of that name: the holder before may have removed it meanwhile. */
static bool is_current(const sep_lock *lock)
{
    struct stat locked, named;

    return fstat(lock->descriptor, &locked) == 0 && stat(lock->path, &named) == 0 && locked.st_dev == named.st_dev &&
           locked.st_ino == named.st_ino;
}

/* A while, in which a request to stop counts. */
static sep_status pause_for(const sep_lock *lock, const char *what, bool first)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000000L};
    char owner[OWNER_SIZE];

    read_owner(lock, owner);
    if (first)
        sep_log(SEP_LOG_INFO, "%s: is being written by %s, which is waited for", what,
                owner[0] != '\0' ? owner : "another process");
    nanosleep(&pause, NULL);
    return sep_stop_check();
}

static sep_status take(sep_lock *lock, const char *what, bool waits)
{
    for (bool first = true;; first = false) {
        SEP_TRY(open_file(lock));
        if (flock(lock->descriptor, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK && !waits)
                return fail_held(lock, what);
            if (errno == EWOULDBLOCK) {
                SEP_TRY(pause_for(lock, what, first));
                close(lock->descriptor);
                continue;
            }
            sep_log(SEP_LOG_WARNING, "%s: this file system can't lock files (%s): let no other process write there",
                    what, strerror(errno));
            return SEP_OK;
        }
        if (is_current(lock))
            break;
        close(lock->descriptor);
    }
    SEP_TRY(check_is_lock(lock));
    sign(lock);
    return SEP_OK;
}

static void free_lock(sep_lock *lock)
{
    if (lock->descriptor >= 0)
        close(lock->descriptor);
    sep_free(lock->path);
    sep_free(lock);
}

static sep_status make_lock(const char *path, const char *what, bool waits, sep_lock **lock)
{
    sep_lock *made = sep_calloc(1, sizeof *made);

    *lock = NULL;
    if (made == NULL)
        return SEP_ERR_MEMORY;
    made->descriptor = -1;
    made->path = sep_strdup(path);
    sep_status status = made->path != NULL ? take(made, what, waits) : SEP_ERR_MEMORY;
    if (status != SEP_OK) {
        free_lock(made);
        return status;
    }
    *lock = made;
    return SEP_OK;
}

sep_status sep_lock_take(const char *path, const char *what, sep_lock **lock)
{
    return make_lock(path, what, false, lock);
}

sep_status sep_lock_wait(const char *path, const char *what, sep_lock **lock)
{
    return make_lock(path, what, true, lock);
}

void sep_lock_release(sep_lock *lock)
{
    if (lock == NULL)
        return;
    unlink(lock->path); /* before the lock goes, so that nobody else's is removed */
    free_lock(lock);
}
