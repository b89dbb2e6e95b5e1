/* HDF5: the lock around the library, and its reasons as one line of text. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char reason[200]; /* under the lock */

void sep_hdf5_enter(sep_hdf5_session *session)
{
    pthread_mutex_lock(&lock);
    *session = (sep_hdf5_session){0};
    H5Eget_auto2(H5E_DEFAULT, &session->handler, &session->context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void sep_hdf5_leave(const sep_hdf5_session *session)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, session->handler, session->context);
    pthread_mutex_unlock(&lock);
}

static herr_t keep_first(unsigned depth, const H5E_error2_t *error, void *unused)
{
    (void)unused;
    if (depth == 0 && error->desc)
        snprintf(reason, sizeof reason, "%s", error->desc);
    return 0;
}

const char *sep_hdf5_reason(void)
{
    reason[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, NULL);
    return reason;
}

#endif
