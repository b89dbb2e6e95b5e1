/* The progress line of long work, drawn on standard error once a program has asked for it. */
#include "septum/base.h"

#include "base/clean_text.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define PLAIN_SECONDS  10.0

struct sep_progress {
    char title[64], note[160];
    int64_t total, done_before, done;
    double started, drawn; /* drawn: the time of the last line, 0 before the first */
    bool terminal;
};

static bool enabled_by_program;

double sep_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void sep_progress_enable(bool enabled)
{
    enabled_by_program = enabled;
}

static void write_time(const sep_progress *progress, char *text, size_t size)
{
    char duration[SEP_DURATION_TEXT];
    double elapsed = sep_seconds() - progress->started;
    int64_t fresh = progress->done - progress->done_before, left = progress->total - progress->done;

    if (left <= 0)
        snprintf(text, size, "%s", sep_duration_text(elapsed, duration));
    else
        snprintf(text, size, "%s left", sep_duration_text(elapsed / (double)fresh * (double)left, duration));
}

/* On a terminal: back to the line's start, clear it, and no wrapping while the text is written, which a narrow window
 * then cuts instead of moving it to a second line that would stay. */
static void draw(sep_progress *progress)
{
    const char *before = progress->terminal ? "\r\033[K\033[?7l" : "", *after = progress->terminal ? "\033[?7h" : "\n";
    char time_text[SEP_DURATION_TEXT + 8];
    double percent = progress->total > 0 ? 100.0 * (double)progress->done / (double)progress->total : 100.0;

    write_time(progress, time_text, sizeof time_text);
    fprintf(stderr, "%s%s %lld/%lld (%.0f%%) %s%s%s%s", before, progress->title, (long long)progress->done,
            (long long)progress->total, percent, time_text, progress->note[0] ? "  " : "", progress->note, after);
    fflush(stderr);
    progress->drawn = sep_seconds();
}

sep_progress *sep_progress_start(const char *title, int64_t total, int64_t done_before)
{
    sep_progress *progress = enabled_by_program ? sep_calloc(1, sizeof *progress) : NULL;

    if (!progress)
        return NULL;
    snprintf(progress->title, sizeof progress->title, "%s", title);
    sep_clean_text(progress->title);
    progress->total = total;
    progress->done = progress->done_before = done_before;
    progress->started = sep_seconds();
    progress->terminal = isatty(STDERR_FILENO) == 1;
    return progress;
}

void sep_progress_update(sep_progress *progress, int64_t done, const char *note)
{
    if (!progress)
        return;
    progress->done = done;
    snprintf(progress->note, sizeof progress->note, "%s", note ? note : "");
    sep_clean_text(progress->note);

    double wait = progress->terminal ? REDRAW_SECONDS : PLAIN_SECONDS;
    double since = progress->drawn > 0 ? progress->drawn : progress->started;
    if (sep_seconds() - since >= wait)
        draw(progress);
}

void sep_progress_finish(sep_progress *progress)
{
    if (!progress)
        return;
    draw(progress);
    if (progress->terminal)
        fputc('\n', stderr);
    sep_free(progress);
}
