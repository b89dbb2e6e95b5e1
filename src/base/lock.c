/* Locks: one process at a time. The kernel gives a lock up when its holder ends, however it ends, so that none is ever
 * stale; the file says who holds it. */
#define _DEFAULT_SOURCE /* flock, gethostname */
#include "septum/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sep_lock {
    char *path;
    int descriptor; /* -1: the file system knows no locks */
};

static void write_holder(int descriptor)
{
    char host[256] = "", since[64] = "", text[400];
    time_t now = time(NULL);
    struct tm local;

    gethostname(host, sizeof host - 1);
    if (localtime_r(&now, &local) != NULL)
        strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &local);
    int length = snprintf(text, sizeof text, "process %ld on %s since %s\n", (long)getpid(), host, since);
    if (ftruncate(descriptor, 0) == 0 && length > 0)
        (void)!write(descriptor, text, (size_t)length); /* who holds it is a kindness; the lock does not need it */
}

static sep_status fail_held(const char *path, const char *what, int descriptor)
{
    char text[400];
    ssize_t count = read(descriptor, text, sizeof text - 1);

    text[count > 0 ? count : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return sep_fail(SEP_ERR_IO, "%s: is being written by %s (its lock: %s)", what,
                    text[0] != '\0' ? text : "another process", path);
}

/* Whether the path still names the file that is locked: its last holder may have removed it in between. */
static bool is_in_place(const char *path, int descriptor)
{
    struct stat named, held;

    return stat(path, &named) == 0 && fstat(descriptor, &held) == 0 && named.st_dev == held.st_dev &&
           named.st_ino == held.st_ino;
}

static sep_status take(const char *path, const char *what, int *descriptor)
{
    for (;;) {
        *descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*descriptor < 0)
            return sep_fail(SEP_ERR_IO, "%s: can't be created: %s", path, strerror(errno));
        if (flock(*descriptor, LOCK_EX | LOCK_NB) != 0) {
            bool held = errno == EWOULDBLOCK;
            sep_status status = held ? fail_held(path, what, *descriptor) : SEP_OK;
            close(*descriptor);
            *descriptor = -1;
            if (!held)
                sep_log(SEP_LOG_WARNING, "%s: can't be locked here: see that no other process writes it", what);
            return status;
        }
        if (is_in_place(path, *descriptor))
            break;
        close(*descriptor);
    }
    write_holder(*descriptor);
    return SEP_OK;
}

sep_status sep_lock_take(const char *path, const char *what, sep_lock **lock)
{
    sep_lock *made = sep_calloc(1, sizeof *made);
    char *copy = sep_strdup(path);

    *lock = NULL;
    sep_status status = made != NULL && copy != NULL ? take(path, what, &made->descriptor) : SEP_ERR_MEMORY;
    if (status != SEP_OK) {
        sep_free(copy);
        sep_free(made);
        return status;
    }
    made->path = copy;
    *lock = made;
    return SEP_OK;
}

void sep_lock_release(sep_lock *lock)
{
    if (lock == NULL)
        return;
    if (lock->descriptor >= 0) {
        unlink(lock->path); /* while it is held, so that nobody's lock but this one goes */
        close(lock->descriptor);
    }
    sep_free(lock->path);
    sep_free(lock);
}
