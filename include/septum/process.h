/* septum: what a running program has to do with its user and with other processes: requests to stop, and locks. */
#ifndef SEPTUM_PROCESS_H
#define SEPTUM_PROCESS_H

#include "septum/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- requests to stop -------------------------------------------------------------------------------------------- */

/* Asks the long work of this process to end: training saves and leaves, prediction, evaluation and registration of many
 * pairs leave with what is finished. They return SEP_ERR_INTERRUPTED. The request stands until it is cleared. All three
 * may be called from any thread and from a signal's handler. */
void sep_stop_request(void);
bool sep_stop_requested(void);
void sep_stop_clear(void);
/* SEP_ERR_INTERRUPTED, "stopped", once there is a request: for loops that may be left at each turn. */
sep_status sep_stop_check(void) SEP_MUST_CHECK;

/* ---- locks between processes ------------------------------------------------------------------------------------- */

/* Takes the lock that the file `path` stands for, which is made for it and says who holds it. Where another process, or
 * another part of this one, has it, SEP_ERR_IO says who and since when; `what` names there what is being written. The
 * kernel gives the lock back however the holder ends, so none is ever stale. Where the file system can't lock, there is
 * a warning, and *lock is taken all the same. */
typedef struct sep_lock sep_lock;
sep_status sep_lock_take(const char *path, const char *what, sep_lock **lock) SEP_MUST_CHECK;
/* The same, and waits for the holder; SEP_ERR_INTERRUPTED after sep_stop_request. */
sep_status sep_lock_wait(const char *path, const char *what, sep_lock **lock) SEP_MUST_CHECK;
void sep_lock_release(sep_lock *lock); /* and removes the file; NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
